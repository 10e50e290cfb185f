/*
 * inside: what the files of the loop share. Private to scheduler/loop.
 */
#ifndef LOOP_INSIDE_H
#define LOOP_INSIDE_H

#include "loop/bulk.h"
#include "loop/coordinator.h"
#include "loop/roster.h"
#include "loop/searcher.h"
#include "loop/supply.h"
#include "loop/telling.h"
#include "store/store.h"

/* An earlier experiment whose first ends a search begins with. */
struct warm_source {
    int32_t experiment;
    int64_t told_count; /* ends of its trials that had been told when the search began */
};

/* What the loop keeps of an experiment beside the core. */
struct submission {
    struct spec *spec;
    char *workdir;                                    /* its origin (spec/origin.h) */
    char workdir_hash[WIRE_HASH_HEX + 1];             /* of a packed one; "" there is none */
    struct warm_source sources[SPEC_WARM_STARTS_MAX]; /* in the order of warm_start */
    size_t source_count;
    bool gated;           /* by windows, exceptions or a highest price */
    struct zone *zone;    /* of a gated one: its schedule's, UTC where it names none */
    struct feed prices;   /* of a gated one with schedule.prices.file */
    char *price_file;     /* its path; owned */
    int64_t gate_wall_ms; /* when to look at the calendar again; 0 at once */
};

/* A message to a worker that waits for the commit, with its share of the step's verdict lists. */
struct parcel {
    struct parcel *next;
    struct message message;
    uint32_t running_count, outbox_count;
    struct wire_verdict_of *running, *outbox; /* owned */
};

/* An answer to a client that waits for the commit. */
struct reply {
    struct reply *next;
    struct peer peer;
    int64_t id;
    int32_t exit_code;
    char *body; /* owned */
};

struct coordinator {
    struct store *store;
    struct transport *transport;
    struct bulk *bulk;
    struct searcher *searcher;
    struct core *core;
    void *core_memory;
    struct outcome *outcome;
    struct roster roster;
    struct submission submissions[EXPERIMENTS_MAX + 1]; /* by experiment id */
    int32_t experiment_count;
    struct supply supplies[POOLS_MAX]; /* pool id - 1 */
    struct hooks *hooks;
    bool has_pools;             /* the configuration names some */
    int64_t supplies_steady_ms; /* when to look at them again */
    int32_t restoring;          /* the experiment whose search is being restored */
    uint32_t trials_loaded;     /* while the rows are read */
    const char *texts[16];      /* of the event being taken; borrowed */
    uint32_t text_count;
    struct parcel *parcels, **parcels_end;
    struct reply *replies, **replies_end;
    int64_t retry_steady_ms;    /* when to try a commit again; 0 none failed */
    int64_t hindered_steady_ms; /* since when commits fail; 0 they do not */
    bool hindered_long;         /* so long that operators are told at once */
    char hindered_why[ERROR_TEXT_BYTES];
    int64_t room_steady_ms; /* when to look at the disk again */
    bool began;             /* an attempt became active, which is not committed yet */
    bool room_held;         /* nothing starts: the disk is nearly full */
    bool wal_grown;         /* and that has been said */
    int64_t lease_ms;
    enum tide_status failed; /* why the coordinator cannot go on; TIDE_OK it can */
    struct error error;
    char run_directory[KEY_PATH_BYTES];
    char objects[OBJECT_ROOT_BYTES];  /* the folder of objects.h */
    char checkpoints[KEY_PATH_BYTES]; /* where workers of this machine keep theirs; "" they may be
                                         elsewhere */
};

/* step.c: one event through the core, its records into the store's batch, its effects to the
 * searcher. */
void step(struct coordinator *coordinator, struct event *event);
uint32_t step_text(struct coordinator *coordinator, const char *text);
void row_put(struct coordinator *coordinator, const struct record *record, const char *text);
void coordinator_fail(struct coordinator *coordinator, enum tide_status status,
                      const struct error *error);

void trial_report(struct coordinator *coordinator, const struct trial_row *row);
void trial_tell(struct coordinator *coordinator, const struct trial_row *row);

/* load.c: everything from the store's rows. */
enum tide_status coordinator_load(struct coordinator *coordinator, struct error *error);
enum tide_status search_restore(struct coordinator *coordinator, int32_t experiment,
                                struct error *error);

/* warm.c: what a search begins with: the results of earlier experiments. */
enum tide_status warm_resolve(const struct coordinator *coordinator, const struct spec *spec,
                              struct submission *submission, struct error *error);
char *warm_text(const struct submission *submission);
bool warm_parse(struct submission *submission, int32_t own, const char *text);
void warm_tell(struct coordinator *coordinator, int32_t experiment);

/* pools.c: what a spec's `fleet` and its money mean here. */
int32_t currency_code(const char *currency); /* as in struct pool_row; "" is 0 */
void pools_of_spec(const struct coordinator *coordinator, const struct spec *spec,
                   struct experiment_config *config);
enum tide_status pools_check(const struct coordinator *coordinator, const struct spec *spec,
                             struct error *error);

/* gate.c: what the calendars say, told to the core before anything else can start. */
enum tide_status gate_open(struct coordinator *coordinator, int32_t experiment,
                           struct error *error);
void gate_close(struct submission *submission);
void gate_look(struct coordinator *coordinator, int32_t experiment);
void gates_look(struct coordinator *coordinator);
int64_t gates_deadline_ms(const struct coordinator *coordinator);

/*
 * hindrance.c: what is in the way of commits (a shell, a full disk), what is said of it, and what
 * is held back. hindrance_met: a commit failed, and is tried again; hindrance_gone: one has
 * succeeded. room_look: nothing starts while the disk is nearly full.
 */
void hindrance_met(struct coordinator *coordinator, const struct error *error);
void hindrance_gone(struct coordinator *coordinator);
void room_look(struct coordinator *coordinator);

/* receive.c, request.c: what peers say. */
void receive_message(struct coordinator *coordinator, const struct wire_message *message,
                     const struct peer *peer);
void receive_request(struct coordinator *coordinator, const struct wire_request *request,
                     const struct peer *peer);
void receive_answer(struct coordinator *coordinator, struct search_answer *answer);

/*
 * claims.c: objects. claims_answer answers the questions of the bulk thread; submission_begin: what
 * is kept of one from its first moment; claims_has_workdir: what a submission names is there;
 * claims_hold: the file of a CKPT is; claims_carried: the checkpoints of this experiment are
 * objects; claims_tidy removes what no row of the trial names, but for what is `coming`;
 * claims_drop: a trial has ended; claims_begin: once at the start.
 */
void claims_answer(struct coordinator *coordinator);
struct submission submission_begin(struct spec *spec, const char *origin);
bool claims_has_workdir(const struct coordinator *coordinator, const char *origin);
bool claims_hold(const struct coordinator *coordinator, const struct wire_ckpt *ckpt);
bool claims_carried(const struct coordinator *coordinator, int32_t experiment);
void claims_tidy(struct coordinator *coordinator, int32_t experiment, int32_t trial,
                 const char *coming);
void claims_drop(const struct coordinator *coordinator, const struct trial_row *row);
void claims_begin(struct coordinator *coordinator);

/* send.c: what waits for the commit, and its sending. */
void parcel_put(struct coordinator *coordinator, const struct message *message);
void parcel_free(struct parcel *parcel);
void parcel_send(struct coordinator *coordinator, const struct parcel *parcel);
void parcels_send(struct coordinator *coordinator);
void replies_send(struct coordinator *coordinator);
void reply_send(struct coordinator *coordinator, const struct reply *reply);
void reply_free(struct reply *reply);

#endif
