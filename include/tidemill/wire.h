/*
 * wire: the messages between coordinator, workers and clients, and their codec. docs/PROTOCOL.md is
 * the contract in prose.
 *
 * A message is one frame of JSON, at most WIRE_FRAME_BYTES: {v, type, cluster, incarnation, boot,
 * seq, ...body}; a CHUNK has a second one of bare bytes, at most WIRE_CHUNK_BYTES. The structs
 * below are the decoded form. Their strings are borrowed: from the caller while encoding, from the
 * message's own document after decoding, valid until wire_message_fini; none is NULL in a decoded
 * message, but those of an absent checkpoint.
 */
#ifndef TIDEMILL_WIRE_H
#define TIDEMILL_WIRE_H

#include <tidemill/status.h>
#include <tidemill/wire_words.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The version of the format. To change it: add fields freely (unknown keys are ignored); for
 * anything else raise WIRE_VERSION, keep decoding WIRE_VERSION_OLDEST, describe both in
 * docs/PROTOCOL.md, and add a recorded session of the old version to tests/wire/golden.
 */
enum { WIRE_VERSION = 1, WIRE_VERSION_OLDEST = 1 };

enum {
    WIRE_FRAME_BYTES = 65536,
    WIRE_CHUNK_BYTES = 65536,  /* the second frame of a CHUNK */
    WIRE_CHUNKS_IN_FLIGHT = 8, /* of one transfer: what may be sent beyond the last credit */
    WIRE_DEPTH_MAX = 8,
    WIRE_ID_HEX = 32,   /* cluster and boot: 128 bits in hexadecimal */
    WIRE_HASH_HEX = 64, /* BLAKE2b-256 in hexadecimal */
    WIRE_HOST_BYTES = 256,
    WIRE_NAME_BYTES = 64,     /* names of workers, metrics, pools, labels; with the terminator */
    WIRE_TEXT_BYTES = 4096,   /* words, paths, free text for a person; with the terminator */
    WIRE_LOG_BYTES = 8193,    /* one piece of output; with the terminator */
    WIRE_PATTERN_BYTES = 257, /* a POSIX ERE; with the terminator */
    WIRE_SLOTS_MAX = 256,     /* slots of one worker */
    WIRE_OUTBOX_MAX = 256,    /* results a worker may owe at once; it takes no work beyond */
    WIRE_POINTS_MAX = 256,    /* metric points of one METRIC */
    WIRE_VALUES_MAX = 16,     /* objectives and outcome constraints of one RESULT */
    WIRE_WORDS_MAX = 512,     /* words of a command */
    WIRE_ENV_MAX = 256,
    WIRE_LABELS_MAX = 32,
    WIRE_RULES_MAX = 32, /* metric patterns, on_output rules */
    WIRE_SETUP_WORDS_MAX = 128,
    WIRE_WORKDIR_BYTES_MAX = 512 << 20 /* of a packed working directory */
};

/* Integers stay within what every JSON library can hold exactly: 2^53 - 1. */
#define WIRE_INTEGER_MAX INT64_C(9007199254740991)

/* One attempt of one trial; `number` is the fencing token: per trial it only ever grows. */
struct wire_attempt {
    int32_t experiment; /* from 1 */
    int32_t trial;      /* from 0 */
    int32_t number;     /* from 1 */
};

struct wire_pair {
    const char *key;
    const char *value;
};

struct wire_value {
    const char *name;
    double value; /* finite */
};

struct wire_running {
    struct wire_attempt attempt;
    int64_t step;           /* last reported; -1 none */
    int32_t checkpoint_seq; /* last acknowledged of this attempt; 0 none */
};

struct wire_hello {
    int64_t token; /* echoed in WELCOME */
    int32_t version_oldest, version_newest;
    const char *software; /* "tidemill-worker 0.1.0" */
    const char *host;
    const char *pool; /* "default" where --pool names none */
    int32_t slots;
    int32_t cpus_milli; /* thousandths of a core */
    int64_t memory_bytes;
    int32_t gpus;
    struct wire_pair labels[WIRE_LABELS_MAX];
    size_t label_count;
    struct wire_running running[WIRE_SLOTS_MAX];
    size_t running_count;
    struct wire_attempt outbox[WIRE_OUTBOX_MAX];
    size_t outbox_count;
};

struct wire_ready {
    int32_t slots_free; /* absolute: idempotent */
};

struct wire_refuse {
    struct wire_attempt attempt;
    enum wire_refusal refusal;
};

struct wire_renew {
    int64_t token; /* echoed in LEASE */
    struct wire_running running[WIRE_SLOTS_MAX];
    size_t count;
};

struct wire_point {
    int64_t step;
    const char *name;
    double value; /* finite */
};

struct wire_metric {
    struct wire_attempt attempt;
    struct wire_point points[WIRE_POINTS_MAX];
    size_t count;
};

struct wire_checkpoint {
    int32_t attempt_number; /* the attempt that saved it */
    int32_t seq;            /* from 1 within that attempt */
    int64_t step;
    int64_t bytes;
    const char *hash;     /* BLAKE2b-256, hexadecimal */
    const char *location; /* "file:/absolute/path" or "coordinator:" (by hash) */
};

struct wire_ckpt {
    struct wire_attempt attempt;
    struct wire_checkpoint checkpoint;
};

struct wire_result {
    struct wire_attempt attempt;
    enum wire_outcome outcome; /* never OUTCOME_NONE */
    enum wire_cause cause;
    int32_t exit_code; /* -1 where it did not exit */
    int32_t signal;    /* 0 where no signal ended it */
    int64_t last_step; /* -1 none */
    struct wire_value
        values[WIRE_VALUES_MAX]; /* reduced objectives and outcome constraints that were seen */
    size_t value_count;
    int64_t duration_ms; /* from exec to the end of its last process */
    int64_t cpu_ms;
    int64_t max_rss_bytes;
    int64_t output_bytes;
    const char *message; /* for a person; "" none */
};

struct wire_preempt {
    int64_t deadline_ms; /* from receipt */
    const char *source;  /* "AWS notice", "SIGTERM", ... */
};

struct wire_log {
    struct wire_attempt attempt;
    enum wire_stream stream;
    int64_t offset;   /* of the first byte in the stream */
    const char *text; /* UTF-8, what was not is replaced by U+FFFD */
};

struct wire_verdict_of {
    struct wire_attempt attempt;
    enum wire_verdict verdict;
};

struct wire_welcome {
    int64_t token;
    int32_t version;
    const char *worker; /* the name this key stands for */
    int64_t lease_ms;
    int64_t renew_ms;
    int32_t bulk_port; /* where this coordinator moves files; 0: it does not */
    struct wire_verdict_of running[WIRE_SLOTS_MAX];
    size_t running_count;
    struct wire_verdict_of outbox[WIRE_OUTBOX_MAX];
    size_t outbox_count;
};

/* A metric that decides: an objective, or an outcome that a constraint needs. */
struct wire_objective {
    const char *metric;
    bool best; /* reduce: best instead of last */
    bool maximize;
    bool required; /* without it there is no result */
};

struct wire_rule {
    const char *match; /* POSIX ERE over one line of output */
    enum wire_then then;
};

struct wire_assign {
    struct wire_attempt attempt;
    int64_t lease_ms;
    const char *words[WIRE_WORDS_MAX]; /* the command, substituted; wrapper first */
    size_t word_count;
    struct wire_pair env[WIRE_ENV_MAX]; /* the spec's own; TIDEMILL_* are the worker's to make */
    size_t env_count;
    const char
        *secrets[WIRE_LABELS_MAX]; /* names of variables of the worker's environment to pass on */
    size_t secret_count;
    const char *params;       /* one JSON object as text */
    const char *workdir;      /* absolute path; "" for the worker's own scratch */
    const char *workdir_hash; /* of a packed one that the coordinator has; "" none, see workdir */
    int64_t workdir_bytes;
    const char *setup[WIRE_SETUP_WORDS_MAX]; /* run once in it before its first attempt */
    size_t setup_count;
    int64_t target_step; /* TIDEMILL_BUDGET; 0 none */
    bool rung; /* the trial may go on beyond that step, from this attempt's last checkpoint */
    int64_t grace_ms;
    int64_t timeout_ms; /* 0 none */
    int64_t stall_ms;   /* 0 none */
    int32_t signal;     /* what a leaving attempt is sent; SIGTERM */
    bool stop_on_lease_loss;
    struct wire_objective objectives[WIRE_VALUES_MAX];
    size_t objective_count;
    struct wire_pair patterns[WIRE_RULES_MAX]; /* metric name -> POSIX ERE, first group, where the
                                                  default does not fit */
    size_t pattern_count;
    const char *step_pattern; /* "" for the default */
    struct wire_rule rules[WIRE_RULES_MAX];
    size_t rule_count;
    struct wire_checkpoint checkpoint; /* attempt_number 0: none, start afresh */
    const char *checkpoint_store;      /* "" the coordinator's, else an absolute shared path */
    int64_t checkpoint_max_bytes;
    int32_t checkpoint_keep; /* how many of the trial stay on a shared path; 0: the usual two */
};

struct wire_lease {
    int64_t token;
    struct wire_verdict_of verdicts[WIRE_SLOTS_MAX];
    size_t count;
};

struct wire_stop {
    struct wire_attempt attempt;
    enum wire_reason reason;
    int64_t grace_ms;
};

struct wire_ack {
    struct wire_attempt attempt;
    int32_t seq; /* of a CKPT; 0 of a RESULT */
    enum wire_verdict verdict;
};

struct wire_error {
    const char *text;
    bool fatal; /* trying again cannot help: the worker ends, the client gives up */
};

/* A client's question and its answer; `body` is one JSON object as text, its keys are the verb's
 * (docs/PROTOCOL.md). */
struct wire_request {
    int64_t id;
    const char *verb;
    const char *body;
};

struct wire_reply {
    int64_t id;
    int32_t exit_code; /* of the command line: docs/CLI.md */
    const char *body;
};

/* A machine with a one-time token asks to become the worker `name`, by this key from now on. */
struct wire_enrol {
    const char *name;
    const char *public_key; /* Z85 */
};

struct wire_enrolled {
    const char *worker;
};

/* An object, and in whose name it is asked for: an operator's has no attempt. */
struct wire_claim {
    enum wire_object object;
    struct wire_attempt attempt; /* all 0: an operator's */
    const char *hash;
};

struct wire_offer {
    struct wire_claim claim;
    int64_t bytes;
};

struct wire_fetch {
    struct wire_claim claim;
    int64_t offset; /* one CHUNK from here is wanted */
};

struct wire_piece {
    const char *hash;
    int64_t offset; /* CHUNK: of its first byte; CREDIT: everything before it has come */
};

struct wire_stored {
    const char *hash;
};

struct wire_denied {
    const char *hash;
    enum wire_denial reason;
    const char *text; /* for a person */
};

struct wire_message {
    enum wire_type type;
    char cluster[WIRE_ID_HEX + 1]; /* "" where the sender does not know it yet */
    int64_t incarnation;           /* 0 where the sender does not know it yet */
    char boot[WIRE_ID_HEX + 1];    /* of the sending worker process; "" from others */
    int64_t seq;                   /* per sender, from 1 */
    union {
        struct wire_hello hello;
        struct wire_ready ready;
        struct wire_attempt accept;
        struct wire_refuse refuse;
        struct wire_renew renew;
        struct wire_metric metric;
        struct wire_ckpt ckpt;
        struct wire_result result;
        struct wire_preempt preempt;
        struct wire_log log;
        struct wire_welcome welcome;
        struct wire_assign assign;
        struct wire_lease lease;
        struct wire_stop stop;
        struct wire_ack ack;
        struct wire_error error;
        struct wire_request request;
        struct wire_reply reply;
        struct wire_enrol enrol;
        struct wire_enrolled enrolled;
        struct wire_offer offer;
        struct wire_fetch fetch;
        struct wire_piece piece; /* CHUNK and CREDIT */
        struct wire_stored stored;
        struct wire_denied denied;
    };              /* BYE, WHO, DRAIN have no body */
    void *document; /* owns the strings of a decoded message; NULL while encoding */
};

/*
 * wire_encode: the message as one JSON frame into `frame` (capacity WIRE_FRAME_BYTES), its length
 * into `bytes`. Allocates nothing. TIDE_LIMIT when it does not fit, TIDE_INVALID when a value is
 * one that wire_decode would refuse (a number out of range, a name that is none, text that is not
 * UTF-8): what is encoded can always be decoded, to an equal message.
 */
enum tide_status wire_encode(const struct wire_message *message, char *frame, size_t *bytes);

/*
 * wire_decode: strict: duplicate keys, depth over WIRE_DEPTH_MAX, wrong types, numbers out of
 * range, lists over their limit and names that are no identifiers are TIDE_PROTOCOL with the reason
 * in `why` (of `why_bytes`); unknown keys are ignored. TIDE_NO_MEMORY where memory ran out and the
 * JSON parser says so (where it does not, that is TIDE_PROTOCOL too). On success the caller ends it
 * with wire_message_fini; on failure there is nothing to end, and `type` and `seq` are what could
 * be read of them (WIRE_TYPE_COUNT and 0 else).
 */
enum tide_status wire_decode(const char *frame, size_t bytes, struct wire_message *message,
                             char *why, size_t why_bytes);

/* wire_message_fini: frees what wire_decode made; its strings end. */
void wire_message_fini(struct wire_message *message);

/* wire_type_sender: who sends messages of this type: 'W' worker, 'C' coordinator, 'K' client, 'E'
 * one who enrols, 'B' whoever moves files over the bulk socket. */
char wire_type_sender(enum wire_type type);

/* The words of the enums, as they stand on the wire. */
const char *wire_type_text(enum wire_type type);
const char *wire_outcome_text(enum wire_outcome outcome);
const char *wire_cause_text(enum wire_cause cause);
const char *wire_reason_text(enum wire_reason reason);
const char *wire_verdict_text(enum wire_verdict verdict);
const char *wire_refusal_text(enum wire_refusal refusal);
const char *wire_then_text(enum wire_then then);
const char *wire_stream_text(enum wire_stream stream);
const char *wire_object_text(enum wire_object object);
const char *wire_denial_text(enum wire_denial denial);

#endif
