/*
 * The messages, field by field: the key, the kind, the bounds. docs/PROTOCOL.md says what they
 * mean.
 */
#include "wire/schema.h"

#include "base/assert.h"

#include <stddef.h>

enum { SIGNAL_MAX = 64, KEY_TEXT_BYTES = 41 };

#define MEMBER_BYTES(noun, member) sizeof(((struct noun *)0)->member)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define SHAPE(fields, noun)                                                                        \
    {                                                                                              \
        fields, COUNT_OF(fields), sizeof(struct noun)                                              \
    }

enum presence { REQUIRED = false, OPTIONAL = true };

/* One macro a kind of field: NOUN is the struct, MEMBER the member in it, NAME the key on the wire.
 */
#define INTEGER(noun, member, name, least, most)                                                   \
    {                                                                                              \
        .key = (name), .offset = offsetof(struct noun, member), .low = (least), .high = (most),    \
        .kind = MEMBER_BYTES(noun, member) == sizeof(int32_t) ? VALUE_INTEGER32 : VALUE_INTEGER64  \
    }
#define COUNTER(noun, member, name, most)                                                          \
    {                                                                                              \
        .key = (name), .optional = true, .offset = offsetof(struct noun, member), .high = (most),  \
        .kind = MEMBER_BYTES(noun, member) == sizeof(int32_t) ? VALUE_INTEGER32 : VALUE_INTEGER64  \
    }
#define REAL(noun, member, name)                                                                   \
    {                                                                                              \
        .key = (name), .kind = VALUE_REAL, .offset = offsetof(struct noun, member)                 \
    }
#define FLAG(noun, member, name)                                                                   \
    {                                                                                              \
        .key = (name), .kind = VALUE_BOOL, .optional = true,                                       \
        .offset = offsetof(struct noun, member)                                                    \
    }
#define WORD(noun, member, name, set, first, last)                                                 \
    {                                                                                              \
        .key = (name), .kind = VALUE_WORD, .offset = offsetof(struct noun, member),                \
        .low = (first), .high = (last), .words = (set)                                             \
    }
#define STRING(noun, member, name, what, size, presence)                                           \
    {                                                                                              \
        .key = (name), .kind = (what), .optional = (presence),                                     \
        .offset = offsetof(struct noun, member), .high = (size)-1                                  \
    }
#define OBJECT(noun, member, name, what, presence)                                                 \
    {                                                                                              \
        .key = (name), .form = FORM_OBJECT, .optional = (presence),                                \
        .offset = offsetof(struct noun, member), .shape = (what)                                   \
    }
#define LIST(noun, member, counter, name, what, least)                                             \
    {                                                                                              \
        .key = (name), .form = FORM_LIST, .optional = (least) == 0,                                \
        .offset = offsetof(struct noun, member), .offset_count = offsetof(struct noun, counter),   \
        .low = (least), .high = COUNT_OF(((struct noun *)0)->member), .shape = (what)              \
    }

/* The three numbers that name an attempt, in the object of whatever is said about it. */
#define ATTEMPT(noun, prefix)                                                                      \
    INTEGER(noun, prefix experiment, "experiment", 1, INT32_MAX),                                  \
        INTEGER(noun, prefix trial, "trial", 0, INT32_MAX),                                        \
        INTEGER(noun, prefix number, "attempt", 1, INT32_MAX)

/* Parts. */

static const struct field attempt_fields[] = {ATTEMPT(wire_attempt, )};
static const struct shape attempt_shape = SHAPE(attempt_fields, wire_attempt);

static const struct field label_fields[] = {
    STRING(wire_pair, key, "key", VALUE_NAME, WIRE_NAME_BYTES, REQUIRED),
    STRING(wire_pair, value, "value", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
};
static const struct shape label_shape = SHAPE(label_fields, wire_pair);

static const struct field variable_fields[] = {
    STRING(wire_pair, key, "name", VALUE_IDENTIFIER, WIRE_NAME_BYTES, REQUIRED),
    STRING(wire_pair, value, "value", VALUE_TEXT, WIRE_TEXT_BYTES, REQUIRED),
};
static const struct shape variable_shape = SHAPE(variable_fields, wire_pair);

static const struct field pattern_fields[] = {
    STRING(wire_pair, key, "metric", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
    STRING(wire_pair, value, "pattern", VALUE_TEXT, WIRE_PATTERN_BYTES, REQUIRED),
};
static const struct shape pattern_shape = SHAPE(pattern_fields, wire_pair);

static const struct field value_fields[] = {
    STRING(wire_value, name, "metric", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
    REAL(wire_value, value, "value"),
};
static const struct shape value_shape = SHAPE(value_fields, wire_value);

static const struct field point_fields[] = {
    INTEGER(wire_point, step, "step", 0, WIRE_INTEGER_MAX),
    STRING(wire_point, name, "metric", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
    REAL(wire_point, value, "value"),
};
static const struct shape point_shape = SHAPE(point_fields, wire_point);

static const struct field running_fields[] = {
    ATTEMPT(wire_running, attempt.),
    INTEGER(wire_running, step, "step", -1, WIRE_INTEGER_MAX),
    COUNTER(wire_running, checkpoint_seq, "checkpoint_seq", INT32_MAX),
};
static const struct shape running_shape = SHAPE(running_fields, wire_running);

/* A verdict is one of the few that answer this kind of list. */
#define VERDICT(noun, first, last) WORD(noun, verdict, "verdict", &schema_verdicts, first, last)

static const struct field running_verdict_fields[] = {
    ATTEMPT(wire_verdict_of, attempt.), VERDICT(wire_verdict_of, VERDICT_KEEP, VERDICT_STOP)};
static const struct shape running_verdict_shape = SHAPE(running_verdict_fields, wire_verdict_of);

static const struct field outbox_verdict_fields[] = {
    ATTEMPT(wire_verdict_of, attempt.), VERDICT(wire_verdict_of, VERDICT_SEND, VERDICT_DROP)};
static const struct shape outbox_verdict_shape = SHAPE(outbox_verdict_fields, wire_verdict_of);

static const struct field lease_verdict_fields[] = {
    ATTEMPT(wire_verdict_of, attempt.), VERDICT(wire_verdict_of, VERDICT_OK, VERDICT_REVOKED)};
static const struct shape lease_verdict_shape = SHAPE(lease_verdict_fields, wire_verdict_of);

static const struct field checkpoint_fields[] = {
    INTEGER(wire_checkpoint, attempt_number, "attempt", 1, INT32_MAX),
    INTEGER(wire_checkpoint, seq, "seq", 1, INT32_MAX),
    INTEGER(wire_checkpoint, step, "step", 0, WIRE_INTEGER_MAX),
    INTEGER(wire_checkpoint, bytes, "bytes", 0, WIRE_INTEGER_MAX),
    STRING(wire_checkpoint, hash, "hash", VALUE_HASH, WIRE_HASH_HEX + 1, REQUIRED),
    STRING(wire_checkpoint, location, "location", VALUE_TEXT, WIRE_TEXT_BYTES, REQUIRED),
};
static const struct shape checkpoint_shape = SHAPE(checkpoint_fields, wire_checkpoint);

static const struct field objective_fields[] = {
    STRING(wire_objective, metric, "metric", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
    FLAG(wire_objective, best, "best"),
    FLAG(wire_objective, maximize, "maximize"),
    FLAG(wire_objective, required, "required"),
};
static const struct shape objective_shape = SHAPE(objective_fields, wire_objective);

static const struct field rule_fields[] = {
    STRING(wire_rule, match, "match", VALUE_TEXT, WIRE_PATTERN_BYTES, REQUIRED),
    WORD(wire_rule, then, "then", &schema_thens, THEN_INFEASIBLE, THEN_AVOID_WORKER),
};
static const struct shape rule_shape = SHAPE(rule_fields, wire_rule);

/* An element that is a bare string has no key. */
struct string_element {
    const char *text;
};
static const struct field word_element[] = {
    STRING(string_element, text, NULL, VALUE_TEXT, WIRE_TEXT_BYTES, REQUIRED)};
static const struct shape word_shape = SHAPE(word_element, string_element);
static const struct field identifier_element[] = {
    STRING(string_element, text, NULL, VALUE_IDENTIFIER, WIRE_NAME_BYTES, REQUIRED)};
static const struct shape identifier_shape = SHAPE(identifier_element, string_element);

/* From workers. */

static const struct field hello_fields[] = {
    INTEGER(wire_hello, token, "token", 0, WIRE_INTEGER_MAX),
    INTEGER(wire_hello, version_oldest, "version_oldest", 1, INT32_MAX),
    INTEGER(wire_hello, version_newest, "version_newest", 1, INT32_MAX),
    STRING(wire_hello, software, "software", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
    STRING(wire_hello, host, "host", VALUE_LABEL, WIRE_HOST_BYTES, REQUIRED),
    STRING(wire_hello, pool, "pool", VALUE_NAME, WIRE_NAME_BYTES, REQUIRED),
    INTEGER(wire_hello, slots, "slots", 1, WIRE_SLOTS_MAX),
    INTEGER(wire_hello, cpus_milli, "cpus_milli", 0, INT32_MAX),
    INTEGER(wire_hello, memory_bytes, "memory_bytes", 0, WIRE_INTEGER_MAX),
    COUNTER(wire_hello, gpus, "gpus", INT32_MAX),
    LIST(wire_hello, labels, label_count, "labels", &label_shape, 0),
    LIST(wire_hello, running, running_count, "running", &running_shape, 0),
    LIST(wire_hello, outbox, outbox_count, "outbox", &attempt_shape, 0),
};

static const struct field ready_fields[] = {
    INTEGER(wire_ready, slots_free, "slots_free", 0, WIRE_SLOTS_MAX),
};

static const struct field refuse_fields[] = {
    ATTEMPT(wire_refuse, attempt.),
    WORD(wire_refuse, refusal, "reason", &schema_refusals, REFUSAL_FULL, REFUSAL_WORKDIR),
};

static const struct field renew_fields[] = {
    INTEGER(wire_renew, token, "token", 0, WIRE_INTEGER_MAX),
    LIST(wire_renew, running, count, "running", &running_shape, 0),
};

static const struct field metric_fields[] = {
    ATTEMPT(wire_metric, attempt.),
    LIST(wire_metric, points, count, "points", &point_shape, 0),
};

static const struct field ckpt_fields[] = {
    ATTEMPT(wire_ckpt, attempt.),
    OBJECT(wire_ckpt, checkpoint, "checkpoint", &checkpoint_shape, REQUIRED),
};

static const struct field result_fields[] = {
    ATTEMPT(wire_result, attempt.),
    WORD(wire_result, outcome, "outcome", &schema_outcomes, OUTCOME_COMPLETED, OUTCOME_FAILED),
    WORD(wire_result, cause, "cause", &schema_causes, CAUSE_NONE, CAUSE_WORKER),
    INTEGER(wire_result, exit_code, "exit_code", -1, 255),
    COUNTER(wire_result, signal, "signal", SIGNAL_MAX),
    INTEGER(wire_result, last_step, "last_step", -1, WIRE_INTEGER_MAX),
    LIST(wire_result, values, value_count, "values", &value_shape, 0),
    INTEGER(wire_result, duration_ms, "duration_ms", 0, WIRE_INTEGER_MAX),
    COUNTER(wire_result, cpu_ms, "cpu_ms", WIRE_INTEGER_MAX),
    COUNTER(wire_result, max_rss_bytes, "max_rss_bytes", WIRE_INTEGER_MAX),
    COUNTER(wire_result, output_bytes, "output_bytes", WIRE_INTEGER_MAX),
    STRING(wire_result, message, "message", VALUE_TEXT, WIRE_TEXT_BYTES, OPTIONAL),
};

static const struct field preempt_fields[] = {
    INTEGER(wire_preempt, deadline_ms, "deadline_ms", 0, WIRE_INTEGER_MAX),
    STRING(wire_preempt, source, "source", VALUE_LABEL, WIRE_NAME_BYTES, REQUIRED),
};

static const struct field log_fields[] = {
    ATTEMPT(wire_log, attempt.),
    WORD(wire_log, stream, "stream", &schema_streams, STREAM_STDOUT, STREAM_STDERR),
    INTEGER(wire_log, offset, "offset", 0, WIRE_INTEGER_MAX),
    STRING(wire_log, text, "text", VALUE_TEXT, WIRE_LOG_BYTES, REQUIRED),
};

/* From the coordinator. */

static const struct field welcome_fields[] = {
    INTEGER(wire_welcome, token, "token", 0, WIRE_INTEGER_MAX),
    INTEGER(wire_welcome, version, "version", 1, INT32_MAX),
    STRING(wire_welcome, worker, "worker", VALUE_NAME, WIRE_NAME_BYTES, REQUIRED),
    INTEGER(wire_welcome, lease_ms, "lease_ms", 1, WIRE_INTEGER_MAX),
    INTEGER(wire_welcome, renew_ms, "renew_ms", 1, WIRE_INTEGER_MAX),
    COUNTER(wire_welcome, bulk_port, "bulk_port", UINT16_MAX),
    LIST(wire_welcome, running, running_count, "running", &running_verdict_shape, 0),
    LIST(wire_welcome, outbox, outbox_count, "outbox", &outbox_verdict_shape, 0),
};

static const struct field assign_fields[] = {
    ATTEMPT(wire_assign, attempt.),
    INTEGER(wire_assign, lease_ms, "lease_ms", 1, WIRE_INTEGER_MAX),
    LIST(wire_assign, words, word_count, "command", &word_shape, 1),
    LIST(wire_assign, env, env_count, "env", &variable_shape, 0),
    LIST(wire_assign, secrets, secret_count, "secrets", &identifier_shape, 0),
    STRING(wire_assign, params, "params", VALUE_TEXT, WIRE_FRAME_BYTES, REQUIRED),
    STRING(wire_assign, workdir, "workdir", VALUE_TEXT, WIRE_TEXT_BYTES, OPTIONAL),
    STRING(wire_assign, workdir_hash, "workdir_hash", VALUE_HASH, WIRE_HASH_HEX + 1, OPTIONAL),
    COUNTER(wire_assign, workdir_bytes, "workdir_bytes", WIRE_INTEGER_MAX),
    LIST(wire_assign, setup, setup_count, "setup", &word_shape, 0),
    COUNTER(wire_assign, target_step, "target_step", WIRE_INTEGER_MAX),
    FLAG(wire_assign, rung, "rung"),
    INTEGER(wire_assign, grace_ms, "grace_ms", 0, WIRE_INTEGER_MAX),
    COUNTER(wire_assign, timeout_ms, "timeout_ms", WIRE_INTEGER_MAX),
    COUNTER(wire_assign, stall_ms, "stall_ms", WIRE_INTEGER_MAX),
    INTEGER(wire_assign, signal, "signal", 1, SIGNAL_MAX),
    FLAG(wire_assign, stop_on_lease_loss, "stop_on_lease_loss"),
    LIST(wire_assign, objectives, objective_count, "objectives", &objective_shape, 0),
    LIST(wire_assign, patterns, pattern_count, "patterns", &pattern_shape, 0),
    STRING(wire_assign, step_pattern, "step_pattern", VALUE_TEXT, WIRE_PATTERN_BYTES, OPTIONAL),
    LIST(wire_assign, rules, rule_count, "rules", &rule_shape, 0),
    OBJECT(wire_assign, checkpoint, "checkpoint", &checkpoint_shape, OPTIONAL),
    STRING(wire_assign, checkpoint_store, "checkpoint_store", VALUE_TEXT, WIRE_TEXT_BYTES,
           OPTIONAL),
    COUNTER(wire_assign, checkpoint_max_bytes, "checkpoint_max_bytes", WIRE_INTEGER_MAX),
    COUNTER(wire_assign, checkpoint_keep, "checkpoint_keep", INT32_MAX),
};

static const struct field lease_fields[] = {
    INTEGER(wire_lease, token, "token", 0, WIRE_INTEGER_MAX),
    LIST(wire_lease, verdicts, count, "verdicts", &lease_verdict_shape, 0),
};

static const struct field stop_fields[] = {
    ATTEMPT(wire_stop, attempt.),
    WORD(wire_stop, reason, "reason", &schema_reasons, LEAVE_PREEMPTION, LEAVE_TIMEOUT),
    INTEGER(wire_stop, grace_ms, "grace_ms", 0, WIRE_INTEGER_MAX),
};

static const struct field ckpt_ack_fields[] = {
    ATTEMPT(wire_ack, attempt.),
    INTEGER(wire_ack, seq, "checkpoint_seq", 1, INT32_MAX),
    VERDICT(wire_ack, VERDICT_RECORDED, VERDICT_UNKNOWN),
};

static const struct field result_ack_fields[] = {
    ATTEMPT(wire_ack, attempt.),
    VERDICT(wire_ack, VERDICT_RECORDED, VERDICT_UNKNOWN),
};

static const struct field error_fields[] = {
    STRING(wire_error, text, "text", VALUE_TEXT, WIRE_TEXT_BYTES, REQUIRED),
    FLAG(wire_error, fatal, "fatal"),
};

/* Clients. */

static const struct field request_fields[] = {
    INTEGER(wire_request, id, "id", 0, WIRE_INTEGER_MAX),
    STRING(wire_request, verb, "verb", VALUE_NAME, WIRE_NAME_BYTES, REQUIRED),
    STRING(wire_request, body, "body", VALUE_TEXT, WIRE_FRAME_BYTES, REQUIRED),
};

static const struct field reply_fields[] = {
    INTEGER(wire_reply, id, "id", 0, WIRE_INTEGER_MAX),
    INTEGER(wire_reply, exit_code, "exit_code", 0, 255),
    STRING(wire_reply, body, "body", VALUE_TEXT, WIRE_FRAME_BYTES, REQUIRED),
};

/* A machine that is to become a worker. */

static const struct field enrol_fields[] = {
    STRING(wire_enrol, name, "name", VALUE_NAME, WIRE_NAME_BYTES, REQUIRED),
    STRING(wire_enrol, public_key, "public_key", VALUE_TEXT, KEY_TEXT_BYTES, REQUIRED),
};

static const struct field enrolled_fields[] = {
    STRING(wire_enrolled, worker, "worker", VALUE_NAME, WIRE_NAME_BYTES, REQUIRED),
};

/* Bulk. */

#define CLAIM(noun)                                                                                \
    WORD(noun, claim.object, "object", &schema_objects, OBJECT_CHECKPOINT, OBJECT_WORKDIR),        \
        COUNTER(noun, claim.attempt.experiment, "experiment", INT32_MAX),                          \
        COUNTER(noun, claim.attempt.trial, "trial", INT32_MAX),                                    \
        COUNTER(noun, claim.attempt.number, "attempt", INT32_MAX),                                 \
        STRING(noun, claim.hash, "hash", VALUE_HASH, WIRE_HASH_HEX + 1, REQUIRED)

static const struct field offer_fields[] = {
    CLAIM(wire_offer),
    INTEGER(wire_offer, bytes, "bytes", 1, WIRE_INTEGER_MAX),
};

static const struct field fetch_fields[] = {
    CLAIM(wire_fetch),
    INTEGER(wire_fetch, offset, "offset", 0, WIRE_INTEGER_MAX),
};

static const struct field piece_fields[] = {
    STRING(wire_piece, hash, "hash", VALUE_HASH, WIRE_HASH_HEX + 1, REQUIRED),
    INTEGER(wire_piece, offset, "offset", 0, WIRE_INTEGER_MAX),
};

static const struct field stored_fields[] = {
    STRING(wire_stored, hash, "hash", VALUE_HASH, WIRE_HASH_HEX + 1, REQUIRED),
};

static const struct field denied_fields[] = {
    STRING(wire_denied, hash, "hash", VALUE_HASH, WIRE_HASH_HEX + 1, REQUIRED),
    WORD(wire_denied, reason, "reason", &schema_denials, DENIAL_NOT_YOURS, DENIAL_BUSY),
    STRING(wire_denied, text, "text", VALUE_TEXT, WIRE_TEXT_BYTES, OPTIONAL),
};

static const struct field envelope_fields[] = {
    {.key = "cluster",
     .kind = VALUE_ID,
     .optional = true,
     .offset = offsetof(struct wire_message, cluster),
     .high = WIRE_ID_HEX},
    COUNTER(wire_message, incarnation, "incarnation", WIRE_INTEGER_MAX),
    {.key = "boot",
     .kind = VALUE_ID,
     .optional = true,
     .offset = offsetof(struct wire_message, boot),
     .high = WIRE_ID_HEX},
    INTEGER(wire_message, seq, "seq", 0, WIRE_INTEGER_MAX),
};
const struct shape schema_envelope = SHAPE(envelope_fields, wire_message);

const struct shape *schema_body(enum wire_type type)
{
    static const struct shape nothing = {NULL, 0, 0};
    static const struct shape bodies[WIRE_TYPE_COUNT] = {
        [WIRE_HELLO] = SHAPE(hello_fields, wire_hello),
        [WIRE_READY] = SHAPE(ready_fields, wire_ready),
        [WIRE_ACCEPT] = SHAPE(attempt_fields, wire_attempt),
        [WIRE_REFUSE] = SHAPE(refuse_fields, wire_refuse),
        [WIRE_RENEW] = SHAPE(renew_fields, wire_renew),
        [WIRE_METRIC] = SHAPE(metric_fields, wire_metric),
        [WIRE_CKPT] = SHAPE(ckpt_fields, wire_ckpt),
        [WIRE_RESULT] = SHAPE(result_fields, wire_result),
        [WIRE_PREEMPT] = SHAPE(preempt_fields, wire_preempt),
        [WIRE_LOG] = SHAPE(log_fields, wire_log),
        [WIRE_WELCOME] = SHAPE(welcome_fields, wire_welcome),
        [WIRE_ASSIGN] = SHAPE(assign_fields, wire_assign),
        [WIRE_LEASE] = SHAPE(lease_fields, wire_lease),
        [WIRE_STOP] = SHAPE(stop_fields, wire_stop),
        [WIRE_CKPT_ACK] = SHAPE(ckpt_ack_fields, wire_ack),
        [WIRE_RESULT_ACK] = SHAPE(result_ack_fields, wire_ack),
        [WIRE_ERROR] = SHAPE(error_fields, wire_error),
        [WIRE_REQUEST] = SHAPE(request_fields, wire_request),
        [WIRE_REPLY] = SHAPE(reply_fields, wire_reply),
        [WIRE_ENROL] = SHAPE(enrol_fields, wire_enrol),
        [WIRE_ENROLLED] = SHAPE(enrolled_fields, wire_enrolled),
        [WIRE_OFFER] = SHAPE(offer_fields, wire_offer),
        [WIRE_FETCH] = SHAPE(fetch_fields, wire_fetch),
        [WIRE_CHUNK] = SHAPE(piece_fields, wire_piece),
        [WIRE_CREDIT] = SHAPE(piece_fields, wire_piece),
        [WIRE_STORED] = SHAPE(stored_fields, wire_stored),
        [WIRE_DENIED] = SHAPE(denied_fields, wire_denied),
    };

    ASSERT((int)type >= 0);
    ASSERT(type < WIRE_TYPE_COUNT);
    return bodies[type].fields == NULL ? &nothing : &bodies[type];
}
