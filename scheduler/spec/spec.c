/*
 * The story of a spec: bytes are scanned, YAML becomes a tree, each top-level key is read by its
 * section, and what only the whole can tell is checked at the end.
 */
#include "spec/spec.h"

#include "spec/sections.h"

#include "spec/complain.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, member)                                                                  \
    {                                                                                              \
        .name = key, .read = reads, .offset = offsetof(struct document, member)                    \
    }

/* The spec with the memory it stands in; `spec` is first, so that spec_free finds the rest. */
struct owner {
    struct spec spec;
    struct arena arena;
};

enum section {
    COMMAND,
    PARAMETERS,
    OBJECTIVE,
    OBJECTIVES,
    CONSTRAINTS,
    METRICS,
    SEARCH,
    STOP,
    FIDELITY,
    EARLY_STOPPING,
    BUDGET,
    SETUP,
    SCHEDULE,
    PREEMPTION,
    CHECKPOINT,
    RETRY,
    ON_OUTPUT,
    RESOURCES,
    ENVIRONMENT,
    FLEET,
    SECTION_COUNT,
};

/* The top level as written; NULL where a key is absent. */
struct document {
    int64_t version;
    const char *name;
    struct spec_texts tags;
    const char *workdir;
    struct spec_texts warm_start;
    const struct node *sections[SECTION_COUNT];
};

static const struct field fields[] = {
    {.name = "version", .read = field_integer, .min = 1, .max = 1},
    FIELD("name", field_name, name),
    FIELD("tags", field_names, tags),
    FIELD("workdir", field_text, workdir),
    FIELD("setup", field_node, sections[SETUP]),
    FIELD("command", field_node, sections[COMMAND]),
    FIELD("parameters", field_node, sections[PARAMETERS]),
    FIELD("objective", field_node, sections[OBJECTIVE]),
    FIELD("objectives", field_node, sections[OBJECTIVES]),
    FIELD("constraints", field_node, sections[CONSTRAINTS]),
    FIELD("metrics", field_node, sections[METRICS]),
    FIELD("search", field_node, sections[SEARCH]),
    FIELD("stop", field_node, sections[STOP]),
    {.name = "warm_start",
     .read = field_names,
     .offset = offsetof(struct document, warm_start),
     .max = SPEC_WARM_STARTS_MAX},
    FIELD("fidelity", field_node, sections[FIDELITY]),
    FIELD("early_stopping", field_node, sections[EARLY_STOPPING]),
    FIELD("budget", field_node, sections[BUDGET]),
    FIELD("schedule", field_node, sections[SCHEDULE]),
    FIELD("preemption", field_node, sections[PREEMPTION]),
    FIELD("checkpoint", field_node, sections[CHECKPOINT]),
    FIELD("retry", field_node, sections[RETRY]),
    FIELD("on_output", field_node, sections[ON_OUTPUT]),
    FIELD("resources", field_node, sections[RESOURCES]),
    FIELD("environment", field_node, sections[ENVIRONMENT]),
    FIELD("fleet", field_node, sections[FLEET]),
};

/* In the order they are read: a command names parameters and the fidelity. */
static const struct {
    enum section section;
    void (*read)(struct reader *reader, const struct node *node);
} readers[] = {
    {PARAMETERS, section_parameters},
    {FIDELITY, section_fidelity},
    {SETUP, section_setup},
    {COMMAND, section_command},
    {OBJECTIVE, section_objective},
    {OBJECTIVES, section_objective},
    {CONSTRAINTS, section_constraints},
    {METRICS, section_metrics},
    {SEARCH, section_search},
    {STOP, section_stop},
    {EARLY_STOPPING, section_early_stopping},
    {BUDGET, section_budget},
    {SCHEDULE, section_schedule},
    {PREEMPTION, section_preemption},
    {CHECKPOINT, section_checkpoint},
    {RETRY, section_retry},
    {ON_OUTPUT, section_on_output},
    {RESOURCES, section_resources},
    {ENVIRONMENT, section_environment},
    {FLEET, section_fleet},
};

/* The defaults docs/SPEC.md states; what is zero in C is not repeated. */
static void set_defaults(struct spec *spec)
{
    *spec = (struct spec){
        .stop = {.improvement_below = NAN, .confidence = 0.95},
        .early_stopping = {.eta = 3},
        .budget = {.cost_micro = -1},
        .preemption = {.signal = SIGTERM, .grace_ms = 25000},
        .checkpoint = {.max_bytes = 2147483648, .keep = 2},
        .retry = {.max_restarts = 2, .max_preemptions = 50, .backoff_ms = 30000},
    };
}

static void check_required(struct reader *reader, const struct node *root)
{
    static const char *const required[] = {"name", "command", "parameters"};

    for (size_t i = 0; i < COUNT(required); i++) {
        if (node_find(root, required[i]) == NULL) {
            reader_error(reader, (struct spec_place){0}, "", "'%s' is missing", required[i]);
        }
    }
}

static void check_objectives(struct reader *reader, const struct document *document)
{
    const struct node *one = document->sections[OBJECTIVE];
    const struct node *several = document->sections[OBJECTIVES];

    if (one == NULL && several == NULL) {
        reader_error(reader, (struct spec_place){0},
                     "try objective: {metric: val_loss, direction: minimize}",
                     "'objective' is missing");
    }
    if (one != NULL && several != NULL) {
        reader_error(reader, one->key_place, "", "'objective' and 'objectives': write one of them");
    }
}

static void read_document(struct reader *reader, const struct node *root)
{
    struct spec *spec = reader->spec;
    struct document document = {0};

    if (!reader_fields(reader, root, "the spec", fields, COUNT(fields), &document)) {
        return;
    }
    spec->name = document.name;
    spec->tags = document.tags;
    spec->workdir = document.workdir;
    spec->warm_start = document.warm_start;
    const struct node *warm_start = node_find(root, "warm_start");
    if (warm_start != NULL) {
        spec->warm_start_line = warm_start->key_place.line;
        spec->warm_start_column = warm_start->key_place.column;
    }
    check_required(reader, root);
    check_objectives(reader, &document);
    for (size_t i = 0; i < COUNT(readers) && !reader->no_memory; i++) {
        const struct node *node = document.sections[readers[i].section];
        if (node != NULL) {
            readers[i].read(reader, node);
        }
    }
}

/* From the source to a spec in `owner`. */
static enum tide_status parse(struct owner *owner, const struct source *source,
                              struct spec_report *report)
{
    struct reader reader = {.arena = &owner->arena,
                            .source = source,
                            .report = report,
                            .spec = &owner->spec,
                            .currency = owner->spec.currency,
                            .currency_per = "an experiment"};
    struct tree tree;
    enum tide_status status = tree_build(&tree, &owner->arena, source, report);

    if (status != TIDE_OK) {
        return status;
    }
    if (tree.root == NULL) {
        complain(report, NULL, (struct spec_place){0}, "", "it is empty");
        return TIDE_INVALID;
    }
    read_document(&reader, tree.root);
    if (reader.no_memory) {
        return TIDE_NO_MEMORY;
    }
    whole_check(&reader, tree.root);
    if (report->error_count == 0) {
        fits_check(&reader, tree.root);
    }
    if (report->error_count > 0) {
        return TIDE_INVALID;
    }
    owner->spec.digest = tree_digest(&tree, "parameters");
    return TIDE_OK;
}

/* The spec keeps its own copy of the text, and everything else points into the same arena. */
static enum tide_status parse_text(struct owner *owner, const char *text, size_t bytes,
                                   struct spec_report *report)
{
    struct source source;

    if (!source_scan(&source, text, bytes, report)) {
        return TIDE_INVALID;
    }
    owner->spec.text = arena_text(&owner->arena, text, bytes);
    owner->spec.text_bytes = bytes;
    owner->spec.file = arena_text(&owner->arena, report->file, strlen(report->file));
    return owner->spec.text == NULL || owner->spec.file == NULL ? TIDE_NO_MEMORY
                                                                : parse(owner, &source, report);
}

enum tide_status spec_parse(const char *text, size_t bytes, const char *name, struct spec **out,
                            struct spec_report *report)
{
    struct owner *owner = calloc(1, sizeof *owner);
    enum tide_status status = TIDE_NO_MEMORY;

    *out = NULL;
    report_begin(report, name);
    if (owner != NULL) {
        set_defaults(&owner->spec);
        status = parse_text(owner, text, bytes, report);
    }
    if (status == TIDE_OK) {
        *out = &owner->spec;
        return TIDE_OK;
    }
    if (status == TIDE_NO_MEMORY) {
        report_begin(report, name);
    }
    if (owner != NULL) {
        spec_free(&owner->spec);
    }
    return status;
}

enum tide_status spec_load(const char *path, struct spec **out, struct spec_report *report)
{
    char *text = NULL;
    size_t bytes = 0;
    enum tide_status status = TIDE_OK;

    *out = NULL;
    report_begin(report, path);
    status = source_read(path, &text, &bytes, report);
    if (status == TIDE_OK) {
        status = spec_parse(text, bytes, path, out, report);
    }
    free(text);
    return status;
}

void spec_free(struct spec *spec)
{
    struct owner *owner = (struct owner *)spec;

    if (owner != NULL) {
        arena_fini(&owner->arena);
        free(owner);
    }
}
