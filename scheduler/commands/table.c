#include "commands/table.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdlib.h>

struct cell {
    char *text;
    int columns;
    enum style style;
};

struct table {
    size_t column_count;
    int *widths;
    struct cell *cells;
    size_t cell_count, capacity;
    bool failed; /* memory ran out: some cells are missing */
};

enum { GAP_COLUMNS = 2, FIRST_CAPACITY = 64 };

struct table *table_new(size_t count)
{
    struct table *table = calloc(1, sizeof *table);

    ASSERT(count > 0);
    if (table == NULL) {
        return NULL;
    }
    table->column_count = count;
    table->widths = calloc(count, sizeof *table->widths);
    if (table->widths == NULL) {
        table_free(table);
        return NULL;
    }
    return table;
}

void table_widen(struct table *table, const int *minimum, size_t count)
{
    ASSERT(count <= table->column_count);
    for (size_t i = 0; i < count; i++) {
        table->widths[i] = minimum[i] > table->widths[i] ? minimum[i] : table->widths[i];
    }
}

static bool table_grow(struct table *table)
{
    if (table->cell_count < table->capacity) {
        return true;
    }
    const size_t capacity = table->capacity == 0 ? FIRST_CAPACITY : 2 * table->capacity;
    struct cell *cells = realloc(table->cells, capacity * sizeof *cells);
    if (cells == NULL) {
        return false;
    }
    table->cells = cells;
    table->capacity = capacity;
    return true;
}

void table_cell(struct table *table, enum style style, const char *format, ...)
{
    struct cell cell = {.style = style};
    va_list arguments;
    int bytes = -1;

    va_start(arguments, format);
    if (!table->failed && table_grow(table)) {
        bytes = vasprintf(&cell.text, format, arguments);
    }
    va_end(arguments);
    if (bytes < 0) {
        table->failed = true;
        return;
    }
    cell.columns = text_columns(cell.text);
    int *width = &table->widths[table->cell_count % table->column_count];
    *width = cell.columns > *width ? cell.columns : *width;
    table->cells[table->cell_count++] = cell;
}

static void row_print(const struct table *table, size_t first, struct screen *screen)
{
    int start = 0; /* of the column */

    for (size_t i = 0; i < table->column_count; i++) {
        const struct cell *cell = &table->cells[first + i];
        const int room = screen->columns - start;
        if (i > 0 && cell->columns > 0) {
            screen_tab(screen, start);
        }
        screen_style(screen, cell->style);
        screen_text(screen, cell->text, screen->columns > 0 && room > 0 ? room : 0);
        screen_plain(screen);
        start += table->widths[i] + GAP_COLUMNS;
    }
    screen_print(screen, "\n");
}

bool table_print(const struct table *table, struct screen *screen)
{
    struct screen clipped = *screen;

    clipped.clip = screen->terminal;
    for (size_t first = 0; first + table->column_count <= table->cell_count;
         first += table->column_count) {
        row_print(table, first, &clipped);
    }
    return !table->failed;
}

void table_free(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i].text);
    }
    free(table->cells);
    free(table->widths);
    free(table);
}
