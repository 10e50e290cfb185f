#include "commands/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES_READ = 16 };

/* The newest pieces of the stream, in the order they were printed, as one text; NULL when out of
 * memory. */
static char *pieces_join(const json_t *pieces)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);

    if (memory == NULL) {
        return NULL;
    }
    for (size_t i = json_array_size(pieces); i > 0; i--) {
        (void)fputs(model_text(json_array_get(pieces, i - 1), "text"), memory);
    }
    return fclose(memory) == 0 ? text : NULL;
}

/* The start of the line that ends before `end`. */
static const char *line_start(const char *text, const char *end)
{
    while (end > text && end[-1] != '\n' && end[-1] != '\r') {
        end--;
    }
    return end;
}

json_t *output_tail(struct query *query, int64_t experiment, int64_t trial, int64_t attempt,
                    const char *stream, size_t count)
{
    json_t *pieces = query_rows(query,
                                "SELECT text FROM log WHERE experiment = ? AND trial = ? AND"
                                " attempt = ? AND stream = ? ORDER BY offset DESC LIMIT 16",
                                "iiis", experiment, trial, attempt, stream);
    char *text = pieces_join(pieces);
    json_t *lines = json_array();
    const char *end = text == NULL ? NULL : text + strlen(text);

    json_decref(pieces);
    while (text != NULL && end > text && json_array_size(lines) < count) {
        const char *start = line_start(text, end);
        if (start < end) { /* empty lines, and the two bytes of \r\n, count for nothing */
            (void)json_array_insert_new(lines, 0, json_stringn(start, (size_t)(end - start)));
        }
        end = start > text ? start - 1 : text;
    }
    free(text);
    return lines;
}
