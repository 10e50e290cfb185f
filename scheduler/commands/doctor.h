/*
 * doctor: what the checks of the verb `doctor` share: findings, each with a verdict, a sentence
 * and, where something can be done, what.
 */
#ifndef COMMANDS_DOCTOR_H
#define COMMANDS_DOCTOR_H

#include "commands/options.h"

#include <jansson.h>

/* In the order of how much they hurt; the texts are those of the screen and of JSON. */
#define VERDICT_LIST(X)                                                                            \
    X(VERDICT_GOOD, "good")                                                                        \
    X(VERDICT_NOTE, "note")                                                                        \
    X(VERDICT_WARNING, "warning")                                                                  \
    X(VERDICT_BAD, "bad")

enum verdict {
#define X(name, text) name,
    VERDICT_LIST(X)
#undef X
        VERDICT_COUNT
};

struct examination {
    const struct options *options;
    int64_t now_ms;        /* UTC */
    bool coordinator_runs; /* a process has the store's lock */
    json_t *findings;      /* array of {"check", "verdict", "text", "advice"} */
};

/* finding: adds one; `advice` NULL for none. */
__attribute__((format(printf, 5, 6))) void finding(struct examination *examination,
                                                   const char *check, enum verdict verdict,
                                                   const char *advice, const char *format, ...);

/* doctor_place.c: programs, clock, file system, disk, and who has the store open. */
void examine_place(struct examination *examination);
void examine_memory(struct examination *examination, int32_t process);

/* doctor_store.c: what is in the database; false when it cannot be opened. */
bool examine_store(struct examination *examination);

/* doctor_access.c: the keys' files, and whether the coordinator answers. */
void examine_keys(struct examination *examination);
void examine_coordinator(struct examination *examination);

#endif
