/*
 * gate: windows and prices of every experiment, told to the core as open or shut. Knows that wall
 * time may jump: an answer holds for an hour at most, and a clock set back asks again.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "civil/window.h"
#include "loop/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS_MAX = 256, STEPS_MAX = 1024 };

static const int64_t horizon_ms = INT64_C(8) * 86400000;
static const int64_t recheck_ms = 3600000;
static const int64_t file_recheck_ms = 10000;
static const int64_t hold_ms = 7200000; /* the last price of a file, beyond its end */

/* What holds at a moment, and until when. */
struct answer {
    bool open;
    enum experiment_reason reason; /* when shut */
    int64_t until_ms;              /* UTC; of an open gate INT64_MAX when no end is in sight */
};

static bool needs_gate(const struct spec_schedule *schedule)
{
    return schedule->window_count > 0 || schedule->except_count > 0 || schedule->max_price.given;
}

/* A relative path is meant from where the commands start. What the coordinator may read is not for
 * the spec's author to see: the feed says where a file is wrong, and nothing of what is in it. */
static bool prices_open_file(struct submission *submission, const char *file)
{
    const char *folder = file[0] == '/' ? "" : submission->workdir;
    const size_t bytes = strlen(folder) + strlen(file) + 2;

    submission->price_file = malloc(bytes);
    if (submission->price_file == NULL) {
        return false;
    }
    (void)snprintf(submission->price_file, bytes, "%s%s%s", folder, *folder == '\0' ? "" : "/",
                   file);
    submission->prices =
        (struct feed){.file = submission->price_file, .hold_ms = hold_ms, .discreet = true};
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

static struct answer ask_windows(const struct submission *submission, int64_t now_ms)
{
    const struct spec_schedule *schedule = &submission->spec->schedule;
    const struct calendar calendar = {.zone = submission->zone,
                                      .windows = schedule->windows,
                                      .window_count = schedule->window_count,
                                      .except = schedule->except,
                                      .except_count = schedule->except_count};
    static struct interval windows[WINDOWS_MAX]; /* one thread */
    struct answer answer = {.reason = WHY_WINDOW, .until_ms = now_ms + horizon_ms};
    size_t count = 0;

    (void)!calendar_intervals(&calendar, now_ms, now_ms + horizon_ms, windows, WINDOWS_MAX, &count);
    if (count > 0) {
        const int64_t close_ms = windows[0].close_ms;
        answer.open = windows[0].open_ms <= now_ms;
        answer.until_ms = answer.open ? close_ms : windows[0].open_ms;
    }
    if (answer.open && answer.until_ms >= now_ms + horizon_ms) {
        answer.until_ms = INT64_MAX;
    }
    return answer;
}

/* What holds at the first of the steps, and until the price crosses the highest that is wanted. */
static struct answer ask_steps(const struct price_step *steps, size_t count, int64_t max_micro)
{
    struct answer answer = {.reason = WHY_PRICE, .until_ms = INT64_MAX};

    answer.open = count == 0 || steps[0].price_micro <= max_micro;
    for (size_t i = 1; i < count && answer.until_ms == INT64_MAX; i++) {
        if ((steps[i].price_micro <= max_micro) != answer.open) {
            answer.until_ms = steps[i].start_ms;
        }
    }
    return answer;
}

static struct answer ask_bands(const struct submission *submission, int64_t now_ms)
{
    const struct spec_prices *prices = &submission->spec->schedule.prices;
    static struct price_step steps[STEPS_MAX]; /* one thread */
    size_t count = 0;

    (void)!tariff_steps(submission->zone, prices->bands, prices->band_count, prices->fallback.micro,
                        now_ms, now_ms + horizon_ms, steps, STEPS_MAX, &count);
    struct answer answer = ask_steps(steps, count, submission->spec->schedule.max_price.micro);
    if (!answer.open && answer.until_ms == INT64_MAX) {
        answer.until_ms = now_ms + horizon_ms;
    }
    return answer;
}

/* An unknown price is not a low one. */
static struct answer ask_file(const struct submission *submission, int64_t now_ms)
{
    const struct feed *feed = &submission->prices;
    static struct price_step steps[STEPS_MAX]; /* one thread */
    const struct feed_state known = feed_steps(feed, now_ms, steps, STEPS_MAX);
    const int64_t stale_ms =
        feed->list.end_ms == INT64_MAX ? INT64_MAX : feed->list.end_ms + feed->hold_ms;

    if (known.state == PRICE_MISSING || (known.state == PRICE_STALE && now_ms >= stale_ms)) {
        return (struct answer){.reason = WHY_NO_PRICE, .until_ms = now_ms + file_recheck_ms};
    }
    struct answer answer =
        ask_steps(steps, known.count, submission->spec->schedule.max_price.micro);
    if (answer.open && stale_ms < answer.until_ms) {
        answer.until_ms = stale_ms;
    } else if (!answer.open && answer.until_ms == INT64_MAX) {
        answer.until_ms = now_ms + horizon_ms;
    }
    return answer;
}

static struct answer ask(const struct submission *submission, int64_t now_ms)
{
    const struct spec_schedule *schedule = &submission->spec->schedule;
    struct answer windows = ask_windows(submission, now_ms);

    if (windows.open && schedule->max_price.given) {
        const struct answer prices = submission->price_file != NULL ? ask_file(submission, now_ms)
                                                                    : ask_bands(submission, now_ms);
        if (!prices.open || prices.until_ms < windows.until_ms) {
            return prices;
        }
    }
    return windows;
}

/* Under `pause` the gate shuts a grace before the window, which is when the notice goes out. */
static bool is_over(const struct submission *submission, const struct answer *answer,
                    int64_t now_ms)
{
    const int64_t grace_ms = submission->spec->schedule.at_close == SPEC_CLOSE_PAUSE
                                 ? submission->spec->preemption.grace_ms
                                 : 0;

    return answer->open && answer->until_ms != INT64_MAX && now_ms + grace_ms >= answer->until_ms;
}

/* The reason of the answer that holds after this one: why the gate is about to shut. */
static enum experiment_reason next_reason(const struct submission *submission,
                                          const struct answer *answer)
{
    const struct answer then = ask(submission, answer->until_ms);

    return then.open ? WHY_WINDOW : then.reason;
}

static int64_t look_again_ms(const struct submission *submission, const struct answer *answer,
                             bool shut, int64_t now_ms)
{
    const int64_t grace_ms = submission->spec->preemption.grace_ms;
    int64_t again_ms = now_ms + (submission->price_file == NULL ? recheck_ms : file_recheck_ms);

    if (answer->until_ms != INT64_MAX) {
        const bool pauses = submission->spec->schedule.at_close == SPEC_CLOSE_PAUSE;
        const int64_t change_ms = answer->until_ms - (!shut && pauses ? grace_ms : 0);
        again_ms = change_ms < again_ms ? change_ms : again_ms;
    }
    return again_ms;
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
    const struct answer answer = ask(submission, now_ms);
    const bool over = is_over(submission, &answer, now_ms);
    struct event event = {.kind = EVENT_GATE};
    event.gate.experiment = experiment;
    event.gate.shut = !answer.open || over;
    event.gate.reason = !answer.open ? answer.reason
                        : over       ? next_reason(submission, &answer)
                                     : WHY_NONE;
    if (!event.gate.shut && answer.until_ms != INT64_MAX) {
        event.gate.close_boot_ms = clock_boot_ms() + answer.until_ms - now_ms;
    }
    submission->gate_wall_ms = look_again_ms(submission, &answer, event.gate.shut, now_ms);
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
