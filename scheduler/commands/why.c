/*
 * why: why an experiment is in its state, what would change that, and what happened lately.
 */
#include "commands/agenda.h"
#include "commands/alive.h"
#include "commands/forecast.h"
#include "commands/format.h"
#include "commands/outlook.h"
#include "commands/pools.h"
#include "commands/progress.h"
#include "commands/reading.h"
#include "commands/verbs.h"

#include "core/record.h"
#include "spec/spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_COLUMNS = 9, WORKERS_SHOWN = 5, TEXT_BYTES = 256 };

/* ---- the model ---- */

/* What lets it go on, for each reason that a person can do something about. */
static const char *change_of(enum experiment_reason reason)
{
    switch (reason) {
    case WHY_NO_WORKER:
        return "connect a worker that fits: tidemill-worker --keys STORE.run here, or --connect "
               "tcp://HOST:PORT";
    case WHY_BACKOFF:
        return "nothing needs to be done: failed trials are tried again within 5 min";
    case WHY_SUGGESTION:
        return "nothing needs to be done: the next trial begins in a moment";
    case WHY_OTHERS:
        return "more workers, or 'tidemill pause' for one of the others";
    case WHY_OPERATOR:
        return "tidemill resume";
    case WHY_FAILURES:
        return "mend what fails ('tidemill trials', 'tidemill show' says how), then begin again";
    case WHY_NO_PRICE:
        return "mend the file of schedule.prices: the coordinator's log says what is wrong with it";
    case WHY_UNPRICED:
        return "a price for the pool in the coordinator's configuration, or mend its source";
    case WHY_NONE:
    case WHY_PLAN:
    case WHY_WINDOW:
    case WHY_PRICE:
    case WHY_BUDGET:
    case WHY_TRIALS:
    case WHY_TARGET:
    case WHY_EXHAUSTED:
    case WHY_IMPROVEMENT:
    case WHY_SEARCH:
        return "";
    }
    return "";
}

static const char *change_text(const char *reason, bool ended)
{
    const char *failures = experiment_reason_text(WHY_FAILURES);

    if (ended && strcmp(reason, failures) != 0) {
        return "";
    }
#define X(name, text)                                                                              \
    if (strcmp(reason, text) == 0) {                                                               \
        return change_of(name);                                                                    \
    }
    EXPERIMENT_REASON_LIST(X)
#undef X
    return "";
}

static bool label_fits(const struct spec_label *label, const json_t *labels)
{
    const char *value = model_text(labels, label->name);

    for (size_t i = 0; i < label->values.count; i++) {
        if (strcmp(label->values.items[i], value) == 0) {
            return true;
        }
    }
    return false;
}

/* The first thing that keeps a worker from taking the trials; "" when nothing does. */
static void obstacle_print(char *text, const struct spec_resources *needs, const json_t *worker)
{
    const double cpus = (double)model_integer(worker, "cpus_milli") / 1000;
    const int64_t memory = model_integer(worker, "memory_bytes");
    const int64_t gpus = model_integer(worker, "gpus");
    char has[FORMAT_BYTES];
    char wants[FORMAT_BYTES];

    *text = '\0';
    if (model_integer(worker, "draining") != 0) {
        (void)snprintf(text, TEXT_BYTES, "is draining");
    } else if (cpus < needs->cpus) {
        (void)snprintf(text, TEXT_BYTES, "has %.4g cpus, %.4g are needed", cpus, needs->cpus);
    } else if (memory < needs->memory_bytes) {
        (void)snprintf(text, TEXT_BYTES, "has %s of memory, %s are needed",
                       format_bytes(has, memory), format_bytes(wants, needs->memory_bytes));
    } else if (gpus < needs->gpus) {
        (void)snprintf(text, TEXT_BYTES, "has %" PRId64 " gpus, %" PRId64 " are needed", gpus,
                       needs->gpus);
    }
    for (size_t i = 0; i < needs->label_count && *text == '\0'; i++) {
        const struct spec_label *label = &needs->labels[i];
        if (!label_fits(label, json_object_get(worker, "labels"))) {
            (void)snprintf(text, TEXT_BYTES, "has not the label %s=%s", label->name,
                           label->values.items[0]);
        }
    }
}

/* Each connected worker with what keeps it from taking the trials; null where nothing does. */
static json_t *workers_judged(const struct reading *reading, const char *text)
{
    struct spec_report *report = calloc(1, sizeof *report);
    struct spec *spec = NULL;
    json_t *workers = query_rows(reading->query,
                                 "SELECT name, draining, cpus_milli, memory_bytes, gpus,"
                                 " labels AS \"labels:json\" FROM worker WHERE connected = 1"
                                 " ORDER BY name",
                                 "");

    if (report != NULL && spec_parse(text, strlen(text), "spec", &spec, report) == TIDE_OK) {
        for (size_t i = 0; i < json_array_size(workers); i++) {
            json_t *worker = json_array_get(workers, i);
            char obstacle[TEXT_BYTES];
            obstacle_print(obstacle, &spec->resources, worker);
            (void)json_object_set_new(worker, "obstacle",
                                      *obstacle == '\0' ? json_null() : json_string(obstacle));
        }
    }
    spec_free(spec);
    free(report);
    return workers;
}

/* It lets these hours pass, since cheaper ones come. */
static bool waits_for_less(const json_t *model)
{
    return strcmp(model_text(model, "reason"), experiment_reason_text(WHY_PLAN)) == 0;
}

static json_t *why_model(const struct reading *reading)
{
    const int64_t id = reading->target.experiment;
    json_t *model = query_row(reading->query,
                              "SELECT id AS experiment, name, state, reason, started, ended, spec,"
                              " workdir FROM experiment WHERE id = ?",
                              "i", id);
    json_t *running = query_row(reading->query,
                                "SELECT count(*) AS attempts, count(DISTINCT w.id) AS on_workers"
                                " FROM worker AS w CROSS JOIN attempt AS a ON a.worker = w.id"
                                " WHERE a.ended IS NULL"
                                " AND +a.experiment = ?", /* +: by the index of workers */
                                "i", id);
    json_t *events = query_rows(
        reading->query,
        "SELECT v.time, v.kind, v.trial, v.attempt, coalesce(replace(v.text,"
        " ' worker ' || v.worker, ' ' || w.name), v.text, v.kind) AS text, " PROGRESS_MESSAGE_SQL
        " AS message"
        " FROM event AS v LEFT JOIN worker AS w ON w.id = v.worker"
        " WHERE v.experiment = ? AND v.kind NOT IN ('suggested',"
        " 'suggestion_stale', 'accepted', 'checkpoint')"
        " ORDER BY v.id DESC LIMIT 8",
        "i", id);

    (void)json_object_update(model, running);
    json_decref(running);
    json_t *alive = alive_coordinator(reading->options->store);
    const bool ended = model_has(model, "ended");
    const bool dead = json_is_false(alive) && !ended;
    (void)json_object_set_new(model, "coordinator", alive);
    (void)json_object_set_new(model, "change",
                              json_string(dead ? "start a coordinator: tidemill serve, or the same "
                                                 "'tidemill run' again"
                                               : change_text(model_text(model, "reason"), ended)));
    (void)json_object_set_new(model, "agenda",
                              ended ? json_null()
                                    : agenda_read(model_text(model, "spec"),
                                                  model_text(model, "workdir"), reading->now_ms));
    (void)json_object_set_new(model, "workers", workers_judged(reading, model_text(model, "spec")));
    json_t *pools = pools_model(reading->query, reading->now_ms);
    outlook_add(reading->query, pools, reading->now_ms);
    const int64_t from_ms = waits_for_less(model) ? outlook_first_ms(pools) : reading->now_ms;
    (void)json_object_set_new(
        model, "forecast",
        ended ? json_null()
              : forecast_read(reading->query, id, model_text(model, "spec"), from_ms));
    (void)json_object_del(model, "spec");
    (void)json_object_del(model, "workdir");
    (void)json_object_set_new(model, "pools", pools);
    (void)json_object_set_new(model, "events", events);
    return model;
}

/* ---- the screen ---- */

static void why_label(struct screen *screen, const char *label)
{
    screen_style(screen, STYLE_DIM);
    screen_print(screen, "%s:", label);
    screen_plain(screen);
    screen_tab(screen, LABEL_COLUMNS);
}

static void reason_print(struct screen *screen, const json_t *model)
{
    const char *state = model_text(model, "state");
    const json_t *agenda = json_object_get(model, "agenda");
    const char *reason = model_text(model, "reason");
    char dear[AGENDA_TEXT_BYTES];
    const int64_t attempts = model_integer(model, "attempts");

    screen_style(screen, state_style(state));
    screen_print(screen, "%s:", state);
    screen_plain(screen);
    screen_tab(screen, LABEL_COLUMNS);
    if (strcmp(reason, experiment_reason_text(WHY_PRICE)) == 0 &&
        *agenda_reason(dear, agenda) != '\0') {
        screen_print(screen, "%s", dear);
    } else if (*reason != '\0') {
        screen_text(screen, reason, 0);
    } else if (attempts > 0) {
        screen_print(screen, "%" PRId64 " attempt%s on %" PRId64 " worker%s", attempts,
                     attempts == 1 ? "" : "s", model_integer(model, "on_workers"),
                     model_integer(model, "on_workers") == 1 ? "" : "s");
    } else {
        screen_print(screen, "nothing runs at the moment");
    }
    screen_print(screen, "\n");
}

/* "opens:   today 22:00 Europe/Paris (in 2 h 14 min), off-peak 0.16" */
static void agenda_print(struct screen *screen, const json_t *agenda)
{
    char next[AGENDA_TEXT_BYTES];

    if (*agenda_next(next, agenda) != '\0') {
        why_label(screen, json_is_true(json_object_get(agenda, "open")) ? "shuts" : "opens");
        screen_text(screen, next, 0);
        screen_print(screen, "\n");
    }
}

static void workers_print(struct screen *screen, const json_t *workers)
{
    size_t shown = 0;

    for (size_t i = 0; i < json_array_size(workers); i++) {
        const json_t *worker = json_array_get(workers, i);
        if (!model_has(worker, "obstacle")) {
            continue;
        }
        if (shown++ < WORKERS_SHOWN) {
            why_label(screen, "worker");
            screen_text(screen, model_text(worker, "name"), 0);
            screen_print(screen, " ");
            screen_text(screen, model_text(worker, "obstacle"), 0);
            screen_print(screen, "\n");
        }
    }
    if (shown > WORKERS_SHOWN) {
        why_label(screen, "worker");
        screen_print(screen, "and %zu more\n", shown - WORKERS_SHOWN);
    }
}

/* What keeps the coordinator from machines and prices that it might have. */
static void troubles_print(struct screen *screen, const json_t *pools)
{
    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);
        const json_t *troubles = json_object_get(pool, "troubles");
        for (size_t j = 0; j < json_array_size(troubles); j++) {
            const json_t *trouble = json_array_get(troubles, j);
            why_label(screen, "pool");
            screen_text(screen, model_text(pool, "name"), 0);
            screen_print(screen, ", %s: ", model_text(trouble, "of"));
            screen_text(screen, model_text(trouble, "text"), 0);
            screen_print(screen, "\n");
        }
    }
}

/* What is waited for, where cheaper hours will do. */
static void outlooks_print(struct screen *screen, const json_t *pools, int64_t now_ms)
{
    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);
        if (model_has(pool, "cheaper")) {
            why_label(screen, "price");
            outlook_print(screen, pool, now_ms);
            screen_print(screen, "\n");
        }
    }
}

static bool why_screen(const struct reading *reading, json_t *model, struct screen *screen)
{
    const json_t *events = json_object_get(model, "events");
    const bool lacks_worker =
        strcmp(model_text(model, "reason"), experiment_reason_text(WHY_NO_WORKER)) == 0;
    char time[FORMAT_BYTES];

    reason_print(screen, model);
    agenda_print(screen, json_object_get(model, "agenda"));
    if (waits_for_less(model)) {
        outlooks_print(screen, json_object_get(model, "pools"), reading->now_ms);
    }
    if (model_has(model, "forecast")) {
        why_label(screen, "forecast");
        forecast_print(screen, json_object_get(model, "forecast"), reading->now_ms);
        screen_print(screen, "\n");
    }
    if (json_is_false(json_object_get(model, "coordinator")) && !model_has(model, "ended")) {
        why_label(screen, "but");
        screen_print(screen, "no coordinator is running on this store\n");
    }
    if (*model_text(model, "change") != '\0') {
        why_label(screen, "change");
        screen_print(screen, "%s\n", model_text(model, "change"));
    }
    if (lacks_worker) {
        workers_print(screen, json_object_get(model, "workers"));
    }
    if (!model_has(model, "ended")) {
        troubles_print(screen, json_object_get(model, "pools"));
    }
    for (size_t i = json_array_size(events); i > 0; i--) {
        const json_t *event = json_array_get(events, i - 1);
        why_label(screen, "recent");
        screen_print(screen, "%s  ", format_time(time, model_time(event, "time"), reading->now_ms));
        progress_event_text(event, screen);
        screen_print(screen, "\n");
    }
    return true;
}

const struct reading_verb verb_why = {
    .usage = {.verb = "why",
              .arguments = "[ID]",
              .text = "Why an experiment waits, is paused or has ended, what would change that,\n"
                      "and what happened to it lately.",
              .arguments_max = 1,
              .example = "tidemill why 6"},
    .targets = READING_EXPERIMENT,
    .model = why_model,
    .screen = why_screen,
};

int command_why(int argc, char **argv)
{
    return reading_run(&verb_why, argc, argv, wall_ms());
}
