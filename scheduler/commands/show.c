/*
 * show: an experiment's page, and the choice between it and a trial's.
 */
#include "commands/show.h"

#include "commands/format.h"
#include "commands/verbs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

json_t *show_experiment_model(const struct reading *reading)
{
    const int64_t id = reading->target.experiment;
    json_t *model = query_row(
        reading->query,
        "SELECT e.id, e.name, e.state, e.reason, e.created, e.started, e.ended, e.metric,"
        " e.direction, e.objectives AS \"objectives:json\", e.constraints AS \"constraints:json\","
        " e.budget_trials, e.compute_ms, c.useful_seconds, c.lost_seconds, c.cost,"
        " c.budget_cost, c.currency, k.useful_cost, k.lost_cost, k.checkpoint_cost, k.idle_cost,"
        " k.preemption_cost, k.on_demand_cost,"
        " (SELECT id FROM best WHERE experiment = e.id) AS best_trial,"
        " (SELECT value FROM best WHERE experiment = e.id) AS best_value, e.spec FROM experiment "
        "AS e"
        " JOIN cost AS c ON c.experiment = e.id JOIN cost_kind AS k ON k.experiment = e.id"
        " WHERE e.id = ?",
        "i", id);
    json_t *states =
        query_rows(reading->query,
                   "SELECT state, trials FROM tally WHERE experiment = ? AND trials > 0", "i", id);
    json_t *parameters = query_rows(
        reading->query,
        "SELECT name, type, low, high, log AS \"log:bool\", step, choices AS \"choices:json\","
        " condition AS \"when:json\" FROM parameter WHERE experiment = ? ORDER BY position",
        "i", id);

    (void)json_object_set_new(model, "trials", states);
    (void)json_object_set_new(model, "parameters", parameters);
    return model;
}

/* "running since 22:01, 2 h 14 min" */
static void state_print(struct screen *screen, const json_t *model, int64_t now_ms)
{
    const char *state = model_text(model, "state");
    const int64_t started_ms = model_time(model, "started");
    const int64_t ended_ms = model_time(model, "ended");
    char time[FORMAT_BYTES];

    screen_style(screen, STYLE_BOLD);
    screen_print(screen, "experiment %" PRId64 "  ", model_integer(model, "id"));
    screen_text(screen, model_text(model, "name"), 0);
    screen_plain(screen);
    screen_print(screen, "  ");
    screen_style(screen, state_style(state));
    screen_print(screen, "%s", state);
    screen_plain(screen);
    if (ended_ms > 0) {
        screen_print(screen, "  ended %s", format_time(time, ended_ms, now_ms));
    }
    if (started_ms > 0) {
        screen_print(screen, "  began %s", format_time(time, started_ms, now_ms));
        screen_print(screen, ", %s",
                     format_duration(time, (ended_ms > 0 ? ended_ms : now_ms) - started_ms));
    }
    screen_print(screen, "\n");
}

static void objectives_print(struct screen *screen, const json_t *model)
{
    const json_t *objectives = json_object_get(model, "objectives");
    char text[FORMAT_BYTES];

    screen_label(screen, "objective");
    for (size_t i = 0; i < json_array_size(objectives); i++) {
        const json_t *objective = json_array_get(objectives, i);
        screen_print(screen, "%s%s ", i == 0 ? "" : ", ", model_text(objective, "direction"));
        screen_text(screen, model_text(objective, "metric"), 0);
    }
    if (model_has(model, "best_trial")) {
        screen_print(screen, "   best %s (%s)", format_value(text, model_real(model, "best_value")),
                     model_text(model, "best_trial"));
    }
    screen_print(screen, "\n");
}

/* "29 completed, 4 running of 50" */
static void counts_print(struct screen *screen, const json_t *model)
{
    const json_t *states = json_object_get(model, "trials");

    screen_label(screen, "trials");
    for (size_t i = 0; i < json_array_size(states); i++) {
        const json_t *state = json_array_get(states, i);
        screen_print(screen, "%s%" PRId64 " %s", i == 0 ? "" : ", ", model_integer(state, "trials"),
                     model_text(state, "state"));
    }
    if (json_array_size(states) == 0) {
        screen_print(screen, "none yet");
    }
    if (model_has(model, "budget_trials")) {
        screen_print(screen, "   budget %" PRId64, model_integer(model, "budget_trials"));
    }
    screen_print(screen, "\n");
}

static void choices_print(struct screen *screen, const json_t *choices)
{
    char text[FORMAT_BYTES];

    for (size_t i = 0; i < json_array_size(choices); i++) {
        screen_print(screen, i == 0 ? " " : ", ");
        screen_text(screen, format_parameter(text, json_array_get(choices, i)), 0);
    }
}

static void parameters_print(struct screen *screen, const json_t *model)
{
    const json_t *parameters = json_object_get(model, "parameters");
    char low[FORMAT_BYTES];
    char high[FORMAT_BYTES];

    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const json_t *parameter = json_array_get(parameters, i);
        screen_label(screen, i == 0 ? "parameters" : "");
        screen_text(screen, model_text(parameter, "name"), 0);
        screen_print(screen, " %s", model_text(parameter, "type"));
        if (model_has(parameter, "low")) {
            (void)snprintf(low, sizeof low, "%.6g", model_real(parameter, "low"));
            (void)snprintf(high, sizeof high, "%.6g", model_real(parameter, "high"));
            screen_print(screen, " %s to %s", low, high);
        }
        choices_print(screen, json_object_get(parameter, "choices"));
        screen_print(screen, "%s", json_is_true(json_object_get(parameter, "log")) ? ", log" : "");
        screen_print(screen, "%s\n", model_has(parameter, "when") ? ", conditional" : "");
    }
}

static void money_print(struct screen *screen, const char *before, double cost)
{
    char text[FORMAT_BYTES];

    screen_print(screen, "%s%s", before, format_money(text, llround(cost * 1e6)));
}

/* "5.89 USD (useful 5.10, lost 0.42, saving 0.07, idle 0.30); preemptions 0.49; on demand 18.40" */
static void cost_print(struct screen *screen, const json_t *model)
{
    screen_label(screen, "cost");
    money_print(screen, "", model_real(model, "cost"));
    if (model_has(model, "currency")) {
        screen_print(screen, " %s", model_text(model, "currency"));
    }
    if (model_real(model, "useful_cost") > 0) {
        money_print(screen, " (useful ", model_real(model, "useful_cost"));
        money_print(screen, ", lost ", model_real(model, "lost_cost"));
        money_print(screen, ", saving ", model_real(model, "checkpoint_cost"));
        money_print(screen, ", idle ", model_real(model, "idle_cost"));
        money_print(screen, "); preemptions ", model_real(model, "preemption_cost"));
    }
    if (model_real(model, "on_demand_cost") > 0) {
        money_print(screen, "; on demand ", model_real(model, "on_demand_cost"));
    }
    screen_print(screen, "\n");
}

static void time_print(struct screen *screen, const json_t *model)
{
    const double useful = model_real(model, "useful_seconds");
    const double lost = model_real(model, "lost_seconds");
    char text[FORMAT_BYTES];

    screen_label(screen, "time");
    screen_print(screen, "useful %s", format_duration(text, (int64_t)(useful * 1000)));
    screen_print(screen, ", lost %s", format_duration(text, (int64_t)(lost * 1000)));
    if (lost > 0) {
        screen_print(screen, " (%.0f %%)", 100 * lost / (useful + lost));
    }
    screen_print(screen, "\n");
    if (model_real(model, "cost") > 0) {
        cost_print(screen, model);
    }
}

bool show_experiment_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    state_print(screen, model, reading->now_ms);
    objectives_print(screen, model);
    counts_print(screen, model);
    time_print(screen, model);
    if (model_has(model, "reason") && *model_text(model, "reason") != '\0') {
        screen_label(screen, "because");
        screen_text(screen, model_text(model, "reason"), 0);
        screen_print(screen, "\n");
    }
    parameters_print(screen, model);
    reading_suggest(reading->options, "tidemill trials %" PRId64, model_integer(model, "id"));
    return true;
}

static json_t *show_model(const struct reading *reading)
{
    return reading->target.trial == TRIAL_NONE ? show_experiment_model(reading)
                                               : show_trial_model(reading);
}

static bool show_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    return reading->target.trial == TRIAL_NONE ? show_experiment_screen(reading, model, screen)
                                               : show_trial_screen(reading, model, screen);
}

const struct reading_verb verb_show = {
    .usage = {.verb = "show",
              .arguments = "[ID[.TRIAL]]",
              .text = "A trial: its result and rank, where it comes from, every attempt with its\n"
                      "worker and its end, the command that repeats it, and of a failure the last\n"
                      "lines of output. Or an experiment: its search space and how far it is.",
              .arguments_max = 1,
              .example = "tidemill show 7.12\ntidemill show digits --json"},
    .targets = READING_EITHER,
    .model = show_model,
    .screen = show_screen,
};

int command_show(int argc, char **argv)
{
    return reading_run(&verb_show, argc, argv, wall_ms());
}
