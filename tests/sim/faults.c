/*
 * What happens to everybody: the faults of the plan, at their moments.
 */
#include "story.h"

#include <stdlib.h>
#include <string.h>

enum {
    BACK_MS = 1000,
    STALL_MS = 5000,       /* of one sync */
    IN_THE_WAY_MS = 60000, /* a shell, a full disk: at most so long */
    EDGE_MS = 200,         /* around the end of a lease */
    DAY_MS = 86400000
};

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The coordinator that began last, if it runs. */
static struct center *newest(void)
{
    struct center *best = NULL;

    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        struct center *center = &story.centers[i];
        if (center->up &&
            (best == NULL || center->opening.incarnation > best->opening.incarnation)) {
            best = center;
        }
    }
    return best;
}

/* ---- the network and the machines ---- */

/* What the machine says from now on arrives just before or just after its lease is over. */
static void edge(const struct fault *fault)
{
    const int64_t lease_end_ms =
        story.heard_ms[fault->machine] + LEASE_MS + LEASE_MS / 50 + LEASE_SLACK_MS;

    story.network.hold_up_ms[fault->machine] =
        lease_end_ms - EDGE_MS / 2 + (int64_t)(fault->draw % EDGE_MS);
}

static void cut_up(uint32_t machine, int64_t from_ms, int64_t until_ms)
{
    story.network.cut_up_from_ms[machine] = from_ms;
    story.network.cut_up_ms[machine] = until_ms;
}

/* Its link fails for longer than a lease, and first lets one more renewal through, whose answer
 * arrives at the last moment at which that still counts. */
static void answers_late(const struct fault *fault)
{
    const int64_t from_ms = story.now_ms + LEASE_MS / RENEWALS_PER_LEASE;

    cut_up(fault->machine, from_ms, from_ms + LEASE_MS + fault->span_ms);
    story.network.hold_down_ms[fault->machine] = from_ms + (int64_t)(fault->draw % (LEASE_MS / 2));
}

static void happen_to_machine(const struct fault *fault)
{
    struct machine *machine = &story.machines[fault->machine];
    const int64_t until_ms = story.now_ms + fault->span_ms;

    if (fault->kind == FAULT_CUT || fault->kind == FAULT_CUT_UP) {
        cut_up(fault->machine, story.now_ms, until_ms);
    }
    if (fault->kind == FAULT_CUT || fault->kind == FAULT_CUT_DOWN) {
        story.network.cut_down_ms[fault->machine] = until_ms;
    }
    if (fault->kind == FAULT_RESET) {
        network_break(&story.network, fault->machine, story.network.center[fault->machine]);
    } else if (fault->kind == FAULT_EDGE) {
        edge(fault);
    } else if (fault->kind == FAULT_LATE) {
        answers_late(fault);
    } else if (fault->kind == FAULT_MACHINE_CRASH || fault->kind == FAULT_MACHINE_WIPE) {
        machine_crash(machine, until_ms, fault->kind == FAULT_MACHINE_WIPE);
    } else if (fault->kind == FAULT_MACHINE_PAUSE) {
        machine->paused_ms = until_ms;
        story.audit.paused[fault->machine] = true;
    } else if (fault->kind == FAULT_NOTICE) {
        machine_notice(machine);
    }
}

/* ---- the coordinator and its store ---- */

static void second_begins(const struct fault *fault)
{
    struct center *first = newest();

    if (first == NULL || story.centers[1 - first->index].up) {
        return;
    }
    struct center *second = &story.centers[1 - first->index];
    story.audit.second = true;
    center_start(second);
    for (uint32_t i = 0; second->up && i < story.plan.machines; i++) {
        if ((fault->draw >> (i % 20) & 1) != 0) {
            network_break(&story.network, i, second->index);
        }
    }
}

static void operate(const struct fault *fault)
{
    static const enum command_verb verbs[] = {VERB_PAUSE, VERB_RESUME, VERB_RESUME, VERB_RESUME,
                                              VERB_KICK,  VERB_KICK,   VERB_DRAIN,  VERB_CANCEL,
                                              VERB_PAUSE, VERB_RESUME, VERB_STOP,   VERB_CANCEL};
    struct center *center = newest();
    const uint32_t choice = fault->draw % (sizeof verbs / sizeof *verbs);
    struct event event = {.kind = EVENT_COMMAND};

    if (center == NULL || center->frozen_ms > story.now_ms) {
        return;
    }
    event.command.verb = verbs[choice];
    event.command.experiment = 1 + (int32_t)(fault->draw / 16 % story.plan.experiments);
    event.command.trial = (int32_t)(fault->draw / 64) % story.plan.trials;
    if (event.command.verb == VERB_DRAIN) {
        event.command.experiment = 0;
        event.worker = center->worker[fault->machine];
    } else if (event.command.verb == VERB_CANCEL && choice == 11 && fault->draw / 64 % 4 == 0) {
        event.command.trial = -1; /* all of it, which ends much: seldom */
    } else if (event.command.verb == VERB_STOP && fault->draw / 64 % 2 == 0) {
        return;
    }
    story.audit.kicked = story.audit.kicked || event.command.verb == VERB_KICK;
    center_look(center);
    center_step(center, &event);
}

static void power_goes(const struct fault *fault)
{
    struct center *center = newest();

    if (fault->draw % 3 == 0 || center == NULL) {
        center_power(story.now_ms + BACK_MS + fault->span_ms % 300000);
        return;
    }
    center->power_goes = true; /* amid one of the next commits */
    vault_cut_after(&story.vault, 1 + (int64_t)(fault->draw % 20));
}

static void happen_to_center(const struct fault *fault)
{
    struct center *center = newest();

    if (fault->kind == FAULT_POWER) {
        power_goes(fault);
    } else if (center == NULL) {
        return;
    } else if (fault->kind == FAULT_DEATH) {
        center_kill(center, story.now_ms + BACK_MS + fault->span_ms % 300000);
    } else if (fault->kind == FAULT_STALL) {
        center->stall_ms = 1 + fault->span_ms % STALL_MS;
    } else if (fault->kind == FAULT_FREEZE) {
        center->frozen_ms = story.now_ms + fault->span_ms;
    } else if (fault->kind == FAULT_BROKEN) {
        vault_break(&story.vault);
    } else {
        operate(fault);
    }
}

static void happen(const struct fault *fault)
{
    const int64_t way_ms = story.now_ms + 1 + fault->span_ms % IN_THE_WAY_MS;

    story.faults++;
    story_says("fault %u: %s, machine %u, %lld ms", story.next_fault, fault_text(fault->kind),
               fault->machine, (long long)fault->span_ms);
    if (fault->kind <= FAULT_NOTICE) {
        happen_to_machine(fault);
    } else if (fault->kind == FAULT_SHELL) {
        vault_shell(&story.vault, true);
        story.shell_ms = way_ms;
    } else if (fault->kind == FAULT_FULL) {
        vault_fill(&story.vault, true);
        story.full_ms = way_ms;
    } else if (fault->kind == FAULT_SECOND) {
        second_begins(fault);
    } else if (fault->kind == FAULT_WALL) {
        story.wall_jump_ms += (int64_t)(fault->draw % (2 * DAY_MS)) * 100 % (2 * DAY_MS) - DAY_MS;
        story.audit.jumped = true;
    } else {
        happen_to_center(fault);
    }
}

/* ---- their moments ---- */

static void ways_clear(void)
{
    if (story.shell_ms > 0 && story.shell_ms <= story.now_ms) {
        vault_shell(&story.vault, false);
        story.shell_ms = 0;
    }
    if (story.full_ms > 0 && story.full_ms <= story.now_ms) {
        vault_fill(&story.vault, false);
        story.full_ms = 0;
    }
}

static void left_out_skip(void)
{
    while (story.next_fault < story.plan.fault_count &&
           story.plan.faults[story.next_fault].at_ms == INT64_MAX) {
        story.next_fault++;
    }
}

int64_t faults_due(void)
{
    int64_t due_ms = INT64_MAX;

    left_out_skip();
    if (!story.calm && story.next_fault < story.plan.fault_count) {
        due_ms = story.plan.faults[story.next_fault].at_ms;
    }
    due_ms = story.shell_ms > 0 ? sooner(due_ms, story.shell_ms) : due_ms;
    return story.full_ms > 0 ? sooner(due_ms, story.full_ms) : due_ms;
}

void faults_happen(void)
{
    ways_clear();
    left_out_skip();
    while (!story.calm && story.next_fault < story.plan.fault_count &&
           story.plan.faults[story.next_fault].at_ms <= story.now_ms) {
        happen(&story.plan.faults[story.next_fault]);
        story.next_fault++;
        left_out_skip();
    }
}

/* Of two coordinators the operator ends the older one. */
static void centers_calm(void)
{
    const struct center *last = newest();

    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        struct center *center = &story.centers[i];
        center->frozen_ms = 0;
        center->stall_ms = 0;
        center->power_goes = false;
        if (center->up && center != last) {
            center_kill(center, INT64_MAX);
        } else if (!center->up && center->back_ms != INT64_MAX) {
            center->back_ms = sooner(center->back_ms, story.now_ms + BACK_MS);
        }
    }
}

void faults_calm(void)
{
    story.calm = true;
    story.calm_ms = story.now_ms;
    story_says("calm");
    vault_shell(&story.vault, false);
    vault_fill(&story.vault, false);
    vault_mend(&story.vault);
    story.shell_ms = story.full_ms = 0;
    network_calm(&story.network, story.now_ms);
    centers_calm();
    for (uint32_t i = 0; i < story.plan.machines; i++) {
        struct machine *machine = &story.machines[i];
        machine->paused_ms = 0;
        machine->back_ms = sooner(machine->back_ms, story.now_ms + BACK_MS);
        if (machine->villain) {
            machine_crash(machine, INT64_MAX, true);
        }
    }
    for (uint32_t i = 0; i < story.plan.experiments; i++) {
        story.centers[0].gate_ms[i] = story.centers[1].gate_ms[i] = 0;
    }
}
