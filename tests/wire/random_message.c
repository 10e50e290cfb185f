#include "wire/random_message.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

/* What a generator draws from and writes to. */
struct source {
    struct random_message *random;
    struct rng *rng;
    double share;
};

static int64_t between(struct source *source, int64_t low, int64_t high)
{
    return low + (int64_t)rng_below(source->rng, (uint64_t)(high - low) + 1);
}

/* Small numbers, large ones and the ends are all likely. */
static int64_t integer(struct source *source, int64_t low, int64_t high)
{
    switch (between(source, 0, 3)) {
    case 0:
        return low;
    case 1:
        return high;
    case 2:
        return between(source, low, low + (high - low < 99 ? high - low : 99));
    default:
        return between(source, low, high);
    }
}

static int32_t small(struct source *source, int64_t low)
{
    return (int32_t)integer(source, low, INT32_MAX);
}

static int64_t large(struct source *source, int64_t low)
{
    return integer(source, low, WIRE_INTEGER_MAX);
}

/* Any finite double, by its bits, among them zeros of both signs and denormals. */
static double real(struct source *source)
{
    double value = 0;

    if (between(source, 0, 3) == 0) {
        return between(source, 0, 1) == 0 ? -0.0 : (double)between(source, -1000000, 1000000) / 128;
    }
    do {
        const uint64_t bits = rng_bits(source->rng);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

/* A string of `low` to `high` bytes made of pieces of `alphabet` (ended by NULL). */
static const char *text_of(struct source *source, const char *const *alphabet, size_t low,
                           size_t high)
{
    struct random_message *random = source->random;
    char *text = random->pool + random->used;
    const size_t wanted = (size_t)integer(source, (int64_t)low, (int64_t)high);
    size_t letters = 0;
    size_t length = 0;

    while (alphabet[letters] != NULL) {
        letters++;
    }
    while (length < wanted) {
        const char *piece = alphabet[rng_below(source->rng, letters)];
        piece = length + strlen(piece) > wanted ? alphabet[0] : piece;
        memcpy(text + length, piece, strlen(piece));
        length += strlen(piece);
    }
    text[length] = '\0';
    random->used += length + 1;
    ASSERT(random->used < RANDOM_POOL_BYTES);
    return text;
}

static const char *any_text(struct source *source, size_t high)
{
    static const char *const alphabet[] = {
        "x", " ",    "\"", "\\", "\n",         "\t",           "\x01",
        "{", "\x7f", "é",  "€",  "\U0001F30A", "\xef\xbf\xbf", NULL};
    return text_of(source, alphabet, 0, high < 200 ? high : 200);
}

static const char *label(struct source *source)
{
    static const char *const alphabet[] = {"a", "Z", "'", "\"", "/", "_", "é", "0", "\\", NULL};
    return text_of(source, alphabet, 1, WIRE_NAME_BYTES - 1);
}

static const char *name(struct source *source)
{
    static const char *const alphabet[] = {"a", "Z", ".", "_", "-", "0", NULL};
    return text_of(source, alphabet, 1, WIRE_NAME_BYTES - 1);
}

static const char *identifier(struct source *source)
{
    static const char *const alphabet[] = {"a", "Z", "_", NULL};
    return text_of(source, alphabet, 1, WIRE_NAME_BYTES - 1);
}

static const char *hexadecimal(struct source *source, size_t length)
{
    static const char *const alphabet[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8",
                                           "9", "a", "b", "c", "d", "e", "f", NULL};
    return text_of(source, alphabet, length, length);
}

static size_t count(struct source *source, size_t limit)
{
    return (size_t)integer(source, 0, (int64_t)((double)limit * source->share));
}

static struct wire_attempt attempt(struct source *source)
{
    return (struct wire_attempt){small(source, 1), small(source, 0), small(source, 1)};
}

static struct wire_running running(struct source *source)
{
    return (struct wire_running){attempt(source), large(source, -1), small(source, 0)};
}

static struct wire_checkpoint checkpoint(struct source *source)
{
    return (struct wire_checkpoint){
        .attempt_number = small(source, 1),
        .seq = small(source, 1),
        .step = large(source, 0),
        .bytes = large(source, 0),
        .hash = hexadecimal(source, WIRE_HASH_HEX),
        .location = any_text(source, WIRE_TEXT_BYTES - 1),
    };
}

static struct wire_verdict_of verdict(struct source *source, enum wire_verdict first,
                                      enum wire_verdict last)
{
    return (struct wire_verdict_of){attempt(source),
                                    (enum wire_verdict)between(source, (int)first, (int)last)};
}

static void make_hello(struct source *source, struct wire_hello *hello)
{
    *hello = (struct wire_hello){
        .token = large(source, 0),
        .version_oldest = small(source, 1),
        .version_newest = small(source, 1),
        .software = label(source),
        .host = label(source),
        .pool = name(source),
        .slots = (int32_t)integer(source, 1, WIRE_SLOTS_MAX),
        .cpus_milli = small(source, 0),
        .memory_bytes = large(source, 0),
        .gpus = small(source, 0),
        .label_count = count(source, WIRE_LABELS_MAX),
        .running_count = count(source, WIRE_SLOTS_MAX),
        .outbox_count = count(source, WIRE_OUTBOX_MAX),
    };
    for (size_t i = 0; i < hello->label_count; i++) {
        hello->labels[i] = (struct wire_pair){name(source), label(source)};
    }
    for (size_t i = 0; i < hello->running_count; i++) {
        hello->running[i] = running(source);
    }
    for (size_t i = 0; i < hello->outbox_count; i++) {
        hello->outbox[i] = attempt(source);
    }
}

static void make_renew(struct source *source, struct wire_renew *renew)
{
    renew->token = large(source, 0);
    renew->count = count(source, WIRE_SLOTS_MAX);
    for (size_t i = 0; i < renew->count; i++) {
        renew->running[i] = running(source);
    }
}

static void make_metric(struct source *source, struct wire_metric *metric)
{
    metric->attempt = attempt(source);
    metric->count = count(source, WIRE_POINTS_MAX);
    for (size_t i = 0; i < metric->count; i++) {
        metric->points[i] = (struct wire_point){large(source, 0), label(source), real(source)};
    }
}

static void make_result(struct source *source, struct wire_result *result)
{
    *result = (struct wire_result){
        .attempt = attempt(source),
        .outcome = (enum wire_outcome)between(source, OUTCOME_COMPLETED, OUTCOME_FAILED),
        .cause = (enum wire_cause)between(source, CAUSE_NONE, CAUSE_WORKER),
        .exit_code = (int32_t)integer(source, -1, 255),
        .signal = (int32_t)integer(source, 0, 64),
        .last_step = large(source, -1),
        .value_count = count(source, WIRE_VALUES_MAX),
        .duration_ms = large(source, 0),
        .cpu_ms = large(source, 0),
        .max_rss_bytes = large(source, 0),
        .output_bytes = large(source, 0),
        .message = any_text(source, WIRE_TEXT_BYTES - 1),
    };
    for (size_t i = 0; i < result->value_count; i++) {
        result->values[i] = (struct wire_value){label(source), real(source)};
    }
}

static void make_welcome(struct source *source, struct wire_welcome *welcome)
{
    *welcome = (struct wire_welcome){
        .token = large(source, 0),
        .version = small(source, 1),
        .worker = name(source),
        .lease_ms = large(source, 1),
        .renew_ms = large(source, 1),
        .bulk_port = (int32_t)integer(source, 0, UINT16_MAX),
        .running_count = count(source, WIRE_SLOTS_MAX),
        .outbox_count = count(source, WIRE_OUTBOX_MAX),
    };
    for (size_t i = 0; i < welcome->running_count; i++) {
        welcome->running[i] = verdict(source, VERDICT_KEEP, VERDICT_STOP);
    }
    for (size_t i = 0; i < welcome->outbox_count; i++) {
        welcome->outbox[i] = verdict(source, VERDICT_SEND, VERDICT_DROP);
    }
}

static void make_assign_lists(struct source *source, struct wire_assign *assign)
{
    for (size_t i = 0; i < assign->word_count; i++) {
        assign->words[i] = any_text(source, WIRE_TEXT_BYTES - 1);
    }
    for (size_t i = 0; i < assign->setup_count; i++) {
        assign->setup[i] = any_text(source, WIRE_TEXT_BYTES - 1);
    }
    for (size_t i = 0; i < assign->env_count; i++) {
        assign->env[i] =
            (struct wire_pair){identifier(source), any_text(source, WIRE_TEXT_BYTES - 1)};
    }
    for (size_t i = 0; i < assign->secret_count; i++) {
        assign->secrets[i] = identifier(source);
    }
    for (size_t i = 0; i < assign->objective_count; i++) {
        assign->objectives[i] =
            (struct wire_objective){label(source), between(source, 0, 1) == 1,
                                    between(source, 0, 1) == 1, between(source, 0, 1) == 1};
    }
    for (size_t i = 0; i < assign->pattern_count; i++) {
        assign->patterns[i] =
            (struct wire_pair){label(source), any_text(source, WIRE_PATTERN_BYTES - 1)};
    }
    for (size_t i = 0; i < assign->rule_count; i++) {
        assign->rules[i] =
            (struct wire_rule){any_text(source, WIRE_PATTERN_BYTES - 1),
                               (enum wire_then)between(source, THEN_INFEASIBLE, THEN_AVOID_WORKER)};
    }
}

static void make_assign(struct source *source, struct wire_assign *assign)
{
    *assign = (struct wire_assign){
        .attempt = attempt(source),
        .lease_ms = large(source, 1),
        .word_count = 1 + count(source, WIRE_WORDS_MAX - 1),
        .env_count = count(source, WIRE_ENV_MAX),
        .secret_count = count(source, WIRE_LABELS_MAX),
        .params = any_text(source, WIRE_TEXT_BYTES),
        .workdir = any_text(source, WIRE_TEXT_BYTES - 1),
        .workdir_hash = between(source, 0, 1) == 1 ? "" : hexadecimal(source, WIRE_HASH_HEX),
        .workdir_bytes = large(source, 0),
        .setup_count = count(source, WIRE_SETUP_WORDS_MAX),
        .target_step = large(source, 0),
        .rung = between(source, 0, 1) == 1,
        .grace_ms = large(source, 0),
        .timeout_ms = large(source, 0),
        .stall_ms = large(source, 0),
        .signal = (int32_t)integer(source, 1, 64),
        .stop_on_lease_loss = between(source, 0, 1) == 1,
        .objective_count = count(source, WIRE_VALUES_MAX),
        .pattern_count = count(source, WIRE_RULES_MAX),
        .step_pattern = any_text(source, WIRE_PATTERN_BYTES - 1),
        .rule_count = count(source, WIRE_RULES_MAX),
        .checkpoint_store = any_text(source, WIRE_TEXT_BYTES - 1),
        .checkpoint_max_bytes = large(source, 0),
        .checkpoint_keep = small(source, 0),
    };
    if (between(source, 0, 1) == 1) {
        assign->checkpoint = checkpoint(source);
    }
    make_assign_lists(source, assign);
}

static void make_lease(struct source *source, struct wire_lease *lease)
{
    lease->token = large(source, 0);
    lease->count = count(source, WIRE_SLOTS_MAX);
    for (size_t i = 0; i < lease->count; i++) {
        lease->verdicts[i] = verdict(source, VERDICT_OK, VERDICT_REVOKED);
    }
}

static struct wire_ack ack(struct source *source, int32_t seq)
{
    return (struct wire_ack){attempt(source), seq,
                             (enum wire_verdict)between(source, VERDICT_RECORDED, VERDICT_UNKNOWN)};
}

static struct wire_log log_piece(struct source *source)
{
    return (struct wire_log){attempt(source),
                             (enum wire_stream)between(source, STREAM_STDOUT, STREAM_STDERR),
                             large(source, 0), any_text(source, WIRE_LOG_BYTES - 1)};
}

static struct wire_stop stop(struct source *source)
{
    return (struct wire_stop){attempt(source),
                              (enum wire_reason)between(source, LEAVE_PREEMPTION, LEAVE_TIMEOUT),
                              large(source, 0)};
}

static struct wire_refuse refuse(struct source *source)
{
    return (struct wire_refuse){attempt(source),
                                (enum wire_refusal)between(source, REFUSAL_FULL, REFUSAL_WORKDIR)};
}

static struct wire_error refusal(struct source *source)
{
    return (struct wire_error){any_text(source, WIRE_TEXT_BYTES - 1), between(source, 0, 1) == 1};
}

static struct wire_request request(struct source *source)
{
    return (struct wire_request){large(source, 0), name(source), any_text(source, WIRE_TEXT_BYTES)};
}

static struct wire_reply reply(struct source *source)
{
    return (struct wire_reply){large(source, 0), (int32_t)integer(source, 0, 255),
                               any_text(source, WIRE_TEXT_BYTES)};
}

static struct wire_claim claim(struct source *source)
{
    return (struct wire_claim){(enum wire_object)between(source, OBJECT_CHECKPOINT, OBJECT_WORKDIR),
                               {small(source, 0), small(source, 0), small(source, 0)},
                               hexadecimal(source, WIRE_HASH_HEX)};
}

static void make_bulk(struct source *source, struct wire_message *message)
{
    if (message->type == WIRE_OFFER) {
        message->offer = (struct wire_offer){claim(source), large(source, 1)};
    } else if (message->type == WIRE_FETCH) {
        message->fetch = (struct wire_fetch){claim(source), large(source, 0)};
    } else if (message->type == WIRE_CHUNK || message->type == WIRE_CREDIT) {
        message->piece = (struct wire_piece){hexadecimal(source, WIRE_HASH_HEX), large(source, 0)};
    } else if (message->type == WIRE_STORED) {
        message->stored.hash = hexadecimal(source, WIRE_HASH_HEX);
    } else {
        message->denied =
            (struct wire_denied){hexadecimal(source, WIRE_HASH_HEX),
                                 (enum wire_denial)between(source, DENIAL_NOT_YOURS, DENIAL_BUSY),
                                 any_text(source, WIRE_TEXT_BYTES - 1)};
    }
}

/* Of those who are no workers. */
static void make_caller(struct source *source, struct wire_message *message)
{
    if (message->type == WIRE_REQUEST) {
        message->request = request(source);
    } else if (message->type == WIRE_REPLY) {
        message->reply = reply(source);
    } else if (message->type == WIRE_ENROL) {
        message->enrol = (struct wire_enrol){name(source), any_text(source, 40)};
    } else if (message->type == WIRE_ENROLLED) {
        message->enrolled.worker = name(source);
    } else {
        message->error = refusal(source);
    }
}

static void make_body(struct source *source, struct wire_message *message)
{
    switch (message->type) {
    case WIRE_HELLO:
        make_hello(source, &message->hello);
        return;
    case WIRE_READY:
        message->ready.slots_free = (int32_t)integer(source, 0, WIRE_SLOTS_MAX);
        return;
    case WIRE_ACCEPT:
        message->accept = attempt(source);
        return;
    case WIRE_REFUSE:
        message->refuse = refuse(source);
        return;
    case WIRE_RENEW:
        make_renew(source, &message->renew);
        return;
    case WIRE_METRIC:
        make_metric(source, &message->metric);
        return;
    case WIRE_CKPT:
        message->ckpt = (struct wire_ckpt){attempt(source), checkpoint(source)};
        return;
    case WIRE_RESULT:
        make_result(source, &message->result);
        return;
    case WIRE_PREEMPT:
        message->preempt = (struct wire_preempt){large(source, 0), label(source)};
        return;
    case WIRE_LOG:
        message->log = log_piece(source);
        return;
    case WIRE_WELCOME:
        make_welcome(source, &message->welcome);
        return;
    case WIRE_ASSIGN:
        make_assign(source, &message->assign);
        return;
    case WIRE_LEASE:
        make_lease(source, &message->lease);
        return;
    case WIRE_STOP:
        message->stop = stop(source);
        return;
    case WIRE_CKPT_ACK:
    case WIRE_RESULT_ACK:
        message->ack = ack(source, message->type == WIRE_CKPT_ACK ? small(source, 1) : 0);
        return;
    case WIRE_REQUEST:
    case WIRE_REPLY:
    case WIRE_ENROL:
    case WIRE_ENROLLED:
    case WIRE_ERROR:
        make_caller(source, message);
        return;
    case WIRE_OFFER:
    case WIRE_FETCH:
    case WIRE_CHUNK:
    case WIRE_CREDIT:
    case WIRE_STORED:
    case WIRE_DENIED:
        make_bulk(source, message);
        return;
    case WIRE_BYE:
    case WIRE_WHO:
    case WIRE_DRAIN:
    case WIRE_TYPE_COUNT:
        return;
    }
}

void random_message_make(struct random_message *random, struct rng *rng, enum wire_type type,
                         double share)
{
    struct source source = {random, rng, share};

    random->used = 0;
    random->message = (struct wire_message){
        .type = type, .incarnation = large(&source, 0), .seq = large(&source, 0)};
    if (between(&source, 0, 1) == 1) {
        memcpy(random->message.cluster, hexadecimal(&source, WIRE_ID_HEX), WIRE_ID_HEX);
        memcpy(random->message.boot, hexadecimal(&source, WIRE_ID_HEX), WIRE_ID_HEX);
    }
    make_body(&source, &random->message);
}
