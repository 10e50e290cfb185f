/*
 * The sections about machines: what a trial needs of one, what its process finds there, and which
 * machines may be had.
 */
#include "spec/sections.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)
#define BYTES_MAX 1e15

static void read_labels(struct reader *reader, const struct node *node)
{
    static const struct field field = {.name = "a label's value", .max = SPEC_LABEL_VALUES_MAX};
    struct spec_resources *resources = &reader->spec->resources;
    struct spec_label *labels = NULL;

    if (!reader_expect(reader, node, NODE_MAPPING, "labels")) {
        return;
    }
    if (node->count > SPEC_LABELS_MAX) {
        reader_error(reader, node->place, "", "at most %d labels", SPEC_LABELS_MAX);
        return;
    }
    labels = reader_take(reader, node->count, sizeof *labels);
    resources->labels = labels;
    for (const struct node *child = node->first; child != NULL && labels != NULL;
         child = child->next) {
        if (!reader_is_name(child->key)) {
            reader_error(reader, child->key_place, "",
                         "a label's name must be letters, digits, '.', '_' and '-'");
            continue;
        }
        labels[resources->label_count].name = child->key;
        field_names(reader, &field, child, &labels[resources->label_count].values);
        resources->label_count++;
    }
}

void section_resources(struct reader *reader, const struct node *node)
{
    struct raw {
        double cpus;
        int64_t memory_bytes;
        int64_t gpus;
        const struct node *labels;
    } raw = {0};
    static const struct field fields[] = {
        {FIELD("cpus", field_real, struct raw, cpus), .min = 0.01, .max = 100000},
        {FIELD("memory", field_bytes, struct raw, memory_bytes), .min = 1, .max = BYTES_MAX},
        {FIELD("gpus", field_integer, struct raw, gpus), .min = 0, .max = 100000},
        {FIELD("labels", field_node, struct raw, labels)},
    };
    struct spec_resources *resources = &reader->spec->resources;

    (void)reader_fields(reader, node, "resources", fields, COUNT(fields), &raw);
    resources->cpus = raw.cpus;
    resources->memory_bytes = raw.memory_bytes;
    resources->gpus = raw.gpus;
    if (raw.labels != NULL) {
        read_labels(reader, raw.labels);
    }
}

/* What the worker sets itself may not be set by a spec. */
static bool check_variable(struct reader *reader, const struct node *node)
{
    if (!is_parameter_name(node->key)) {
        reader_error(reader, node->key_place, "",
                     "an environment variable's name is letters, digits and '_', not '%s'",
                     shown_text(node->key).text);
        return false;
    }
    if (strncmp(node->key, "TIDEMILL_", 9) == 0) {
        reader_error(reader, node->key_place, "", "names that begin with TIDEMILL_ are taken");
        return false;
    }
    if (node->text_bytes >= SPEC_WORD_BYTES) {
        reader_error(reader, node->place, "", "a value of %zu bytes; at most %d", node->text_bytes,
                     SPEC_WORD_BYTES - 1);
        return false;
    }
    return true;
}

static void read_variables(struct reader *reader, const struct node *node)
{
    struct spec_environment *environment = &reader->spec->environment;
    struct spec_pair *variables = NULL;

    if (!reader_expect(reader, node, NODE_MAPPING, "env")) {
        return;
    }
    if (node->count > SPEC_VARIABLES_MAX) {
        reader_error(reader, node->place, "", "at most %d variables", SPEC_VARIABLES_MAX);
        return;
    }
    variables = reader_take(reader, node->count, sizeof *variables);
    environment->variables = variables;
    for (const struct node *child = node->first; child != NULL && variables != NULL;
         child = child->next) {
        if (check_variable(reader, child) &&
            reader_expect(reader, child, NODE_SCALAR, "an environment variable")) {
            reader_norway(reader, child);
            variables[environment->variable_count++] = (struct spec_pair){child->key, child->text};
        }
    }
}

void section_environment(struct reader *reader, const struct node *node)
{
    struct raw {
        const struct node *env;
        struct spec_texts secrets;
        struct spec_texts wrapper;
    } raw = {0};
    static const struct field fields[] = {
        {FIELD("env", field_node, struct raw, env)},
        {FIELD("secrets", field_names, struct raw, secrets), .max = SPEC_SECRETS_MAX},
        {FIELD("wrapper", field_texts, struct raw, wrapper)},
    };
    struct spec_environment *environment = &reader->spec->environment;

    (void)reader_fields(reader, node, "environment", fields, COUNT(fields), &raw);
    environment->secrets = raw.secrets;
    environment->wrapper = raw.wrapper;
    if (raw.env != NULL) {
        read_variables(reader, raw.env);
    }
}

void section_fleet(struct reader *reader, const struct node *node)
{
    static const struct field fields[] = {
        {FIELD("pools", field_names, struct spec_fleet, pools)},
        {FIELD("max", field_integer, struct spec_fleet, max), .min = 1, .max = 100000},
        {FIELD("on_demand", field_integer, struct spec_fleet, on_demand), .min = 0, .max = 100000},
    };

    (void)reader_fields(reader, node, "fleet", fields, COUNT(fields), &reader->spec->fleet);
    reader->spec->fleet.place = node->key_place;
}
