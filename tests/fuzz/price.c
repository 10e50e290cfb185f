/*
 * Any text as a price file: refused with a reason, or a list in order whose every price can be
 * asked for. The first byte chooses what is picked of several series.
 */
#include "price/price.h"
#include "base/assert.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const int64_t read_ms = 1774000000000;

static void check_list(const struct price_list *list)
{
    int64_t price_micro = 0;

    for (size_t i = 0; i < list->count; i++) {
        ASSERT(i == 0 || list->steps[i - 1].start_ms < list->steps[i].start_ms);
        const enum price_state state =
            price_at(list, list->steps[i].start_ms, read_ms, 3600000, &price_micro);
        ASSERT(state != PRICE_MISSING);
        ASSERT(state == PRICE_STALE || price_micro == list->steps[i].price_micro);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const picks[] = {NULL, "us-east-1a", "m5.large us-east-1a", ""};
    struct price_list list = {0};
    struct error error;

    if (bytes == 0) {
        return 0;
    }
    char *text = malloc(bytes);
    ASSERT(text != NULL);
    memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = '\0';
    const enum tide_status status = price_parse(&list, text, picks[data[0] % 4], read_ms, &error);
    if (status == TIDE_OK) {
        check_list(&list);
    } else {
        ASSERT(error.text[0] != '\0');
    }
    price_list_fini(&list);
    free(text);
    return 0;
}
