/*
 * step: one event through the core: its records join the store's batch, its effects go to the
 * searcher, its messages wait.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "loop/clock.h"
#include "loop/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void coordinator_fail(struct coordinator *coordinator, enum tide_status status,
                      const struct error *error)
{
    if (coordinator->failed == TIDE_OK) {
        coordinator->failed = status;
        coordinator->error = *error;
    }
}

uint32_t step_text(struct coordinator *coordinator, const char *text)
{
    if (text == NULL) {
        return 0;
    }
    coordinator->texts[coordinator->text_count++] = text;
    return coordinator->text_count;
}

static bool roomier(struct core_capacity a, struct core_capacity b)
{
    return a.experiments > b.experiments || a.trials > b.trials || a.workers > b.workers;
}

/* Moves the core to larger memory before the step that may need it; false when there is none. */
static bool core_make_room(struct coordinator *coordinator, const struct event *event)
{
    const struct core_capacity needs = core_needs(coordinator->core, event);

    if (!roomier(needs, core_capacity(coordinator->core))) {
        return true;
    }
    void *memory = malloc(core_bytes(needs));
    if (memory == NULL) {
        return false;
    }
    coordinator->core = core_move(coordinator->core, memory, needs);
    free(coordinator->core_memory);
    coordinator->core_memory = memory;
    return true;
}

static void store_check(struct coordinator *coordinator, enum tide_status status)
{
    struct error error;

    if (status != TIDE_OK) {
        (void)error_set(&error, status, "cannot hold a decision for the store: %s",
                        tide_status_text(status));
        coordinator_fail(coordinator, status, &error);
    }
}

/* A row of the shell's own, with its one text. */
void row_put(struct coordinator *coordinator, const struct record *record, const char *text)
{
    const char *const items[] = {text};
    const struct store_texts texts = {.items = items, .count = 1};

    store_check(coordinator, store_apply(coordinator->store, record, &texts));
}

static void records_apply(struct coordinator *coordinator)
{
    const struct outcome *outcome = coordinator->outcome;
    const struct store_texts texts = {.items = coordinator->texts,
                                      .count = coordinator->text_count};
    char line[256];

    for (uint32_t i = 0; i < outcome->record_count; i++) {
        coordinator->began =
            coordinator->began || (outcome->records[i].kind == RECORD_ATTEMPT &&
                                   outcome->records[i].attempt.state == ATTEMPT_ACTIVE);
        store_check(coordinator, store_apply(coordinator->store, &outcome->records[i], &texts));
    }
    for (uint32_t i = 0; i < outcome->trace_count; i++) {
        (void)trace_print(&outcome->traces[i], line, sizeof line);
        store_check(coordinator, store_event(coordinator->store, &outcome->traces[i], line));
    }
}

/* What became of a trial: told, or taken back. */
void trial_tell(struct coordinator *coordinator, const struct trial_row *row)
{
    struct search_tell tell;

    if (telling_end(core_config(coordinator->core, row->experiment), row, &tell)) {
        searcher_tell(coordinator->searcher, &tell);
    } else {
        searcher_forget(coordinator->searcher, row->experiment, row->suggestion);
    }
}

/* What it was worth at its rungs: a curve in the searcher's terms; a step told again is the same.
 */
void trial_report(struct coordinator *coordinator, const struct trial_row *row)
{
    struct search_tell tell;

    for (int32_t rung = 0; rung < row->rung; rung++) {
        telling_rung(core_config(coordinator->core, row->experiment), row, rung, &tell);
        searcher_tell(coordinator->searcher, &tell);
    }
}

/* As a coordinator would find it that is started now. */
static void trial_again(struct coordinator *coordinator, const struct trial_row *row)
{
    const char *params = NULL;
    struct error error;

    searcher_forget(coordinator->searcher, row->experiment, row->suggestion);
    if (store_params(coordinator->store, row->experiment, row->number, &params, &error) ==
        TIDE_OK) {
        searcher_pending(coordinator->searcher, row->experiment, row->suggestion, params);
    }
}

/* What a trial that has ended kept beside the store; one that is buried may be dug up again. */
static void checkpoints_drop(const struct coordinator *coordinator, const struct trial_row *row)
{
    char path[KEY_PATH_BYTES + 64];

    if (coordinator->checkpoints[0] != '\0' && row->checkpoint.attempt > 0 &&
        row->state != TRIAL_BURIED) {
        (void)snprintf(path, sizeof path, "%s/%s/%" PRId32 ".%" PRId32, coordinator->checkpoints,
                       store_cluster(coordinator->store), row->experiment, row->number);
        tree_remove(path);
    }
}

static void trial_ended(struct coordinator *coordinator, const struct trial_row *row)
{
    trial_tell(coordinator, row);
    checkpoints_drop(coordinator, row);
    claims_drop(coordinator, row);
}

static void effects_do(struct coordinator *coordinator)
{
    for (uint32_t i = 0; i < coordinator->outcome->effect_count; i++) {
        const struct effect *effect = &coordinator->outcome->effects[i];
        switch (effect->kind) {
        case EFFECT_SUGGEST:
            searcher_ask(coordinator->searcher, effect->experiment, effect->number);
            break;
        case EFFECT_TELL:
            trial_ended(coordinator,
                        core_trial(coordinator->core, effect->experiment, effect->number));
            break;
        case EFFECT_REPORT:
            trial_report(coordinator,
                         core_trial(coordinator->core, effect->experiment, effect->number));
            break;
        case EFFECT_FORGET:
            searcher_forget(coordinator->searcher, effect->experiment, effect->number);
            break;
        case EFFECT_AGAIN:
            trial_again(coordinator,
                        core_trial(coordinator->core, effect->experiment, effect->number));
            break;
        case EFFECT_ENDED:
            searcher_end(coordinator->searcher, effect->experiment);
            break;
        case EFFECT_POOL:
            supply_want(coordinator, effect->pool, effect->number);
            break;
        }
    }
}

void step(struct coordinator *coordinator, struct event *event)
{
    struct error error;

    event->boot_ms = clock_boot_ms();
    event->wall_ms = clock_wall_ms();
    if (!core_make_room(coordinator, event)) {
        (void)error_set(&error, TIDE_NO_MEMORY, "out of memory");
        coordinator_fail(coordinator, TIDE_NO_MEMORY, &error);
        return;
    }
    core_step(coordinator->core, event, coordinator->outcome);
    records_apply(coordinator);
    coordinator->text_count = 0;
    effects_do(coordinator);
    for (uint32_t i = 0; i < coordinator->outcome->message_count; i++) {
        parcel_put(coordinator, &coordinator->outcome->messages[i]);
    }
}
