#include "base/number.h"

#include "base/assert.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

/* The grammar alone; `integer` tells whether there is neither point nor exponent. */
static bool number_shape(const char *text, bool *integer)
{
    const char *start = *text == '-' || *text == '+' ? text + 1 : text;
    const char *at = skip_digits(start);
    size_t digits = (size_t)(at - start);

    if (digits > 1 && *start == '0') {
        return false; /* 010 is not a number here: neither 8 nor 10 would be a safe guess */
    }
    *integer = *at == '\0';
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        digits += (size_t)(at - fraction);
    }
    if (digits == 0) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1;
        exponent += *exponent == '-' || *exponent == '+' ? 1 : 0;
        at = skip_digits(exponent);
        if (at == exponent) {
            return false;
        }
    }
    return *at == '\0';
}

bool number_parse_real(const char *text, double *value)
{
    bool integer = false;

    if (!number_shape(text, &integer)) {
        return false;
    }
    /* strtod follows the locale; the programs never call setlocale for LC_NUMERIC, so it stays "C"
     * (tests/base checks). */
    *value = strtod(text, NULL);
    return isfinite(*value) != 0;
}

bool number_parse_integer(const char *text, int64_t *value)
{
    bool integer = false;
    char *end = NULL;
    long long parsed = 0;

    if (!number_shape(text, &integer) || !integer) {
        return false;
    }
    errno = 0;
    parsed = strtoll(text, &end, 10);
    *value = parsed;
    return errno == 0 && *end == '\0';
}

char *number_print_real(char *text, double value)
{
    ASSERT(isfinite(value));
    if (fabs(value) < 1e15 && value == (double)(int64_t)value &&
        !(value == 0 && signbit(value) != 0)) {
        (void)snprintf(text, NUMBER_TEXT_BYTES, "%" PRId64, (int64_t)value);
        return text;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, NUMBER_TEXT_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    return text;
}
