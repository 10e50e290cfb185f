/*
 * What makes a string a value of its field, for both directions of the codec.
 */
#include "wire/schema.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const char c = text[i];
        if (!is_letter(c) && !is_digit(c) && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return length > 0;
}

static bool is_identifier(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_letter(text[i]) && text[i] != '_' && (i == 0 || !is_digit(text[i]))) {
            return false;
        }
    }
    return length > 0;
}

static bool is_label(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

static bool is_hexadecimal(const char *text, size_t length, size_t wanted)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(text[i]) && !(text[i] >= 'a' && text[i] <= 'f')) {
            return false;
        }
    }
    return length == wanted;
}

/* The length of the character at `at`, 0 if there is none: the table of RFC 3629, section 4. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    const unsigned char low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    const size_t length = at[0] < 0x80                     ? 1
                          : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                          : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                          : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                           : 0;

    if (length > left || (length > 1 && (at[1] < low || at[1] > high))) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool schema_utf8(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;

    for (size_t done = 0; done < length;) {
        const size_t step = utf8_length(at + done, length - done);
        if (step == 0) {
            return false;
        }
        done += step;
    }
    return true;
}

bool schema_text_fits(const struct field *field, const char *text, size_t length)
{
    if (length < (size_t)field->low || length > (size_t)field->high) {
        return false;
    }
    switch (field->kind) {
    case VALUE_NAME:
        return is_name(text, length);
    case VALUE_LABEL:
        return is_label(text, length);
    case VALUE_IDENTIFIER:
        return is_identifier(text, length);
    case VALUE_HASH:
        return is_hexadecimal(text, length, WIRE_HASH_HEX);
    case VALUE_ID:
        return length == 0 || is_hexadecimal(text, length, WIRE_ID_HEX);
    case VALUE_TEXT:
    case VALUE_WORD:
    case VALUE_BOOL:
    case VALUE_REAL:
    case VALUE_INTEGER32:
    case VALUE_INTEGER64:
        return true;
    }
    return false;
}

const char *schema_expects(enum value_kind kind)
{
    switch (kind) {
    case VALUE_INTEGER32:
    case VALUE_INTEGER64:
        return "an integer";
    case VALUE_REAL:
        return "a finite number";
    case VALUE_BOOL:
        return "true or false";
    case VALUE_WORD:
        return "one of its words";
    case VALUE_TEXT:
        return "text";
    case VALUE_NAME:
        return "a name of letters, digits, '.', '_' and '-'";
    case VALUE_LABEL:
        return "one line of printable text";
    case VALUE_IDENTIFIER:
        return "an identifier";
    case VALUE_HASH:
    case VALUE_ID:
        return "lower-case hexadecimal digits";
    }
    return "";
}
