/*
 * POSIX extended regular expressions of a spec. They will be run over what scripts print, so what
 * makes glibc explode is refused: large repetitions when compiling, back references when matching.
 */
#ifndef SPEC_PATTERN_H
#define SPEC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* pattern_check: whether `pattern` compiles, is short enough and has at least `groups` groups; says
 * what is wrong in `fault` otherwise. */
bool pattern_check(const char *pattern, size_t groups, char *fault, size_t bytes);

#endif
