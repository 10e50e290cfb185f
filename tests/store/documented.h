/*
 * The queries of docs/STORE.md, one by one, as they stand there.
 */
#ifndef TESTS_STORE_DOCUMENTED_H
#define TESTS_STORE_DOCUMENTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* documented_next: the next statement of the page's ```sql blocks, without its semicolon's rest;
 * false at the end. `inside` is the caller's, false at first. */
bool documented_next(FILE *page, bool *inside, char *sql, size_t bytes);

#endif
