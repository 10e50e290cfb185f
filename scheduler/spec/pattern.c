#include "spec/pattern.h"

#include "spec/spec.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPETITIONS_MAX = 1000 };

/* The product of all {n,m}: an upper bound on how often the largest part is copied. */
static bool repeats_too_often(const char *pattern)
{
    unsigned long product = 1;

    for (const char *at = strchr(pattern, '{'); at != NULL; at = strchr(at + 1, '{')) {
        char *end = NULL;
        const unsigned long low = strtoul(at + 1, &end, 10);
        const unsigned long high = *end == ',' ? strtoul(end + 1, &end, 10) : low;
        const unsigned long larger = low > high ? low : high;
        if (larger > REPETITIONS_MAX || product * (larger + 1) > 2UL * REPETITIONS_MAX) {
            return true;
        }
        product *= larger + 1;
    }
    return false;
}

static bool refers_back(const char *pattern)
{
    for (const char *at = strchr(pattern, '\\'); at != NULL && at[1] != '\0';
         at = strchr(at + 2, '\\')) {
        if (at[1] >= '1' && at[1] <= '9') {
            return true;
        }
    }
    return false;
}

bool pattern_check(const char *pattern, size_t groups, char *fault, size_t bytes)
{
    regex_t compiled;
    int code = 0;
    bool good = true;

    if (pattern[0] == '\0' || strlen(pattern) > SPEC_PATTERN_BYTES) {
        (void)snprintf(fault, bytes, "a pattern has 1 to %d bytes", SPEC_PATTERN_BYTES);
        return false;
    }
    if (refers_back(pattern) || repeats_too_often(pattern)) {
        (void)snprintf(fault, bytes,
                       "a pattern without back references and with at most %d repetitions",
                       REPETITIONS_MAX);
        return false;
    }
    code = regcomp(&compiled, pattern, REG_EXTENDED);
    if (code != 0) {
        char reason[128];
        (void)regerror(code, &compiled, reason, sizeof reason);
        (void)snprintf(fault, bytes, "not a POSIX extended regular expression: %s", reason);
        return false;
    }
    if (compiled.re_nsub < groups) {
        (void)snprintf(fault, bytes, "the pattern needs a group (...) around the value");
        good = false;
    }
    regfree(&compiled);
    return good;
}
