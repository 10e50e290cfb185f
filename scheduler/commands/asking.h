/*
 * asking: the verbs that change something ask the live coordinator. It is found beside the store,
 * through STORE.run/, or named by --connect.
 */
#ifndef COMMANDS_ASKING_H
#define COMMANDS_ASKING_H

#include "commands/options.h"
#include "pack/workdir.h"

#include <jansson.h>

/* The options that name a coordinator elsewhere; a verb that asks has them among its own. */
#define ASKING_RULES                                                                               \
    {"connect", 0, "ENDPOINT", "the coordinator of another machine: tcp://HOST:PORT"},             \
        {"key", 0, "FILE", "with --connect: the operator's secret key"},                           \
    {                                                                                              \
        "server-key", 0, "KEY", "with --connect: the coordinator's public key"                     \
    }

/*
 * asking_ask: sends the verb of options->usage with `body` and waits for the answer, which is the
 * caller's to free. Prints what went wrong; the answer is an exit code.
 */
int asking_ask(const struct options *options, json_t *body, json_t **answer);

/* asking_ask_with: the same after the coordinator has the packed workdir. */
int asking_ask_with(const struct options *options, const struct workdir_packed *packed,
                    json_t *body, json_t **answer);

#endif
