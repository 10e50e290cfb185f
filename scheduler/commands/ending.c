#include "commands/ending.h"

#include "base/assert.h"
#include "base/text.h"
#include "commands/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    ROW_NONE,
    ROW_INFEASIBLE,
    ROW_LEFT,
    ROW_LOST,
    ROW_COMPLETED,
    ROW_NO_OBJECTIVE,
    ROW_FAILED,
    ROW_COUNT
};

static const char *const row_texts[ROW_COUNT] = {
    [ROW_NONE] = "",
    [ROW_INFEASIBLE] = "an infeasible line, exit 65, an objective that is not finite, or an "
                       "on_output rule: infeasible, told to the model",
    [ROW_LEFT] = "told to leave before it had finished: paused, pruned or cancelled",
    [ROW_LOST] = "exit 75, or the lease ran out: paused, counts as a preemption",
    [ROW_COMPLETED] = "exit 0 and the objective was seen: completed",
    [ROW_NO_OBJECTIVE] = "exit 0 and the objective was never seen: failed, not tried again",
    [ROW_FAILED] = "another exit, a signal, out of memory, a timeout or a stall: failed, tried "
                   "again up to max_restarts times",
};

/* What was seen, in a word or two; an exit and a signal add their number. */
static const struct {
    const char *cause;
    int row; /* where the outcome does not decide */
    const char *seen;
} causes[] = {
    {"none", ROW_NONE, ""},
    {"exit", ROW_FAILED, "exit"},
    {"signal", ROW_FAILED, "signal"},
    {"timeout", ROW_FAILED, "timeout"},
    {"stall", ROW_FAILED, "stalled"},
    {"out_of_memory", ROW_FAILED, "out of memory"},
    {"no_objective", ROW_NO_OBJECTIVE, "objective never seen"},
    {"non_finite", ROW_INFEASIBLE, "objective not finite"},
    {"infeasible_report", ROW_INFEASIBLE, "reported so"},
    {"not_found", ROW_FAILED, "command not found"},
    {"cannot_run", ROW_FAILED, "command cannot be executed"},
    {"rule_infeasible", ROW_INFEASIBLE, "on_output"},
    {"rule_fail", ROW_FAILED, "on_output: fail"},
    {"rule_restart", ROW_FAILED, "on_output: restart"},
    {"rule_avoid_worker", ROW_FAILED, "on_output: avoid-worker"},
    {"notice", ROW_LEFT, "notice"},
    {"requeue", ROW_LOST, "exit 75"},
    {"bad_checkpoint", ROW_FAILED, "checkpoint damaged"},
    {"setup_failed", ROW_FAILED, "setup failed"},
    {"worker", ROW_FAILED, "its worker could not run it"},
};

enum { CAUSE_COUNT = sizeof causes / sizeof *causes };

static size_t cause_index(const json_t *attempt)
{
    const char *cause = model_text(attempt, "cause");

    for (size_t i = 0; i < CAUSE_COUNT; i++) {
        if (strcmp(causes[i].cause, cause) == 0) {
            return i;
        }
    }
    return 0;
}

int ending_row(const json_t *attempt)
{
    const char *outcome = model_text(attempt, "outcome");

    if (strcmp(model_text(attempt, "state"), "lost") == 0) {
        return ROW_LOST;
    }
    if (strcmp(outcome, "completed") == 0) {
        return ROW_COMPLETED;
    }
    return strcmp(outcome, "infeasible") == 0 ? ROW_INFEASIBLE : causes[cause_index(attempt)].row;
}

const char *ending_row_text(int row)
{
    ASSERT(row >= 0 && row < ROW_COUNT);
    return row_texts[row];
}

/* The word for the attempt as a whole: the outcome where there is one. */
static const char *ending_word(const json_t *attempt)
{
    static const char *const words[][2] = {
        {"offered", "offered"},     {"active", "running"}, {"stopping", "leaving"},
        {"preempted", "preempted"}, {"lost", "preempted"}, {"revoked", "revoked"},
        {"refused", "refused"},     {"failed", "failed"},
    };
    const char *state = model_text(attempt, "state");
    const char *leave = model_text(attempt, "leave");

    if (strcmp(state, "done") == 0) {
        return model_text(attempt, "outcome");
    }
    if (strcmp(state, "preempted") == 0 && strcmp(leave, "none") != 0 &&
        strcmp(leave, "preemption") != 0 && strcmp(leave, "drain") != 0) {
        return "left"; /* by a decision of ours, not because its machine was needed */
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i][0], state) == 0) {
            return words[i][1];
        }
    }
    return state;
}

/* Why it was told to leave: what its worker says ("AWS notice"), or the reason itself. */
static const char *leave_text(const json_t *attempt)
{
    const char *message = model_text(attempt, "message");
    const bool brief = *message != '\0' && strlen(message) < 32 && strchr(message, '\n') == NULL;

    return brief ? message : model_text(attempt, "leave");
}

/* What was seen, for the parentheses. */
static void seen_print(char *seen, size_t bytes, const json_t *attempt)
{
    const char *cause = model_text(attempt, "cause");
    const char *text = causes[cause_index(attempt)].seen;

    if (strcmp(model_text(attempt, "state"), "lost") == 0) {
        (void)text_copy(seen, bytes, "lease lost");
    } else if (strcmp(cause, "notice") == 0) {
        (void)text_copy(seen, bytes, leave_text(attempt));
    } else if (strcmp(cause, "exit") == 0) {
        (void)snprintf(seen, bytes, "%s %" PRId64, text, model_integer(attempt, "exit_code"));
    } else if (strcmp(cause, "signal") == 0) {
        const int number = (int)model_integer(attempt, "signal");
        const char *name = sigabbrev_np(number);
        (void)snprintf(seen, bytes, "%s %d%s%s", text, number, name == NULL ? "" : ", SIG",
                       name == NULL ? "" : name);
    } else {
        (void)text_copy(seen, bytes, text);
    }
}

char *ending_print(char *text, const json_t *attempt)
{
    const char *word = ending_word(attempt);
    char seen[ENDING_BYTES / 2];

    seen_print(seen, sizeof seen, attempt);
    if (*seen == '\0' || strcmp(word, "completed") == 0) {
        (void)text_copy(text, ENDING_BYTES, word);
    } else {
        (void)snprintf(text, ENDING_BYTES, "%s (%s)", word, seen);
    }
    return text;
}
