/*
 * A store made of tests/commands/fixture.sql, and a command line's words, output and exit code as
 * one text.
 */
#ifndef TESTS_COMMANDS_FIXTURE_H
#define TESTS_COMMANDS_FIXTURE_H

#include "support/support.h"

#include <stdio.h>

/* 2026-11-23 21:45:00 UTC: 22:45 in Paris, where these tests are. */
#define FIXTURE_NOW_MS INT64_C(1795470300000)

/* The store of this test: fixture_begin makes it, in a folder of its own which is the current one
 * then, and turns local time to Paris; fixture_end removes both. Set-up and tear-down of a group.
 */
extern char fixture_store[512];
int fixture_begin(void **state);
int fixture_end(void **state);

/* sql_run: on that store, writing. */
void sql_run(const char *sql);

/* Words are split at blanks. */
enum { WORDS_MAX = 16 };
struct words {
    char text[512];
    char *items[WORDS_MAX + 2];
    int count;
};
void words_split(struct words *words, const char *line);

/* capture_begin, capture_end: what the program prints between them, stdout and stderr as one text;
 * the caller frees it. */
void capture_begin(void);
char *capture_end(void);

#endif
