/*
 * state: what the core holds, and the small moves its files share. Private to scheduler/core.
 *
 * Everything lives in one block of memory: struct core, then its arrays. Trials, workers and
 * experiments are named by index within the core (NONE for none) and by number outside of it. Lists
 * are intrusive and ordered by insertion.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "core/core.h"
#include "core/policy.h"

#include "base/heap.h"

#define NONE UINT32_MAX /* no index */
#define NEVER INT64_MIN /* no time: a boot time may be 0 or, after a reload, before it */

struct link {
    uint32_t before, after; /* NONE at the ends */
};

struct list {
    uint32_t first, last, count;
};

/* Which intrusive list of a trial or a worker is meant. */
enum list_kind { LIST_OPEN, LIST_QUEUE, LIST_WORKER, LIST_KIND_COUNT };

/* Which intrusive list of workers is meant: those that could be offered something, and those that
 * are connected or have attempts. Whoever was ever seen is in neither. */
enum workers_kind { WORKERS_IDLE, WORKERS_PRESENT, WORKERS_KIND_COUNT };

/* An attempt that was given up, whose result is still welcome from the worker that had it. */
struct lost_attempt {
    int32_t number; /* 0: none */
    int32_t worker;
};

struct trial {
    struct trial_row row;
    struct attempt_row attempt; /* the newest; number 0 when there was none */
    int64_t accepted_boot_ms;   /* since when the newest attempt's time is not booked, at first its
                                   acceptance; NEVER it is not active */
    int64_t saved_boot_ms;      /* when its last checkpoint was recorded; NEVER none */
    int64_t notice_boot_ms;     /* when the newest attempt was told to leave; NEVER not */
    struct link links[LIST_KIND_COUNT];
    uint32_t experiment;                /* index */
    struct lost_attempt lost[LOST_MAX]; /* newest first */
    int32_t avoid[AVOID_MAX];           /* worker ids; newest first */
    bool queued;                        /* in its experiment's queue: may be offered now */
    bool open;                          /* not ended: in its experiment's open list */
};

struct ready {
    int32_t number;
    int64_t told_count;
};

/* Zero is open for ever. */
struct gate {
    bool shut;
    bool ignored; /* a window that is shut: the deadline could not be kept otherwise */
    enum experiment_reason reason; /* why it is shut */
    int64_t close_boot_ms;         /* by when everything must have left; 0 never */
    uint32_t ahead_count;          /* 0: always open */
    struct interval ahead[GATE_AHEAD_MAX];
    int64_t first_save_ms; /* the longest start to a first checkpoint seen; 0 none */
};

/* How many slots of each pool an experiment wants now. */
struct plan {
    bool bound;                  /* no attempt begins in a pool beyond these */
    bool late;                   /* the deadline cannot be kept while windows are */
    int32_t want[POOLS_MAX + 1]; /* by pool id */
    int32_t slots;               /* their sum */
    int64_t shadow_micro;        /* what an hour of work is worth */
    int64_t spare_ms;            /* beyond what the work takes on all slots there are */
    int64_t due_boot_ms;         /* to be made again; 0 there is none */
};

struct experiment {
    struct experiment_row row;
    struct experiment_config config;
    struct list open;  /* trials that have not ended, LIST_OPEN */
    struct list queue; /* trials that may be offered now, LIST_QUEUE */
    int32_t trial_count;
    int32_t running;          /* trials with a live attempt */
    int32_t at_rung;          /* trials that wait at a rung, perhaps for ever */
    int32_t completed;        /* completed trials */
    int32_t failures;         /* failed or buried trials */
    int32_t matching_slots;   /* of connected, not draining workers that may take its trials */
    int32_t asks;             /* the number of the next ask */
    int64_t live_boot_sum_ms; /* sum of accepted_boot_ms over its accepted live attempts */
    int32_t live_count;       /* how many those are */
    struct ready asked[PREFETCH_MAX]; /* asked and not yet answered, in order */
    struct ready ready[PREFETCH_MAX]; /* answered and not yet used, in order */
    uint32_t asked_count, ready_count;
    struct gate gate;                    /* the shell says it again after a restart */
    int32_t durations[DURATION_CLASSES]; /* completed trials by how long they took */
    int32_t measured;                    /* their number */
    int64_t pace_steps, pace_ms; /* the most steps that one attempt did, and how long they took */
    int32_t in_pool[POOLS_MAX + 1]; /* its live attempts by the pool of their worker; 0 none */
    struct plan plan;
    uint64_t planned_for; /* what the plan was made from */
    uint32_t sweep;       /* next open trial of a sweep; NONE when no sweep is on */
    bool exhausted;       /* the optimizer has no further point */
    bool enough;          /* or none that is worth its trial */
    bool search_lost;     /* the optimizer failed */
    bool active;          /* in core->active */
    bool changed;         /* its row has not been emitted yet */
};

struct worker {
    struct worker_row row;
    int32_t slots_free; /* as the worker said last, less what it was offered since */
    int32_t slots_used; /* live attempts on it */
    int32_t cpus_used_milli, gpus_used;
    int64_t memory_used_bytes;
    uint32_t label_count;
    uint64_t labels[WIRE_LABELS_MAX];
    struct list attempts;   /* trials with a live attempt here, LIST_WORKER */
    int64_t heard_boot_ms;  /* when it last said anything */
    int64_t booked_boot_ms; /* row.booked_ms in boot time; NEVER it is not up, or in no pool */
    int32_t active;         /* accepted live attempts on it */
    int32_t works_for; /* experiment of the last attempt offered to it; 0 none since the start */
    struct link links[WORKERS_KIND_COUNT];
    bool in[WORKERS_KIND_COUNT];
    int32_t quick_failures, quick_for; /* in a row, and of which experiment */
    int32_t proven_for;                /* experiment of which its last ended attempt went well */
    int64_t quarantine_boot_ms;        /* until then it gets nothing; NEVER it is not in it */
};

/* Of `steps` some lie behind: as long as an attempt that still runs may be booked at them. */
struct pool {
    struct pool_row row; /* id 0: not told of yet */
    struct price_step steps[POOL_STEPS_MAX];
    uint32_t step_count;
    int64_t known_ms;       /* as in struct price_event: the shell says it again after a restart */
    struct price_past past; /* the same */
    struct policy_history history; /* of a spot pool */
    int64_t seen_boot_ms;          /* of that history's end */
    bool told;                     /* the shell knows row.wanted */
    int64_t refused_boot_ms;       /* ask for no more machines before this; NEVER at once */
    int32_t connected;             /* workers */
};

struct core {
    struct core_capacity capacity;
    int64_t incarnation, lease_ms;
    int64_t boot_ms, wall_ms; /* of the event being taken */
    uint32_t experiment_count, trial_count, worker_count, active_count;
    bool again;                      /* work is left over: the deadline is now */
    int64_t entries, entries_before; /* of the ledger, so far; before this step */
    uint32_t keeps_left;             /* of STEP_KEEP_MAX in this step */
    int64_t moves_boot_ms;           /* when moves are looked at again; NEVER at every step */
    uint32_t moves_idle;             /* workers that were free then: with more of them sooner */
    bool held;                       /* nothing may start: EVENT_HOLD */
    struct pool pools[POOLS_MAX];
    struct list of_workers[WORKERS_KIND_COUNT];
    struct heap timers; /* by trial index: lease of a live attempt, or end of a backoff */
    struct outcome *out;
    struct experiment *experiments;
    struct trial *trials;
    struct worker *workers;
    uint32_t *active;  /* indices of experiments that have not ended, ascending */
    uint32_t *numbers; /* hash table: (experiment, number) -> trial index; size is number_slots */
    uint32_t number_slots;
};

/* core.c: what a step emits. */
void emit_experiment(struct core *core, struct experiment *experiment);
void emit_trial(struct core *core, struct trial *trial);
void emit_attempt(struct core *core, struct trial *trial, uint32_t message_text);
void emit_worker(struct core *core, const struct worker *worker, const struct hello_event *texts);
void emit_effect(struct core *core, enum effect_kind kind, int32_t experiment, int32_t number);
struct message *emit_message(struct core *core, enum wire_type type, int32_t worker);
struct record *emit_record(struct core *core, enum record_kind kind);
struct trace *emit_trace(struct core *core, enum trace_kind kind, const struct trial *trial);
struct trace *emit_trace_of(struct core *core, enum trace_kind kind, int32_t experiment,
                            int32_t worker);

/* table.c: finding, making and linking. */
struct experiment *experiment_find(const struct core *core, int32_t id);
struct worker *worker_find(const struct core *core, int32_t id);
struct trial *trial_find(const struct core *core, int32_t experiment, int32_t number);
void numbers_rebuild(struct core *core);
struct trial *trial_new(struct core *core, struct experiment *experiment);
struct experiment *experiment_new(struct core *core, const struct experiment_config *config);
struct worker *worker_new(struct core *core);
void experiment_activate(struct core *core, struct experiment *experiment);
void experiment_deactivate(struct core *core, struct experiment *experiment);
void list_init(struct list *list);
void list_append(struct core *core, struct list *list, enum list_kind kind, struct trial *trial);
void list_remove(struct core *core, struct list *list, enum list_kind kind, struct trial *trial);
struct trial *list_first(const struct core *core, const struct list *list);
struct trial *list_after(const struct core *core, enum list_kind kind, const struct trial *trial);

/* trial.c: the life of a trial. */
bool attempt_live(const struct trial *trial);
struct experiment *trial_experiment(const struct core *core, const struct trial *trial);
void trial_queue(struct core *core, struct trial *trial, enum trial_state state,
                 enum trial_reason reason);
void trial_pause(struct core *core, struct trial *trial, enum trial_reason reason);
void trial_end(struct core *core, struct trial *trial, enum trial_state state,
               enum trial_reason reason);
void trial_run(struct core *core, struct trial *trial);
void trial_back_off(struct core *core, struct trial *trial, int64_t first_ms, int32_t times);
void trial_after_leaving(struct core *core, struct trial *trial);
void trial_abandon(struct core *core, struct trial *trial);
void trial_kick(struct core *core, struct trial *trial);
void trial_tick(struct core *core, struct trial *trial);

/* attempt.c: the life of an attempt. */
void attempt_offer(struct core *core, struct trial *trial, struct worker *worker);
void attempt_offer_again(struct core *core, struct trial *trial);
void attempt_accept(struct core *core, struct trial *trial);
void attempt_revive(struct core *core, struct trial *trial);
void attempt_stop(struct core *core, struct trial *trial, enum wire_reason reason);
void attempt_lose(struct core *core, struct trial *trial);
void attempt_refuse(struct core *core, struct trial *trial, enum wire_refusal refusal);
void attempt_end(struct core *core, struct trial *trial, enum attempt_state state,
                 uint32_t message_text);
bool attempt_lost_before(const struct trial *trial, int32_t number, int32_t worker);

/* rung.c: early stopping by successive halving. */
int64_t rung_target(const struct experiment *experiment, const struct trial *trial);
bool rung_is_last(const struct experiment *experiment, const struct trial *trial);
bool rung_better(const struct experiment *experiment, double a, double b);
void rung_reach(struct core *core, struct trial *trial, double value);
bool rung_finish_one(struct core *core, const struct experiment *experiment);

/* median.c: early stopping by the median of the others. */
void median_look(struct core *core, struct trial *trial, int64_t step, double value);

/* result.c: what a RESULT or CKPT does. */
void result_take(struct core *core, int32_t worker, const struct result_event *result);
void checkpoint_take(struct core *core, int32_t worker, const struct checkpoint_event *checkpoint);

/* fleet.c: workers. */
bool worker_fits(const struct worker *worker, const struct requirement *need);
int32_t worker_slots_for(const struct worker *worker, const struct requirement *need);
bool worker_has_room(const struct worker *worker, const struct requirement *need);
void worker_occupy(struct core *core, struct worker *worker, struct trial *trial);
void worker_release(struct core *core, struct worker *worker, struct trial *trial);
void worker_lists_update(struct core *core, struct worker *worker);
void fleet_hello(struct core *core, const struct event *event);
void fleet_ready(struct core *core, struct worker *worker, int32_t slots_free);
void fleet_renew(struct core *core, struct worker *worker, const struct renew_event *renew);
void fleet_leave(struct core *core, struct worker *worker);
void fleet_drain(struct core *core, struct worker *worker, int64_t left_ms);

/* quarantine.c: a worker on which attempts fail at once that go well elsewhere (R9) gets nothing
 * for a while. quarantine_judge: an attempt of `trial` has ended on its worker. quarantine_look:
 * the worker has said something. worker_shut, worker_open: offers end, and begin again. */
void quarantine_judge(struct core *core, const struct trial *trial);
void quarantine_look(struct core *core, struct worker *worker);
void worker_shut(struct core *core, struct worker *worker);
void worker_open(struct core *core, struct worker *worker);
bool fleet_drop_silent(struct core *core, struct worker *worker);
struct worker *worker_after(const struct core *core, enum workers_kind kind,
                            const struct worker *worker);

/* experiment.c: submission, commands, and what its state follows from. */
void experiment_submit(struct core *core, const struct submitted_event *submitted);
void experiment_command(struct core *core, const struct event *event);
void experiment_sweep(struct core *core, struct experiment *experiment);
void experiment_settle(struct core *core, struct experiment *experiment);
void experiment_move(struct core *core, struct experiment *experiment, enum experiment_state state,
                     enum experiment_reason reason);
void experiment_turn(struct core *core, struct experiment *experiment, enum experiment_state state,
                     enum experiment_reason reason);
bool experiment_ended(const struct experiment *experiment);
int32_t experiment_busy(const struct experiment *experiment);
bool experiment_may_run(const struct experiment *experiment);
bool experiment_may_create(const struct core *core, const struct experiment *experiment);
bool experiment_has_work(const struct core *core, const struct experiment *experiment);
int64_t experiment_compute_deadline(const struct experiment *experiment);

/* search.c: asking ahead. */
void search_refill(struct core *core, struct experiment *experiment);
void search_take(struct core *core, const struct suggested_event *suggested);
void search_drop_stale(struct core *core, struct experiment *experiment);
struct ready search_use(struct core *core, struct experiment *experiment);
void search_discard(struct core *core, struct experiment *experiment);
int32_t search_concurrency(const struct experiment *experiment);
int64_t search_room(const struct experiment *experiment);

/* gate.c: windows and prices, as far as the core sees them. */
void gate_take(struct core *core, const struct gate_event *event);
bool gate_admits(const struct core *core, const struct experiment *experiment);
bool gate_is_shut(const struct experiment *experiment);
void gate_ignore(struct core *core, struct experiment *experiment, bool ignore);
bool gate_expels(const struct experiment *experiment);
enum experiment_reason gate_reason(const struct experiment *experiment);
void gate_saved(struct core *core, const struct trial *trial);

/* pool.c: pools of workers and what they cost. */
struct pool *pool_find(struct core *core, int32_t id);
void pool_emit(struct core *core, const struct pool *pool, uint32_t name_text);
void pool_take(struct core *core, const struct pool_event *event);
void pool_take_price(struct core *core, const struct price_event *event);
void pool_take_machines(struct core *core, const struct machines_event *event);
void pool_connect(struct core *core, int32_t id, int32_t workers);
int64_t pool_price_micro(const struct pool *pool, int64_t wall_ms);
double pool_mean_micro(const struct pool *pool, int64_t from_ms, int64_t to_ms);
int64_t pool_dearest_micro(const struct pool *pool, int64_t from_ms, int64_t to_ms);

/* budget.c: money that may still be spent. */
void budget_measure(struct experiment *experiment, int64_t duration_ms);
void budget_pace(const struct core *core, const struct trial *trial);
int64_t budget_duration_ms(const struct experiment *experiment);
bool budget_pays(const struct core *core, const struct experiment *experiment, int64_t cost_micro);
bool budget_admits(const struct core *core, const struct experiment *experiment,
                   const struct worker *worker);
bool budget_is_used_up(const struct core *core, const struct experiment *experiment);
bool budget_lacks_price(const struct core *core, const struct experiment *experiment);
int64_t budget_deadline(const struct core *core, const struct experiment *experiment);

/* money.c: the ledger. */
struct ledger_scale money_scale(const struct pool *pool, const struct worker *worker);
bool money_keeps(const struct experiment *experiment);
void money_keep(struct core *core, const struct experiment *experiment);
void money_book_attempt(struct core *core, struct trial *trial, bool finished);
void money_book_idle(struct core *core, struct worker *worker);
int64_t money_now(const struct core *core, const struct worker *worker);
void money_works_for(struct core *core, struct worker *worker, int32_t experiment);
void money_worker_up(struct core *core, struct worker *worker, int64_t launched_ms);
void money_worker_down(struct core *core, struct worker *worker);
void money_worker_change(struct core *core, struct worker *worker);

/* plan.c: which machines an experiment wants. */
void plans_make(struct core *core);
bool plan_admits(const struct experiment *experiment, const struct worker *worker);
int64_t plan_deadline(const struct experiment *experiment);

/* move.c: attempts that go on where it is cheaper. */
void moves_make(struct core *core);
int64_t moves_deadline(const struct core *core);

/* dispatch.c: free slots meet work. */
void dispatch(struct core *core);
void dispatch_hold(struct core *core, bool held);

#endif
