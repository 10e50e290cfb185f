/*
 * csv: a text of comma-separated numbers with one header line. Only the first column may hold text
 * (a zone, a time).
 */
#ifndef SIM_CSV_H
#define SIM_CSV_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { CSV_COLUMNS_MAX = 16, CSV_NAME_BYTES = 48 };

struct csv {
    size_t row_count;
    size_t column_count;
    char names[CSV_COLUMNS_MAX][CSV_NAME_BYTES]; /* the header */
    char (*labels)[CSV_NAME_BYTES];              /* the first column's text, by row */
    double *cells;                               /* row-major; 0 for text of the first column */
};

/* csv_parse: reads `text`; TIDE_INVALID with the line, TIDE_NO_MEMORY. Freed by csv_fini. */
enum tide_status csv_parse(struct csv *csv, const char *text, struct error *error);

/* csv_fini: accepts a zeroed one. */
void csv_fini(struct csv *csv);

/* csv_cell: the value at (row, column). */
double csv_cell(const struct csv *csv, size_t row, size_t column);

#endif
