#include "worker/lines.h"

void lines_init(struct lines *lines)
{
    lines->used = 0;
    lines->cut = false;
    lines->returned = false;
    lines->done = false;
}

static void lines_append(struct lines *lines, char byte)
{
    if (lines->used + 1 < sizeof lines->buffer) {
        lines->buffer[lines->used++] = byte == '\0' ? ' ' : byte;
    } else {
        lines->cut = true;
    }
}

static void lines_end(struct lines *lines, bool provisional, struct line *line)
{
    lines->buffer[lines->used] = '\0';
    *line = (struct line){.text = lines->buffer,
                          .length = lines->used,
                          .provisional = provisional,
                          .cut = lines->cut};
    lines->done = true;
}

static void lines_clear(struct lines *lines)
{
    if (lines->done) {
        lines->used = 0;
        lines->cut = false;
        lines->done = false;
    }
}

/* What `byte` means is known only after a look at the one before it: a carriage return was the end
 * of a final line if a newline follows. The byte that shows it was not is left for the next call.
 */
bool lines_next(struct lines *lines, const char **data, size_t *bytes, struct line *line)
{
    lines_clear(lines);
    while (*bytes > 0) {
        const char byte = **data;
        if (lines->returned && byte != '\n' && lines->used > 0) {
            lines->returned = false;
            lines_end(lines, true, line);
            return true;
        }
        (*data)++;
        (*bytes)--;
        lines->returned = byte == '\r';
        if (byte == '\n' && lines->used > 0) {
            lines_end(lines, false, line);
            return true;
        }
        if (byte != '\n' && byte != '\r') {
            lines_append(lines, byte);
        }
    }
    return false;
}

bool lines_last(struct lines *lines, struct line *line)
{
    lines_clear(lines);
    lines->returned = false;
    if (lines->used == 0) {
        return false;
    }
    lines_end(lines, false, line);
    return true;
}
