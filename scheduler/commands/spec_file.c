#include "commands/spec_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SPEC_FILE_PATH_BYTES >= PATH_MAX, "realpath fills up to PATH_MAX bytes");

/* What is to be said about a file: errors as JSON on stdout where that is wanted, else as text. */
static void report_show(const struct spec_report *report, bool data)
{
    char *text = data ? spec_report_json(report) : spec_report_text(report);

    (void)fputs(text == NULL ? "tidemill: out of memory\n" : text, data ? stdout : stderr);
    (void)fputs(data ? "\n" : "", stdout);
    free(text);
}

struct spec *spec_file_read(const char *path, bool json)
{
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;

    if (report == NULL) {
        return NULL;
    }
    const enum tide_status status = spec_load(path, &spec, report);
    report_show(report, json && status != TIDE_OK);
    free(report);
    return spec;
}

struct config *config_file_read(const char *path, bool json)
{
    struct spec_report *report = calloc(1, sizeof *report);
    struct config *config = NULL;

    if (report == NULL) {
        return NULL;
    }
    const enum tide_status status = config_load(path, &config, report);
    report_show(report, json && status != TIDE_OK);
    free(report);
    return config;
}

bool spec_file_workdir(const struct spec *spec, const char *path, char *workdir)
{
    char joined[2 * SPEC_FILE_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    const char *below = spec->workdir == NULL ? "." : spec->workdir;
    const int folder = slash == NULL || below[0] == '/' ? 0 : (int)(slash - path) + 1;

    (void)snprintf(joined, sizeof joined, "%.*s%s", folder, path, below);
    return realpath(joined, workdir) != NULL;
}
