/*
 * reading: the frame of the verbs that only read: parse the words, open the store, find what is
 * meant, make the model in one transaction, print it as JSON or through its screen, and suggest the
 * next command on stderr.
 */
#ifndef COMMANDS_READING_H
#define COMMANDS_READING_H

#include "commands/screen.h"
#include "commands/target.h"

/* What the first argument of a verb may name. */
enum reading_target {
    READING_NOTHING,
    READING_ANY,        /* an experiment, or without an argument all of them */
    READING_EXPERIMENT, /* without an argument the only or latest one */
    READING_EITHER,     /* an experiment as above, or a trial */
    READING_TRIAL
};

struct reading {
    const struct options *options;
    struct query *query;
    struct target target; /* all zero where nothing was named */
    int64_t now_ms;       /* UTC */
};

struct reading_verb {
    const struct usage usage;
    enum reading_target targets;
    /* The model, the caller's to free; NULL when the query failed. */
    json_t *(*model)(const struct reading *reading);
    /* False when memory ran out. */
    bool (*screen)(const struct reading *reading, json_t *model, struct screen *screen);
    /* The exit code once it is printed; NULL: EXIT_CODE_OK. */
    int (*verdict)(const json_t *model);
};

/* reading_run: the verb, as of `now_ms`; the answer is an exit code. */
int reading_run(const struct reading_verb *verb, int argc, char **argv, int64_t now_ms);

extern const struct reading_verb verb_best;
extern const struct reading_verb verb_replay;
extern const struct reading_verb verb_show;
extern const struct reading_verb verb_status;
extern const struct reading_verb verb_trials;
extern const struct reading_verb verb_why;
extern const struct reading_verb verb_workers;

/* reading_suggest: the next useful command, "next: tidemill ..." on stderr, with the store that the
 * words named. */
__attribute__((format(printf, 2, 3))) void reading_suggest(const struct options *options,
                                                           const char *format, ...);

/* wall_ms: UTC now. */
int64_t wall_ms(void);

#endif
