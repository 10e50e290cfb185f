/*
 * Any bytes as a frame: the codec refuses them or decodes them; what it decodes it encodes again,
 * to a frame that decodes to the same one. A refusal has a reason.
 */
#include "base/assert.h"

#include <tidemill/wire.h>

#include <stdint.h>
#include <string.h>

enum { WHY_BYTES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static char first[WIRE_FRAME_BYTES];
static char second[WIRE_FRAME_BYTES];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct wire_message message;
    struct wire_message again;
    char why[WHY_BYTES] = "";
    size_t first_bytes = 0;
    size_t second_bytes = 0;

    if (wire_decode((const char *)data, bytes, &message, why, sizeof why) != TIDE_OK) {
        ASSERT(*why != '\0');
        ASSERT(message.document == NULL);
        return 0;
    }
    const enum tide_status status = wire_encode(&message, first, &first_bytes);
    wire_message_fini(&message);
    if (status == TIDE_LIMIT) {
        return 0; /* written another way, the same content can be longer: 1e3 or \u0041 */
    }
    ASSERT(status == TIDE_OK);
    ASSERT(wire_decode(first, first_bytes, &again, why, sizeof why) == TIDE_OK);
    ASSERT(wire_encode(&again, second, &second_bytes) == TIDE_OK);
    wire_message_fini(&again);
    ASSERT(first_bytes == second_bytes);
    ASSERT(memcmp(first, second, first_bytes) == 0);
    return 0;
}
