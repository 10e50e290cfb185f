#include "commands/target.h"

#include "base/number.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 256 };

#define UNFINISHED "state IN ('queued', 'running', 'waiting', 'paused', 'stopping')"

/* The experiment of a row {id, name}; false for null. */
static bool target_take(json_t *row, struct target *target)
{
    const bool found = json_is_object(row);

    if (found) {
        target->experiment = model_integer(row, "id");
        (void)text_copy(target->name, sizeof target->name, model_text(row, "name"));
    }
    json_decref(row);
    return found;
}

static bool id_find(struct query *query, const char *text, struct target *target)
{
    int64_t id = 0;

    return number_parse_integer(text, &id) &&
           target_take(query_row(query, "SELECT id, name FROM experiment WHERE id = ?", "i", id),
                       target);
}

/* Ids come before names, which may look like one; the latest of a name that was used again. */
static bool experiment_find(struct query *query, const char *text, struct target *target)
{
    return id_find(query, text, target) ||
           target_take(query_row(query,
                                 "SELECT id, name FROM experiment WHERE name = ? "
                                 "ORDER BY id DESC LIMIT 1",
                                 "s", text),
                       target);
}

static bool trial_exists(struct query *query, const struct target *target)
{
    json_t *row = query_row(query, "SELECT number FROM trial WHERE experiment = ? AND number = ?",
                            "ii", target->experiment, target->trial);
    const bool exists = json_is_object(row);

    json_decref(row);
    return exists;
}

static int latest_find(struct query *query, const char *verb, struct target *target)
{
    json_t *rows = query_rows(
        query, "SELECT id, name FROM experiment WHERE " UNFINISHED " ORDER BY id DESC LIMIT 2", "");
    const size_t count = json_array_size(rows);

    if (count == 1) {
        (void)target_take(json_incref(json_array_get(rows, 0)), target);
    }
    json_decref(rows);
    if (count == 1 ||
        (count == 0 &&
         target_take(
             query_row(query, "SELECT id, name FROM experiment ORDER BY id DESC LIMIT 1", ""),
             target))) {
        return OPTIONS_GO;
    }
    if (query->status != TIDE_OK) {
        return query_report(query, verb);
    }
    if (count == 0) {
        (void)fprintf(
            stderr,
            "tidemill %s: the store holds no experiment yet; 'tidemill run SPEC' begins one\n",
            verb);
        return EXIT_CODE_NOT_FOUND;
    }
    (void)fprintf(stderr,
                  "tidemill %s: several experiments are unfinished; say which ('tidemill status' "
                  "lists them)\n",
                  verb);
    return EXIT_CODE_USAGE;
}

static int unknown_experiment(struct query *query, const char *verb, const char *text)
{
    const char *names[NAMES_MAX];
    json_t *rows =
        query_rows(query, "SELECT DISTINCT name FROM experiment ORDER BY id DESC LIMIT 256", "");
    size_t count = 0;

    if (query->status != TIDE_OK) {
        return query_report(query, verb);
    }
    for (; count < json_array_size(rows); count++) {
        names[count] = model_text(json_array_get(rows, count), "name");
    }
    const char *nearest = text_nearest(text, names, count);
    if (nearest == NULL) {
        (void)fprintf(stderr,
                      "tidemill %s: no experiment '%s'; 'tidemill status --all' lists them\n", verb,
                      text);
    } else {
        (void)fprintf(stderr, "tidemill %s: no experiment '%s'; did you mean '%s'?\n", verb, text,
                      nearest);
    }
    json_decref(rows);
    return EXIT_CODE_NOT_FOUND;
}

/* "7.12" and "digits.12": the part behind the last dot is the trial. */
static bool trial_split(const char *text, char *experiment, size_t bytes, int64_t *trial)
{
    const char *dot = strrchr(text, '.');

    if (dot == NULL || !number_parse_integer(dot + 1, trial) || *trial < 0) {
        return false;
    }
    (void)snprintf(experiment, bytes, "%.*s", (int)(dot - text), text);
    return true;
}

int target_find(struct query *query, const char *verb, const char *text, struct target *target)
{
    char experiment[TARGET_NAME_BYTES];
    int64_t trial = TRIAL_NONE;

    *target = (struct target){.trial = TRIAL_NONE};
    if (text == NULL) {
        return latest_find(query, verb, target);
    }
    const bool split = trial_split(text, experiment, sizeof experiment, &trial);
    const bool id = split && id_find(query, experiment, target);
    if (!id && experiment_find(query, text, target)) { /* a name may hold dots: the whole of it */
        return OPTIONS_GO;
    }
    if (!id && (!split || !experiment_find(query, experiment, target))) {
        return query->status != TIDE_OK ? query_report(query, verb)
                                        : unknown_experiment(query, verb, text);
    }
    target->trial = trial;
    if (trial_exists(query, target)) {
        return OPTIONS_GO;
    }
    if (query->status != TIDE_OK) {
        return query_report(query, verb);
    }
    (void)fprintf(stderr,
                  "tidemill %s: experiment %s has no trial %" PRId64
                  "; 'tidemill trials %s' lists them\n",
                  verb, experiment, trial, experiment);
    return EXIT_CODE_NOT_FOUND;
}
