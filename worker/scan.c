#include "worker/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_BYTES_MAX = 64, WRAPPER_BYTES_MAX = 32, STEP_DIGITS_MAX = 18 };

/* ctype.h follows the locale; these do not. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_digit(c) || is_letter(c) || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

/* A byte that makes a name longer: val/loss, eval-rmse and best_loss are not loss. */
static bool is_name(char c)
{
    return is_word(c) || c == '-' || c == '/' || c == '.' || c == '@';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static const char *skip_digits(const char *at)
{
    while (is_digit(*at)) {
        at++;
    }
    return at;
}

/* After an escape character: a control sequence up to its final byte, or one byte. */
static const char *skip_escape(const char *at)
{
    if (*at != '[') {
        return *at == '\0' ? at : at + 1;
    }
    at++;
    while (*at != '\0' && (*at < '@' || *at > '~')) {
        at++;
    }
    return *at == '\0' ? at : at + 1;
}

void scan_clean(char *clean, size_t bytes, const char *line)
{
    size_t used = 0;

    while (*line != '\0' && used + 1 < bytes) {
        if (*line == '\x1b') {
            line = skip_escape(line + 1);
        } else {
            clean[used++] = *line++;
        }
    }
    clean[used] = '\0';
}

/* The length of `word` if `text` begins with it in any case, else 0. */
static size_t word_length(const char *text, const char *word)
{
    const size_t length = strlen(word);

    return strncasecmp(text, word, length) == 0 ? length : 0;
}

static size_t special_length(const char *text, double *value)
{
    static const struct {
        const char *word;
        double value;
    } specials[] = {
        {"nan", (double)NAN}, {"infinity", (double)INFINITY}, {"inf", (double)INFINITY}};

    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        const size_t length = word_length(text, specials[i].word);
        if (length > 0) {
            *value = specials[i].value;
            return length;
        }
    }
    return 0;
}

static size_t decimal_length(const char *text)
{
    const char *at = skip_digits(text);
    size_t digits = (size_t)(at - text);

    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        digits += (size_t)(at - fraction);
    }
    if (digits == 0) {
        return 0;
    }
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1;
        exponent += *exponent == '-' || *exponent == '+' ? 1 : 0;
        const char *end = skip_digits(exponent);
        at = end == exponent ? at : end;
    }
    return (size_t)(at - text);
}

/* 0.3s, 1.2.3, 1,234, 45/100, 12:30 and 2026-11 are no numbers: reading their beginning would be
 * a lie. */
static bool number_ends(const char *at)
{
    if (is_word(*at)) {
        return false;
    }
    return !(strchr(".,/:-", *at) != NULL && *at != '\0' && is_digit(at[1]));
}

bool scan_number(const char *text, double *value, size_t *length)
{
    const size_t sign = *text == '-' || *text == '+' ? 1 : 0;
    char copy[NUMBER_BYTES_MAX];
    size_t bytes = special_length(text + sign, value);

    if (bytes == 0) {
        bytes = decimal_length(text + sign);
        if (bytes == 0 || bytes >= sizeof copy) {
            return false;
        }
        memcpy(copy, text + sign, bytes);
        copy[bytes] = '\0';
        *value = strtod(copy, NULL);
    }
    *value = *text == '-' ? -*value : *value;
    *length = sign + bytes;
    return number_ends(text + *length);
}

/* tensor(0.3), np.float64(0.3): past the bracket, or `at` itself. */
static const char *skip_wrapper(const char *at)
{
    const char *start = at;

    while (at - start < WRAPPER_BYTES_MAX && (is_word(*at) || *at == '.')) {
        at++;
    }
    return at > start && *at == '(' ? at + 1 : start;
}

/* Past the bar of a table: ASCII, or the box-drawing one in UTF-8. */
static const char *skip_bar(const char *at)
{
    static const char box[] = "\xe2\x94\x82";

    if (*at == '|') {
        return at + 1;
    }
    return strncmp(at, box, sizeof box - 1) == 0 ? at + sizeof box - 1 : at;
}

/* What stands between a name and its value; NULL if that is nothing known. */
static const char *skip_separator(const char *at)
{
    const bool quoted = is_quote(*at);
    const char *blank = skip_blanks(quoted ? at + 1 : at);
    const char *mark = *blank == '=' || *blank == ':' ? blank + 1 : skip_bar(blank);

    if (mark == blank && (quoted || blank == at)) {
        return NULL;
    }
    mark = skip_blanks(mark);
    return is_quote(*mark) ? mark + 1 : mark;
}

bool scan_value(const char *line, const char *name, double *value)
{
    const size_t length = strlen(name);
    bool found = false;

    for (const char *at = strstr(line, name); at != NULL; at = strstr(at + 1, name)) {
        double number = 0;
        size_t taken = 0;
        const char *after = at > line && is_name(at[-1]) ? NULL : skip_separator(at + length);
        if (after == NULL || (!scan_number(after, &number, &taken) &&
                              !scan_number(skip_wrapper(after), &number, &taken))) {
            continue;
        }
        *value = number;
        found = true;
    }
    return found;
}

/* A whole number, perhaps written 3.0 or 00003. */
static bool scan_whole(const char *at, int64_t *step)
{
    const char *end = skip_digits(at);

    if (end == at || end - at > STEP_DIGITS_MAX) {
        return false;
    }
    *step = strtoll(at, NULL, 10);
    if (*end == '.' && is_digit(end[1])) {
        end++;
        while (*end == '0') {
            end++;
        }
        if (is_digit(*end)) {
            return false; /* half an epoch is no step */
        }
    }
    return !is_word(*end);
}

/* [10] or [10/300] at the start of a line; [11/23 10:00] is a date. */
static bool scan_leading(const char *line, int64_t *step)
{
    const char *at = skip_blanks(line);

    if (*at != '[') {
        return false;
    }
    at = skip_blanks(at + 1);
    const char *end = skip_digits(at);
    end = *end == '/' ? skip_digits(end + 1) : end;
    return *end == ']' && scan_whole(at, step);
}

/* After the word: `Epoch(train) [ 50/313]`, `"epoch": 3`, `step=7`, `epoch #3`. */
static bool scan_counted(const char *at, int64_t *step)
{
    const char *start = at;

    if (*at == '(') {
        at = strchr(at, ')');
        if (at == NULL) {
            return false;
        }
        at++;
    }
    while (is_blank(*at) || is_quote(*at) || (*at != '\0' && strchr(":=#[(|", *at) != NULL)) {
        at++;
    }
    return at > start && scan_whole(at, step);
}

/* The word that counts, if one stands whole at `at`; its length, else 0. */
static size_t counting_word(const char *line, const char *at)
{
    static const char *const words[] = {"epoch", "global_step", "step", "iteration", "iter"};

    if (strchr("eEgGsSiI", *at) == NULL || (at > line && is_name(at[-1]))) {
        return 0; /* most bytes begin none of the words */
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = word_length(at, words[i]);
        if (length > 0 && !is_word(at[length])) {
            return length;
        }
    }
    return 0;
}

bool scan_step(const char *line, int64_t *step)
{
    if (scan_leading(line, step)) {
        return true;
    }
    for (const char *at = line; *at != '\0'; at++) {
        const size_t length = counting_word(line, at);
        if (length > 0 && scan_counted(at + length, step)) {
            return true;
        }
    }
    return false;
}
