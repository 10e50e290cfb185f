/*
 * The experiment spec: what a person writes in YAML (docs/SPEC.md), read, checked and turned into
 * base units: milliseconds, bytes, millionths of the currency, doubles for values. The same text
 * always gives the same struct, so the store keeps the text and a restart parses it again.
 */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tidemill/status.h>

#include "civil/window.h"
#include "spec/report.h"

/* The limits of a spec. Those of the YAML beneath are in spec/tree.h. */
enum {
    SPEC_NAME_BYTES =
        64, /* of an experiment's, parameter's or metric's name, terminator included */
    SPEC_PARAMETERS_MAX = 100,
    SPEC_CONSTANTS_MAX = 256,
    SPEC_CHOICES_MAX = 256,
    SPEC_VALUE_BYTES = 1024, /* of a choice or constant */
    SPEC_OBJECTIVES_MAX = 4,
    SPEC_CONSTRAINTS_MAX = 32, /* on parameters and on outcomes ... */
    SPEC_OUTCOMES_MAX = 4,     /* ... of which on outcomes */
    SPEC_TRIALS_MAX = 2000000,
    SPEC_RULES_MAX = 32, /* patterns of metrics; rules of on_output */
    SPEC_PATTERN_BYTES = 256,
    SPEC_VARIABLES_MAX = 256, /* of the environment */
    SPEC_SECRETS_MAX = 32,
    SPEC_LABELS_MAX = 8,
    SPEC_LABEL_VALUES_MAX = 8,
    SPEC_WORDS_MAX = 512,    /* of a command with its wrapper, {args} spelled out */
    SPEC_WORD_BYTES = 4096,  /* one of them or an environment value, terminator included */
    SPEC_TOLD_BYTES = 61440, /* what a worker is told with every trial, as JSON */
    SPEC_LIST_MAX = 1000,    /* windows, exceptions, bands, tags, pools */
    SPEC_WARM_STARTS_MAX = 32,
    SPEC_CURRENCY_BYTES = 4,
};

#define SPEC_NONE SIZE_MAX /* no parameter */

/* A list of strings. */
struct spec_texts {
    const char *const *items;
    size_t count;
};

/* A name with a value: environment variables, metric patterns. */
struct spec_pair {
    const char *name;
    const char *value;
};

/* Money where none may be named: a price that may be zero or negative. */
struct spec_amount {
    bool given;
    int64_t micro; /* millionths of spec.currency */
};

/* Where a thing stands in the file: line and column from 1, in characters. */
struct spec_place {
    int line;
    int column;
    int length;
};

/* A scalar with the type it has in YAML: `8` is an integer, `"8"` is text, `true` is a bool. */
enum spec_scalar_type { SPEC_SCALAR_TEXT, SPEC_SCALAR_REAL, SPEC_SCALAR_INTEGER, SPEC_SCALAR_BOOL };

struct spec_scalar {
    enum spec_scalar_type type;
    const char
        *text; /* as a command gets it: the text, the number printed by base/number.h, true */
    const char *json; /* as a JSON value */
    double number;    /* of numbers; 0 or 1 of bools */
    uint64_t digest;  /* of the text: lists of choices are compared with each other */
};

enum spec_type { SPEC_FLOAT, SPEC_INT, SPEC_CATEGORICAL, SPEC_ORDINAL, SPEC_BOOL };

/* One dimension of the search space. Its value is a double: the number itself of a float or an int,
 * the index into `choices` of the others, NaN where the parameter is inactive. */
struct spec_parameter {
    const char *name;
    enum spec_type type;
    bool log;
    double min; /* bounds of float and int, both included */
    double max;
    double step;                       /* values are min + k step; 0: no step */
    const struct spec_scalar *choices; /* categorical, ordinal as written; bool: false, true */
    size_t choice_count;
    double initial;               /* `default`, as a value; NaN: none */
    size_t parent;                /* it is active where this parameter ...; SPEC_NONE: always */
    const size_t *parent_choices; /* ... has one of these choices */
    size_t parent_choice_count;
    struct spec_place place;
};

/* A scalar among the parameters: handed to the script with them, never searched. */
struct spec_constant {
    const char *name;
    struct spec_scalar value;
};

/*
 * The command as words, split before anything is put in. A word is a run of pieces; a word that is
 * the one piece SPEC_PIECE_ARGS stands for many words.
 */
enum spec_piece_kind {
    SPEC_PIECE_TEXT,
    SPEC_PIECE_PARAMETER, /* `index` of the parameter */
    SPEC_PIECE_CONSTANT,  /* `index` of the constant */
    SPEC_PIECE_STEP,      /* the fidelity's name: the step to reach */
    SPEC_PIECE_ARGS,
};

struct spec_piece {
    enum spec_piece_kind kind;
    const char *text;
    size_t index;
};

struct spec_word {
    const struct spec_piece *pieces;
    size_t piece_count;
    bool option_of_next; /* a text command's `--momentum {momentum}`: dropped with the next word */
};

struct spec_template {
    const struct spec_word *words;
    size_t word_count;
    bool list; /* written as a list: used as it stands */
};

enum spec_reduce { SPEC_REDUCE_LAST, SPEC_REDUCE_BEST };

struct spec_objective {
    const char *metric;
    bool maximize;
    enum spec_reduce reduce;
    double target;    /* reached, it ends the experiment; NaN: none */
    double reference; /* of the hypervolume; NaN: from the data */
    struct spec_place place;
};

/* A parameter constraint has `text`; an outcome constraint has `metric` and a bound. */
struct spec_constraint {
    const char *text; /* NULL for an outcome constraint */
    const char *metric;
    double min; /* NaN: no bound */
    double max;
    struct spec_place place;
};

enum spec_algorithm { SPEC_BAYES, SPEC_RANDOM, SPEC_SOBOL, SPEC_GRID };
enum spec_acquisition { SPEC_ACQUISITION_AUTO, SPEC_ACQUISITION_PER_COST };

struct spec_search {
    enum spec_algorithm algorithm;
    enum spec_acquisition acquisition;
    int64_t initial;     /* points before the model; 0: the optimizer chooses */
    int64_t concurrency; /* attempts at once; 0: the slots of matching workers */
    int64_t seed;
};

struct spec_stop {
    double improvement_below; /* NaN: no such rule */
    double confidence;
};

struct spec_fidelity {
    const char *name; /* NULL: none */
    int64_t min;
    int64_t max;
};

enum spec_early_algorithm { SPEC_EARLY_NONE, SPEC_EARLY_ASHA, SPEC_EARLY_MEDIAN };

struct spec_early_stopping {
    enum spec_early_algorithm algorithm;
    int64_t eta;
    const char *metric; /* the first objective unless written */
};

struct spec_budget {
    int64_t trials;     /* trials created; 0: no limit */
    int64_t cost_micro; /* millionths of spec.currency; -1: no limit */
    int64_t compute_ms; /* slot time inside attempts; 0: no limit */
    int64_t failures;   /* failed trials; 0: no limit */
    struct spec_place place;
};

enum spec_price_unit { SPEC_PER_HOUR, SPEC_PER_KWH };

/* A price with its unit. */
struct spec_rate {
    int64_t micro;
    enum spec_price_unit unit;
};

struct spec_prices {
    bool given;
    enum spec_price_unit unit;   /* of all prices and of max_price */
    struct spec_amount fallback; /* `default`: where no band holds */
    const struct band *bands;
    const char *const *labels; /* of the bands; "" where none is written */
    size_t band_count;
    const char *file; /* NULL: none */
};

enum spec_at_close { SPEC_CLOSE_PAUSE, SPEC_CLOSE_FINISH };
enum spec_if_late { SPEC_LATE_WARN, SPEC_LATE_IGNORE_WINDOWS, SPEC_LATE_ON_DEMAND };

struct spec_schedule {
    const char *timezone; /* IANA name; NULL: none, and then no windows, exceptions, bands */
    const struct window *windows; /* none: always open */
    size_t window_count;
    const struct date_range *except; /* no minute of these days is open */
    size_t except_count;
    enum spec_at_close at_close;
    struct spec_prices prices;
    struct spec_amount max_price;
    const char *deadline; /* as written; NULL: none */
    int64_t deadline_ms;  /* UTC, by the zone data of the day it was read */
    enum spec_if_late if_late;
};

enum spec_resume { SPEC_RESUME_CHECKPOINT, SPEC_RESUME_RESTART };

struct spec_preemption {
    int signal; /* the number, as in <signal.h> */
    int64_t grace_ms;
    enum spec_resume resume;
};

struct spec_checkpoint {
    const char *path; /* NULL: the coordinator keeps them; otherwise a shared directory */
    int64_t max_bytes;
    int64_t keep;
};

enum spec_on_lease_loss { SPEC_LEASE_LOSS_CONTINUE, SPEC_LEASE_LOSS_STOP };

struct spec_retry {
    int64_t max_restarts;
    int64_t max_preemptions;
    int64_t backoff_ms;       /* doubling to 5 min */
    int64_t timeout_ms;       /* per attempt; 0: none */
    int64_t stall_timeout_ms; /* 0: none */
    enum spec_on_lease_loss on_lease_loss;
};

enum spec_output_action {
    SPEC_OUTPUT_INFEASIBLE,
    SPEC_OUTPUT_FAIL,
    SPEC_OUTPUT_RESTART,
    SPEC_OUTPUT_AVOID_WORKER,
};

struct spec_output_rule {
    const char *match; /* POSIX ERE */
    enum spec_output_action then;
};

/* A worker may take a trial if each named label of its own is one of `values`. */
struct spec_label {
    const char *name;
    struct spec_texts values;
};

struct spec_resources {
    double cpus; /* 0: not asked for; so with the others */
    int64_t memory_bytes;
    int64_t gpus;
    const struct spec_label *labels;
    size_t label_count;
};

struct spec_environment {
    const struct spec_pair *variables;
    size_t variable_count;
    struct spec_texts secrets; /* names only */
    struct spec_texts wrapper; /* words before the command's */
};

struct spec_fleet {
    struct spec_texts pools; /* none: every pool */
    int64_t max;             /* workers; 0: the pools' own limits */
    int64_t on_demand;
    struct spec_place place;
};

struct spec_metrics {
    const struct spec_pair *patterns; /* metric -> POSIX ERE, its first group is the value */
    size_t pattern_count;
    const char *step; /* POSIX ERE; NULL: the default pattern */
};

struct spec {
    const char *name;
    struct spec_texts tags;
    const char *workdir;     /* NULL: none */
    struct spec_texts setup; /* words of a command, run once in the workdir; none: 0 */
    struct spec_template command;
    /* In the order written, but a parameter never before the one it depends on. */
    const struct spec_parameter *parameters;
    size_t parameter_count;
    const struct spec_constant *constants;
    size_t constant_count;
    const struct spec_objective *objectives; /* at least one */
    size_t objective_count;
    const struct spec_constraint *constraints;
    size_t constraint_count;
    struct spec_metrics metrics;
    struct spec_search search;
    struct spec_stop stop;
    struct spec_texts warm_start;
    int warm_start_line, warm_start_column; /* of the key; 0: it is not there */
    struct spec_fidelity fidelity;
    struct spec_early_stopping early_stopping;
    struct spec_budget budget;
    char currency[SPEC_CURRENCY_BYTES]; /* the one of the experiment; "" where no money is named */
    struct spec_schedule schedule;
    struct spec_preemption preemption;
    struct spec_checkpoint checkpoint;
    struct spec_retry retry;
    const struct spec_output_rule *on_output; /* the first that matches counts */
    size_t on_output_count;
    struct spec_resources resources;
    struct spec_environment environment;
    struct spec_fleet fleet;
    const char *file; /* what messages call it */
    const char *text; /* the file, as it was read: what the store keeps */
    size_t text_bytes;
    uint64_t digest; /* of the content: comments, layout, order of keys and spelling of numbers do
                        not count, everything else does */
};

/*
 * spec_load: reads the regular file at `path` and parses it. On TIDE_OK `*out` is the caller's, to
 * be freed by spec_free, and the report holds warnings only; otherwise `*out` is NULL and the
 * report says what is wrong (TIDE_INVALID; TIDE_NO_MEMORY has an empty report).
 */
__attribute__((warn_unused_result)) enum tide_status spec_load(const char *path, struct spec **out,
                                                               struct spec_report *report);

/* spec_parse: the same from `bytes` bytes of memory; `name` is what messages call the file. */
__attribute__((warn_unused_result)) enum tide_status spec_parse(const char *text, size_t bytes,
                                                                const char *name, struct spec **out,
                                                                struct spec_report *report);

/* spec_free: frees everything the spec points to; NULL is accepted. */
void spec_free(struct spec *spec);

#endif
