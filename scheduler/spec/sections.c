/*
 * The sections that are little more than tables: what each key is called, how it is written and
 * within which bounds. docs/SPEC.md says the same in words.
 */
#include "spec/sections.h"

#include "spec/utf8.h"

#include <tidemill/optimizer.h>

#include <float.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)

enum { DAY_MS = 86400000 };
#define YEAR_MS (366.0 * DAY_MS)
#define COUNT_MAX 1e9
#define REAL_MAX 1e300
#define BYTES_MAX 1e15

static void needs(struct reader *reader, const struct node *node, const char *section,
                  const char *key)
{
    const struct spec_place place =
        node->key != NULL && node->parent->parent == NULL ? node->key_place : node->place;

    reader_error(reader, place, "", "%s needs '%s'", section, key);
}

static void read_objective(struct reader *reader, const struct node *node,
                           struct spec_objective *objective)
{
    static const char *const reductions[] = {"last", "best", NULL};
    struct raw {
        const char *metric;
        unsigned direction;
        unsigned reduce;
        double target;
        double reference;
    } raw = {NULL, 2, 0, NAN, NAN};
    static const char *const directions[] = {"minimize", "maximize", NULL};
    static const struct field fields[] = {
        {FIELD("metric", field_metric, struct raw, metric)},
        {FIELD("direction", field_choice, struct raw, direction), .words = directions},
        {FIELD("reduce", field_choice, struct raw, reduce), .words = reductions},
        {FIELD("target", field_real, struct raw, target), .min = -REAL_MAX, .max = REAL_MAX},
        {FIELD("reference", field_real, struct raw, reference), .min = -REAL_MAX, .max = REAL_MAX},
    };

    if (!reader_fields(reader, node, "an objective", fields, COUNT(fields), &raw)) {
        return;
    }
    if (node_find(node, "metric") == NULL) {
        needs(reader, node, "an objective", "metric");
    }
    if (node_find(node, "direction") == NULL) {
        needs(reader, node, "an objective", "direction");
    }
    *objective = (struct spec_objective){.metric = raw.metric,
                                         .maximize = raw.direction == 1,
                                         .reduce = (enum spec_reduce)raw.reduce,
                                         .target = raw.target,
                                         .reference = raw.reference,
                                         .place = node->place};
}

static void check_distinct(struct reader *reader, const struct node *item,
                           const struct spec_objective *objectives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (objectives[count].metric != NULL && objectives[i].metric != NULL &&
            strcmp(objectives[i].metric, objectives[count].metric) == 0) {
            reader_error(reader, item->place, "", "metric '%s' is an objective twice",
                         objectives[count].metric);
            return;
        }
    }
}

void section_objective(struct reader *reader, const struct node *node)
{
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_OBJECTIVES_MAX, &count);
    struct spec_objective *objectives = reader_take(reader, count, sizeof *objectives);

    reader->spec->objectives = objectives;
    reader->spec->objective_count = 0; /* who wrote `objective` and `objectives` has two lists */
    for (size_t i = 0; i < count && objectives != NULL; i++, item = item->next) {
        read_objective(reader, item, &objectives[i]);
        check_distinct(reader, item, objectives, i);
        reader->spec->objective_count++;
    }
    if (node->kind == NODE_SEQUENCE && node->count == 0) {
        reader_error(reader, node->place, "", "at least one objective is needed");
    }
}

static bool is_number(const struct spec_parameter *parameter)
{
    for (size_t i = 0; i < parameter->choice_count; i++) {
        if (parameter->choices[i].type == SPEC_SCALAR_TEXT) {
            return false;
        }
    }
    return true;
}

/* A constraint on parameters, read by the library that will apply it. */
static void check_formula(struct reader *reader, const struct node *node)
{
    const struct spec *spec = reader->spec;
    const char *names[SPEC_PARAMETERS_MAX];
    char message[TIDE_MESSAGE_BYTES];
    size_t count = 0;
    size_t offset = 0;

    for (size_t i = 0; i < spec->parameter_count; i++) {
        if (is_number(&spec->parameters[i])) {
            names[count++] = spec->parameters[i].name;
        }
    }
    if (!utf8_all_printable(node->text, node->text_bytes)) {
        reader_error(reader, node->place, "", "control characters in a constraint");
    } else if (!tide_constraint_check(node->text, names, count, &offset, message)) {
        offset = offset < node->text_bytes ? offset : node->text_bytes;
        reader_error(reader, node_place_at(node, offset, 0), "", "%s", message);
    }
}

static void read_constraint(struct reader *reader, const struct node *node,
                            struct spec_constraint *constraint)
{
    static const struct field fields[] = {
        {FIELD("metric", field_metric, struct spec_constraint, metric)},
        {FIELD("min", field_real, struct spec_constraint, min), .min = -REAL_MAX, .max = REAL_MAX},
        {FIELD("max", field_real, struct spec_constraint, max), .min = -REAL_MAX, .max = REAL_MAX},
    };

    *constraint = (struct spec_constraint){.min = NAN, .max = NAN, .place = node->place};
    if (node->kind == NODE_SCALAR) {
        constraint->text = node->text;
        check_formula(reader, node);
        return;
    }
    if (!reader_fields(reader, node, "a constraint", fields, COUNT(fields), constraint)) {
        return;
    }
    if (node_find(node, "metric") == NULL) {
        needs(reader, node, "a constraint on an outcome", "metric");
    }
    if (node_find(node, "min") == NULL && node_find(node, "max") == NULL) {
        needs(reader, node, "a constraint on an outcome", "max");
    }
    if (constraint->min > constraint->max) {
        reader_error(reader, node->place, "", "min is above max: nothing satisfies it");
    }
}

void section_constraints(struct reader *reader, const struct node *node)
{
    size_t count = 0;
    size_t outcomes = 0;
    const struct node *item = reader_list(reader, node, SPEC_CONSTRAINTS_MAX, &count);
    struct spec_constraint *constraints = reader_take(reader, count, sizeof *constraints);

    reader->spec->constraints = constraints;
    for (size_t i = 0; i < count && constraints != NULL; i++, item = item->next) {
        read_constraint(reader, item, &constraints[i]);
        reader->spec->constraint_count++;
        outcomes += constraints[i].text == NULL;
    }
    if (outcomes > SPEC_OUTCOMES_MAX) {
        reader_error(reader, node->place, "", "%zu constraints on outcomes; at most %d", outcomes,
                     SPEC_OUTCOMES_MAX);
    }
}

/* A mapping of free names to values into pairs. */
static size_t read_pairs(struct reader *reader, const struct node *node, const char *what,
                         const struct field *value, const struct spec_pair **pairs)
{
    struct spec_pair *list = NULL;
    size_t count = 0;

    if (!reader_expect(reader, node, NODE_MAPPING, what)) {
        return 0;
    }
    if (node->count > SPEC_RULES_MAX) {
        reader_error(reader, node->place, "", "%s holds at most %d", what, SPEC_RULES_MAX);
        return 0;
    }
    list = reader_take(reader, node->count, sizeof *list);
    for (const struct node *child = node->first; child != NULL && list != NULL;
         child = child->next) {
        if (!reader_is_metric(child->key)) {
            reader_error(reader, child->key_place, "",
                         "a metric's name is 1 to %d printable characters", SPEC_NAME_BYTES - 1);
        }
        list[count].name = child->key;
        value->read(reader, value, child, &list[count].value);
        count += list[count].value != NULL;
    }
    *pairs = list;
    return list == NULL ? 0 : count;
}

void section_metrics(struct reader *reader, const struct node *node)
{
    struct raw {
        const struct node *patterns;
        const char *step;
    } raw = {NULL, NULL};
    static const struct field fields[] = {
        {FIELD("patterns", field_node, struct raw, patterns)},
        {FIELD("step", field_pattern, struct raw, step), .min = 1},
    };
    static const struct field pattern = {.name = "a pattern", .read = field_pattern, .min = 1};
    struct spec_metrics *metrics = &reader->spec->metrics;

    if (!reader_fields(reader, node, "metrics", fields, COUNT(fields), &raw)) {
        return;
    }
    metrics->step = raw.step;
    if (raw.patterns != NULL) {
        metrics->pattern_count =
            read_pairs(reader, raw.patterns, "patterns", &pattern, &metrics->patterns);
    }
}

void section_search(struct reader *reader, const struct node *node)
{
    static const char *const algorithms[] = {"bayes", "random", "sobol", "grid", NULL};
    static const char *const acquisitions[] = {"auto", "per_cost", NULL};
    static const struct field fields[] = {
        {FIELD("algorithm", field_choice, struct spec_search, algorithm), .words = algorithms},
        {FIELD("acquisition", field_choice, struct spec_search, acquisition),
         .words = acquisitions},
        {FIELD("initial", field_integer, struct spec_search, initial), .min = 1, .max = COUNT_MAX},
        {FIELD("concurrency", field_integer, struct spec_search, concurrency), .min = 1,
         .max = 100000},
        {FIELD("seed", field_integer, struct spec_search, seed), .min = 0, .max = 9e18},
    };

    (void)reader_fields(reader, node, "search", fields, COUNT(fields), &reader->spec->search);
}

void section_stop(struct reader *reader, const struct node *node)
{
    static const struct field fields[] = {
        {FIELD("improvement_below", field_real, struct spec_stop, improvement_below),
         .min = DBL_MIN, .max = REAL_MAX},
        {FIELD("confidence", field_real, struct spec_stop, confidence), .min = 0.5, .max = 0.9999},
    };

    if (reader_fields(reader, node, "stop", fields, COUNT(fields), &reader->spec->stop) &&
        node_find(node, "improvement_below") == NULL) {
        needs(reader, node, "stop", "improvement_below");
    }
}

void section_fidelity(struct reader *reader, const struct node *node)
{
    struct spec_fidelity *fidelity = &reader->spec->fidelity;
    static const struct field fields[] = {
        {FIELD("name", field_text, struct spec_fidelity, name)},
        {FIELD("min", field_integer, struct spec_fidelity, min), .min = 1, .max = COUNT_MAX},
        {FIELD("max", field_integer, struct spec_fidelity, max), .min = 1, .max = COUNT_MAX},
    };

    if (!reader_fields(reader, node, "fidelity", fields, COUNT(fields), fidelity)) {
        return;
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (node_find(node, fields[i].name) == NULL) {
            needs(reader, node, "fidelity", fields[i].name);
        }
    }
    if (fidelity->name != NULL && !is_parameter_name(fidelity->name)) {
        reader_error(reader, node_find(node, "name")->place, "",
                     "the fidelity's name is letters, digits and '_'");
    }
    if (fidelity->min > 0 && fidelity->max > 0 && fidelity->min >= fidelity->max) {
        reader_error(reader, node_find(node, "max")->place, "", "max must be above min");
    }
}

void section_early_stopping(struct reader *reader, const struct node *node)
{
    static const char *const algorithms[] = {"none", "asha", "median", NULL};
    static const struct field fields[] = {
        {FIELD("algorithm", field_choice, struct spec_early_stopping, algorithm),
         .words = algorithms},
        {FIELD("eta", field_integer, struct spec_early_stopping, eta), .min = 2, .max = 16},
        {FIELD("metric", field_metric, struct spec_early_stopping, metric)},
    };

    if (reader_fields(reader, node, "early_stopping", fields, COUNT(fields),
                      &reader->spec->early_stopping) &&
        node_find(node, "algorithm") == NULL) {
        needs(reader, node, "early_stopping", "algorithm");
    }
}

void section_budget(struct reader *reader, const struct node *node)
{
    static const struct field fields[] = {
        {FIELD("trials", field_integer, struct spec_budget, trials), .min = 1,
         .max = SPEC_TRIALS_MAX},
        {FIELD("cost", field_money, struct spec_budget, cost_micro), .min = 0.000001, .max = 1e9},
        {FIELD("compute", field_duration, struct spec_budget, compute_ms), .min = 1000,
         .max = 10000 * YEAR_MS},
        {FIELD("failures", field_integer, struct spec_budget, failures), .min = 1,
         .max = COUNT_MAX},
    };

    (void)reader_fields(reader, node, "budget", fields, COUNT(fields), &reader->spec->budget);
    reader->spec->budget.place = node->key_place;
}

/* The signals a script can be expected to handle. */
static const struct {
    const char *name;
    int number;
} signals[] = {{"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},   {"SIGHUP", SIGHUP},
               {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGQUIT", SIGQUIT}};

void section_preemption(struct reader *reader, const struct node *node)
{
    static const char *const resumes[] = {"checkpoint", "restart", NULL};
    static const char *const names[] = {"SIGTERM", "SIGINT",  "SIGHUP", "SIGUSR1",
                                        "SIGUSR2", "SIGQUIT", NULL};
    struct raw {
        unsigned signal;
        int64_t grace_ms;
        unsigned resume;
    } raw = {0, reader->spec->preemption.grace_ms, SPEC_RESUME_CHECKPOINT};
    static const struct field fields[] = {
        {FIELD("signal", field_choice, struct raw, signal), .words = names},
        {FIELD("grace", field_duration, struct raw, grace_ms), .min = 0, .max = DAY_MS},
        {FIELD("resume", field_choice, struct raw, resume), .words = resumes},
    };

    (void)reader_fields(reader, node, "preemption", fields, COUNT(fields), &raw);
    reader->spec->preemption = (struct spec_preemption){signals[raw.signal].number, raw.grace_ms,
                                                        (enum spec_resume)raw.resume};
}

void section_checkpoint(struct reader *reader, const struct node *node)
{
    struct spec_checkpoint *checkpoint = &reader->spec->checkpoint;
    static const struct field fields[] = {
        {FIELD("store", field_text, struct spec_checkpoint, path)},
        {FIELD("max_size", field_bytes, struct spec_checkpoint, max_bytes), .min = 1,
         .max = BYTES_MAX},
        {FIELD("keep", field_integer, struct spec_checkpoint, keep), .min = 1, .max = 100},
    };

    (void)reader_fields(reader, node, "checkpoint", fields, COUNT(fields), checkpoint);
    if (checkpoint->path == NULL || strcmp(checkpoint->path, "coordinator") == 0) {
        checkpoint->path = NULL;
    } else if (checkpoint->path[0] != '/') {
        reader_error(reader, node_find(node, "store")->place, "coordinator, or /shared/path",
                     "store must be 'coordinator' or an absolute path, got '%s'",
                     shown_text(checkpoint->path).text);
    }
}

void section_retry(struct reader *reader, const struct node *node)
{
    static const char *const losses[] = {"continue", "stop", NULL};
    static const struct field fields[] = {
        {FIELD("max_restarts", field_integer, struct spec_retry, max_restarts), .min = 0,
         .max = 10000},
        {FIELD("max_preemptions", field_integer, struct spec_retry, max_preemptions), .min = 0,
         .max = 1000000},
        {FIELD("backoff", field_duration, struct spec_retry, backoff_ms), .min = 0, .max = DAY_MS},
        {FIELD("timeout", field_duration, struct spec_retry, timeout_ms), .min = 1000,
         .max = YEAR_MS},
        {FIELD("stall_timeout", field_duration, struct spec_retry, stall_timeout_ms), .min = 1000,
         .max = YEAR_MS},
        {FIELD("on_lease_loss", field_choice, struct spec_retry, on_lease_loss), .words = losses},
    };

    (void)reader_fields(reader, node, "retry", fields, COUNT(fields), &reader->spec->retry);
}

void section_on_output(struct reader *reader, const struct node *node)
{
    static const char *const actions[] = {"infeasible", "fail", "restart", "avoid-worker", NULL};
    static const struct field fields[] = {
        {FIELD("match", field_pattern, struct spec_output_rule, match)},
        {FIELD("then", field_choice, struct spec_output_rule, then), .words = actions},
    };
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_RULES_MAX, &count);
    struct spec_output_rule *rules = reader_take(reader, count, sizeof *rules);

    reader->spec->on_output = rules;
    for (size_t i = 0; i < count && rules != NULL; i++, item = item->next) {
        if (!reader_fields(reader, item, "on_output", fields, COUNT(fields), &rules[i])) {
            continue;
        }
        for (size_t j = 0; j < COUNT(fields); j++) {
            if (node_find(item, fields[j].name) == NULL) {
                needs(reader, item, "a rule of on_output", fields[j].name);
            }
        }
        reader->spec->on_output_count++;
    }
}
