/*
 * table: the core's memory: finding rows by their numbers, making new ones, and the lists that run
 * through them.
 */
#include "core/state.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

struct experiment *experiment_find(const struct core *core, int32_t id)
{
    return id >= 1 && (uint32_t)id <= core->experiment_count ? &core->experiments[id - 1] : NULL;
}

struct worker *worker_find(const struct core *core, int32_t id)
{
    return id >= 1 && (uint32_t)id <= core->worker_count ? &core->workers[id - 1] : NULL;
}

/* Mixes a pair into a slot of the table (Fibonacci hashing); the table is never more than half
 * full. */
static uint32_t number_slot(const struct core *core, int32_t experiment, int32_t number)
{
    const uint64_t key = ((uint64_t)(uint32_t)experiment << 32) | (uint32_t)number;
    return (uint32_t)((key * 0x9e3779b97f4a7c15U) >> 33) & (core->number_slots - 1);
}

static bool trial_is(const struct core *core, uint32_t index, int32_t experiment, int32_t number)
{
    const struct trial_row *row = &core->trials[index].row;
    return row->experiment == experiment && row->number == number;
}

struct trial *trial_find(const struct core *core, int32_t experiment, int32_t number)
{
    uint32_t slot = number_slot(core, experiment, number);

    while (core->numbers[slot] != NONE) {
        if (trial_is(core, core->numbers[slot], experiment, number)) {
            return &core->trials[core->numbers[slot]];
        }
        slot = (slot + 1) & (core->number_slots - 1);
    }
    return NULL;
}

static void number_insert(struct core *core, uint32_t index)
{
    const struct trial_row *row = &core->trials[index].row;
    uint32_t slot = number_slot(core, row->experiment, row->number);

    while (core->numbers[slot] != NONE) {
        slot = (slot + 1) & (core->number_slots - 1);
    }
    core->numbers[slot] = index;
}

void numbers_rebuild(struct core *core)
{
    memset(core->numbers, 0xff, core->number_slots * sizeof *core->numbers);
    for (uint32_t i = 0; i < core->trial_count; i++) {
        number_insert(core, i);
    }
}

struct trial *trial_new(struct core *core, struct experiment *experiment)
{
    ASSERT(core->trial_count < core->capacity.trials);
    const uint32_t index = core->trial_count++;
    struct trial *trial = &core->trials[index];
    *trial = (struct trial){
        .row = {.experiment = experiment->row.id,
                .number = experiment->trial_count++,
                .step = -1,
                .median = (double)NAN},
        .experiment = (uint32_t)(experiment - core->experiments),
        .open = true,
        .accepted_boot_ms = NEVER,
        .saved_boot_ms = NEVER,
        .notice_boot_ms = NEVER,
    };
    number_insert(core, index);
    list_append(core, &experiment->open, LIST_OPEN, trial);
    return trial;
}

struct experiment *experiment_new(struct core *core, const struct experiment_config *config)
{
    ASSERT(core->experiment_count < core->capacity.experiments);
    struct experiment *experiment = &core->experiments[core->experiment_count++];
    *experiment = (struct experiment){
        .row = {.id = (int32_t)core->experiment_count}, .config = *config, .sweep = NONE};
    list_init(&experiment->open);
    list_init(&experiment->queue);
    return experiment;
}

/* Workers that come and go while it is not active are not counted for it. */
static void matching_count(const struct core *core, struct experiment *experiment)
{
    experiment->matching_slots = 0;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        experiment->matching_slots +=
            worker_slots_for(&core->workers[i], &experiment->config.requirement);
    }
}

void experiment_activate(struct core *core, struct experiment *experiment)
{
    const uint32_t index = (uint32_t)(experiment - core->experiments);
    uint32_t at = core->active_count;

    if (experiment->active) {
        return;
    }
    for (; at > 0 && core->active[at - 1] > index; at--) {
        core->active[at] = core->active[at - 1];
    }
    core->active[at] = index;
    core->active_count++;
    experiment->active = true;
    matching_count(core, experiment);
}

void experiment_deactivate(struct core *core, struct experiment *experiment)
{
    const uint32_t index = (uint32_t)(experiment - core->experiments);
    uint32_t at = 0;

    ASSERT(experiment->active);
    while (core->active[at] != index) {
        at++;
    }
    core->active_count--;
    for (; at < core->active_count; at++) {
        core->active[at] = core->active[at + 1];
    }
    experiment->active = false;
}

struct worker *worker_new(struct core *core)
{
    ASSERT(core->worker_count < core->capacity.workers);
    struct worker *worker = &core->workers[core->worker_count++];
    *worker = (struct worker){.row = {.id = (int32_t)core->worker_count},
                              .booked_boot_ms = NEVER,
                              .quarantine_boot_ms = NEVER};
    list_init(&worker->attempts);
    return worker;
}

void list_init(struct list *list)
{
    *list = (struct list){.first = NONE, .last = NONE};
}

void list_append(struct core *core, struct list *list, enum list_kind kind, struct trial *trial)
{
    const uint32_t index = (uint32_t)(trial - core->trials);

    trial->links[kind] = (struct link){.before = list->last, .after = NONE};
    if (list->last == NONE) {
        list->first = index;
    } else {
        core->trials[list->last].links[kind].after = index;
    }
    list->last = index;
    list->count++;
}

void list_remove(struct core *core, struct list *list, enum list_kind kind, struct trial *trial)
{
    const struct link link = trial->links[kind];

    ASSERT(list->count > 0);
    if (link.before == NONE) {
        list->first = link.after;
    } else {
        core->trials[link.before].links[kind].after = link.after;
    }
    if (link.after == NONE) {
        list->last = link.before;
    } else {
        core->trials[link.after].links[kind].before = link.before;
    }
    list->count--;
}

struct trial *list_first(const struct core *core, const struct list *list)
{
    return list->first == NONE ? NULL : &core->trials[list->first];
}

struct trial *list_after(const struct core *core, enum list_kind kind, const struct trial *trial)
{
    return trial->links[kind].after == NONE ? NULL : &core->trials[trial->links[kind].after];
}
