#include "network.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { CALM_DELAY_MS = 50, CALM_ARRIVAL_MS = 20000 };

void network_init(struct network *network, const struct plan *plan)
{
    memset(network, 0, sizeof *network);
    rng_init(&network->rng, plan->seed, "network");
    network->drop = plan->wear[WEAR_DROP];
    network->twice = plan->wear[WEAR_TWICE];
    network->delay_max_ms = plan->delay_max_ms;
}

void network_fini(struct network *network)
{
    for (uint32_t i = 0; i < network->count; i++) {
        free(network->frames[i].text);
    }
    free(network->frames);
}

static bool before(const struct frame *a, const struct frame *b)
{
    return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order);
}

static void put(struct network *network, const struct frame *frame)
{
    if (network->count == network->capacity) {
        network->capacity = network->capacity == 0 ? 256 : 2 * network->capacity;
        network->frames = realloc(network->frames, network->capacity * sizeof *network->frames);
        ASSERT(network->frames != NULL);
    }
    uint32_t at = network->count++;
    while (at > 0 && before(frame, &network->frames[(at - 1) / 2])) {
        network->frames[at] = network->frames[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    network->frames[at] = *frame;
}

static struct frame take_first(struct network *network)
{
    const struct frame first = network->frames[0];
    const struct frame last = network->frames[--network->count];
    uint32_t at = 0;

    for (uint32_t child = 1; child < network->count; child = 2 * at + 1) {
        const bool right = child + 1 < network->count &&
                           before(&network->frames[child + 1], &network->frames[child]);
        child += right ? 1 : 0;
        if (!before(&network->frames[child], &last)) {
            break;
        }
        network->frames[at] = network->frames[child];
        at = child;
    }
    if (network->count > 0) {
        network->frames[at] = last;
    }
    return first;
}

static void send_one(struct network *network, int64_t now_ms, uint32_t machine, bool up,
                     const char *text, size_t bytes)
{
    struct frame frame = {
        .due_ms = now_ms + 1 + (int64_t)rng_below(&network->rng, (uint64_t)network->delay_max_ms),
        .order = network->order++,
        .machine = machine,
        .center = network->center[machine],
        .up = up,
        .link = network->link[machine],
        .bytes = bytes,
        .text = malloc(bytes)};

    const int64_t held_ms = up ? network->hold_up_ms[machine] : network->hold_down_ms[machine];

    ASSERT(frame.text != NULL);
    memcpy(frame.text, text, bytes);
    frame.due_ms = held_ms > frame.due_ms ? held_ms : frame.due_ms;
    if (network->calm) {
        int64_t *last_ms = &network->last_due_ms[up ? 1 : 0][machine];
        frame.due_ms = *last_ms > frame.due_ms ? *last_ms : frame.due_ms;
        *last_ms = frame.due_ms;
    }
    put(network, &frame);
}

static void send(struct network *network, int64_t now_ms, uint32_t machine, bool up,
                 const char *text, size_t bytes)
{
    const int64_t from_ms = up ? network->cut_up_from_ms[machine] : 0;
    const int64_t cut_ms = up ? network->cut_up_ms[machine] : network->cut_down_ms[machine];

    if ((now_ms >= from_ms && now_ms < cut_ms) || rng_below(&network->rng, 1000) < network->drop) {
        return;
    }
    send_one(network, now_ms, machine, up, text, bytes);
    if (rng_below(&network->rng, 1000) < network->twice) {
        send_one(network, now_ms, machine, up, text, bytes);
    }
}

void network_say(struct network *network, int64_t now_ms, uint32_t machine, const char *text,
                 size_t bytes)
{
    send(network, now_ms, machine, true, text, bytes);
}

void network_answer(struct network *network, int64_t now_ms, uint32_t machine, uint64_t link,
                    const char *text, size_t bytes)
{
    if (link == network->link[machine]) {
        send(network, now_ms, machine, false, text, bytes);
    }
}

int64_t network_due(const struct network *network)
{
    return network->count == 0 ? INT64_MAX : network->frames[0].due_ms;
}

bool network_take(struct network *network, int64_t now_ms, struct frame *frame)
{
    if (network_due(network) > now_ms) {
        return false;
    }
    *frame = take_first(network);
    return true;
}

void network_defer(struct network *network, const struct frame *frame, int64_t due_ms)
{
    struct frame later = *frame;

    ASSERT(due_ms > frame->due_ms);
    later.due_ms = due_ms;
    put(network, &later);
}

bool network_delivers(const struct network *network, const struct frame *frame)
{
    return frame->link == network->link[frame->machine];
}

void network_break(struct network *network, uint32_t machine, uint32_t center)
{
    network->link[machine]++;
    network->quiet_ms[machine] = 0;
    network->center[machine] = center;
}

static int order(const void *a, const void *b)
{
    return before(a, b) ? -1 : 1;
}

static void quiet_after(struct network *network, const struct frame *frame)
{
    int64_t *quiet_ms = &network->quiet_ms[frame->machine];

    if (network_delivers(network, frame) && frame->due_ms > *quiet_ms) {
        *quiet_ms = frame->due_ms;
    }
}

void network_calm(struct network *network, int64_t now_ms)
{
    network->drop = 0;
    network->twice = 0;
    network->delay_max_ms = CALM_DELAY_MS;
    network->calm = true;
    for (uint32_t i = 0; i < network->count; i++) {
        struct frame *frame = &network->frames[i];
        const int64_t latest_ms = now_ms + CALM_ARRIVAL_MS;
        frame->due_ms = frame->due_ms < latest_ms ? frame->due_ms : latest_ms;
        quiet_after(network, frame);
    }
    if (network->count > 0) { /* in order, which a heap may be */
        qsort(network->frames, network->count, sizeof *network->frames, order);
    }
    memset(network->cut_up_ms, 0, sizeof network->cut_up_ms);
    memset(network->cut_down_ms, 0, sizeof network->cut_down_ms);
    memset(network->hold_up_ms, 0, sizeof network->hold_up_ms);
    memset(network->hold_down_ms, 0, sizeof network->hold_down_ms);
}
