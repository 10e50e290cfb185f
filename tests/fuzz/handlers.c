/*
 * Any bytes as a script of what three workers say, through the codec into the core, with rows that
 * are arrays or the real store: nothing ends the coordinator, the auditor finds nothing wrong, and
 * a coordinator started on the rows is the one that wrote them. The first byte chooses the store
 * and the experiment; then each message takes a byte for who says it when, and some for what.
 */
#include "sim/story.h"

#include "base/assert.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_MAX = 200, WORKERS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const uint8_t *script;
static size_t left;

/* The next byte or two of the script; 0 where it has ended. */
static uint32_t draw(uint32_t bound)
{
    uint32_t value = 0;

    for (uint32_t width = 1; width < bound && left > 0; width *= 256) {
        value = value * 256 + *script++;
        left--;
    }
    return value % bound;
}

static void hear(struct center *center, uint32_t worker)
{
    static struct wire_message said;
    static struct wire_message heard;
    static char text[WIRE_FRAME_BYTES];
    size_t text_bytes = 0;
    char why[128];

    villain_lie(&said, draw);
    (void)memcpy(said.boot, story.machines[worker].boot, sizeof said.boot);
    said.seq = ++story.machines[worker].seq;
    const enum tide_status encoded = wire_encode(&said, text, &text_bytes);
    ASSERT(encoded == TIDE_OK);
    const enum tide_status decoded = wire_decode(text, text_bytes, &heard, why, sizeof why);
    ASSERT(decoded == TIDE_OK);
    story.heard_ms[worker] = story.now_ms; /* there is no network here that would note it */
    center_understand(center, worker, &heard);
    wire_message_fini(&heard);
}

static void plan(uint8_t choice)
{
    static struct plan_cut cut;

    memset(cut.without, true, sizeof cut.without);
    memset(cut.left_out, true, sizeof cut.left_out);
    plan_make(&story.plan, 1 + choice / 2, false, &cut);
    story.plan.real = choice % 16 == 0; /* which takes its time */
    story.plan.machines = WORKERS;
    story.plan.villain = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const int64_t spans[] = {0, 1, 1000, 31000, 130000};
    struct story_sums sums = {0};
    struct center *center = &story.centers[0];

    if (bytes == 0) {
        return 0;
    }
    plan(data[0]);
    story_begin();
    script = data + 1;
    left = bytes - 1;
    for (int i = 0; i < MESSAGES_MAX && left > 0; i++) {
        const uint32_t who = draw(16);
        story.now_ms += spans[who / WORKERS % 5];
        center_look(center);
        hear(center, who % WORKERS);
        center_turn(center);
    }
    center_kill(center, story.now_ms);
    center_turn(center);
    ASSERT(center->up);
    story_end(&sums);
    return 0;
}
