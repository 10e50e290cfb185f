/*
 * ending: how an attempt ended, in words: which row of the table "How an attempt ends"
 * (docs/CLI.md) it was, and what was seen.
 */
#ifndef COMMANDS_ENDING_H
#define COMMANDS_ENDING_H

#include <jansson.h>
#include <stddef.h>

enum { ENDING_BYTES = 160 };

/* ending_row: 1 ... 6, the row of the table; 0 while the attempt has not ended, or where it ended
 * without having run. `attempt` is an object with the columns of the store's table. */
int ending_row(const json_t *attempt);

/* ending_row_text: the row in words: what is seen, and what the trial becomes. */
const char *ending_row_text(int row);

/* ending_print: "preempted (lease lost)", "failed (exit 1)", "completed", "running". Returns
 * `text`, which holds ENDING_BYTES. */
char *ending_print(char *text, const json_t *attempt);

#endif
