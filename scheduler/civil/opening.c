#include "civil/opening.h"

enum { WINDOWS_MAX = 256, STEPS_MAX = 1024 };

static const int64_t gate_horizon_ms = INT64_C(8) * 86400000;
static const int64_t recheck_ms = 3600000; /* a wall clock may jump */

/* What was worked out of a rule, from a moment to the end of what could be seen. */
struct outlook {
    struct interval windows[WINDOWS_MAX];
    struct price_step bands[STEPS_MAX];
    size_t window_count;
    const struct price_step *steps;
    size_t step_count; /* 0: the price does not matter */
    int64_t end_ms;
    bool whole; /* the end is the horizon's */
};

static void outlook_fill(struct outlook *outlook, const struct opening_rule *rule, int64_t now_ms,
                         int64_t horizon_ms)
{
    outlook->end_ms = now_ms + horizon_ms;
    outlook->whole = calendar_intervals(&rule->calendar, now_ms, outlook->end_ms, outlook->windows,
                                        WINDOWS_MAX, &outlook->window_count) == TIDE_OK;
    if (!outlook->whole) {
        outlook->end_ms = outlook->windows[WINDOWS_MAX - 1].close_ms;
    }
    outlook->steps = rule->steps == NULL ? outlook->bands : rule->steps;
    outlook->step_count = rule->has_max ? rule->step_count : 0;
    if (rule->has_max && rule->steps == NULL &&
        tariff_steps(rule->calendar.zone, rule->bands, rule->band_count, rule->default_micro,
                     now_ms, outlook->end_ms, outlook->bands, STEPS_MAX,
                     &outlook->step_count) != TIDE_OK) {
        outlook->end_ms = outlook->bands[STEPS_MAX - 1].start_ms;
        outlook->whole = false;
    }
}

static bool window_holds(const struct outlook *outlook, int64_t at_ms)
{
    for (size_t i = 0; i < outlook->window_count; i++) {
        if (at_ms >= outlook->windows[i].open_ms && at_ms < outlook->windows[i].close_ms) {
            return true;
        }
    }
    return false;
}

static bool price_allows(const struct outlook *outlook, int64_t max_micro, int64_t at_ms)
{
    const size_t at = price_step_at(outlook->steps, outlook->step_count, at_ms);

    return outlook->step_count == 0 || outlook->steps[at].price_micro <= max_micro;
}

static bool open_at(const struct outlook *outlook, const struct opening_rule *rule, int64_t at_ms)
{
    return window_holds(outlook, at_ms) && price_allows(outlook, rule->max_micro, at_ms);
}

/* An edge counts when it lies ahead, is nearer than the best so far, and changes something. */
static void edge_try(const struct outlook *outlook, const struct opening_rule *rule, bool open,
                     int64_t edge_ms, int64_t now_ms, int64_t *until_ms)
{
    if (edge_ms > now_ms && edge_ms < outlook->end_ms && edge_ms < *until_ms &&
        open_at(outlook, rule, edge_ms) != open) {
        *until_ms = edge_ms;
    }
}

struct opening opening_at(const struct opening_rule *rule, int64_t now_ms, int64_t horizon_ms)
{
    struct outlook outlook;

    outlook_fill(&outlook, rule, now_ms, horizon_ms);
    struct opening opening = {.open = open_at(&outlook, rule, now_ms),
                              .until_ms = outlook.whole ? INT64_MAX : outlook.end_ms};
    opening.dear = !opening.open && window_holds(&outlook, now_ms);
    for (size_t i = 0; i < outlook.window_count; i++) {
        edge_try(&outlook, rule, opening.open, outlook.windows[i].open_ms, now_ms,
                 &opening.until_ms);
        edge_try(&outlook, rule, opening.open, outlook.windows[i].close_ms, now_ms,
                 &opening.until_ms);
    }
    for (size_t i = 0; i < outlook.step_count; i++) {
        edge_try(&outlook, rule, opening.open, outlook.steps[i].start_ms, now_ms,
                 &opening.until_ms);
    }
    return opening;
}

struct opening_gate opening_gate_at(const struct opening_rule *rule, int64_t now_ms,
                                    int64_t grace_ms)
{
    const struct opening now = opening_at(rule, now_ms, gate_horizon_ms);
    const bool ends = now.open && now.until_ms != INT64_MAX;
    const bool over = ends && now_ms + grace_ms >= now.until_ms;
    struct opening_gate gate = {.shut = !now.open || over,
                                .dear = now.dear,
                                .close_ms = ends && !over ? now.until_ms : 0,
                                .again_ms = now_ms + recheck_ms};

    if (over) {
        gate.dear = opening_at(rule, now.until_ms, gate_horizon_ms).dear;
    }
    if (now.until_ms != INT64_MAX) {
        const int64_t change_ms = now.until_ms - (gate.shut ? 0 : grace_ms);
        gate.again_ms = change_ms < gate.again_ms ? change_ms : gate.again_ms;
    }
    return gate;
}
