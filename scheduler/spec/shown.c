#include "spec/shown.h"

#include "spec/utf8.h"

#include <stdio.h>
#include <string.h>

struct shown shown(const char *text, size_t bytes)
{
    static const char more[] = "\xe2\x80\xa6";
    struct shown out = {""};
    size_t used = 0;
    size_t length = 0;

    for (size_t at = 0; at < bytes; at += length) {
        uint32_t character = 0;
        char escape[SHOWN_BYTES];
        const char *piece = text + at;
        size_t piece_bytes = 0;

        length = utf8_read(text + at, bytes - at, &character);
        piece_bytes = length;
        if (length == 0 || !utf8_printable(character)) {
            const unsigned code = length == 0 ? (unsigned char)text[at] : (unsigned)character;
            (void)snprintf(escape, sizeof escape, code > 0xff ? "\\u%04x" : "\\x%02x", code);
            piece = escape;
            piece_bytes = strlen(escape);
            length = length == 0 ? 1 : length;
        }
        if (used + piece_bytes + sizeof more > SHOWN_BYTES) {
            memcpy(out.text + used, more, sizeof more);
            return out;
        }
        memcpy(out.text + used, piece, piece_bytes);
        used += piece_bytes;
    }
    return out;
}

struct shown shown_text(const char *text)
{
    return shown(text, strlen(text));
}
