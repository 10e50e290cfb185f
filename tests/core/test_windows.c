/*
 * core: no attempt outside a window. Random schedules of the civil tests (zones, nights when clocks
 * change, overlaps, exceptions, negative prices, a highest price) open and shut the gate of a real
 * core as the coordinator does; workers take up to the whole grace to leave. Afterwards every
 * minute in which an attempt ran is looked up by libc's clock, and where a window was long enough,
 * an attempt ran in it. 300 schedules, or 10,000 with --long; --seed N begins elsewhere.
 */
#include "core/world.h"

#include "civil/schedule.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = WORLD_WORKERS * WORLD_SLOTS, GRACE_MS = 25000, WORKERS = 2, SLOTS = 2 };

static int schedules = 300;
static uint64_t seed = 2385;

/* An attempt on its worker, and when it will be over. */
struct run {
    struct wire_attempt attempt;
    uint32_t worker;
    int64_t started_ms, ends_ms; /* UTC; of one that was told to leave the end is sooner */
    bool leaving;
};

struct story {
    struct schedule schedule;
    struct opening_rule rule;
    struct rng rng;
    struct run runs[RUNS_MAX];
    size_t run_count;
    int64_t again_ms;
    int attempts;
    bool open[SCHEDULE_MINUTES];
};

static struct world world;
static struct story story;

static void run_begin(const struct message *message)
{
    struct run *run = &story.runs[story.run_count++];

    assert_true(story.run_count <= RUNS_MAX);
    *run = (struct run){.attempt = message->attempt,
                        .started_ms = world.wall_ms,
                        .ends_ms =
                            world.wall_ms + 60000 + (int64_t)rng_below(&story.rng, 6 * 3600000)};
    while (world.workers[run->worker].id != message->worker) {
        run->worker++;
    }
    story.attempts++;
}

/* A script that takes its time: up to the last moment before SIGKILL. */
static void run_leave(const struct message *message)
{
    for (size_t i = 0; i < story.run_count; i++) {
        struct run *run = &story.runs[i];
        if (run->attempt.trial == message->attempt.trial && !run->leaving) {
            run->leaving = true;
            run->ends_ms = world.wall_ms + message->grace_ms;
            if (rng_below(&story.rng, 2) > 0) {
                run->ends_ms -= (int64_t)rng_below(&story.rng, (uint64_t)message->grace_ms + 1);
            }
        }
    }
}

/* What the last step says to the workers; what they answer is a step of its own. */
static void messages_take(void)
{
    static struct message taken[STEP_MESSAGES_MAX];
    const uint32_t count = world.outcome.message_count;

    memcpy(taken, world.outcome.messages, count * sizeof *taken);
    for (uint32_t i = 0; i < count; i++) {
        if (taken[i].type == WIRE_ASSIGN) {
            run_begin(&taken[i]);
            world_accept(&world, story.runs[story.run_count - 1].worker, taken[i].attempt);
            assert_int_equal(world.outcome.message_count, 0);
        } else if (taken[i].type == WIRE_STOP) {
            run_leave(&taken[i]);
        }
    }
}

/* As loop/gate.c tells it. */
static void gate_tell(void)
{
    const struct opening_gate gate = opening_gate_at(&story.rule, world.wall_ms, GRACE_MS);
    struct event event = {.kind = EVENT_GATE};

    event.gate = (struct gate_event){
        .experiment = 1,
        .shut = gate.shut,
        .reason = !gate.shut  ? WHY_NONE
                  : gate.dear ? WHY_PRICE
                              : WHY_WINDOW,
        .close_boot_ms = gate.close_ms == 0 ? 0 : world.boot_ms + gate.close_ms - world.wall_ms};
    assert_true(gate.again_ms > world.wall_ms);
    story.again_ms = gate.again_ms;
    world_step(&world, &event);
    messages_take();
}

static void timers_take(void)
{
    while (core_deadline(world.core) <= world.boot_ms) {
        struct event event = {.kind = EVENT_TIMER};
        world_step(&world, &event);
        messages_take();
    }
    while (world.ask_count > 0) {
        world_answer(&world, TIDE_OK);
        messages_take();
    }
}

/* Every minute that it touched must have been an open one. */
static void run_check(const struct run *run)
{
    for (int64_t at_ms = run->started_ms; at_ms < run->ends_ms; at_ms += SCHEDULE_MINUTE_MS) {
        assert_true(story.open[(at_ms - story.schedule.from_ms) / SCHEDULE_MINUTE_MS]);
    }
    if (run->ends_ms > run->started_ms) {
        assert_true(story.open[(run->ends_ms - 1 - story.schedule.from_ms) / SCHEDULE_MINUTE_MS]);
    }
}

static void run_end(size_t index)
{
    const struct run run = story.runs[index];

    run_check(&run);
    story.runs[index] = story.runs[--story.run_count];
    world_result(&world, run.worker, run.attempt, run.leaving ? OUTCOME_LEFT : OUTCOME_COMPLETED,
                 run.leaving ? CAUSE_NOTICE : CAUSE_NONE, 0.25);
    messages_take();
}

static int64_t next_ms(void)
{
    int64_t next = story.again_ms;

    for (size_t i = 0; i < story.run_count; i++) {
        next = story.runs[i].ends_ms < next ? story.runs[i].ends_ms : next;
    }
    return next;
}

static void story_begin(uint64_t number)
{
    struct experiment_config config = world_config(WORLD_TRIALS - 4);

    memset(&story, 0, sizeof story);
    rng_init(&story.rng, seed + number, "attempts in windows");
    schedule_draw(&story.schedule, &story.rng);
    schedule_zone_enter(&story.schedule);
    story.rule = schedule_rule(&story.schedule, rng_below(&story.rng, 2) > 0);
    for (int64_t minute = 0;
         minute < (story.schedule.to_ms - story.schedule.from_ms) / SCHEDULE_MINUTE_MS; minute++) {
        const int64_t at_ms = story.schedule.from_ms + minute * SCHEDULE_MINUTE_MS;
        story.open[minute] =
            schedule_minute_open(&story.schedule, at_ms) &&
            (!story.rule.has_max ||
             schedule_minute_price(&story.schedule, at_ms) <= story.schedule.max_micro);
    }
    world_init(&world);
    /* workers are not what this is about: their leases outlast it */
    world.core = core_init(world.memory, core_capacity(world.core), 1, INT64_C(30) * 86400000);
    world.wall_ms = story.schedule.from_ms;
    config.grace_ms = GRACE_MS;
    config.concurrency_max = WORKERS * SLOTS;
    world_submit(&world, &config);
    gate_tell();
    for (uint32_t worker = 0; worker < WORKERS; worker++) {
        world_hello(&world, worker, SLOTS);
        world_ready(&world, worker, SLOTS);
        messages_take();
    }
}

/* Long enough that an attempt must have begun: twice the grace and a minute before the close. */
static bool has_long_opening(int64_t minutes)
{
    int64_t length = 0;

    for (int64_t minute = 0; minute < minutes && length < 5; minute++) {
        length = story.open[minute] ? length + 1 : 0;
    }
    return length >= 5;
}

static void story_tell(uint64_t number)
{
    const int64_t end_ms = (story_begin(number), story.schedule.to_ms);

    timers_take();
    for (int64_t next = next_ms(); next < end_ms; next = next_ms()) {
        world.boot_ms += next - world.wall_ms;
        world.wall_ms = next;
        for (size_t i = story.run_count; i > 0; i--) {
            if (story.runs[i - 1].ends_ms <= next) {
                run_end(i - 1);
            }
        }
        if (story.again_ms <= next) {
            gate_tell();
        }
        timers_take();
    }
    if (has_long_opening((end_ms - story.schedule.from_ms) / SCHEDULE_MINUTE_MS)) {
        assert_true(story.attempts > 0);
    }
    world_fini(&world);
    zone_close(story.schedule.zone);
}

static void nothing_runs_outside_of_a_window(void **state)
{
    int attempts = 0;

    (void)state;
    for (int i = 0; i < schedules; i++) {
        story_tell((uint64_t)i);
        attempts += story.attempts;
    }
    print_message("%d schedules, %d attempts\n", schedules, attempts);
    assert_true(attempts > schedules);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_runs_outside_of_a_window),
    };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--long") == 0) {
            schedules = 10000;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 10);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
