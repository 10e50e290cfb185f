/*
 * Any bytes as a sequence of events for the core, the impossible ones too: it answers all of them,
 * its lists and rows stay sound, and the core loaded from the rows is the one that wrote them.
 */
#include "core/world.h"

#include "base/assert.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct world world;
static const uint8_t *script;
static size_t left;

static int32_t draw(int32_t bound)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *script++ % bound;
}

static struct wire_attempt any_attempt(void)
{
    const int32_t which = draw(16);

    return (struct wire_attempt){
        .experiment = 1 + which / 8, .trial = which % 8, .number = draw(5)};
}

static void submit(void)
{
    struct experiment_config config = world_config(1 + draw(8));
    const int32_t rule = draw(3);

    if (world.rows.experiment_count >= WORLD_EXPERIMENTS) {
        return;
    }
    config.concurrency_max = draw(3);
    config.failures_max = draw(3);
    config.restarts_max = draw(3);
    config.preemptions_max = draw(4);
    config.compute_max_ms = draw(2) == 0 ? 0 : 1000 * (1 + draw(250));
    config.finish_at_close = draw(2) == 0;
    if (rule == 1) {
        world_halve(&config);
    } else if (rule == 2) {
        world_median(&config);
    }
    world_submit(&world, &config);
}

static void renew(int32_t worker)
{
    struct event event = {.kind = EVENT_RENEW, .worker = world.workers[worker].id};

    event.renew.count = (uint32_t)draw(4);
    for (uint32_t i = 0; i < event.renew.count; i++) {
        event.renew.running[i] = (struct wire_running){.attempt = any_attempt(), .step = draw(9)};
    }
    world_step(&world, &event);
}

static void result(int32_t worker)
{
    const struct wire_attempt attempt = any_attempt();
    const int32_t outcome = draw(4);
    const int32_t cause = draw(CAUSE_WORKER + 1);

    world_result(&world, (uint32_t)worker, attempt,
                 (enum wire_outcome)(OUTCOME_COMPLETED + outcome), (enum wire_cause)cause,
                 draw(100));
}

static void short_one(int32_t worker)
{
    static const enum event_kind kinds[] = {EVENT_PREEMPT, EVENT_BYE, EVENT_GONE, EVENT_REFUSE,
                                            EVENT_SUGGESTED};
    struct event event = {.kind = kinds[draw(5)], .worker = world.workers[worker].id};

    if (event.kind == EVENT_REFUSE) {
        event.refuse = (struct wire_refuse){.attempt = any_attempt(), .refusal = REFUSAL_FULL};
    } else if (event.kind == EVENT_SUGGESTED) {
        event.suggested = (struct suggested_event){/* nobody asked that */
                                                   .experiment = draw(4),
                                                   .number = 100 + draw(8),
                                                   .status = TIDE_OK,
                                                   .params_text = 1};
        event.worker = 0;
    }
    world_step(&world, &event);
}

static void command(void)
{
    static const enum command_verb verbs[] = {VERB_PAUSE, VERB_RESUME, VERB_STOP, VERB_CANCEL,
                                              VERB_KICK};
    const enum command_verb verb = verbs[draw(5)];
    const int32_t experiment = draw(4);

    world_command(&world, verb, experiment, draw(10) - 1);
}

static void pass_time(void)
{
    static const int64_t spans[] = {0, 1, 5000, 31000, 124401, 400000};

    world_tick(&world, spans[draw(6)]);
}

static void event(void)
{
    const int32_t kind = draw(16);
    const int32_t worker = draw(WORLD_WORKERS);

    if (kind < 2) {
        world.workers[worker].restarted = draw(4) == 0;
        world_hello(&world, (uint32_t)worker, 1 + draw(WORLD_SLOTS));
    } else if (kind < 4) {
        world_ready(&world, (uint32_t)worker, draw(5) - 1);
    } else if (kind < 6) {
        world_accept(&world, (uint32_t)worker, any_attempt());
    } else if (kind < 8) {
        result(worker);
    } else if (kind == 8) {
        renew(worker);
    } else if (kind == 9) {
        const struct wire_attempt attempt = any_attempt();
        const int32_t seq = draw(5);
        world_checkpoint(&world, (uint32_t)worker, attempt, seq, draw(12));
    } else if (kind == 10) {
        const struct wire_attempt attempt = any_attempt();
        const int32_t step = draw(12);
        world_metric(&world, (uint32_t)worker, attempt, step, draw(100));
    } else if (kind == 11) {
        short_one(worker);
    } else if (kind == 12) {
        command();
    } else if (kind == 13) {
        pass_time();
    } else if (kind == 14) {
        const bool shut = draw(2) == 0;
        world_gate(&world, 1 + worker % WORLD_EXPERIMENTS, shut,
                   shut || draw(2) == 0 ? 0 : world.boot_ms + 1000 * draw(256));
    } else {
        submit();
    }
    if (draw(2) == 0) {
        world_answer(&world, TIDE_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    void *memory = NULL;

    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    world_init(&world);
    script = data;
    left = bytes;
    submit();
    for (int i = 0; i < EVENTS_MAX && left > 0; i++) {
        event();
        ASSERT(core_check(world.core) == NULL);
    }
    struct core *loaded = world_reload(&world, &memory);
    ASSERT(core_digest(loaded) == core_digest(world.core));
    free(memory);
    world_fini(&world);
    return 0;
}
