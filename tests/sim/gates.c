/*
 * When each experiment's gate stands open. In the calm at the end there is one more window, so that
 * a close is seen that nothing disturbs.
 */
#include "story.h"

enum { CALM_CLOSE_MS = 180000, CALM_OPEN_MS = 400000 };

struct window {
    int64_t open_ms, close_ms; /* the one that is open, or the next */
};

static struct window calm_window(void)
{
    const int64_t since_ms = story.now_ms - story.calm_ms;

    if (since_ms < CALM_CLOSE_MS) {
        return (struct window){story.calm_ms, story.calm_ms + CALM_CLOSE_MS};
    }
    return (struct window){story.calm_ms + CALM_OPEN_MS, INT64_MAX};
}

static struct window window_of(const struct plan_gate *gate)
{
    const int64_t period_ms = gate->open_ms + gate->shut_ms;
    const int64_t since_ms = story.now_ms - gate->start_ms;
    const int64_t round = since_ms < 0 ? 0 : since_ms / period_ms;
    struct window window = {gate->start_ms + round * period_ms,
                            gate->start_ms + round * period_ms + gate->open_ms};

    if (story.calm) {
        return calm_window();
    }
    if (window.close_ms <= story.now_ms) {
        window.open_ms += period_ms;
        window.close_ms += period_ms;
    }
    return window;
}

/* Under `pause` the gate shuts a grace before the window does. */
static int64_t shuts_ms(uint32_t experiment, struct window window)
{
    const struct experiment_config *config = &story.plan.config[experiment];

    if (window.close_ms == INT64_MAX || config->finish_at_close) {
        return window.close_ms;
    }
    return window.close_ms - config->grace_ms;
}

struct gate_event gate_now(uint32_t experiment)
{
    const struct window window = window_of(&story.plan.gate[experiment]);
    const bool open = window.open_ms <= story.now_ms && story.now_ms < shuts_ms(experiment, window);

    return (struct gate_event){.experiment = (int32_t)experiment + 1,
                               .shut = !open,
                               .reason = open ? WHY_NONE : WHY_WINDOW,
                               .close_boot_ms =
                                   open && window.close_ms != INT64_MAX ? window.close_ms : 0};
}

int64_t gate_due(uint32_t experiment)
{
    const struct window window = window_of(&story.plan.gate[experiment]);

    if (!story.plan.gate[experiment].gated) {
        return INT64_MAX;
    }
    if (story.now_ms < window.open_ms) {
        return window.open_ms;
    }
    if (story.now_ms < shuts_ms(experiment, window)) {
        return shuts_ms(experiment, window);
    }
    return window.close_ms; /* then the next one is looked for */
}
