/*
 * gate: windows and prices of every experiment, told to the core as open or shut. Knows that wall
 * time may jump: an answer holds for an hour at most, and a clock set back asks again.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "civil/opening.h"
#include "loop/clock.h"
#include "spec/origin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1024 };

/* What is to be done at a moment, and why, where the gate is shut. */
struct gate_answer {
    struct opening_gate gate;
    enum experiment_reason reason;
};

static const int64_t day_ms = 86400000;
static const int64_t recheck_ms = 3600000; /* an answer holds for no longer */
static const int64_t file_recheck_ms = 10000;

static bool needs_gate(const struct spec_schedule *schedule)
{
    return schedule->window_count > 0 || schedule->except_count > 0 || schedule->max_price.given;
}

/* A relative path is meant from where the commands start. What the coordinator may read is not for
 * the spec's author to see: the feed says where a file is wrong, and nothing of what is in it. */
static bool prices_open_file(struct submission *submission, const char *file)
{
    const size_t bytes = strlen(submission->workdir) + strlen(file) + 2;

    submission->price_file = malloc(bytes);
    if (submission->price_file == NULL) {
        return false;
    }
    (void)origin_path(submission->price_file, bytes, submission->workdir, file);
    submission->prices = (struct feed){
        .file = submission->price_file, .hold_ms = PRICE_FILE_HOLD_MS, .discreet = true};
    return true;
}

enum tide_status gate_open(struct coordinator *coordinator, int32_t experiment, struct error *error)
{
    struct submission *submission = &coordinator->submissions[experiment];
    const struct spec_schedule *schedule = &submission->spec->schedule;

    submission->gated = needs_gate(schedule);
    if (!submission->gated) {
        return TIDE_OK;
    }
    if (schedule->max_price.given && schedule->prices.file != NULL &&
        !prices_open_file(submission, schedule->prices.file)) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    return zone_open(&submission->zone, schedule->timezone ? schedule->timezone : "UTC", error);
}

void gate_close(struct submission *submission)
{
    zone_close(submission->zone);
    feed_fini(&submission->prices);
    free(submission->price_file);
}

/* The rule of a schedule; its steps, of a file, are in `steps`. */
static struct opening_rule rule_of(const struct submission *submission)
{
    const struct spec_schedule *schedule = &submission->spec->schedule;

    return (struct opening_rule){.calendar = {.zone = submission->zone,
                                              .windows = schedule->windows,
                                              .window_count = schedule->window_count,
                                              .except = schedule->except,
                                              .except_count = schedule->except_count},
                                 .has_max = schedule->max_price.given,
                                 .max_micro = schedule->max_price.micro,
                                 .bands = schedule->prices.bands,
                                 .band_count = schedule->prices.band_count,
                                 .default_micro = schedule->prices.fallback.micro};
}

/* An unknown price is not a low one: until a file has another to say, nothing runs. */
static struct gate_answer ask_file(const struct submission *submission, struct opening_rule rule,
                                   int64_t now_ms, int64_t grace_ms)
{
    const struct feed *feed = &submission->prices;
    static struct price_step steps[STEPS_MAX]; /* one thread */
    const struct feed_state known = feed_steps(feed, now_ms, steps, STEPS_MAX);
    const int64_t stale_ms =
        feed->list.end_ms == INT64_MAX ? INT64_MAX : feed->list.end_ms + feed->hold_ms;

    if (known.state == PRICE_MISSING || (stale_ms != INT64_MAX && now_ms + grace_ms >= stale_ms)) {
        return (struct gate_answer){{.shut = true, .again_ms = now_ms + file_recheck_ms},
                                    WHY_NO_PRICE};
    }
    rule.steps = steps;
    rule.step_count = known.count;
    struct opening_gate gate = opening_gate_at(&rule, now_ms, grace_ms);
    if (!gate.shut && stale_ms != INT64_MAX && (gate.close_ms == 0 || stale_ms < gate.close_ms)) {
        gate.close_ms = stale_ms;
    }
    if (now_ms + file_recheck_ms < gate.again_ms) {
        gate.again_ms = now_ms + file_recheck_ms;
    }
    return (struct gate_answer){gate, gate.dear ? WHY_PRICE : WHY_WINDOW};
}

static struct gate_answer ask(const struct submission *submission, int64_t now_ms)
{
    const struct opening_rule rule = rule_of(submission);
    const int64_t grace_ms = submission->spec->schedule.at_close == SPEC_CLOSE_PAUSE
                                 ? submission->spec->preemption.grace_ms
                                 : 0;

    if (submission->price_file != NULL) {
        return ask_file(submission, rule, now_ms, grace_ms);
    }
    const struct opening_gate gate = opening_gate_at(&rule, now_ms, grace_ms);
    return (struct gate_answer){gate, gate.dear ? WHY_PRICE : WHY_WINDOW};
}

/* What is wrong with the file is said once. */
static void prices_read(struct submission *submission, int32_t experiment, int64_t now_ms)
{
    char before[FEED_TROUBLE_BYTES];

    memcpy(before, submission->prices.trouble, sizeof before);
    (void)feed_look(&submission->prices, now_ms);
    if (submission->prices.trouble[0] != '\0' && strcmp(before, submission->prices.trouble) != 0) {
        log_line(LOG_WARNING, "price_file", "experiment=%" PRId32 " file=\"%s\" why=\"%s\"",
                 experiment, submission->price_file, submission->prices.trouble);
    }
}

/* When it will be open until the deadline, which the core plans by; without one, over a day: its
 * machines are started ahead. */
static void ahead_fill(const struct submission *submission, int64_t now_ms, struct gate_event *gate)
{
    const struct spec_schedule *schedule = &submission->spec->schedule;
    const int64_t end_ms = schedule->deadline == NULL ? now_ms + day_ms : schedule->deadline_ms;
    static struct price_step steps[STEPS_MAX]; /* one thread */
    struct opening_rule rule = rule_of(submission);
    int64_t at_ms = now_ms;

    if (submission->price_file != NULL) {
        rule.step_count = feed_steps(&submission->prices, now_ms, steps, STEPS_MAX).count;
        rule.steps = rule.step_count > 0 ? steps : NULL;
    }
    while (at_ms < end_ms && gate->ahead_count < GATE_AHEAD_MAX) {
        const struct opening opening = opening_at(&rule, at_ms, end_ms - at_ms);
        const int64_t until_ms = opening.until_ms < end_ms ? opening.until_ms : end_ms;
        if (opening.open) {
            gate->ahead[gate->ahead_count++] =
                (struct interval){.open_ms = at_ms, .close_ms = until_ms};
        }
        at_ms = until_ms > at_ms ? until_ms : end_ms;
    }
    if (gate->ahead_count == 0) { /* which would be always */
        gate->ahead[gate->ahead_count++] = (struct interval){.open_ms = end_ms, .close_ms = end_ms};
    }
}

void gate_look(struct coordinator *coordinator, int32_t experiment)
{
    struct submission *submission = &coordinator->submissions[experiment];
    const int64_t now_ms = clock_wall_ms();

    if (!submission->gated) {
        return;
    }
    if (submission->price_file != NULL) {
        prices_read(submission, experiment, now_ms);
    }
    const struct gate_answer answer = ask(submission, now_ms);
    struct event event = {.kind = EVENT_GATE};
    event.gate = (struct gate_event){.experiment = experiment,
                                     .shut = answer.gate.shut,
                                     .reason = answer.gate.shut ? answer.reason : WHY_NONE};
    if (answer.gate.close_ms != 0) {
        event.gate.close_boot_ms = clock_boot_ms() + answer.gate.close_ms - now_ms;
    }
    ahead_fill(submission, now_ms, &event.gate);
    submission->gate_wall_ms = answer.gate.again_ms;
    step(coordinator, &event);
}

static bool is_waiting(const struct coordinator *coordinator, int32_t experiment)
{
    const struct experiment_row *row = core_experiment(coordinator->core, experiment);

    return coordinator->submissions[experiment].gated && row != NULL && row->ended_ms == 0;
}

void gates_look(struct coordinator *coordinator)
{
    const int64_t now_ms = clock_wall_ms();

    for (int32_t id = 1; id <= coordinator->experiment_count; id++) {
        const int64_t due_ms = coordinator->submissions[id].gate_wall_ms;
        if (is_waiting(coordinator, id) && (due_ms <= now_ms || due_ms > now_ms + recheck_ms)) {
            gate_look(coordinator, id);
        }
    }
}

int64_t gates_deadline_ms(const struct coordinator *coordinator)
{
    int64_t due_ms = INT64_MAX;

    for (int32_t id = 1; id <= coordinator->experiment_count; id++) {
        if (is_waiting(coordinator, id) && coordinator->submissions[id].gate_wall_ms < due_ms) {
            due_ms = coordinator->submissions[id].gate_wall_ms;
        }
    }
    return due_ms;
}
