#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

enum tide_status error_set(struct error *error, enum tide_status status, const char *format, ...)
{
    va_list arguments;

    *error = (struct error){0};
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

void error_at(struct error *error, const char *file, int line, int column)
{
    text_copy(error->file, sizeof error->file, file);
    error->line = line;
    error->column = column;
}
