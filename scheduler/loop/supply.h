/*
 * supply: what the loop keeps of a pool beside the core: where its prices come from, its machines,
 * and what its hooks are doing. Private to scheduler/loop.
 */
#ifndef LOOP_SUPPLY_H
#define LOOP_SUPPLY_H

#include "config/config.h"
#include "core/core.h"
#include "loop/feed.h"
#include "loop/hook.h"
#include "loop/machines.h"

struct coordinator;

/* What a pool has commands for; a hook's key is 4 x the pool's id + this. */
enum supply_hook { SUPPLY_PRICE, SUPPLY_LAUNCH, SUPPLY_TERMINATE };

/* A command that failed is tried again, later every time. */
struct supply_retry {
    int64_t wait_ms; /* after the next failure */
    int64_t at_boot_ms;
};

struct supply {
    char name[WIRE_NAME_BYTES];       /* "" this id is free */
    const struct config_pool *config; /* NULL: the configuration does not name it any more */
    struct zone *zone;
    struct feed feed;
    int64_t price_boot_ms;   /* when to look for prices again */
    struct price_event told; /* what the core was told of them; count 0 and PRICE_UNKNOWN nothing */
    struct machines machines;
    int32_t wanted;        /* machines, as the core said */
    int32_t machines_told; /* how many the core knows of */
    bool refused;          /* and that it is to ask for no more for a while */
    int32_t launch_count;  /* to be launched after the commit; 0 none */
    bool terminate_due;    /* to be ended after the commit */
    struct supply_retry launch, terminate;
    char trouble[3][HOOK_WHY_BYTES]; /* by supply_hook, as the store has it */
};

/*
 * supplies_open: tells the core of the configuration's pools and their prices, once the rows are
 * loaded. TIDE_LIMIT when the store knows too many pools already. supplies_fini: frees them.
 */
enum tide_status supplies_open(struct coordinator *coordinator, const struct config *config,
                               struct error *error);
void supplies_fini(struct coordinator *coordinator);

/* supply_load_pool, supply_load_machine, supply_load_trouble: a row of an earlier run. */
void supply_load_pool(struct coordinator *coordinator, int32_t pool, const char *name);
bool supply_load_machine(struct coordinator *coordinator, const struct machine_row *row,
                         const char *name);
void supply_load_trouble(struct coordinator *coordinator, int32_t pool, enum supply_hook hook,
                         const char *text);

/* supply_find: the pool of that name, 0 when no configuration ever named it. */
int32_t supply_find(const struct coordinator *coordinator, const char *name);

/* supply_of_worker: the pool of a worker that says `name`: that one, or `default` with a warning;
 * 0 where the configuration has neither. */
int32_t supply_of_worker(struct coordinator *coordinator, const char *name, const char *worker);

/* supply_want: the core wants so many machines of the pool. */
void supply_want(struct coordinator *coordinator, int32_t pool, int32_t machines);

/* supplies_look: takes hooks that ended, prices that are due, machines that came, went or idle;
 * supplies_act: starts what was decided, once that is on disk. supplies_wait_ms: how long at most
 * until the next look; INT64_MAX where nothing is to be looked at. */
void supplies_look(struct coordinator *coordinator);
void supplies_act(struct coordinator *coordinator);
int64_t supplies_wait_ms(const struct coordinator *coordinator);

/* prices.c: what a pool costs, told to the core when it changes. */
void prices_open(struct coordinator *coordinator, int32_t pool);
void prices_look(struct coordinator *coordinator, int32_t pool);
void prices_take(struct coordinator *coordinator, int32_t pool, const struct hook_end *end);

/* launch.c: machines that come and go. */
void launch_look(struct coordinator *coordinator, int32_t pool);
void launch_act(struct coordinator *coordinator, int32_t pool);
void launch_take(struct coordinator *coordinator, int32_t pool, const struct hook_end *end);
void terminate_take(struct coordinator *coordinator, int32_t pool, const struct hook_end *end);
void machines_tell(struct coordinator *coordinator, int32_t pool, int64_t refused_ms);

/* supply_key: what a hook of that pool is known by while it runs. */
int32_t supply_key(int32_t pool, enum supply_hook hook);

/* supply_trouble: what went wrong with the hook of that kind, "" nothing any more; into the store
 * and the log. */
void supply_trouble(struct coordinator *coordinator, int32_t pool, enum supply_hook hook,
                    const char *text);

#endif
