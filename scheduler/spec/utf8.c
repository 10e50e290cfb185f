#include "spec/utf8.h"

#include <locale.h>
#include <wchar.h>

size_t utf8_read(const char *text, size_t bytes, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    const size_t length = bytes == 0               ? 0
                          : at[0] < 0x80           ? 1
                          : (at[0] & 0xe0) == 0xc0 ? 2
                          : (at[0] & 0xf0) == 0xe0 ? 3
                          : (at[0] & 0xf8) == 0xf0 ? 4
                                                   : 0;
    uint32_t value = 0;

    if (length == 0 || length > bytes) {
        return 0;
    }
    value = length == 1 ? at[0] : at[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3fU);
    }
    *character = value;
    return value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)
               ? 0
               : length;
}

size_t utf8_count(const char *text, size_t bytes)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

bool utf8_printable(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } hidden[] = {{0, 0x1f},        {0x7f, 0x9f},      {0x200b, 0x200b}, {0x200e, 0x200f},
                  {0x2028, 0x202e}, {0x2060, 0x206f},  {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
                  {0xfffe, 0xffff}, {0xe0000, 0xe0fff}};

    if (character >= ' ' && character <= '~') {
        return true; /* most of every text */
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (character >= hidden[i].first && character <= hidden[i].last) {
            return false;
        }
    }
    return true;
}

/* wcwidth knows the widths only under a UTF-8 locale; the program's own stays "C" for numbers. */
int utf8_columns(uint32_t character)
{
    static locale_t utf8;

    if (utf8 == NULL) {
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    }
    if (utf8 == NULL) {
        return 1;
    }
    const locale_t before = uselocale(utf8);
    const int columns = wcwidth((wchar_t)character);
    (void)uselocale(before);
    return columns;
}

bool utf8_all_printable(const char *text, size_t bytes)
{
    size_t length = 0;

    for (size_t at = 0; at < bytes; at += length) {
        uint32_t character = 0;
        length = utf8_read(text + at, bytes - at, &character);
        if (length == 0 || !utf8_printable(character)) {
            return false;
        }
    }
    return true;
}
