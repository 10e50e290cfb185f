/*
 * send: messages that name ids, filled with what the spec and the store know, sent after their
 * commit (R1).
 */
#include "loop/inside.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "spec/assign.h"
#include "spec/point.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The texts of one ASSIGN while it is encoded. */
struct assignment {
    struct wire_message wire;
    char **argv;
    char *params;
};

static struct wire_verdict_of *verdicts_copy(const struct wire_verdict_of *list, uint32_t count)
{
    struct wire_verdict_of *copy = malloc((count == 0 ? 1 : count) * sizeof *copy);

    ASSERT(copy != NULL);
    memcpy(copy, list, count * sizeof *copy);
    return copy;
}

void parcel_free(struct parcel *parcel)
{
    free(parcel->running);
    free(parcel->outbox);
    free(parcel);
}

/*
 * A LEASE that promises nothing but what is in the store already does not wait for a commit that a
 * locked or full store holds up: leases are renewed from memory.
 */
void parcel_put(struct coordinator *coordinator, const struct message *message)
{
    const struct outcome *outcome = coordinator->outcome;
    const bool lists = message->type == WIRE_WELCOME || message->type == WIRE_LEASE;
    struct parcel *parcel = calloc(1, sizeof *parcel);

    ASSERT(parcel != NULL);
    parcel->message = *message;
    if (lists) {
        parcel->running_count = outcome->running_count;
        parcel->outbox_count = outcome->outbox_count;
        parcel->running = verdicts_copy(outcome->running, outcome->running_count);
        parcel->outbox = verdicts_copy(outcome->outbox, outcome->outbox_count);
    }
    if (message->type == WIRE_LEASE && coordinator->retry_steady_ms != 0 && !coordinator->began) {
        parcel_send(coordinator, parcel);
        parcel_free(parcel);
        return;
    }
    *coordinator->parcels_end = parcel;
    coordinator->parcels_end = &parcel->next;
}

static void words_fill(struct wire_assign *assign, const struct spec *spec, char *const *argv)
{
    for (size_t i = 0; i < spec->environment.wrapper.count; i++) {
        assign->words[assign->word_count++] = spec->environment.wrapper.items[i];
    }
    for (; *argv != NULL && assign->word_count < WIRE_WORDS_MAX; argv++) {
        assign->words[assign->word_count++] = *argv;
    }
}

static void workdir_fill(const struct coordinator *coordinator, const struct submission *submission,
                         struct wire_assign *assign)
{
    struct object object;

    assign->workdir_hash = submission->workdir_hash;
    assign->workdir = submission->workdir_hash[0] == '\0' ? submission->workdir : "";
    if (object_set(&object, 0, 0,
                   submission->workdir_hash)) { /* one that is gone is refused when it is fetched */
        (void)!object_find(coordinator->objects, &object, &assign->workdir_bytes);
    }
}

static enum tide_status checkpoint_fill(struct coordinator *coordinator,
                                        const struct message *message, const struct spec *spec,
                                        struct wire_assign *assign, struct error *error)
{
    const struct checkpoint_pointer *pointer = &message->checkpoint;
    const struct wire_attempt saved_by = {.experiment = message->attempt.experiment,
                                          .trial = message->attempt.trial,
                                          .number = pointer->attempt};
    struct store_checkpoint checkpoint;

    if (spec->checkpoint.path == NULL) {
        assign->checkpoint_store = coordinator->checkpoints;
    }
    if (pointer->attempt == 0) {
        return TIDE_OK;
    }
    const enum tide_status status =
        store_checkpoint(coordinator->store, &saved_by, pointer->seq, &checkpoint, error);
    if (status == TIDE_OK) {
        assign->checkpoint = (struct wire_checkpoint){.attempt_number = pointer->attempt,
                                                      .seq = pointer->seq,
                                                      .step = checkpoint.step,
                                                      .bytes = checkpoint.bytes,
                                                      .hash = checkpoint.hash,
                                                      .location = checkpoint.location};
    }
    return status;
}

/* The command and the parameters of the trial, from its row. */
static enum tide_status point_fill(struct coordinator *coordinator, const struct message *message,
                                   const struct spec *spec, struct assignment *assignment,
                                   struct error *error)
{
    double values[SPEC_PARAMETERS_MAX];
    const char *params = NULL;
    enum tide_status status = store_params(coordinator->store, message->attempt.experiment,
                                           message->attempt.trial, &params, error);

    if (status == TIDE_OK) {
        assignment->params = strdup(params);
        ASSERT(assignment->params != NULL);
        status = spec_params_parse(spec, assignment->params, values, error);
    }
    if (status == TIDE_OK) {
        status = spec_command(spec, values, message->target_step, &assignment->argv, error);
    }
    return status;
}

static enum tide_status assign_fill(struct coordinator *coordinator, const struct message *message,
                                    struct assignment *assignment, struct error *error)
{
    const struct submission *submission = &coordinator->submissions[message->attempt.experiment];
    const struct spec *spec = submission->spec;
    struct wire_assign *assign = &assignment->wire.assign;

    assignment->wire.type = WIRE_ASSIGN;
    assign->attempt = message->attempt;
    assign->lease_ms = coordinator->lease_ms;
    assign->target_step = message->target_step;
    assign->rung = message->rung;
    enum tide_status status = point_fill(coordinator, message, spec, assignment, error);
    if (status != TIDE_OK) {
        return status;
    }
    assign->params = assignment->params;
    workdir_fill(coordinator, submission, assign);
    words_fill(assign, spec, assignment->argv);
    spec_assign(spec, assign);
    return checkpoint_fill(coordinator, message, spec, assign, error);
}

/* False when it is known not to have left. */
static bool transport_give(struct coordinator *coordinator, int32_t worker,
                           struct wire_message *wire)
{
    struct roster_entry *entry = roster_entry(&coordinator->roster, worker);

    if (entry == NULL || !entry->connected) {
        return false;
    }
    const enum tide_status status = transport_send(coordinator->transport, &entry->peer, wire);
    if (status == TIDE_UNREACHABLE) {
        entry->connected = false; /* its lease decides what becomes of its attempts */
    } else if (status != TIDE_OK) {
        log_line(LOG_ERROR, "unsendable", "worker=%s type=%s why=\"%s\"", entry->name,
                 wire_type_text(wire->type), tide_status_text(status));
    }
    return status == TIDE_OK;
}

/* An attempt that cannot be described cannot be run: it ends here as its worker would have ended
 * it. */
static void assign_fail(struct coordinator *coordinator, const struct message *message,
                        const struct error *error)
{
    struct event event = {.kind = EVENT_RESULT, .worker = message->worker};

    log_line(LOG_ERROR, "assign_failed", "trial=%" PRId32 ".%" PRId32 " why=\"%s\"",
             message->attempt.experiment, message->attempt.trial, error->text);
    event.result = (struct result_event){.attempt = message->attempt,
                                         .outcome = OUTCOME_FAILED,
                                         .cause = CAUSE_RULE_FAIL,
                                         .exit_code = -1,
                                         .last_step = -1,
                                         .message_text = step_text(coordinator, error->text)};
    step(coordinator, &event);
}

/* Nobody has it: it may be offered to another at once. */
static void assign_return(struct coordinator *coordinator, const struct message *message)
{
    struct event event = {.kind = EVENT_REFUSE, .worker = message->worker};

    event.refuse =
        (struct wire_refuse){.attempt = message->attempt, .refusal = REFUSAL_UNREACHABLE};
    step(coordinator, &event);
}

static void assign_send(struct coordinator *coordinator, const struct message *message)
{
    struct assignment *assignment = calloc(1, sizeof *assignment);
    struct error error;

    ASSERT(assignment != NULL);
    if (assign_fill(coordinator, message, assignment, &error) == TIDE_OK) {
        if (!transport_give(coordinator, message->worker, &assignment->wire)) {
            assign_return(coordinator, message);
        }
    } else {
        assign_fail(coordinator, message, &error);
    }
    free(assignment->argv);
    free(assignment->params);
    free(assignment);
}

static void welcome_fill(const struct coordinator *coordinator, const struct parcel *parcel,
                         struct wire_message *wire)
{
    struct wire_welcome *welcome = &wire->welcome;

    welcome->token = parcel->message.token;
    welcome->version = WIRE_VERSION;
    welcome->worker = roster_entry(&coordinator->roster, parcel->message.worker)->name;
    welcome->lease_ms = coordinator->lease_ms;
    welcome->renew_ms = coordinator->lease_ms / RENEWALS_PER_LEASE;
    welcome->bulk_port = transport_bulk_port(coordinator->transport);
    welcome->running_count = parcel->running_count;
    memcpy(welcome->running, parcel->running, parcel->running_count * sizeof *parcel->running);
    welcome->outbox_count = parcel->outbox_count;
    memcpy(welcome->outbox, parcel->outbox, parcel->outbox_count * sizeof *parcel->outbox);
}

static void lease_fill(const struct parcel *parcel, struct wire_message *wire)
{
    wire->lease.token = parcel->message.token;
    wire->lease.count = parcel->running_count;
    memcpy(wire->lease.verdicts, parcel->running, parcel->running_count * sizeof *parcel->running);
}

void parcel_send(struct coordinator *coordinator, const struct parcel *parcel)
{
    const struct message *message = &parcel->message;
    static struct wire_message wire; /* large; one thread */

    if (message->type == WIRE_ASSIGN) {
        if (core_runs(coordinator->core, message->worker, message->attempt)) {
            assign_send(coordinator, message);
        } /* else it was given up while the store held the commit up */
        return;
    }
    wire = (struct wire_message){.type = message->type};
    if (message->type == WIRE_WELCOME) {
        welcome_fill(coordinator, parcel, &wire);
    } else if (message->type == WIRE_LEASE) {
        lease_fill(parcel, &wire);
    } else if (message->type == WIRE_STOP) {
        wire.stop = (struct wire_stop){
            .attempt = message->attempt, .reason = message->reason, .grace_ms = message->grace_ms};
    } else if (message->type == WIRE_CKPT_ACK || message->type == WIRE_RESULT_ACK) {
        wire.ack = (struct wire_ack){
            .attempt = message->attempt, .seq = message->seq, .verdict = message->verdict};
    }
    (void)transport_give(coordinator, message->worker, &wire);
    if (message->type == WIRE_CKPT_ACK && message->verdict == VERDICT_RECORDED &&
        claims_carried(coordinator, message->attempt.experiment)) {
        claims_tidy(coordinator, message->attempt.experiment, message->attempt.trial, NULL);
    }
}

void parcels_send(struct coordinator *coordinator)
{
    struct parcel *parcel = coordinator->parcels;

    coordinator->parcels = NULL;
    coordinator->parcels_end = &coordinator->parcels;
    while (parcel != NULL) {
        struct parcel *next = parcel->next;
        parcel_send(coordinator, parcel);
        parcel_free(parcel);
        parcel = next;
    }
}

void reply_free(struct reply *reply)
{
    free(reply->body);
    free(reply);
}

void reply_send(struct coordinator *coordinator, const struct reply *reply)
{
    struct wire_message wire = {.type = WIRE_REPLY};

    wire.reply =
        (struct wire_reply){.id = reply->id, .exit_code = reply->exit_code, .body = reply->body};
    (void)transport_send(coordinator->transport, &reply->peer, &wire);
}

void replies_send(struct coordinator *coordinator)
{
    struct reply *reply = coordinator->replies;

    coordinator->replies = NULL;
    coordinator->replies_end = &coordinator->replies;
    while (reply != NULL) {
        struct reply *next = reply->next;
        reply_send(coordinator, reply);
        reply_free(reply);
        reply = next;
    }
}
