/*
 * gate: windows and prices of every experiment, told to the core as open or shut. Knows that wall
 * time may jump: an answer holds for an hour at most, and a clock set back asks again.
 */
#include "loop/inside.h"

#include "civil/window.h"
#include "loop/clock.h"

enum { WINDOWS_MAX = 256, STEPS_MAX = 1024 };

static const int64_t horizon_ms = INT64_C(8) * 86400000;
static const int64_t recheck_ms = 3600000;

/* What holds at a moment, and until when. */
struct answer {
    bool open;
    enum experiment_reason reason; /* when shut */
    int64_t until_ms;              /* UTC; of an open gate INT64_MAX when no end is in sight */
};

static bool needs_gate(const struct spec_schedule *schedule)
{
    return schedule->window_count > 0 || schedule->except_count > 0 ||
           (schedule->max_price.given && schedule->prices.file == NULL);
}

enum tide_status gate_open(struct coordinator *coordinator, int32_t experiment, struct error *error)
{
    struct submission *submission = &coordinator->submissions[experiment];
    const struct spec_schedule *schedule = &submission->spec->schedule;

    submission->gated = needs_gate(schedule);
    return submission->gated ? zone_open(&submission->zone,
                                         schedule->timezone ? schedule->timezone : "UTC", error)
                             : TIDE_OK;
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

static struct answer ask_prices(const struct submission *submission, int64_t now_ms)
{
    const struct spec_prices *prices = &submission->spec->schedule.prices;
    const int64_t max_micro = submission->spec->schedule.max_price.micro;
    static struct price_step steps[STEPS_MAX]; /* one thread */
    struct answer answer = {.reason = WHY_PRICE, .until_ms = INT64_MAX};
    size_t count = 0;

    (void)!tariff_steps(submission->zone, prices->bands, prices->band_count, prices->fallback.micro,
                        now_ms, now_ms + horizon_ms, steps, STEPS_MAX, &count);
    answer.open = count == 0 || steps[0].price_micro <= max_micro;
    for (size_t i = 1; i < count && answer.until_ms == INT64_MAX; i++) {
        if ((steps[i].price_micro <= max_micro) != answer.open) {
            answer.until_ms = steps[i].start_ms;
        }
    }
    if (!answer.open && answer.until_ms == INT64_MAX) {
        answer.until_ms = now_ms + horizon_ms;
    }
    return answer;
}

static struct answer ask(const struct submission *submission, int64_t now_ms)
{
    const struct spec_schedule *schedule = &submission->spec->schedule;
    struct answer windows = ask_windows(submission, now_ms);

    if (windows.open && schedule->max_price.given && schedule->prices.file == NULL) {
        const struct answer prices = ask_prices(submission, now_ms);
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
    int64_t again_ms = now_ms + recheck_ms;

    if (answer->until_ms != INT64_MAX) {
        const bool pauses = submission->spec->schedule.at_close == SPEC_CLOSE_PAUSE;
        const int64_t change_ms = answer->until_ms - (!shut && pauses ? grace_ms : 0);
        again_ms = change_ms < again_ms ? change_ms : again_ms;
    }
    return again_ms;
}

void gate_look(struct coordinator *coordinator, int32_t experiment)
{
    struct submission *submission = &coordinator->submissions[experiment];
    const int64_t now_ms = clock_wall_ms();

    if (!submission->gated) {
        return;
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
