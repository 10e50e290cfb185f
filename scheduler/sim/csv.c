/*
 * Knows how the traces are written: plain CSV without quotes, any line end.
 */
#include "sim/csv.h"

#include "base/number.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 1024 };

/* Copies the line at `text` and cuts it at commas; the number of columns, and where the next line
 * is. */
static size_t split(const char **text, char line[LINE_BYTES], char *columns[CSV_COLUMNS_MAX])
{
    const size_t length = strcspn(*text, "\r\n");
    size_t count = 0;
    char *rest = line;

    (void)text_copy(line, length < LINE_BYTES ? length + 1 : LINE_BYTES, *text);
    *text += length;
    *text += strspn(*text, "\r\n");
    while (rest && count < CSV_COLUMNS_MAX) {
        columns[count++] = rest;
        rest = strchr(rest, ',');
        if (rest) {
            *rest++ = '\0';
        }
    }
    return rest ? 0 : count;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    while (*text != '\0') {
        text += strcspn(text, "\r\n");
        text += strspn(text, "\r\n");
        count++;
    }
    return count;
}

static enum tide_status parse_row(struct csv *csv, const char **text, struct error *error)
{
    char line[LINE_BYTES];
    char *columns[CSV_COLUMNS_MAX];
    double *cells = csv->cells + csv->row_count * csv->column_count;

    if (split(text, line, columns) != csv->column_count) {
        return error_set(error, TIDE_INVALID, "%zu columns are needed", csv->column_count);
    }
    (void)text_copy(csv->labels[csv->row_count], CSV_NAME_BYTES, columns[0]);
    for (size_t i = 0; i < csv->column_count; i++) {
        cells[i] = 0;
        if (!number_parse_real(columns[i], &cells[i]) && i > 0) {
            return error_set(error, TIDE_INVALID, "'%.40s' is not a number", columns[i]);
        }
    }
    csv->row_count++;
    return TIDE_OK;
}

enum tide_status csv_parse(struct csv *csv, const char *text, struct error *error)
{
    char line[LINE_BYTES];
    char *columns[CSV_COLUMNS_MAX] = {NULL};
    const size_t rows = count_lines(text);
    enum tide_status status = TIDE_OK;

    memset(csv, 0, sizeof *csv);
    csv->column_count = split(&text, line, columns);
    if (rows < 2 || csv->column_count == 0) {
        return error_set(error, TIDE_INVALID,
                         "a header line and rows of at most %d columns are "
                         "needed",
                         CSV_COLUMNS_MAX);
    }
    for (size_t i = 0; i < csv->column_count; i++) {
        (void)text_copy(csv->names[i], CSV_NAME_BYTES, columns[i]);
    }
    csv->labels = calloc(rows, sizeof *csv->labels);
    csv->cells = calloc(rows * csv->column_count, sizeof *csv->cells);
    if (!csv->labels || !csv->cells) {
        csv_fini(csv);
        return error_set(error, TIDE_NO_MEMORY, "no memory for %zu rows", rows);
    }
    while (status == TIDE_OK && *text != '\0') {
        status = parse_row(csv, &text, error);
    }
    if (status != TIDE_OK) {
        error_at(error, "", (int)csv->row_count + 2, 0);
        csv_fini(csv);
    }
    return status;
}

void csv_fini(struct csv *csv)
{
    free(csv->labels);
    free(csv->cells);
    memset(csv, 0, sizeof *csv);
}

double csv_cell(const struct csv *csv, size_t row, size_t column)
{
    return csv->cells[row * csv->column_count + column];
}
