/*
 * fleet: what the processes of bench_fleet share: the parent, which starts and kills the
 * coordinator and measures it, and the loaders, each with half of the workers.
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "transport/dealer.h"

#include <stdatomic.h>
#include <sys/types.h>

enum { LOADERS = 2, POINTS_MAX = 400000, PATH_BYTES = 512, PORT = 20000 };

/* What the loaders tell their parent. */
struct shared {
    atomic_int welcomed[LOADERS]; /* workers with a session of the present coordinator */
    atomic_int phase;             /* 0 connecting, 1 measured, 2 the coordinator is gone, 3 end */
    atomic_int kept, stopped;     /* running attempts, as WELCOME said after the restart */
    atomic_int points[2];         /* answers measured: heartbeats, results */
    int64_t latencies_us[2][POINTS_MAX];
};

struct fleet {
    char directory[PATH_BYTES], endpoint[64];
    const char *program;
    int count;
    struct key_pair server, *pairs;
    struct shared *shared;
    pid_t coordinator;
};

/* load_run: the workers of one loader, until the phase says that it is over; does not return. */
void load_run(const struct fleet *fleet, int loader);

/* now_us: CLOCK_BOOTTIME. check: ends the program with the reason when something went wrong. */
int64_t now_us(void);
void check(enum tide_status status, const struct error *error);

#endif
