#include "commands/spec_file.h"

#include "loop/coordinator.h"
#include "spec/origin.h"

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

/* The store as an absolute path, whether it is there yet or not: "" where its folder is not. */
static void store_path(const char *store, char path[SPEC_FILE_PATH_BYTES])
{
    char folder[SPEC_FILE_PATH_BYTES];
    char resolved[SPEC_FILE_PATH_BYTES];
    const char *slash = strrchr(store, '/');
    const char *name = slash == NULL ? store : slash + 1;

    (void)snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - store) + 1,
                   slash == NULL ? "." : store);
    *path = '\0';
    if (realpath(folder, resolved) != NULL) {
        (void)snprintf(path, SPEC_FILE_PATH_BYTES, "%.3800s/%.256s", resolved, name);
    }
}

enum tide_status spec_file_pack(const struct spec *spec, const char *path, const char *store,
                                struct workdir_packed *packed, char *workdir, struct error *error)
{
    char folder[SPEC_FILE_PATH_BYTES];
    char beside[SPEC_FILE_PATH_BYTES];

    *packed = (struct workdir_packed){.fd = -1};
    if (!spec_file_workdir(spec, path, folder)) {
        return error_set(error, TIDE_NOT_FOUND, "the workdir of %s is not there", path);
    }
    if (spec->workdir == NULL) {
        (void)snprintf(workdir, SPEC_FILE_PATH_BYTES, "%s", folder);
        return TIDE_OK;
    }
    store_path(store, beside);
    const enum tide_status status =
        workdir_pack(folder, beside, WIRE_WORKDIR_BYTES_MAX, packed, error);
    return status != TIDE_OK || origin_packed(workdir, SPEC_FILE_PATH_BYTES, packed->hash, folder)
               ? status
               : error_set(error, TIDE_LIMIT, "the path of the workdir of %s is too long", path);
}
