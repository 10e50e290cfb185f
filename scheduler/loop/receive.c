/*
 * receive: what workers and the searcher say, as events. A message that names what cannot be is
 * answered by the core, not here.
 */
#include "loop/inside.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/search_space.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {"gpu":"a100"}; the caller frees it. */
static char *labels_text(const struct wire_hello *hello)
{
    json_t *object = json_object();

    for (size_t i = 0; i < hello->label_count; i++) {
        (void)json_object_set_new(object, hello->labels[i].key,
                                  json_string(hello->labels[i].value));
    }
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static void hello_lists(const struct wire_hello *wire, struct hello_event *hello)
{
    char label[2 * WIRE_NAME_BYTES];

    hello->label_count = (uint32_t)wire->label_count;
    for (size_t i = 0; i < wire->label_count; i++) {
        (void)snprintf(label, sizeof label, "%s=%s", wire->labels[i].key, wire->labels[i].value);
        hello->labels[i] = digest_text(label);
    }
    hello->running_count = (uint32_t)wire->running_count;
    memcpy(hello->running, wire->running, wire->running_count * sizeof *wire->running);
    hello->outbox_count = (uint32_t)wire->outbox_count;
    memcpy(hello->outbox, wire->outbox, wire->outbox_count * sizeof *wire->outbox);
}

static void hello_step(struct coordinator *coordinator, int32_t worker, bool restarted,
                       const struct wire_message *message, const char *name)
{
    const struct wire_hello *wire = &message->hello;
    struct event event = {.kind = EVENT_HELLO, .worker = worker};
    char *labels = labels_text(wire);

    event.hello = (struct hello_event){.token = wire->token,
                                       .restarted = restarted,
                                       .slots = wire->slots,
                                       .cpus_milli = wire->cpus_milli,
                                       .gpus = wire->gpus,
                                       .memory_bytes = wire->memory_bytes,
                                       .pool = supply_of_worker(coordinator, wire->pool, name),
                                       .name_text = step_text(coordinator, name),
                                       .boot_text = step_text(coordinator, message->boot),
                                       .host_text = step_text(coordinator, wire->host),
                                       .pool_text = step_text(coordinator, wire->pool),
                                       .labels_text = step_text(coordinator, labels),
                                       .software_text = step_text(coordinator, wire->software)};
    if (event.hello.pool > 0) {
        event.hello.launched_ms =
            machines_launched_ms(&coordinator->supplies[event.hello.pool - 1].machines, name);
    }
    hello_lists(wire, &event.hello);
    step(coordinator, &event);
    free(labels);
}

/* A HELLO that comes after what the same process said later, as it may by a connection that has
 * ended, knows nothing of what was given to it since. */
static bool is_old_news(const struct roster_entry *entry, const struct wire_message *message)
{
    return strcmp(entry->boot, message->boot) == 0 && message->seq < entry->seq;
}

static void seq_note(struct roster_entry *entry, const struct wire_message *message)
{
    if (strcmp(entry->boot, message->boot) == 0 && message->seq > entry->seq) {
        entry->seq = message->seq;
    }
}

static void receive_hello(struct coordinator *coordinator, const struct wire_message *message,
                          const struct peer *peer)
{
    const int32_t known = roster_find(&coordinator->roster, peer->name);
    const bool restarted =
        known != 0 && strcmp(roster_entry(&coordinator->roster, known)->boot, message->boot) != 0;

    if (known != 0 && is_old_news(roster_entry(&coordinator->roster, known), message)) {
        return;
    }
    if (known == 0 && !roster_add(&coordinator->roster, peer->name, message->boot)) {
        return; /* it says HELLO again */
    }
    struct roster_entry *entry =
        roster_entry(&coordinator->roster, roster_find(&coordinator->roster, peer->name));
    entry->peer = *peer;
    entry->connected = true;
    (void)text_copy(entry->boot, sizeof entry->boot, message->boot);
    entry->seq = message->seq;
    hello_step(coordinator, known, restarted, message, peer->name);
}

/* The objective that early stopping looks at; "" for an experiment that does not exist. */
static const char *ranked_metric(const struct coordinator *coordinator, int32_t experiment)
{
    const struct experiment_config *config = core_config(coordinator->core, experiment);

    return config == NULL
               ? ""
               : coordinator->submissions[experiment].spec->objectives[config->ranked].metric;
}

static void receive_metric(struct coordinator *coordinator, int32_t worker,
                           const struct wire_metric *metric)
{
    const char *ranked = ranked_metric(coordinator, metric->attempt.experiment);

    for (size_t i = 0; i < metric->count; i++) {
        struct event event = {.kind = EVENT_METRIC, .worker = worker};
        event.metric =
            (struct metric_event){.attempt = metric->attempt,
                                  .step = metric->points[i].step,
                                  .value = metric->points[i].value,
                                  .ranked = strcmp(metric->points[i].name, ranked) == 0,
                                  .name_text = step_text(coordinator, metric->points[i].name)};
        step(coordinator, &event);
    }
}

static void receive_checkpoint(struct coordinator *coordinator, int32_t worker,
                               const struct wire_ckpt *ckpt)
{
    struct event event = {.kind = EVENT_CHECKPOINT, .worker = worker};

    if (strcmp(ckpt->checkpoint.location, "coordinator:") == 0 && !claims_hold(coordinator, ckpt)) {
        const struct message unknown = {.type = WIRE_CKPT_ACK,
                                        .worker = worker,
                                        .attempt = ckpt->attempt,
                                        .seq = ckpt->checkpoint.seq,
                                        .verdict = VERDICT_UNKNOWN};
        log_line(LOG_WARNING, "checkpoint_missing", "trial=%" PRId32 ".%" PRId32 " hash=%.16s",
                 ckpt->attempt.experiment, ckpt->attempt.trial, ckpt->checkpoint.hash);
        parcel_put(coordinator, &unknown);
        return;
    }
    event.checkpoint = (struct checkpoint_event){
        .attempt = ckpt->attempt,
        .seq = ckpt->checkpoint.seq,
        .step = ckpt->checkpoint.step,
        .bytes = ckpt->checkpoint.bytes,
        .hash_text = step_text(coordinator, ckpt->checkpoint.hash),
        .location_text = step_text(coordinator, ckpt->checkpoint.location)};
    step(coordinator, &event);
}

static double value_named(const struct wire_result *result, const char *name)
{
    for (size_t i = 0; i < result->value_count; i++) {
        if (strcmp(result->values[i].name, name) == 0) {
            return result->values[i].value;
        }
    }
    return NAN;
}

/* The named values in the spec's order; false when an objective is missing. */
static bool values_order(const struct spec *spec, const struct wire_result *wire,
                         struct result_event *result)
{
    bool complete = true;

    for (size_t i = 0; i < spec->objective_count; i++) {
        result->values[result->value_count] = value_named(wire, spec->objectives[i].metric);
        complete = complete && !isnan(result->values[result->value_count]);
        result->value_count++;
    }
    for (size_t i = 0;
         i < spec->constraint_count && result->value_count < OBJECTIVES_MAX + OUTCOMES_MAX; i++) {
        if (spec->constraints[i].text == NULL) {
            result->values[result->value_count++] = value_named(wire, spec->constraints[i].metric);
        }
    }
    return complete;
}

/* R8: where the trial goes on from if its checkpoint could not be loaded. */
static void fall_back(struct coordinator *coordinator, int32_t worker, struct result_event *result)
{
    const struct wire_attempt attempt = result->attempt;
    struct error error;

    if (result->outcome != OUTCOME_FAILED || result->cause != CAUSE_BAD_CHECKPOINT ||
        !core_holds(coordinator->core, worker, attempt)) {
        return;
    }
    const struct trial_row *row = core_trial(coordinator->core, attempt.experiment, attempt.trial);
    const int64_t keep = coordinator->submissions[attempt.experiment].spec->checkpoint.keep;
    const enum tide_status status =
        store_fallback(coordinator->store, attempt.experiment, attempt.trial, &row->checkpoint,
                       keep, &result->fallback, &error);
    if (status != TIDE_OK) {
        coordinator_fail(coordinator, status, &error);
    }
}

static void receive_result(struct coordinator *coordinator, int32_t worker,
                           const struct wire_result *wire)
{
    struct event event = {.kind = EVENT_RESULT, .worker = worker};
    struct result_event *result = &event.result;
    const int32_t experiment = wire->attempt.experiment;

    *result = (struct result_event){.attempt = wire->attempt,
                                    .outcome = wire->outcome,
                                    .cause = wire->cause,
                                    .exit_code = wire->exit_code,
                                    .signal = wire->signal,
                                    .last_step = wire->last_step};
    result->message_text = wire->message[0] == '\0' ? 0 : step_text(coordinator, wire->message);
    if (wire->outcome == OUTCOME_COMPLETED && experiment >= 1 &&
        experiment <= coordinator->experiment_count &&
        !values_order(coordinator->submissions[experiment].spec, wire, result)) {
        result->outcome = OUTCOME_FAILED; /* a worker that calls this completed is wrong */
        result->cause = CAUSE_NO_OBJECTIVE;
        result->value_count = 0;
    }
    fall_back(coordinator, worker, result);
    step(coordinator, &event);
}

/* R2: a key writes the output of its own attempts only. */
static void receive_log(struct coordinator *coordinator, int32_t worker, const struct wire_log *log)
{
    struct error error;

    if (!core_holds(coordinator->core, worker, log->attempt)) {
        return;
    }
    const enum tide_status status =
        store_log(coordinator->store, &log->attempt, log->stream, log->offset, log->text);

    if (status != TIDE_OK && status != TIDE_LIMIT) { /* of a full batch, logs are the first to go */
        (void)error_set(&error, status, "cannot hold a log: %s", tide_status_text(status));
        coordinator_fail(coordinator, status, &error);
    }
}

static void simple_step(struct coordinator *coordinator, enum event_kind kind, int32_t worker)
{
    struct event event = {.kind = kind, .worker = worker};
    step(coordinator, &event);
}

/* A worker that this coordinator does not know yet is asked who it is. */
static void send_who(struct coordinator *coordinator, const struct peer *peer)
{
    struct wire_message who = {.type = WIRE_WHO};
    (void)transport_send(coordinator->transport, peer, &who);
}

static void receive_worker(struct coordinator *coordinator, int32_t worker,
                           const struct wire_message *message)
{
    struct event event = {.worker = worker};

    if (message->type == WIRE_READY) {
        event.kind = EVENT_READY;
        event.slots_free = message->ready.slots_free;
        step(coordinator, &event);
    } else if (message->type == WIRE_ACCEPT) {
        event.kind = EVENT_ACCEPT;
        event.accept = message->accept;
        step(coordinator, &event);
    } else if (message->type == WIRE_REFUSE) {
        event.kind = EVENT_REFUSE;
        event.refuse = message->refuse;
        step(coordinator, &event);
    } else if (message->type == WIRE_RENEW) {
        event.kind = EVENT_RENEW;
        event.renew.token = message->renew.token;
        event.renew.count = (uint32_t)message->renew.count;
        memcpy(event.renew.running, message->renew.running,
               message->renew.count * sizeof *message->renew.running);
        step(coordinator, &event);
    } else if (message->type == WIRE_METRIC) {
        receive_metric(coordinator, worker, &message->metric);
    } else if (message->type == WIRE_CKPT) {
        receive_checkpoint(coordinator, worker, &message->ckpt);
    } else if (message->type == WIRE_RESULT) {
        receive_result(coordinator, worker, &message->result);
    } else if (message->type == WIRE_PREEMPT) {
        event.kind = EVENT_PREEMPT;
        event.preempt_deadline_ms = message->preempt.deadline_ms;
        step(coordinator, &event);
    } else if (message->type == WIRE_LOG) {
        receive_log(coordinator, worker, &message->log);
    } else if (message->type == WIRE_BYE) {
        simple_step(coordinator, EVENT_BYE, worker);
    }
}

void receive_message(struct coordinator *coordinator, const struct wire_message *message,
                     const struct peer *peer)
{
    if (peer->role == KEY_OPERATOR) {
        if (message->type == WIRE_REQUEST) {
            receive_request(coordinator, &message->request, peer);
        }
        return;
    }
    if (message->type == WIRE_HELLO) {
        receive_hello(coordinator, message, peer);
        return;
    }
    const int32_t worker = roster_find(&coordinator->roster, peer->name);
    if (worker == 0) {
        send_who(coordinator, peer);
        return;
    }
    struct roster_entry *entry = roster_entry(&coordinator->roster, worker);
    entry->peer = *peer; /* answers go by the connection it has now */
    entry->connected = true;
    seq_note(entry, message);
    receive_worker(coordinator, worker, message);
}

void receive_answer(struct coordinator *coordinator, struct search_answer *answer)
{
    struct event event = {.kind = EVENT_SUGGESTED};

    if (answer->status != TIDE_OK && answer->status != TIDE_EXHAUSTED) {
        log_line(LOG_ERROR, "search_failed", "experiment=%" PRId32 " ask=%" PRId32 " why=\"%s\"",
                 answer->experiment, answer->number, answer->why);
    }
    event.suggested =
        (struct suggested_event){.experiment = answer->experiment,
                                 .number = answer->number,
                                 .status = answer->status,
                                 .enough = answer->enough,
                                 .params_text = step_text(coordinator, answer->params),
                                 .origin_text = step_text(coordinator, answer->origin)};
    step(coordinator, &event);
    free(answer->params);
    free(answer->origin);
}
