#include "story.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALM_LEASES = 10,        /* I10: then everything ends within so many leases */
    CALM_WINDOW_MS = 400000, /* and the last window that shuts */
    SETTLED_MS = 60000,      /* after so long everybody has found everybody */
    LOOK_MS = 15000,         /* how often the calm is looked at */
    SHUT_FROM_MS = 185000,   /* of the calm: a window has just closed ... */
    SHUT_TO_MS = 395000,     /* ... and has not opened again */
    MOMENTS_MAX = 2000000
};

struct story story;

uint32_t story_draw(uint32_t bound)
{
    return (uint32_t)rng_below(&story.rng, bound);
}

void story_fails(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)fflush(stdout);
    (void)fprintf(stderr, "seed %llu, at %lld.%03lld s: %s\n", (unsigned long long)story.plan.seed,
                  (long long)(story.now_ms / 1000), (long long)(story.now_ms % 1000), text);
    exit(1);
}

void story_says(const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (!story.trace) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)printf("%6lld.%03lld  %s\n", (long long)(story.now_ms / 1000),
                 (long long)(story.now_ms % 1000), text);
}

int64_t story_wall_ms(void)
{
    return 1790000000000 + story.now_ms + story.wall_jump_ms;
}

/* ---- moments ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_moment(void)
{
    int64_t next_ms = sooner(faults_due(), network_due(&story.network));

    for (uint32_t i = 0; i < story.plan.machines; i++) {
        next_ms = sooner(next_ms, machine_due(&story.machines[i]));
    }
    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        next_ms = sooner(next_ms, center_due(&story.centers[i]));
    }
    if (story.calm) {
        next_ms = sooner(next_ms, story.look_ms);
    }
    return next_ms > story.now_ms ? next_ms : story.now_ms;
}

/* To one that stands still it comes when that goes on. */
static void deliver(struct frame *frame)
{
    const int64_t still_ms = frame->up ? story.centers[frame->center].frozen_ms
                                       : story.machines[frame->machine].paused_ms;

    if (!network_delivers(&story.network, frame)) {
        free(frame->text); /* it was lost with its connection */
        return;
    }
    if (still_ms > story.now_ms) {
        network_defer(&story.network, frame, still_ms);
        return;
    }
    if (frame->up) {
        story.heard_ms[frame->machine] = story.now_ms;
        center_hear(&story.centers[frame->center], frame);
    } else {
        machine_hear(&story.machines[frame->machine], frame);
    }
    free(frame->text);
}

static void moment(void)
{
    struct frame frame;

    story.now_ms = next_moment();
    faults_happen();
    while (network_take(&story.network, story.now_ms, &frame)) {
        deliver(&frame);
    }
    for (uint32_t i = 0; i < story.plan.machines; i++) {
        if (machine_due(&story.machines[i]) <= story.now_ms) {
            machine_turn(&story.machines[i]);
        }
    }
    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        center_turn(&story.centers[i]);
    }
    if (++story.moments > MOMENTS_MAX) {
        story_fails("it goes round in circles");
    }
}

/* ---- the end ---- */

/* One that another has followed is none: what it believes may be long over. */
static struct center *center_up(void)
{
    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        struct center *center = &story.centers[i];
        if (center->up && center->opening.incarnation == story.vault.incarnation) {
            return center;
        }
    }
    return NULL;
}

static bool everything_ended(void)
{
    const struct center *center = center_up();

    for (uint32_t i = 0; i < story.plan.machines; i++) {
        if (machine_owes(&story.machines[i]) > 0) {
            return false;
        }
    }
    for (uint32_t e = 1; center != NULL && e <= story.plan.experiments; e++) {
        const struct experiment_row *row = core_experiment(center->core, (int32_t)e);
        if (row == NULL || row->ended_ms == 0 || !core_idle(center->core, (int32_t)e)) {
            return false;
        }
    }
    return center != NULL && center->opening.count == 0 && story.centers[1 - center->index].up == 0;
}

/* What was paused goes on; what has used its budget up is called off. */
static void operator_helps(uint32_t experiment)
{
    struct center *center = center_up();
    const struct experiment_row *row =
        center == NULL ? NULL : core_experiment(center->core, (int32_t)experiment);
    struct event event = {.kind = EVENT_COMMAND};

    if (row == NULL || row->state != EXPERIMENT_PAUSED) {
        return;
    }
    event.command =
        (struct command_event){.verb = row->reason == WHY_BUDGET ? VERB_CANCEL : VERB_RESUME,
                               .experiment = (int32_t)experiment,
                               .trial = -1};
    center_look(center);
    center_step(center, &event);
    center_turn(center);
}

/* Now and then in the calm: nobody runs what is not his, or outside of a window, and nobody waits
 * for what could begin. */
static void look(void)
{
    const int64_t since_ms = story.now_ms - story.calm_ms;
    const struct center *center = center_up();

    if (since_ms >= SETTLED_MS) {
        audit_alone();
    }
    if (center != NULL) {
        audit_prompt(center->index);
    }
    for (uint32_t e = 0; e < story.plan.experiments; e++) {
        if (since_ms >= SHUT_FROM_MS && since_ms < SHUT_TO_MS && story.plan.gate[e].gated &&
            !story.plan.config[e].finish_at_close) {
            audit_shut((int32_t)e + 1);
        }
        operator_helps(e + 1);
    }
    story.look_ms = story.now_ms + LOOK_MS;
}

/* ---- from the first event to the last ---- */

static void submit(struct center *center)
{
    const uint32_t death = story.plan.wear[WEAR_DEATH];

    for (uint32_t e = 0; e < story.plan.experiments; e++) {
        struct event event = {.kind = EVENT_SUBMITTED};
        event.submitted.config = story.plan.config[e];
        center_step(center, &event);
    }
    story.plan.wear[WEAR_DEATH] = 0; /* the submission itself is not cut short */
    center_turn(center);
    story.plan.wear[WEAR_DEATH] = death;
}

void story_begin(void)
{
    const uint64_t seed = story.plan.seed;

    story.now_ms = 1000;
    story.wall_jump_ms = 0;
    story.calm = false;
    story.next_fault = 0;
    story.shell_ms = story.full_ms = 0;
    story.villain_ms = 2000;
    story.moments = 0;
    memset(story.heard_ms, 0, sizeof story.heard_ms);
    story.steps = story.commits = story.faults = story.deaths = story.digests = 0;
    rng_init(&story.rng, seed, "simulated history");
    network_init(&story.network, &story.plan);
    vault_init(&story.vault, seed, story.plan.real);
    audit_init(&story.audit, &story.plan);
    memset(story.centers, 0, sizeof story.centers);
    story.centers[1].index = 1;
    story.centers[1].back_ms = INT64_MAX;
    for (uint32_t i = 0; i < story.plan.machines; i++) {
        machine_init(&story.machines[i], i, &story.plan);
        story.machines[i].villain = story.plan.villain && i + 1 == story.plan.machines;
    }
    center_start(&story.centers[0]);
    submit(&story.centers[0]);
    for (uint32_t i = 0; i < story.plan.machines; i++) {
        machine_start(&story.machines[i]);
    }
}

void story_end(struct story_sums *sums)
{
    sums->steps += story.steps;
    sums->commits += story.commits;
    sums->faults += story.faults;
    sums->deaths += story.deaths;
    sums->digests += story.digests;
    sums->real += story.plan.real ? 1 : 0;
    sums->overlap_ms += story.audit.overlap_ms;
    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        center_fini(&story.centers[i]);
    }
    network_fini(&story.network);
    vault_fini(&story.vault);
    audit_fini(&story.audit);
}

void story_tell(uint64_t seed, bool large, const struct plan_cut *cut, bool trace,
                struct story_sums *sums)
{
    story.trace = trace;
    plan_make(&story.plan, seed, large, cut);
    story_begin();
    while (story.now_ms < PLAN_STORM_MS && !everything_ended()) {
        moment();
    }
    faults_calm();
    story.look_ms = story.now_ms;
    const int64_t end_ms =
        story.now_ms + (int64_t)CALM_LEASES * LEASE_MS * (large ? 4 : 1) + CALM_WINDOW_MS;
    while (!everything_ended()) {
        moment();
        if (story.look_ms <= story.now_ms) {
            look();
        }
        if (story.now_ms >= end_ms) {
            story_fails("I10: not everything has ended %d leases after the last fault",
                        CALM_LEASES);
        }
    }
    audit_end();
    story_end(sums);
}
