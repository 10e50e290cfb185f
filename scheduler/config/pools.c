/*
 * Knows what a pool may say, and what one that starts machines must say.
 */
#include "config/parts.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)

enum { WATT_MAX = 1000000, WORKERS_MAX = 100000, SLOTS_MAX = 64, MINUTE_MS = 60000 };
#define DAY_MS 86400000.0

/* Whoever starts machines must be able to end them, and must know when there are enough. */
static void check_launch(struct reader *reader, const struct node *node,
                         const struct config_pool *pool)
{
    const bool launches = pool->launch.count > 0;

    if (launches != (pool->terminate.count > 0)) {
        reader_error(reader, node->key_place, "", "pool '%s' has '%s' and no '%s'",
                     shown_text(pool->name).text, launches ? "launch" : "terminate",
                     launches ? "terminate" : "launch");
    }
    if (launches && pool->max == 0) {
        reader_error(reader, node->key_place, "add max: 4",
                     "pool '%s' launches machines and needs 'max'", shown_text(pool->name).text);
    }
}

static void check_power(struct reader *reader, const struct node *node,
                        const struct config_pool *pool)
{
    if (pool->price.prices.given && pool->price.prices.unit == SPEC_PER_KWH &&
        pool->power_watt == 0) {
        reader_error(reader, node_find(node, "price")->key_place, "add power: 350W",
                     "a price per kWh needs the pool's 'power'");
    }
}

static void read_pool(struct reader *reader, const struct node *node, const char *folder,
                      struct config_pool *pool)
{
    struct raw {
        struct config_pool pool;
        const struct node *price;
    } raw = {.pool = {.slots = 1, .idle_ms = 10 * MINUTE_MS}};
    static const struct field fields[] = {
        {FIELD("price", field_node, struct raw, price)},
        {FIELD("power", field_power, struct raw, pool.power_watt), .min = 1, .max = WATT_MAX},
        {FIELD("startup", field_duration, struct raw, pool.startup_ms), .min = 0, .max = DAY_MS},
        {FIELD("slots", field_integer, struct raw, pool.slots), .min = 1, .max = SLOTS_MAX},
        {FIELD("max", field_integer, struct raw, pool.max), .min = 1, .max = WORKERS_MAX},
        {FIELD("on_demand", field_bool, struct raw, pool.on_demand)},
        {FIELD("launch", field_texts, struct raw, pool.launch), .max = CONFIG_WORDS_MAX},
        {FIELD("terminate", field_texts, struct raw, pool.terminate), .max = CONFIG_WORDS_MAX},
        {FIELD("idle", field_duration, struct raw, pool.idle_ms), .min = 0, .max = 7 * DAY_MS},
    };

    reader->currency[0] = '\0'; /* pools need not agree: an experiment's must */
    if (!reader_fields(reader, node, "a pool", fields, COUNT(fields), &raw)) {
        return;
    }
    *pool = raw.pool;
    pool->name = node->key;
    if (raw.price != NULL) {
        part_price(reader, raw.price, folder, &pool->price);
    }
    memcpy(pool->currency, reader->currency, sizeof pool->currency);
    check_launch(reader, node, pool);
    check_power(reader, node, pool);
}

void part_pools(struct reader *reader, const struct node *node, const char *folder,
                struct config *config)
{
    struct config_pool *pools = NULL;

    if (!reader_expect(reader, node, NODE_MAPPING, "pools")) {
        return;
    }
    if (node->count > CONFIG_POOLS_MAX) {
        reader_error(reader, node->place, "", "%zu pools; at most %d", node->count,
                     CONFIG_POOLS_MAX);
        return;
    }
    pools = reader_take(reader, node->count, sizeof *pools);
    config->pools = pools;
    for (const struct node *child = node->first; child != NULL && pools != NULL;
         child = child->next) {
        if (!reader_is_name(child->key)) {
            reader_error(reader, child->key_place, "",
                         "a pool's name must be letters, digits, '.', '_' and '-'");
            continue;
        }
        read_pool(reader, child, folder, &pools[config->pool_count]);
        config->pool_count++;
    }
}
