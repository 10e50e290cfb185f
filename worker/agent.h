/*
 * agent: the worker as a value machine. An event with its own time goes in, a list of actions comes
 * out; agent_deadline says when to be called again. It knows what the worker owes whom: its session
 * with the coordinator, leases, slots, fencing, results and checkpoints that are not acknowledged,
 * draining. No input or output, no clock, no memory of its own. Rules R1-R11 are those of
 * docs/PROTOCOL.md.
 */
#ifndef WORKER_AGENT_H
#define WORKER_AGENT_H

#include <tidemill/wire.h>

enum {
    AGENT_OWED_MAX = WIRE_OUTBOX_MAX + WIRE_SLOTS_MAX,
    AGENT_SEEN_MAX = 4096, /* trials whose highest attempt is remembered; the oldest give way */
    AGENT_ACTIONS_MAX = 2 * (AGENT_OWED_MAX + WIRE_SLOTS_MAX) + 16,
    AGENT_LOCATION_BYTES = 512,
    AGENT_SOURCE_BYTES = 64,

    AGENT_LEASE_MS = 120000, /* until a WELCOME says otherwise */
    AGENT_HELLO_MIN_MS = 2000,
    AGENT_HELLO_MAX_MS = 16000,
    AGENT_RESEND_MIN_MS = 5000, /* R3 */
    AGENT_RESEND_MAX_MS = 60000,
    AGENT_ORPHAN_MS = 4 * 3600 * 1000, /* R4 */
    AGENT_FAREWELL_MS = 10000,         /* how long a draining worker waits for acknowledgements */
    AGENT_DRAIN_FAREWELL_MS = 300000,  /* the same where the coordinator asked for it */

    AGENT_EXIT_REFUSED = 4,   /* a fatal error of the coordinator */
    AGENT_EXIT_PREEMPTED = 75 /* not 0: whoever started it should start it again elsewhere */
};

struct agent_config {
    int32_t slots;        /* 1 ... WIRE_SLOTS_MAX */
    int64_t idle_exit_ms; /* leave after so long without work; 0 never */
};

/* A checkpoint that is durable, and not acknowledged yet. */
struct agent_checkpoint {
    int32_t seq; /* 0: none */
    int64_t step;
    int64_t bytes;
    char hash[WIRE_HASH_HEX + 1];
    char location[AGENT_LOCATION_BYTES];
};

enum agent_event_kind {
    AGENT_SAW_START,      /* the first event */
    AGENT_SAW_MESSAGE,    /* message, obstacle */
    AGENT_SAW_TIMER,      /* nothing but the time */
    AGENT_SAW_LINK_UP,    /* the link can send again after it could not */
    AGENT_SAW_PROGRESS,   /* attempt, step */
    AGENT_SAW_SAVED,      /* attempt, checkpoint: it is durable */
    AGENT_SAW_ENDED,      /* attempt: its processes are gone, its result is in the outbox */
    AGENT_SAW_STUCK,      /* attempt: its processes cannot be killed; the slot is lost */
    AGENT_SAW_REMEMBERED, /* attempt: the highest of its trial, from disk */
    AGENT_SAW_OWED,       /* attempt, checkpoint (seq 0: none): a result from the outbox on disk */
    AGENT_SAW_NOTICE,     /* grace_ms (0: unknown), source: this machine goes away */
    AGENT_SAW_STOP_NOW    /* end everything at once */
};

struct agent_event {
    enum agent_event_kind kind;
    int64_t boot_ms;                    /* CLOCK_BOOTTIME; never decreases */
    const struct wire_message *message; /* valid during the step */
    enum wire_refusal obstacle;         /* of an ASSIGN: why it cannot be run here */
    bool has_obstacle;
    struct wire_attempt attempt;
    int64_t step;
    int64_t grace_ms;
    const char *source; /* valid during the step */
    struct agent_checkpoint checkpoint;
};

/* What the shell must do, in the order of the list. */
enum agent_action_kind {
    AGENT_DO_SEND,     /* the message that agent_message makes (a RESULT: from the outbox) */
    AGENT_DO_REMEMBER, /* write down that attempt is the highest of its trial */
    AGENT_DO_START,    /* run the attempt of this event's ASSIGN */
    AGENT_DO_STOP,     /* attempt must leave: reason, grace_ms, at the latest at deadline_ms */
    AGENT_DO_SETTLED,  /* the checkpoint `seq` of attempt is on record */
    AGENT_DO_FORGET,   /* remove attempt's result from the outbox */
    AGENT_DO_LOAD,     /* another cluster: say what the disk knows of it (REMEMBERED, OWED) */
    AGENT_DO_EXIT      /* leave with exit_code */
};

struct agent_action {
    enum agent_action_kind kind;
    enum wire_type type; /* of a SEND */
    struct wire_attempt attempt;
    enum wire_refusal refusal;
    enum wire_reason reason;
    int64_t grace_ms;
    int64_t deadline_ms; /* boot_ms; 0: none but the grace */
    int64_t token;       /* of a HELLO, of a RENEW */
    int32_t slots_free;  /* of a READY */
    int32_t seq;         /* of a SETTLED */
    int32_t exit_code;
};

struct agent_outcome {
    struct agent_action actions[AGENT_ACTIONS_MAX];
    size_t count;
};

enum agent_session { AGENT_GREETING, AGENT_WELCOME };

struct agent_slot {
    bool used;
    bool stuck;
    bool foreign; /* of a cluster this worker no longer serves */
    bool leaving;
    bool orphan; /* its lease is lost; it runs on (R4) */
    bool stop_on_lease_loss;
    struct wire_attempt attempt;
    int64_t step;
    int32_t checkpoint_seq;
    int64_t grace_ms;
    int64_t lease_end_ms; /* on this clock */
    int64_t orphan_end_ms;
};

/* What must be sent until it is acknowledged: a checkpoint first, then the result (R3, R8). */
struct agent_owed {
    bool result; /* it is in the outbox; else the attempt still runs */
    struct wire_attempt attempt;
    struct agent_checkpoint checkpoint;
    int64_t next_ms;
    int64_t wait_ms;
};

struct agent {
    struct agent_config config;
    enum agent_session session;
    char cluster[WIRE_ID_HEX + 1]; /* "" none yet */
    int64_t incarnation;           /* the highest seen of this cluster (R10) */
    int64_t now_ms;
    int64_t lease_ms, renew_ms;
    int64_t granted_ms;  /* when the last message was sent that the coordinator has answered */
    int64_t granted_seq; /* of that answer: what it sent before does not count from then */
    int64_t hello_first_ms, hello_next_ms, hello_wait_ms;
    int64_t renew_next_ms;
    int64_t idle_since_ms;
    bool draining, exiting;
    int32_t exit_code;
    int64_t farewell_ms;   /* draining: how long to wait for acknowledgements without an attempt */
    int64_t notice_end_ms; /* this machine is gone then; 0 unknown */
    int64_t exit_by_ms;    /* 0 while attempts run */
    char source[AGENT_SOURCE_BYTES]; /* who gave notice; "" nobody */
    struct agent_slot slots[WIRE_SLOTS_MAX];
    struct agent_owed owed[AGENT_OWED_MAX];
    size_t owed_count;
    struct wire_attempt seen[AGENT_SEEN_MAX];
    size_t seen_count, seen_next;
};

/* agent_init: a worker that has met nobody. `cluster` and `incarnation`: of the last session, as
 * the disk knows it; "" and 0 none. */
void agent_init(struct agent *agent, const struct agent_config *config, const char *cluster,
                int64_t incarnation);

/* agent_step: total; `outcome` is overwritten. */
void agent_step(struct agent *agent, const struct agent_event *event,
                struct agent_outcome *outcome);

/* agent_deadline: the boot_ms at which to step with AGENT_SAW_TIMER. */
int64_t agent_deadline(const struct agent *agent);

/*
 * agent_message: fills type, cluster, incarnation and the body of the message of a SEND, as far as
 * the agent knows it: HELLO without software, host, pool, resources and labels; RESULT without a
 * body. `message` keeps what the agent does not know. Its strings are borrowed from the agent.
 */
void agent_message(const struct agent *agent, const struct agent_action *action,
                   struct wire_message *message);

/* agent_running: attempts that occupy a slot. */
int32_t agent_running(const struct agent *agent);

#endif
