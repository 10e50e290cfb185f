/*
 * What every test includes: cmocka, the comparison of doubles it lacks, and a directory of the
 * test's own.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * assert_close(got, want, rel, abs): |got - want| <= max(abs, rel |want|). cmocka 1.1.5 compares as
 * float, which is no comparison.
 */
#define assert_close(got, want, rel, abs)                                                          \
    close_check((got), (want), (rel), (abs), #got, __FILE__, __LINE__)

void close_check(double got, double want, double rel, double abs, const char *what,
                 const char *file, int line);

/* scratch_new: a new empty directory under TMPDIR or /tmp; the caller frees the path with
 * scratch_free, which removes the tree. */
char *scratch_new(void);
void scratch_free(char *path);

/* file_write, file_read: whole small files; a failure fails the test. file_read's answer is the
 * caller's to free. */
void file_write(const char *path, const char *text);
char *file_read(const char *path);

#endif
