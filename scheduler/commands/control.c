/*
 * control: the verbs that change the course of something: pause, resume, stop, cancel, kick, drain.
 */
#include "commands/asking.h"
#include "commands/document.h"
#include "commands/reading.h"
#include "commands/verbs.h"

#include "base/number.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a verb acts on. */
enum control_target { CONTROL_EXPERIMENT, CONTROL_EITHER, CONTROL_WORKER };

struct control {
    struct usage usage;
    enum control_target target;
    const char *done; /* "NAME ..." when the coordinator has agreed */
    const char *next; /* suggested; the experiment's id is put behind it */
};

static const struct option_rule rules[] = {ASKING_RULES};

enum { RULE_COUNT = sizeof rules / sizeof *rules };

/* Without the store of another machine, only ids can be understood. */
static int remote_target(const struct options *options, struct target *target)
{
    const char *text = options->argument_count > 0 ? options->arguments[0] : "";
    const char *dot = strchr(text, '.');
    char experiment[TARGET_NAME_BYTES];

    (void)snprintf(experiment, sizeof experiment, "%.*s",
                   (int)(dot == NULL ? strlen(text) : (size_t)(dot - text)), text);
    *target = (struct target){.trial = TRIAL_NONE};
    if (!number_parse_integer(experiment, &target->experiment) ||
        (dot != NULL && !number_parse_integer(dot + 1, &target->trial))) {
        return options_wrong(options->usage, "with --connect the id is needed: 7 or 7.12");
    }
    (void)text_copy(target->name, sizeof target->name, experiment);
    return OPTIONS_GO;
}

static int local_target(const struct options *options, struct target *target)
{
    struct query query;
    const char *text = options->argument_count > 0 ? options->arguments[0] : NULL;
    const int code = query_open(&query, options->store)
                         ? target_find(&query, options->usage->verb, text, target)
                         : query_report(&query, options->usage->verb);

    query_close(&query);
    return code;
}

static int body_make(const struct control *control, const struct options *options,
                     struct target *target, json_t **body)
{
    if (control->target == CONTROL_WORKER) {
        *body = json_pack("{s:s}", "worker", options->arguments[0]);
        (void)text_copy(target->name, sizeof target->name, options->arguments[0]);
        return *body == NULL ? options_wrong(options->usage, "the name of a worker is UTF-8")
                             : OPTIONS_GO;
    }
    const int code = options_value(options, "connect") == NULL ? local_target(options, target)
                                                               : remote_target(options, target);
    if (code != OPTIONS_GO) {
        return code;
    }
    if (target->trial != TRIAL_NONE && control->target == CONTROL_EXPERIMENT) {
        return options_wrong(options->usage, "'%s' is a trial; this is about whole experiments",
                             options->arguments[0]);
    }
    *body = target->trial == TRIAL_NONE
                ? json_pack("{s:I}", "experiment", (json_int_t)target->experiment)
                : json_pack("{s:I, s:I}", "experiment", (json_int_t)target->experiment, "trial",
                            (json_int_t)target->trial);
    return OPTIONS_GO;
}

/* {"verb", "experiment", "trial"} or {"verb", "worker"}, and what the coordinator adds. */
static void control_json(const struct control *control, json_t *body, json_t *answer)
{
    json_t *model = json_pack("{s:s}", "verb", control->usage.verb);

    (void)json_object_update(model, body);
    (void)json_object_update(model, answer);
    (void)document_print(model, true, stdout);
    (void)putchar('\n');
    json_decref(model);
}

static void control_text(const struct control *control, const struct options *options,
                         const struct target *target)
{
    struct screen screen = screen_open(stdout, COLOR_NEVER);

    screen_text(&screen, target->name, 0);
    if (target->trial != TRIAL_NONE) {
        screen_print(&screen, ".%" PRId64, target->trial);
    }
    screen_print(&screen, " %s\n", control->done);
    if (control->target == CONTROL_WORKER) {
        reading_suggest(options, "%s", control->next);
    } else {
        reading_suggest(options, "%s %" PRId64, control->next, target->experiment);
    }
}

static int control_run(const struct control *control, int argc, char **argv)
{
    struct options options;
    struct target target = {.trial = TRIAL_NONE};
    json_t *body = NULL;
    json_t *answer = NULL;
    int code = options_parse(&control->usage, argc, argv, &options);

    if (code == OPTIONS_GO) {
        code = body_make(control, &options, &target, &body);
    }
    if (code != OPTIONS_GO) {
        return code;
    }
    code = asking_ask(&options, body, &answer);
    if (code == EXIT_CODE_OK && options.json) {
        control_json(control, body, answer);
    } else if (code == EXIT_CODE_OK) {
        control_text(control, &options, &target);
    }
    json_decref(answer);
    json_decref(body);
    return code;
}

int command_pause(int argc, char **argv)
{
    static const struct control control = {
        .usage = {.verb = "pause",
                  .arguments = "[ID]",
                  .text =
                      "Holds an experiment: its attempts are told to save and leave, and nothing\n"
                      "new begins until 'resume'.",
                  .rules = rules,
                  .rule_count = RULE_COUNT,
                  .arguments_max = 1,
                  .example = "tidemill pause digits"},
        .done = "is paused; its attempts save and leave",
        .next = "tidemill resume",
    };

    return control_run(&control, argc, argv);
}

int command_resume(int argc, char **argv)
{
    static const struct control control = {
        .usage = {.verb = "resume",
                  .arguments = "[ID]",
                  .text = "Lets a paused experiment go on, from its checkpoints.",
                  .rules = rules,
                  .rule_count = RULE_COUNT,
                  .arguments_max = 1,
                  .example = "tidemill resume digits"},
        .done = "goes on",
        .next = "tidemill watch",
    };

    return control_run(&control, argc, argv);
}

int command_stop(int argc, char **argv)
{
    static const struct control control = {
        .usage = {.verb = "stop",
                  .arguments = "ID",
                  .text = "Ends an experiment gently: no new trials, those that run finish.",
                  .rules = rules,
                  .rule_count = RULE_COUNT,
                  .arguments_min = 1,
                  .arguments_max = 1,
                  .example = "tidemill stop digits && tidemill wait digits"},
        .done = "begins no new trials; those that run finish",
        .next = "tidemill wait",
    };

    return control_run(&control, argc, argv);
}

int command_cancel(int argc, char **argv)
{
    static const struct control control = {
        .usage = {.verb = "cancel",
                  .arguments = "ID[.TRIAL]",
                  .text = "Ends an experiment, or one trial of it, at once: what runs is stopped.",
                  .rules = rules,
                  .rule_count = RULE_COUNT,
                  .arguments_min = 1,
                  .arguments_max = 1,
                  .example = "tidemill cancel 7\ntidemill cancel 7.12"},
        .target = CONTROL_EITHER,
        .done = "is cancelled",
        .next = "tidemill status",
    };

    return control_run(&control, argc, argv);
}

int command_kick(int argc, char **argv)
{
    static const struct control control = {
        .usage = {.verb = "kick",
                  .arguments = "ID[.TRIAL]",
                  .text =
                      "Queues a buried trial again, or every buried trial of an experiment: after\n"
                      "what made it fail has been mended.",
                  .rules = rules,
                  .rule_count = RULE_COUNT,
                  .arguments_min = 1,
                  .arguments_max = 1,
                  .example = "tidemill kick 7.12\ntidemill kick digits"},
        .target = CONTROL_EITHER,
        .done = "is queued again",
        .next = "tidemill watch",
    };

    return control_run(&control, argc, argv);
}

int command_drain(int argc, char **argv)
{
    static const struct control control = {
        .usage = {.verb = "drain",
                  .arguments = "WORKER",
                  .text =
                      "Empties a worker: it takes no new attempts, those that run save and leave,\n"
                      "and go on elsewhere.",
                  .rules = rules,
                  .rule_count = RULE_COUNT,
                  .arguments_min = 1,
                  .arguments_max = 1,
                  .example = "tidemill drain spot-b7"},
        .target = CONTROL_WORKER,
        .done = "is drained: its attempts save and leave",
        .next = "tidemill workers",
    };

    return control_run(&control, argc, argv);
}
