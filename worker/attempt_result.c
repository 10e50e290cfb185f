/* The result of an attempt, with a message that a person can act on. */
#include "worker/attempt.h"
#include "worker/attempt_parts.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends to the text (of WIRE_TEXT_BYTES) as much as fits, whole characters. */
__attribute__((format(printf, 2, 3))) static void say(char *text, const char *format, ...)
{
    char part[1024];
    char clean[1024];
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    (void)capture_text(part, strlen(part), false, clean, sizeof clean);
    if (used + strlen(clean) < WIRE_TEXT_BYTES) {
        (void)text_copy(text + used, WIRE_TEXT_BYTES - used, clean);
    }
}

static void say_tail(const struct attempt *attempt, char *text)
{
    const uint64_t count = attempt->tail_count;
    const uint64_t first = count > ATTEMPT_TAIL_LINES ? count - ATTEMPT_TAIL_LINES : 0;

    if (count == 0) {
        say(text, "; it printed nothing");
        return;
    }
    say(text, "; its last lines:");
    for (uint64_t i = first; i < count; i++) {
        say(text, "\n  %s", attempt->tail[i % ATTEMPT_TAIL_LINES]);
    }
}

static void say_missing(const struct attempt *attempt, char *text)
{
    const char *name = attempt->tally.count > 0 ? attempt->tally.entries[0].name : "";

    for (size_t i = 0; i < attempt->tally.count; i++) {
        if (attempt->tally.entries[i].required && !attempt->tally.entries[i].seen) {
            name = attempt->tally.entries[i].name;
            break;
        }
    }
    say(text, "exit 0, but '%s' was never seen; looked for ", name);
    if (attempt->pattern[0] != '\0') {
        say(text, "the pattern '%s'", attempt->pattern);
    } else {
        say(text, "'%s=NUMBER' or '%s: NUMBER'", name, name);
    }
    if (attempt->malformed[0] != '\0') {
        say(text, "; a report line was not understood (%s)", attempt->malformed);
    }
}

static void say_not_started(const struct attempt *attempt, enum wire_cause cause, char *text)
{
    if (cause == CAUSE_NOT_FOUND) {
        say(text,
            "the command '%s' cannot be found: it, or the interpreter its first line names, is "
            "not on this worker's PATH or not in the workdir",
            attempt->command);
    } else if (cause == CAUSE_CANNOT_RUN) {
        say(text, "the command '%s' cannot be run: %s", attempt->command, attempt->why);
    } else if (attempt->failed_stage == JOB_AT_WORKDIR) {
        say(text, "the workdir cannot be entered: %s", attempt->why);
    } else {
        say(text, "the worker could not run it: %s", attempt->why);
    }
}

static void say_signal(const struct attempt *attempt, char *text)
{
    const int number = attempt->facts.signal;

    say(text, "killed by signal %d (%s)", number, strsignal(number));
    if (number == 9 && !attempt->facts.ended_by_us) {
        say(text, ", not by tidemill: perhaps the machine ran out of memory");
    }
}

static void say_all(const struct attempt *attempt, enum wire_cause cause, char *text)
{
    const struct verdict_facts *facts = &attempt->facts;

    switch (cause) {
    case CAUSE_EXIT:
        say(text, "exit %" PRId32, facts->exit_code);
        break;
    case CAUSE_SIGNAL:
        say_signal(attempt, text);
        break;
    case CAUSE_TIMEOUT:
        say(text, "no end after %" PRId64 " s (timeout)", attempt->timeout_ms / 1000);
        break;
    case CAUSE_STALL:
        say(text, "no report and no output for %" PRId64 " s (stall_timeout)",
            attempt->stall_ms / 1000);
        break;
    case CAUSE_OUT_OF_MEMORY:
        say(text, "the kernel killed it: out of memory");
        break;
    case CAUSE_NO_OBJECTIVE:
        say_missing(attempt, text);
        break;
    case CAUSE_NON_FINITE:
        say(text, "the objective is NaN or infinite");
        break;
    case CAUSE_INFEASIBLE:
        say(text, "%s", attempt->why[0] != '\0' ? attempt->why : "it said so");
        break;
    case CAUSE_NOT_FOUND:
    case CAUSE_CANNOT_RUN:
    case CAUSE_WORKER:
        say_not_started(attempt, cause, text);
        break;
    case CAUSE_RULE_INFEASIBLE:
    case CAUSE_RULE_FAIL:
    case CAUSE_RULE_RESTART:
    case CAUSE_RULE_AVOID:
        say(text, "on_output matched: %s", attempt->why);
        break;
    case CAUSE_NOTICE:
        say(text, "told to leave: %s", wire_reason_text(attempt->reason));
        break;
    case CAUSE_REQUEUE:
        say(text, "exit 75: asks to be run again");
        break;
    case CAUSE_BAD_CHECKPOINT:
    case CAUSE_SETUP:
        say(text, "%s", attempt->why);
        break;
    case CAUSE_NONE:
        break;
    }
}

static bool shows_tail(enum wire_cause cause)
{
    return cause == CAUSE_EXIT || cause == CAUSE_SIGNAL || cause == CAUSE_TIMEOUT ||
           cause == CAUSE_STALL || cause == CAUSE_NO_OBJECTIVE || cause == CAUSE_OUT_OF_MEMORY;
}

void attempt_result(const struct attempt *attempt, struct wire_message *message, char *text)
{
    const struct verdict verdict = verdict_of(&attempt->facts);
    struct wire_result *result = &message->result;

    text[0] = '\0';
    if (verdict.outcome != OUTCOME_COMPLETED) {
        say_all(attempt, verdict.cause, text);
        if (shows_tail(verdict.cause)) {
            say_tail(attempt, text);
        }
    }
    *message = (struct wire_message){.type = WIRE_RESULT};
    (void)text_copy(message->cluster, sizeof message->cluster, attempt->cluster);
    *result = (struct wire_result){.attempt = attempt->id,
                                   .outcome = verdict.outcome,
                                   .cause = verdict.cause,
                                   .exit_code = attempt->facts.exit_code,
                                   .signal = attempt->facts.signal,
                                   .last_step = attempt->step,
                                   .duration_ms = attempt->ended_ms - attempt->started_ms,
                                   .cpu_ms = attempt->cpu_ms,
                                   .max_rss_bytes = attempt->max_rss_bytes,
                                   .output_bytes =
                                       attempt->captures[0].total + attempt->captures[1].total,
                                   .message = text};
    tally_result(&attempt->tally, result);
}
