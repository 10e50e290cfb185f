/*
 * sim: the real core and the real agents through the real codec, under a virtual clock, network,
 * disk and process table. Everything follows from a seed. First it is tortured (safety), then the
 * faults stop and everything must end (liveness); in between the auditor recounts what must never
 * happen from what it saw itself.
 *
 *     sim [--seeds N] [--seed S]      N histories from 1 on, or the one of seed S
 *
 * A failure prints the seed and the command that runs it again.
 */
#include "story.h"

#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TRIALS = 8,
    STORM_MS = 3600 * 1000,    /* faults for an hour */
    CALM_MS = 20 * 120 * 1000, /* then everything ends within so many leases */
    STEPS_MAX = 200000
};

/* ---- time and faults ---- */

static void fault(void)
{
    const uint32_t machine = story_draw(NETWORK_MACHINES);
    const int64_t spans[] = {1000, 10000, 60000, 130000, 400000};
    const int64_t until_ms = story.now_ms + spans[story_draw(5)];

    switch (story_draw(7)) {
    case 0:
        story.network.cut_up_ms[machine] = until_ms;
        story.network.cut_down_ms[machine] = story_draw(2) == 0 ? until_ms : 0;
        story.cuts++;
        break;
    case 1:
        story.network.cut_down_ms[machine] = until_ms;
        story.cuts++;
        break;
    case 2:
        machine_crash(&story.machines[machine], until_ms, story_draw(6) == 0);
        story.machine_crashes++;
        break;
    case 3:
        story.machines[machine].paused_ms = until_ms;
        break;
    case 4:
        machine_notice(&story.machines[machine], story.now_ms);
        break;
    case 5:
        network_break(&story.network, machine);
        break;
    default:
        if (story.center.up && story_draw(3) == 0) {
            center_crash();
        }
        break;
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The next moment at which anything happens. */
static int64_t next_moment(int64_t fault_ms)
{
    int64_t next_ms = sooner(fault_ms, network_due(&story.network));

    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        next_ms = sooner(next_ms, machine_due(&story.machines[i]));
    }
    next_ms = sooner(next_ms, story.center.up ? core_deadline(story.center.world.core)
                                              : story.center.back_ms);
    if (story.center.up && story.asked_ms > 0) {
        next_ms = sooner(next_ms, story.asked_ms);
    }
    return next_ms > story.now_ms ? next_ms : story.now_ms;
}

static void center_turn(void)
{
    struct center *center = &story.center;

    if (!center->up) {
        if (center->back_ms <= story.now_ms) {
            center_start();
        }
        return;
    }
    if (story.asked_ms > 0 && story.asked_ms <= story.now_ms) {
        struct event event = {.kind = EVENT_SUGGESTED};
        story.asked_ms = 0;
        event.suggested = (struct suggested_event){.experiment = center->world.asks[0].experiment,
                                                   .number = center->world.asks[0].number,
                                                   .params_text = 1};
        center->world.ask_count--;
        memmove(center->world.asks, center->world.asks + 1,
                center->world.ask_count * sizeof *center->world.asks);
        center_step(&event);
    }
    if (center->up && core_deadline(center->world.core) <= story.now_ms) {
        struct event event = {.kind = EVENT_TIMER};
        center_step(&event);
    }
}

static void moment(int64_t *fault_ms, int64_t mean_ms)
{
    struct frame frame;

    story.now_ms = next_moment(*fault_ms);
    while (network_take(&story.network, story.now_ms, &frame)) {
        if (!network_delivers(&story.network, &frame)) {
            /* it was lost with its connection */
        } else if (frame.up) {
            center_hear(&frame);
        } else {
            machine_hear(&story.machines[frame.machine], story.now_ms, &frame);
        }
        free(frame.text);
    }
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        if (machine_due(&story.machines[i]) <= story.now_ms) {
            machine_turn(&story.machines[i], story.now_ms);
        }
    }
    center_turn();
    if (*fault_ms <= story.now_ms) {
        fault();
        *fault_ms = story.now_ms + 1 + (int64_t)story_draw((uint32_t)(2 * mean_ms));
    }
}

/* I10: every result that a machine has stored was answered. */
static bool nothing_owed(void)
{
    uint64_t owed = 0;

    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        owed += story.machines[i].owed;
    }
    return owed == 0;
}

static bool everything_ended(void)
{
    const struct experiment_row *row =
        story.center.up ? core_experiment(story.center.world.core, 1) : NULL;

    return row != NULL && row->ended_ms > 0 && nothing_owed();
}

/* Nothing fails any more: everything is found, and every machine comes back. */
static void calm_down(void)
{
    story.calm = true;
    network_calm(&story.network);
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        story.machines[i].paused_ms = 0;
        story.machines[i].fail_percent = 0;
        story.machines[i].back_ms = sooner(story.machines[i].back_ms, story.now_ms + 1000);
    }
    story.center.back_ms = sooner(story.center.back_ms, story.now_ms + 1000);
}

/* ---- the auditor ---- */

/* I4: whatever a machine was told is recorded has left its mark in the row of that very attempt. */
static void audit_recorded(const struct machine *machine)
{
    const struct world_rows *rows = &story.center.world.rows;

    for (uint32_t i = 0; i < machine->recorded_count; i++) {
        bool found = false;
        for (uint32_t a = 0; a < rows->attempt_count; a++) {
            const struct attempt_row *row = &rows->attempts[a];
            found = found ||
                    (row->trial == machine->recorded[i].trial &&
                     row->number == machine->recorded[i].number && row->outcome != OUTCOME_NONE);
        }
        assert_true(found);
    }
}

static void audit(void)
{
    const struct world_rows *rows = &story.center.world.rows;
    uint32_t with_result = 0;

    assert_int_equal(rows->trial_count[0], TRIALS);
    for (uint32_t i = 0; i < TRIALS; i++) {
        const struct trial_row *trial = &rows->trials[0][i];
        uint32_t done = 0;
        for (uint32_t a = 0; a < rows->attempt_count; a++) {
            const struct attempt_row *attempt = &rows->attempts[a];
            if (attempt->trial == trial->number) {
                done += attempt->state == ATTEMPT_DONE ? 1 : 0;
                assert_true(attempt->number >= 1 && attempt->number <= trial->attempts);
            }
        }
        assert_true(trial->ended_ms > 0);
        assert_int_equal(done, trial->state == TRIAL_COMPLETED ? 1 : 0);
        with_result += trial->value_count > 0 ? 1 : 0;
    }
    assert_true(with_result > 0);
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        audit_recorded(&story.machines[i]);
    }
}

static void begin(uint64_t seed)
{
    struct experiment_config config = world_config(TRIALS);

    memset(&story, 0, sizeof story);
    rng_init(&story.rng, seed, "simulated history");
    network_init(&story.network, &story.rng);
    world_init(&story.center.world);
    story.center.up = true;
    story.now_ms = 1000;
    config.sequential_model = story_draw(2) == 0;
    config.restarts_max = 3;
    config.preemptions_max = 1000;
    story.center.world.rows.configs[0] = config;
    struct event event = {.kind = EVENT_SUBMITTED};
    event.submitted.config = config;
    story.calm = true; /* the submission itself is not cut short */
    center_step(&event);
    story.calm = false;
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        machine_init(&story.machines[i], i, &story.network, &story.rng);
        machine_start(&story.machines[i], story.now_ms);
    }
}

static void one_story(uint64_t seed)
{
    begin(seed);
    const int64_t mean_ms = 5000 + (int64_t)story_draw(200000);
    int64_t fault_ms = story.now_ms + 1 + (int64_t)story_draw((uint32_t)mean_ms);
    while (story.now_ms < STORM_MS && !everything_ended()) {
        moment(&fault_ms, mean_ms);
        assert_true(story.events < STEPS_MAX);
    }
    calm_down();
    const int64_t end_ms = story.now_ms + CALM_MS;
    fault_ms = INT64_MAX;
    while (!everything_ended()) {
        if (story.now_ms >= end_ms) {
            fail_msg("I10: not everything has ended %d leases after the last fault",
                     CALM_MS / LEASE_MS);
        }
        moment(&fault_ms, mean_ms);
        assert_true(story.events < STEPS_MAX);
    }
    audit();
    network_fini(&story.network);
    world_fini(&story.center.world);
}

static uint64_t first_seed = 1;
static uint64_t seed_count = 200;

static void histories(void **state)
{
    uint64_t events = 0;
    uint64_t crashes = 0;
    uint64_t faults = 0;
    struct timespec from;
    struct timespec to;

    (void)state;
    (void)timespec_get(&from, TIME_UTC);
    for (uint64_t seed = first_seed; seed < first_seed + seed_count; seed++) {
        (void)fprintf(stderr, "\rsim --seed %llu ", (unsigned long long)seed);
        one_story(seed);
        events += story.events;
        crashes += story.crashes;
        faults += story.cuts + story.machine_crashes;
    }
    (void)timespec_get(&to, TIME_UTC);
    const double seconds =
        (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    print_message("%llu histories: %llu steps of the core, %llu deaths of the coordinator, %llu "
                  "cuts and crashes of "
                  "machines; %.0f histories an hour\n",
                  (unsigned long long)seed_count, (unsigned long long)events,
                  (unsigned long long)crashes, (unsigned long long)faults,
                  (double)seed_count / seconds * 3600);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(histories)};

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0) {
            seed_count = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            first_seed = strtoull(argv[i + 1], NULL, 10);
            seed_count = 1;
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
