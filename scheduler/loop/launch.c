/*
 * launch: machines that come and go. Rows first, hooks after the commit: a coordinator that ends in
 * between knows on its next start what it may have asked for, and a worker of the pool that nobody
 * told of is taken for one of its machines. So no machine is forgotten, and none asked for twice
 * while the first may still come.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "loop/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOOK_MS = 600000,
    RETRY_FIRST_MS = 30000,
    RETRY_MAX_MS = 600000,
    PATIENCE_MS = 120000, /* beyond twice the start-up, for a machine whose worker has not come */
    BATCH_MAX = 256       /* ids that one terminate is given */
};

#define NEVER INT64_MAX

static void retry_later(struct supply_retry *retry)
{
    retry->wait_ms = retry->wait_ms == 0 ? RETRY_FIRST_MS : 2 * retry->wait_ms;
    retry->wait_ms = retry->wait_ms > RETRY_MAX_MS ? RETRY_MAX_MS : retry->wait_ms;
    retry->at_boot_ms = clock_boot_ms() + retry->wait_ms;
}

static int32_t machines_have(const struct machines *machines)
{
    return machines_count(machines, MACHINE_ASKED) + machines_count(machines, MACHINE_UP);
}

void machines_tell(struct coordinator *coordinator, int32_t pool, int64_t refused_ms)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    struct event event = {.kind = EVENT_MACHINES};

    supply->machines_told = machines_have(&supply->machines);
    supply->refused = refused_ms > 0;
    event.machines = (struct machines_event){
        .pool = pool, .machines = supply->machines_told, .refused_ms = refused_ms};
    step(coordinator, &event);
}

static void rows_write(struct coordinator *coordinator, int32_t pool)
{
    struct machines *machines = &coordinator->supplies[pool - 1].machines;

    for (size_t i = 0; i < machines->count; i++) {
        struct machine *machine = &machines->items[i];
        if (machine->changed) {
            const struct record record = {.kind = RECORD_MACHINE,
                                          .machine = {.pool = pool,
                                                      .number = machine->number,
                                                      .state = machine->state,
                                                      .launched_ms = machine->launched_ms,
                                                      .ended_ms = machine->ended_ms,
                                                      .name_text = machine->name[0] != '\0'}};
            row_put(coordinator, &record, machine->name);
            machine->changed = false;
        }
    }
    machines_sweep(machines);
}

/* ---- what the workers say of the machines ---- */

/* The answer is its worker; 0 none that was ever seen. */
static int32_t machine_look(struct coordinator *coordinator, struct machine *machine)
{
    const int32_t worker = roster_find(&coordinator->roster, machine->name);
    const struct worker_row *row = core_worker(coordinator->core, worker);
    const int64_t now_ms = clock_boot_ms();

    if (row == NULL || !row->connected) {
        machine->free_boot_ms = NEVER;
        machine->away_boot_ms = machine->away_boot_ms == NEVER ? now_ms : machine->away_boot_ms;
        return worker;
    }
    machine->seen = true;
    machine->away_boot_ms = NEVER;
    if (core_worker_busy(coordinator->core, worker)) {
        machine->free_boot_ms = NEVER;
    } else if (machine->free_boot_ms == NEVER) {
        machine->free_boot_ms = now_ms;
    }
    return worker;
}

/* Gone for longer than it can take to come back, or than it can take to come at all. */
static bool is_lost(const struct coordinator *coordinator, const struct supply *supply,
                    const struct machine *machine)
{
    const int64_t patience_ms =
        machine->seen ? coordinator->lease_ms : 2 * supply->config->startup_ms + PATIENCE_MS;

    return machine->away_boot_ms != NEVER && clock_boot_ms() - machine->away_boot_ms > patience_ms;
}

/* Workers of the pool that nobody told of; not while a launch may still name them. `known` has a
 * place for every worker: whether it is a machine's. */
static void strangers_adopt(struct coordinator *coordinator, int32_t pool, const bool *known)
{
    struct supply *supply = &coordinator->supplies[pool - 1];

    if (hook_runs(coordinator->hooks, supply_key(pool, SUPPLY_LAUNCH)) ||
        supply->launch_count > 0) {
        return;
    }
    for (int32_t id = 1; id <= (int32_t)coordinator->roster.count; id++) {
        const struct worker_row *row = core_worker(coordinator->core, id);
        const char *name = roster_entry(&coordinator->roster, id)->name;
        if (row != NULL && row->connected && row->pool == pool && !known[id] &&
            machines_adopt(&supply->machines, name, clock_wall_ms()) != NULL) {
            log_line(LOG_INFO, "machine_found", "pool=%s machine=%s", supply->name, name);
        }
    }
}

static void machines_look(struct coordinator *coordinator, int32_t pool)
{
    const struct machines *machines = &coordinator->supplies[pool - 1].machines;
    bool *known = calloc(coordinator->roster.count + 1, sizeof *known);

    for (size_t i = 0; i < machines->count && known != NULL; i++) {
        known[machine_look(coordinator, &machines->items[i])] = true;
    }
    if (known != NULL) { /* else at the next look */
        strangers_adopt(coordinator, pool, known);
    }
    free(known);
}

/* ---- ending ---- */

static void machine_end(struct coordinator *coordinator, struct supply *supply,
                        struct machine *machine)
{
    struct event event = {.kind = EVENT_COMMAND, .command = {.verb = VERB_DRAIN}};

    event.worker = roster_find(&coordinator->roster, machine->name);
    machines_move(machine, MACHINE_ENDING, clock_wall_ms());
    supply->terminate_due = true;
    if (event.worker != 0) {
        step(coordinator, &event); /* nothing is offered to it any more */
    }
}

static void surplus_end(struct coordinator *coordinator, struct supply *supply)
{
    int32_t surplus = machines_have(&supply->machines) - supply->wanted;
    struct machine *machine = NULL;

    surplus = surplus < BATCH_MAX ? surplus : BATCH_MAX; /* the others at the next looks */
    while (surplus-- > 0 && (machine = machines_idlest(&supply->machines, clock_boot_ms(),
                                                       supply->config->idle_ms)) != NULL) {
        log_line(LOG_INFO, "machine_idle", "pool=%s machine=%s since_ms=%" PRId64, supply->name,
                 machine->name, clock_boot_ms() - machine->free_boot_ms);
        machine_end(coordinator, supply, machine);
    }
}

static void lost_end(struct coordinator *coordinator, struct supply *supply)
{
    const int32_t pool = (int32_t)(supply - coordinator->supplies) + 1;
    const bool launching = hook_runs(coordinator->hooks, supply_key(pool, SUPPLY_LAUNCH));

    for (size_t i = 0; i < supply->machines.count; i++) {
        struct machine *machine = &supply->machines.items[i];
        if (machine->state == MACHINE_UP && is_lost(coordinator, supply, machine)) {
            log_line(LOG_WARNING, "machine_lost", "pool=%s machine=%s seen=%d", supply->name,
                     machine->name, machine->seen);
            machine_end(coordinator, supply, machine);
        } else if (machine->state == MACHINE_ASKED && !launching && supply->launch_count == 0 &&
                   is_lost(coordinator, supply, machine)) {
            log_line(LOG_WARNING, "machine_never_came", "pool=%s", supply->name);
            machines_move(machine, MACHINE_GONE, clock_wall_ms());
        }
    }
}

/* Those that are to be ended and are in no hook's hands: after a restart, or a failure. */
static bool has_ending(const struct machines *machines)
{
    for (size_t i = 0; i < machines->count; i++) {
        if (machines->items[i].state == MACHINE_ENDING && !machines->items[i].in_hand) {
            return true;
        }
    }
    return false;
}

/* ---- launching ---- */

static void launch_decide(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const int32_t have = machines_have(&supply->machines);
    const int64_t room =
        supply->config->max - have - machines_count(&supply->machines, MACHINE_ENDING);
    const int64_t lack = supply->wanted - have;
    const int64_t count = lack < room ? lack : room;

    if (count <= 0 || supply->launch_count > 0 || clock_boot_ms() < supply->launch.at_boot_ms ||
        hook_runs(coordinator->hooks, supply_key(pool, SUPPLY_LAUNCH))) {
        return;
    }
    if (machines_ask(&supply->machines, (int32_t)count, clock_wall_ms(), clock_boot_ms())) {
        supply->launch_count = (int32_t)count;
    }
}

void launch_look(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];

    if (supply->config->launch.count == 0) {
        return;
    }
    machines_look(coordinator, pool);
    lost_end(coordinator, supply);
    surplus_end(coordinator, supply);
    launch_decide(coordinator, pool);
    supply->terminate_due = has_ending(&supply->machines);
    rows_write(coordinator, pool);
    const bool again = supply->refused && clock_boot_ms() >= supply->launch.at_boot_ms;
    if (again || supply->machines_told != machines_have(&supply->machines)) {
        machines_tell(coordinator, pool, 0); /* what was refused may be asked for again */
    }
}

/* ---- the hooks ---- */

static size_t words_copy(const struct spec_texts *command, const char **words)
{
    memcpy(words, command->items, command->count * sizeof *words);
    return command->count;
}

static void launch_start(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const char *words[CONFIG_WORDS_MAX + 2] = {NULL};
    char count[16];
    struct error error;

    (void)snprintf(count, sizeof count, "%" PRId32, supply->launch_count);
    words[words_copy(&supply->config->launch, words)] = count;
    log_line(LOG_INFO, "launch", "pool=%s machines=%s", supply->name, count);
    supply->launch_count = 0;
    if (hook_start(coordinator->hooks, supply_key(pool, SUPPLY_LAUNCH), words, supply->name,
                   HOOK_MS, &error) != TIDE_OK) {
        const struct hook_end end = {.output = "", .why = error.text};
        launch_take(coordinator, pool, &end);
    }
}

static void terminate_start(struct coordinator *coordinator, int32_t pool)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const char *words[CONFIG_WORDS_MAX + BATCH_MAX + 1] = {NULL};
    size_t count = words_copy(&supply->config->terminate, words);
    const size_t end = count + BATCH_MAX;
    struct error error;

    for (size_t i = 0; i < supply->machines.count && count < end; i++) {
        struct machine *machine = &supply->machines.items[i];
        if (machine->state == MACHINE_ENDING) {
            machine->in_hand = true;
            words[count++] = machine->name;
            log_line(LOG_INFO, "terminate", "pool=%s machine=%s", supply->name, machine->name);
        }
    }
    supply->terminate_due = false;
    if (hook_start(coordinator->hooks, supply_key(pool, SUPPLY_TERMINATE), words, supply->name,
                   HOOK_MS, &error) != TIDE_OK) {
        const struct hook_end failed = {.output = "", .why = error.text};
        terminate_take(coordinator, pool, &failed);
    }
}

void launch_act(struct coordinator *coordinator, int32_t pool)
{
    const struct supply *supply = &coordinator->supplies[pool - 1];

    if (supply->launch_count > 0) {
        launch_start(coordinator, pool);
    }
    if (supply->terminate_due && clock_boot_ms() >= supply->terminate.at_boot_ms &&
        !hook_runs(coordinator->hooks, supply_key(pool, SUPPLY_TERMINATE))) {
        terminate_start(coordinator, pool);
    }
}

/* Why fewer came than were asked for; "" when all did. */
static void launch_judge(const struct machines_answer *answer, const struct hook_end *end,
                         char *why, size_t bytes)
{
    *why = '\0';
    if (!end->good) {
        (void)snprintf(why, bytes, "%s", end->why);
    } else if (answer->nonsense > 0) {
        (void)snprintf(why, bytes, "printed %" PRId32 " lines that are no machine's id",
                       answer->nonsense);
    } else if (answer->missing > 0) {
        (void)snprintf(why, bytes, "%" PRId32 " of %" PRId32 " machines could be had",
                       answer->granted, answer->granted + answer->missing);
    }
}

void launch_take(struct coordinator *coordinator, int32_t pool, const struct hook_end *end)
{
    struct supply *supply = &coordinator->supplies[pool - 1];
    const struct machines_answer answer =
        machines_answer(&supply->machines, end->output, clock_wall_ms(), clock_boot_ms());
    char why[HOOK_WHY_BYTES];

    launch_judge(&answer, end, why, sizeof why);
    supply_trouble(coordinator, pool, SUPPLY_LAUNCH, why);
    if (answer.missing > 0) {
        retry_later(&supply->launch);
    } else {
        supply->launch = (struct supply_retry){0};
    }
    rows_write(coordinator, pool);
    machines_tell(coordinator, pool, answer.missing > 0 ? supply->launch.wait_ms : 0);
}

void terminate_take(struct coordinator *coordinator, int32_t pool, const struct hook_end *end)
{
    struct supply *supply = &coordinator->supplies[pool - 1];

    supply_trouble(coordinator, pool, SUPPLY_TERMINATE, end->good ? "" : end->why);
    if (end->good) {
        supply->terminate = (struct supply_retry){0};
    } else {
        retry_later(&supply->terminate);
    }
    for (size_t i = 0; i < supply->machines.count; i++) {
        struct machine *machine = &supply->machines.items[i];
        if (machine->in_hand && end->good) {
            machines_move(machine, MACHINE_GONE, clock_wall_ms());
            coordinator_worker_gone(coordinator, machine->name);
        }
        machine->in_hand = false;
    }
    rows_write(coordinator, pool);
}
