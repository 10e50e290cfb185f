#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(int status, const char *format, ...)
{
    va_list arguments;

    (void)fputs("digits-train: ", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(status);
}

void *must_allocate(unsigned long count, unsigned long bytes)
{
    void *memory = calloc(count, bytes);

    if (memory == NULL) {
        fail(EXIT_FAILED, "out of memory");
    }
    return memory;
}
