#include "center.h"

#include "story.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { PRICES_AHEAD = 24, RETRY_MS = 50, DIGEST_ONE_IN = 32, BACK_MAX_MS = 300000 };

static struct outcome outcome; /* large; one thread */

/* ---- its life ---- */

static void letters_drop(struct center *center)
{
    for (uint32_t i = 0; i < center->letter_count; i++) {
        free(center->letters[i].text);
    }
    center->letter_count = 0;
}

static void forget(struct center *center)
{
    letters_drop(center);
    free(center->memory);
    center->memory = NULL;
    center->core = NULL;
    center->up = false;
    center->ask_count = 0;
    center->asked_ms = 0;
    center->retry_ms = 0;
    center->power_goes = false;
    center->stall_ms = 0;
    center->began = false;
}

/* Whether the other one runs or will. */
static bool other_comes(const struct center *center)
{
    const struct center *other = &story.centers[1 - center->index];
    return other->up || other->back_ms != INT64_MAX;
}

/* Its connections end; each machine finds the coordinator that is there. */
static void connections_end(const struct center *center)
{
    const uint32_t other = 1 - center->index;

    for (uint32_t i = 0; i < story.plan.machines; i++) {
        if (story.network.center[i] == center->index) {
            network_break(&story.network, i, story.centers[other].up ? other : center->index);
        }
    }
}

void center_kill(struct center *center, int64_t back_ms)
{
    if (!center->up) {
        return;
    }
    story_says("coordinator %u ends", center->index);
    story.deaths++;
    vault_kill(&story.vault, &center->opening);
    forget(center);
    connections_end(center);
    center->back_ms = other_comes(center) ? INT64_MAX : back_ms;
}

void center_power(int64_t back_ms)
{
    struct opening openings[PLAN_CENTERS];
    bool any = false;

    story_says("the power goes");
    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        openings[i] = story.centers[i].opening;
        story.centers[i].opening = (struct opening){0};
    }
    vault_cut_power(&story.vault, openings, PLAN_CENTERS);
    story.shell_ms = 0;
    for (uint32_t i = 0; i < PLAN_CENTERS; i++) {
        struct center *center = &story.centers[i];
        if (center->up) {
            story.deaths++;
            forget(center);
            connections_end(center);
            center->back_ms = any ? INT64_MAX : back_ms;
            any = true;
        }
    }
}

void center_fini(struct center *center)
{
    vault_kill(&story.vault, &center->opening);
    forget(center);
    free(center->letters);
}

/* The names it knows are the rows it has. */
static void roster_load(struct center *center)
{
    memset(center->worker, 0, sizeof center->worker);
    memset(center->seq, 0, sizeof center->seq);
    memset(center->link, 0xff, sizeof center->link); /* none: it is heard first */
    for (uint32_t i = 0; i < story.vault.rows.worker_count; i++) {
        const struct worker_row *row = &story.vault.rows.workers[i];
        center->worker[row->name_text - 1] = row->id;
        center->boot[row->name_text - 1] = row->boot_text;
    }
}

/* The configuration: what the machines are, and what they cost over the hours that are ahead. */
static void tell_prices(struct center *center)
{
    struct event pool = {.kind = EVENT_POOL};
    static struct event price;

    if (!story.plan.priced) {
        return;
    }
    pool.pool = (struct pool_event){.pool = 1,
                                    .kind = POOL_SPOT,
                                    .slots = MACHINE_SLOTS,
                                    .currency = 65536 * 'E' + 256 * 'U' + 'R',
                                    .name_text = 1};
    center_step(center, &pool);
    price = (struct event){.kind = EVENT_PRICE};
    price.price = (struct price_event){.pool = 1, .trust = PRICE_KNOWN, .count = PRICES_AHEAD};
    const int64_t from_ms = story_wall_ms() / PLAN_PRICE_MS * PLAN_PRICE_MS;
    for (int i = 0; i < PRICES_AHEAD; i++) {
        const int64_t start_ms = from_ms + (int64_t)i * PLAN_PRICE_MS;
        price.price.steps[i] =
            (struct price_step){.start_ms = start_ms, .price_micro = plan_price_micro(start_ms)};
    }
    center_step(center, &price);
}

/* Whoever was connected to one that is gone finds this one. */
static void connections_begin(const struct center *center)
{
    for (uint32_t i = 0; i < story.plan.machines; i++) {
        if (!story.centers[story.network.center[i]].up) {
            network_break(&story.network, i, center->index);
        }
    }
}

void center_start(struct center *center)
{
    const enum tide_status status = vault_open(&story.vault, story.plan.config, &center->opening);

    if (status != TIDE_OK) {
        center->back_ms = story.now_ms + 1000;
        vault_kill(&story.vault, &center->opening);
        return;
    }
    story_says("coordinator %u begins, incarnation %lld", center->index,
               (long long)center->opening.incarnation);
    audit_opened(center->index, center->opening.incarnation);
    center->core = rows_load(&story.vault.rows, story.plan.config, center->opening.incarnation,
                             story.now_ms, story_wall_ms(), &center->memory);
    roster_load(center);
    connections_begin(center);
    center->up = true;
    center->frozen_ms = 0;
    center->back_ms = INT64_MAX;
    memset(center->gate_ms, 0, sizeof center->gate_ms);
    tell_prices(center);
}

/* ---- one step ---- */

static void check_core(const struct center *center)
{
    const char *wrong = core_check(center->core);

    if (wrong != NULL) {
        story_fails("%s", wrong);
    }
}

/* I13: nothing is offered while the gate is shut. */
static void check_gates(void)
{
    for (uint32_t i = 0; i < outcome.message_count; i++) {
        const struct message *message = &outcome.messages[i];
        const uint32_t experiment = (uint32_t)message->attempt.experiment - 1;
        if (message->type == WIRE_ASSIGN && story.plan.gate[experiment].gated &&
            gate_now(experiment).shut) {
            story_fails("I13: attempt %d.%d.%d is offered outside of every window",
                        (int)message->attempt.experiment, (int)message->attempt.trial,
                        (int)message->attempt.number);
        }
    }
}

static void effects_do(struct center *center)
{
    for (uint32_t i = 0; i < outcome.effect_count; i++) {
        const struct effect *effect = &outcome.effects[i];
        if (effect->kind == EFFECT_SUGGEST) {
            ASSERT(center->ask_count < CENTER_ASKS_MAX);
            center->asks[center->ask_count++] = *effect;
        } else if (effect->kind == EFFECT_TELL) {
            audit_told(center->opening.incarnation, effect->experiment, effect->number);
        }
    }
    if (center->ask_count > 0 && center->asked_ms == 0) {
        center->asked_ms = story.now_ms + 1 + (int64_t)story_draw(2000);
    }
}

static void decisions_note(const struct center *center)
{
    for (uint32_t i = 0; i < outcome.record_count; i++) {
        const struct attempt_row *row = &outcome.records[i].attempt;
        if (outcome.records[i].kind == RECORD_ATTEMPT) {
            audit_decided(center->index, center_machine(center, row->worker), row);
        }
    }
}

static void say_traces(void)
{
    char line[256];

    for (uint32_t i = 0; story.trace && i < outcome.trace_count; i++) {
        (void)trace_print(&outcome.traces[i], line, sizeof line);
        story_says("    %s", line);
    }
}

void center_step(struct center *center, struct event *event)
{
    event->boot_ms = story.now_ms;
    event->wall_ms = story_wall_ms();
    core_step(center->core, event, &outcome);
    story.steps++;
    for (uint32_t i = 0; i < outcome.record_count; i++) {
        const struct record *record = &outcome.records[i];
        vault_write(&center->opening, record);
        center->began = center->began ||
                        (record->kind == RECORD_ATTEMPT && record->attempt.state == ATTEMPT_ACTIVE);
    }
    say_traces();
    check_gates();
    effects_do(center);
    if (outcome.created != 0 && event->kind == EVENT_HELLO) {
        center->worker[center->greeter] = outcome.created;
    }
    decisions_note(center);
    center_write_letters(center, &outcome);
    if (!story.plan.large || story.steps % DIGEST_ONE_IN == 0) {
        check_core(center);
    }
}

void center_look(struct center *center)
{
    static struct event event; /* large */

    for (uint32_t i = 0; i < story.plan.experiments; i++) {
        if (story.plan.gate[i].gated && center->gate_ms[i] <= story.now_ms) {
            event = (struct event){.kind = EVENT_GATE, .gate = gate_now(i)};
            center->gate_ms[i] = gate_due(i);
            center_step(center, &event);
        }
    }
}

/* As the transport does it: who speaks by another connection is asked who it is, unless it says so
 * first. */
static void meet_link(struct center *center, const struct frame *frame, enum wire_type type)
{
    const uint64_t before = center->link[frame->machine];

    if (before == frame->link) {
        return;
    }
    center->link[frame->machine] = frame->link;
    center->link_ms[frame->machine] = story.now_ms;
    if (before != UINT64_MAX && type != WIRE_HELLO) {
        center_ask_who(center, frame->machine);
    }
}

void center_hear(struct center *center, const struct frame *frame)
{
    static struct wire_message message;
    char why[128];

    if (!center->up) {
        return;
    }
    if (center->opening.incarnation != story.vault.incarnation) { /* as the loop looks first */
        center_kill(center, story.now_ms + 1000);
        return;
    }
    if (wire_decode(frame->text, frame->bytes, &message, why, sizeof why) != TIDE_OK) {
        story_fails("a message of machine %u cannot be read: %s", frame->machine, why);
    }
    center_look(center);
    meet_link(center, frame, message.type);
    center_understand(center, frame->machine, &message);
    wire_message_fini(&message);
}

/* ---- its turn ---- */

static void search_answers(struct center *center)
{
    static struct event event; /* large */

    if (center->asked_ms == 0 || center->asked_ms > story.now_ms) {
        return;
    }
    event = (struct event){.kind = EVENT_SUGGESTED,
                           .suggested = {.experiment = center->asks[0].experiment,
                                         .number = center->asks[0].number,
                                         .params_text = 1}};
    center->ask_count--;
    memmove(center->asks, center->asks + 1, center->ask_count * sizeof *center->asks);
    center->asked_ms = center->ask_count == 0 ? 0 : story.now_ms + 1 + (int64_t)story_draw(2000);
    center_step(center, &event);
}

/* The core loaded from the rows equals the core that wrote them. */
static void check_digest(const struct center *center)
{
    void *memory = NULL;
    const struct core *loaded =
        rows_load(&story.vault.rows, story.plan.config, center->opening.incarnation + 1,
                  story.now_ms, story_wall_ms(), &memory);

    story.digests++;
    if (core_digest(loaded) != core_digest(center->core)) {
        story_fails("the core loaded from the rows is not the core that wrote them");
    }
    free(memory);
}

/* What is decided and committed goes out; a death amid that leaves the rest unsent. */
static void letters_send(struct center *center, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct letter *letter = &center->letters[i];
        if (letter->type == WIRE_ASSIGN &&
            !core_runs(center->core, center->worker[letter->machine], letter->attempt)) {
            continue; /* it was given up while the store held the commit up */
        }
        story_says("coordinator %u says %s to machine %u", center->index,
                   wire_type_text(letter->type), letter->machine);
        if (letter->type == WIRE_ASSIGN) {
            audit_assigned(center->opening.incarnation, letter->machine, letter->attempt);
        }
        network_answer(&story.network, story.now_ms, letter->machine, center->link[letter->machine],
                       letter->text, letter->bytes);
    }
    letters_drop(center);
}

static int64_t back_ms(void)
{
    return story.now_ms + 1000 + (int64_t)story_draw(story.calm ? 1000 : BACK_MAX_MS);
}

static void commit_failed(struct center *center, enum tide_status status)
{
    story_says("coordinator %u cannot commit: %s", center->index, tide_status_text(status));
    if (status == TIDE_BUSY || status == TIDE_FULL) {
        center->retry_ms = story.now_ms + RETRY_MS;
    } else if (status == TIDE_STALE) {
        center_kill(center, story.now_ms + 1000);
    } else if (status == TIDE_IO && center->power_goes) {
        center_power(back_ms());
    } else if (status == TIDE_IO) {
        center_kill(center, story.now_ms + 1000);
    } else {
        story_fails("a commit ended with %s", tide_status_text(status));
    }
}

/* Cut short before the commit, after it, or amid the sending. */
static void commit_and_send(struct center *center)
{
    const bool dies = !story.calm && story_draw(10000) < story.plan.wear[WEAR_DEATH];
    const uint32_t fate = dies ? story_draw(3) : 3;

    if (center->opening.count + center->letter_count == 0 || center->retry_ms > story.now_ms) {
        return;
    }
    if (fate == 0) {
        center_kill(center, back_ms());
        return;
    }
    if (center->stall_ms > 0) { /* the sync takes so long, and with it everything */
        center->frozen_ms = center->retry_ms = story.now_ms + center->stall_ms;
        center->stall_ms = 0;
        return;
    }
    const enum tide_status status = vault_commit(&story.vault, &center->opening);
    if (status != TIDE_OK) {
        commit_failed(center, status);
        return;
    }
    center->retry_ms = 0;
    center->began = false;
    story.commits++;
    const bool newest = center->opening.incarnation == story.vault.incarnation;
    if (newest && (story.commits % DIGEST_ONE_IN == 0 || dies)) {
        check_digest(center);
    }
    letters_send(center, dies ? story_draw(center->letter_count + 1) : center->letter_count);
    if (dies) {
        center_kill(center, back_ms());
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t center_due(const struct center *center)
{
    int64_t due_ms = INT64_MAX;

    if (!center->up) {
        return center->back_ms;
    }
    due_ms = core_deadline(center->core);
    for (uint32_t i = 0; i < story.plan.experiments; i++) {
        due_ms = story.plan.gate[i].gated ? sooner(due_ms, center->gate_ms[i]) : due_ms;
    }
    due_ms = center->asked_ms > 0 ? sooner(due_ms, center->asked_ms) : due_ms;
    due_ms = center->retry_ms > 0 ? sooner(due_ms, center->retry_ms) : due_ms;
    return due_ms > center->frozen_ms ? due_ms : center->frozen_ms;
}

void center_turn(struct center *center)
{
    if (!center->up && center->back_ms <= story.now_ms) {
        center->back_ms = INT64_MAX;
        center_start(center);
    }
    if (!center->up || center->frozen_ms > story.now_ms) {
        return;
    }
    center_look(center);
    search_answers(center);
    if (core_deadline(center->core) <= story.now_ms) {
        struct event event = {.kind = EVENT_TIMER};
        center_step(center, &event);
    }
    commit_and_send(center);
}
