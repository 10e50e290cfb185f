/*
 * document: printing a model as JSON, numbers as base/number.h writes them.
 */
#ifndef COMMANDS_DOCUMENT_H
#define COMMANDS_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * document_print: on one line without blanks, or indented by two; no newline at the end. False when
 * it is nested deeper than this program ever makes it (DOCUMENT_DEPTH_MAX) or memory ran out.
 */
enum { DOCUMENT_DEPTH_MAX = 32 };
bool document_print(json_t *value, bool indented, FILE *out);

#endif
