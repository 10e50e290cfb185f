/*
 * table: rows of cells, left aligned by display width, two blanks between columns, cut at the edge
 * of a terminal. Cells are copied in and printed at the end, when every width is known.
 */
#ifndef COMMANDS_TABLE_H
#define COMMANDS_TABLE_H

#include "commands/screen.h"

struct table;

/* table_new: of `count` columns; their titles are the first `count` cells. NULL when out of memory.
 */
struct table *table_new(size_t count);

/* table_widen: the columns from the first on are at least as wide as `minimum` says. */
void table_widen(struct table *table, const int *minimum, size_t count);

/* table_cell: the next cell, row by row; foreign text is welcome. Memory that runs out is
 * remembered for table_print. */
__attribute__((format(printf, 3, 4))) void table_cell(struct table *table, enum style style,
                                                      const char *format, ...);

/* table_print: false when memory ran out on the way. */
bool table_print(const struct table *table, struct screen *screen);

/* table_free: NULL is accepted. */
void table_free(struct table *table);

#endif
