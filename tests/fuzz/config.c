/*
 * Any bytes as a coordinator's configuration: no crash, no hang, no sanitizer report. What is
 * accepted holds what the header promises. fuzz_config -dict=tests/fuzz/config.dict
 * -max_len=65536 -timeout=2 -rss_limit_mb=512 tests/fuzz/corpus/config
 */
#include "config/config.h"
#include "base/assert.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_pool(const struct config_pool *pool)
{
    const struct config_price *price = &pool->price;

    ASSERT(pool->name != NULL && pool->slots >= 1 && pool->max >= 0 && pool->idle_ms >= 0);
    ASSERT((pool->launch.count > 0) == (pool->terminate.count > 0));
    ASSERT(pool->launch.count == 0 || pool->max > 0);
    ASSERT(price->prices.given == (pool->currency[0] != '\0'));
    ASSERT(price->prices.unit == SPEC_PER_HOUR || pool->power_watt > 0);
    ASSERT(price->source != CONFIG_PRICE_FILE || price->prices.file != NULL);
    ASSERT(price->source != CONFIG_PRICE_COMMAND || price->command.count > 0);
    ASSERT(price->prices.band_count == 0 || price->timezone != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct spec_report report;
    struct config *config = NULL;
    char *text = malloc(bytes + 1);

    ASSERT(text != NULL);
    memcpy(text, data, bytes);
    const enum tide_status status = config_parse(text, bytes, "fuzz", &config, &report);
    free(text);
    ASSERT((status == TIDE_OK) == (config != NULL));
    ASSERT((status == TIDE_OK) == (report.error_count == 0));
    free(spec_report_text(&report));
    for (size_t i = 0; config != NULL && i < config->pool_count; i++) {
        check_pool(&config->pools[i]);
    }
    config_free(config);
    return 0;
}
