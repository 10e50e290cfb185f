#include "network.h"

#include "support/support.h"

#include <stdlib.h>
#include <string.h>

void network_init(struct network *network, struct rng *rng)
{
    memset(network, 0, sizeof *network);
    network->rng = rng;
    network->drop_percent = (uint32_t)rng_below(rng, 8);
    network->double_percent = (uint32_t)rng_below(rng, 8);
    network->delay_max_ms = 1 + (int64_t)rng_below(rng, 3000);
}

void network_fini(struct network *network)
{
    for (uint32_t i = 0; i < network->count; i++) {
        free(network->frames[i].text);
    }
}

static void put(struct network *network, int64_t now_ms, uint32_t machine, bool up,
                const char *text, size_t bytes)
{
    assert_true(network->count < NETWORK_FRAMES_MAX);
    struct frame *frame = &network->frames[network->count++];
    *frame = (struct frame){
        .due_ms = now_ms + 1 + (int64_t)rng_below(network->rng, (uint64_t)network->delay_max_ms),
        .order = network->order++,
        .machine = machine,
        .up = up,
        .link = network->link[machine],
        .bytes = bytes,
        .text = malloc(bytes)};
    assert_non_null(frame->text);
    memcpy(frame->text, text, bytes);
}

void network_send(struct network *network, int64_t now_ms, uint32_t machine, bool up,
                  const struct wire_message *message)
{
    static char text[WIRE_FRAME_BYTES];
    size_t bytes = 0;
    const int64_t cut_ms = up ? network->cut_up_ms[machine] : network->cut_down_ms[machine];

    assert_int_equal(wire_encode(message, text, &bytes), TIDE_OK);
    if (now_ms < cut_ms || rng_below(network->rng, 100) < network->drop_percent) {
        return;
    }
    put(network, now_ms, machine, up, text, bytes);
    if (rng_below(network->rng, 100) < network->double_percent) {
        put(network, now_ms, machine, up, text, bytes);
    }
}

static uint32_t earliest(const struct network *network)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < network->count; i++) {
        const struct frame *a = &network->frames[i];
        const struct frame *b = &network->frames[best];
        if (a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order)) {
            best = i;
        }
    }
    return best;
}

int64_t network_due(const struct network *network)
{
    return network->count == 0 ? INT64_MAX : network->frames[earliest(network)].due_ms;
}

/* Takes the frame out; its place is filled by the last one. */
static struct frame frame_remove(struct network *network, uint32_t index)
{
    const struct frame frame = network->frames[index];

    network->count--;
    network->frames[index] = network->frames[network->count];
    network->frames[network->count].text = NULL;
    return frame;
}

bool network_take(struct network *network, int64_t now_ms, struct frame *frame)
{
    if (network_due(network) > now_ms) {
        return false;
    }
    *frame = frame_remove(network, earliest(network));
    return true;
}

bool network_delivers(const struct network *network, const struct frame *frame)
{
    return frame->link == network->link[frame->machine];
}

void network_break(struct network *network, uint32_t machine)
{
    network->link[machine]++;
}

void network_calm(struct network *network)
{
    network->drop_percent = 0;
    network->double_percent = 0;
    network->delay_max_ms = 50;
    for (uint32_t i = 0; i < NETWORK_MACHINES; i++) {
        network->cut_up_ms[i] = 0;
        network->cut_down_ms[i] = 0;
    }
}
