/*
 * crew: the worker processes that `run` starts on its own machine. They end with the coordinator,
 * run as its user with its environment, and are started again when they die.
 */
#ifndef LOOP_CREW_H
#define LOOP_CREW_H

#include "loop/coordinator.h"

#include <sys/types.h>

enum { CREW_MAX = 1024, CREW_NAME_BYTES = 32 };

struct crew_member {
    pid_t pid;               /* 0 not running */
    int64_t begun_steady_ms; /* when its process started */
    int32_t short_lives;     /* ends in a row shortly after a start */
};

struct crew {
    const struct coordinator *coordinator;
    char program[4096];   /* tidemill-worker */
    char directory[4096]; /* STORE.work: their state and their logs */
    struct crew_member members[CREW_MAX];
    int count;
    bool leaving; /* told to end: nobody is started again */
};

/* crew_open: starts `count` workers called local-1 ...; TIDE_NOT_FOUND when there is no
 * tidemill-worker beside this program or on PATH. */
enum tide_status crew_open(struct crew *crew, struct coordinator *coordinator, int count,
                           const char *store, struct error *error)
    __attribute__((warn_unused_result));

/*
 * crew_reap: takes note of workers that ended: the coordinator is told, and another is started in
 * their place. TIDE_REFUSED when one ends again and again right after its start, with where its log
 * is.
 */
enum tide_status crew_reap(struct crew *crew, struct coordinator *coordinator, struct error *error)
    __attribute__((warn_unused_result));

/* crew_leave: tells all to drain (or, with `now`, ends them); crew_reap notices when they are gone.
 */
void crew_leave(struct crew *crew, bool now);

/* crew_running: how many processes there are. */
int crew_running(const struct crew *crew);

/* crew_close: ends what still runs and waits for it; `finished` removes their directory, which
 * nobody needs any more. */
void crew_close(struct crew *crew, bool finished);

#endif
