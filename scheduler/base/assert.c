#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *condition, const char *file, int line, const char *function)
{
    (void)fprintf(stderr, "tidemill: bug: %s:%d: %s: assertion failed: %s\n", file, line, function,
                  condition);
    abort();
}
