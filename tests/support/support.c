#include "support/support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void close_check(double got, double want, double rel, double abs, const char *what,
                 const char *file, int line)
{
    const double allowed = fmax(abs, rel * fabs(want));

    if (!(fabs(got - want) <= allowed)) {
        print_error("%s: got %.17g, want %.17g, differs by %.3g, allowed %.3g\n", what, got, want,
                    fabs(got - want), allowed);
        _fail(file, line);
    }
}

char *scratch_new(void)
{
    const char *parent = getenv("TMPDIR");
    char path[512];

    (void)snprintf(path, sizeof path, "%s/tidemill-test-XXXXXX", parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(path));
    return strdup(path);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_free(char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

char *file_read(const char *path)
{
    FILE *file = fopen(path, "r");
    long bytes = 0;
    char *text = NULL;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    bytes = ftell(file);
    assert_true(bytes >= 0);
    rewind(file);
    text = calloc((size_t)bytes + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)bytes, file), (size_t)bytes);
    (void)fclose(file);
    return text;
}
