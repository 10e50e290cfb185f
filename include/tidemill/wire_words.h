/*
 * wire_words: the types of messages and the words in them, each once (wire.h).
 */
#ifndef TIDEMILL_WIRE_WORDS_H
#define TIDEMILL_WIRE_WORDS_H

/* X(name, text, from): every type with its word on the wire; from: W worker, C coordinator, K
 * client, E a machine that enrols; B either side of a bulk transfer. */
#define WIRE_TYPE_LIST(X)                                                                          \
    X(WIRE_HELLO, "HELLO", 'W')                                                                    \
    X(WIRE_READY, "READY", 'W')                                                                    \
    X(WIRE_ACCEPT, "ACCEPT", 'W')                                                                  \
    X(WIRE_REFUSE, "REFUSE", 'W')                                                                  \
    X(WIRE_RENEW, "RENEW", 'W')                                                                    \
    X(WIRE_METRIC, "METRIC", 'W')                                                                  \
    X(WIRE_CKPT, "CKPT", 'W')                                                                      \
    X(WIRE_RESULT, "RESULT", 'W')                                                                  \
    X(WIRE_PREEMPT, "PREEMPT", 'W')                                                                \
    X(WIRE_BYE, "BYE", 'W')                                                                        \
    X(WIRE_LOG, "LOG", 'W')                                                                        \
    X(WIRE_WELCOME, "WELCOME", 'C')                                                                \
    X(WIRE_ASSIGN, "ASSIGN", 'C')                                                                  \
    X(WIRE_LEASE, "LEASE", 'C')                                                                    \
    X(WIRE_STOP, "STOP", 'C')                                                                      \
    X(WIRE_CKPT_ACK, "CKPT_ACK", 'C')                                                              \
    X(WIRE_RESULT_ACK, "RESULT_ACK", 'C')                                                          \
    X(WIRE_WHO, "WHO", 'C')                                                                        \
    X(WIRE_DRAIN, "DRAIN", 'C')                                                                    \
    X(WIRE_ERROR, "ERROR", 'C')                                                                    \
    X(WIRE_REQUEST, "REQUEST", 'K')                                                                \
    X(WIRE_REPLY, "REPLY", 'C')                                                                    \
    X(WIRE_ENROL, "ENROL", 'E')                                                                    \
    X(WIRE_ENROLLED, "ENROLLED", 'C')                                                              \
    X(WIRE_OFFER, "OFFER", 'B')                                                                    \
    X(WIRE_FETCH, "FETCH", 'B')                                                                    \
    X(WIRE_CHUNK, "CHUNK", 'B')                                                                    \
    X(WIRE_CREDIT, "CREDIT", 'C')                                                                  \
    X(WIRE_STORED, "STORED", 'C')                                                                  \
    X(WIRE_DENIED, "DENIED", 'C')

enum wire_type {
#define X(name, text, from) name,
    WIRE_TYPE_LIST(X)
#undef X
        WIRE_TYPE_COUNT
};

/* How an attempt ended, as its worker judged it (docs/WORKER.md, "How it ends"). */
#define WIRE_OUTCOME_LIST(X)                                                                       \
    X(OUTCOME_NONE, "none") /* it has not ended */                                                 \
    X(OUTCOME_COMPLETED, "completed")                                                              \
    X(OUTCOME_INFEASIBLE, "infeasible")                                                            \
    X(OUTCOME_LEFT, "left") /* a notice or exit 75: paused, the rest is another attempt's */       \
    X(OUTCOME_FAILED, "failed")

enum wire_outcome {
#define X(name, text) name,
    WIRE_OUTCOME_LIST(X)
#undef X
};

/* What was seen that decided the outcome. */
#define WIRE_CAUSE_LIST(X)                                                                         \
    X(CAUSE_NONE, "none")                                                                          \
    X(CAUSE_EXIT, "exit")     /* exit_code says which */                                           \
    X(CAUSE_SIGNAL, "signal") /* signal says which */                                              \
    X(CAUSE_TIMEOUT, "timeout")                                                                    \
    X(CAUSE_STALL, "stall")                                                                        \
    X(CAUSE_OUT_OF_MEMORY, "out_of_memory")                                                        \
    X(CAUSE_NO_OBJECTIVE, "no_objective")    /* exit 0, the objective never seen: not retried */   \
    X(CAUSE_NON_FINITE, "non_finite")        /* NaN or infinite objective */                       \
    X(CAUSE_INFEASIBLE, "infeasible_report") /* an infeasible line, exit 65 */                     \
    X(CAUSE_NOT_FOUND, "not_found")          /* the command cannot be found */                     \
    X(CAUSE_CANNOT_RUN, "cannot_run")        /* found, and cannot be executed */                   \
    X(CAUSE_RULE_INFEASIBLE, "rule_infeasible") /* on_output */                                    \
    X(CAUSE_RULE_FAIL, "rule_fail")             /* on_output: not retried */                       \
    X(CAUSE_RULE_RESTART, "rule_restart")                                                          \
    X(CAUSE_RULE_AVOID, "rule_avoid_worker") /* on_output: again, elsewhere */                     \
    X(CAUSE_NOTICE, "notice")                /* it left because it was told to */                  \
    X(CAUSE_REQUEUE, "requeue")              /* exit 75 of its own */                              \
    X(CAUSE_BAD_CHECKPOINT, "bad_checkpoint")                                                      \
    X(CAUSE_SETUP, "setup_failed")                                                                 \
    X(CAUSE_WORKER, "worker") /* the worker itself could not: disk full, fork failed */

enum wire_cause {
#define X(name, text) name,
    WIRE_CAUSE_LIST(X)
#undef X
};

/* Why an attempt must leave; also the reason in the notice file. */
#define WIRE_REASON_LIST(X)                                                                        \
    X(LEAVE_NONE, "none")                                                                          \
    X(LEAVE_PREEMPTION, "preemption")                                                              \
    X(LEAVE_WINDOW, "window")                                                                      \
    X(LEAVE_RUNG, "rung")                                                                          \
    X(LEAVE_BUDGET, "budget")                                                                      \
    X(LEAVE_OPERATOR, "operator")                                                                  \
    X(LEAVE_DRAIN, "drain")                                                                        \
    X(LEAVE_SUPERSEDED, "superseded")                                                              \
    X(LEAVE_PRUNED, "pruned")                                                                      \
    X(LEAVE_CANCELLED, "cancelled")                                                                \
    X(LEAVE_TIMEOUT, "timeout")

enum wire_reason {
#define X(name, text) name,
    WIRE_REASON_LIST(X)
#undef X
};

/* The answer to one item of a list, or to a CKPT or RESULT. */
#define WIRE_VERDICT_LIST(X)                                                                       \
    X(VERDICT_KEEP, "keep")       /* WELCOME: go on with it */                                     \
    X(VERDICT_STOP, "stop")       /* WELCOME: end it, it is not yours any more */                  \
    X(VERDICT_SEND, "send")       /* WELCOME: send this result */                                  \
    X(VERDICT_DROP, "drop")       /* WELCOME: forget this result */                                \
    X(VERDICT_OK, "ok")           /* LEASE: renewed */                                             \
    X(VERDICT_REVOKED, "revoked") /* LEASE: not yours any more */                                  \
    X(VERDICT_RECORDED, "recorded")                                                                \
    X(VERDICT_DUPLICATE, "duplicate")                                                              \
    X(VERDICT_SUPERSEDED, "superseded")                                                            \
    X(VERDICT_UNKNOWN, "unknown")

enum wire_verdict {
#define X(name, text) name,
    WIRE_VERDICT_LIST(X)
#undef X
};

/* Why a worker refuses an ASSIGN. */
#define WIRE_REFUSAL_LIST(X)                                                                       \
    X(REFUSAL_FULL, "full")   /* no free slot */                                                   \
    X(REFUSAL_STALE, "stale") /* it has seen a later attempt of this trial */                      \
    X(REFUSAL_DRAINING, "draining")                                                                \
    X(REFUSAL_DISK, "disk")                                                                        \
    X(REFUSAL_COMMAND, "command")         /* its allow-list does not have argv[0] */               \
    X(REFUSAL_WORKDIR, "workdir")         /* the working directory is not there */                 \
    X(REFUSAL_UNREACHABLE, "unreachable") /* the coordinator's own: it could not be sent */

enum wire_refusal {
#define X(name, text) name,
    WIRE_REFUSAL_LIST(X)
#undef X
};

/* on_output: what a line that matches does to the attempt. */
#define WIRE_THEN_LIST(X)                                                                          \
    X(THEN_INFEASIBLE, "infeasible")                                                               \
    X(THEN_FAIL, "fail")                                                                           \
    X(THEN_RESTART, "restart")                                                                     \
    X(THEN_AVOID_WORKER, "avoid-worker")

enum wire_then {
#define X(name, text) name,
    WIRE_THEN_LIST(X)
#undef X
};

#define WIRE_STREAM_LIST(X)                                                                        \
    X(STREAM_STDOUT, "stdout")                                                                     \
    X(STREAM_STDERR, "stderr")

enum wire_stream {
#define X(name, text) name,
    WIRE_STREAM_LIST(X)
#undef X
};

/* What the coordinator keeps for others, under its hash. */
#define WIRE_OBJECT_LIST(X)                                                                        \
    X(OBJECT_CHECKPOINT, "checkpoint")                                                             \
    X(OBJECT_WORKDIR, "workdir")

enum wire_object {
#define X(name, text) name,
    WIRE_OBJECT_LIST(X)
#undef X
};

/* Why an OFFER, a FETCH or the last CHUNK came to nothing. */
#define WIRE_DENIAL_LIST(X)                                                                        \
    X(DENIAL_NOT_YOURS, "not_yours") /* the attempt is not, or not any more, this worker's */      \
    X(DENIAL_TOO_LARGE, "too_large")                                                               \
    X(DENIAL_MISSING, "missing") /* there is no such object */                                     \
    X(DENIAL_CORRUPT, "corrupt") /* what came has another hash; nothing of it is kept */           \
    X(DENIAL_FULL, "full")       /* no room on the coordinator's disk: again later */              \
    X(DENIAL_BUSY, "busy")       /* too many transfers at once: again later */

enum wire_denial {
#define X(name, text) name,
    WIRE_DENIAL_LIST(X)
#undef X
};

#endif
