/*
 * Knows which pool has which id: the same name the same one over the life of a store.
 */
#include "loop/supply.h"

#include "loop/inside.h"

#include "base/log.h"
#include "base/text.h"
#include "loop/clock.h"

#include <inttypes.h>
#include <string.h>

enum {
    HOOKS_PER_POOL = 4,
    LOOK_MS = 1000, /* prices are looked at no more often */
    BUSY_MS = 200   /* and machines, where there are any or should be */
};

void supply_load_pool(struct coordinator *coordinator, int32_t pool, const char *name)
{
    (void)text_copy(coordinator->supplies[pool - 1].name,
                    sizeof coordinator->supplies[pool - 1].name, name);
}

bool supply_load_machine(struct coordinator *coordinator, const struct machine_row *row,
                         const char *name)
{
    return machines_load(&coordinator->supplies[row->pool - 1].machines, row, name,
                         clock_boot_ms());
}

void supply_load_trouble(struct coordinator *coordinator, int32_t pool, enum supply_hook hook,
                         const char *text)
{
    struct supply *supply = &coordinator->supplies[pool - 1];

    (void)text_copy(supply->trouble[hook], sizeof supply->trouble[hook], text == NULL ? "" : text);
}

int32_t supply_find(const struct coordinator *coordinator, const char *name)
{
    for (int32_t pool = 1; pool <= POOLS_MAX; pool++) {
        if (*name != '\0' && strcmp(coordinator->supplies[pool - 1].name, name) == 0) {
            return pool;
        }
    }
    return 0;
}

/* The pool of that id, as long as the configuration names it. */
static int32_t supply_configured(const struct coordinator *coordinator, const char *name)
{
    const int32_t pool = supply_find(coordinator, name);

    return pool > 0 && coordinator->supplies[pool - 1].config != NULL ? pool : 0;
}

int32_t supply_of_worker(struct coordinator *coordinator, const char *name, const char *worker)
{
    const int32_t pool = supply_configured(coordinator, name);

    if (pool > 0 || !coordinator->has_pools) {
        return pool;
    }
    const int32_t other = supply_configured(coordinator, "default");
    log_line(LOG_WARNING, "unknown_pool", "worker=%s pool=\"%s\" taken_as=%s", worker, name,
             other > 0 ? "default" : "none");
    return other;
}

static enum pool_kind kind_of(const struct config_pool *config)
{
    return config->on_demand ? POOL_ON_DEMAND : config->launch.count > 0 ? POOL_SPOT : POOL_OWN;
}

static void pool_tell(struct coordinator *coordinator, int32_t pool)
{
    const struct config_pool *config = coordinator->supplies[pool - 1].config;
    struct event event = {.kind = EVENT_POOL};

    event.pool = (struct pool_event){.pool = pool,
                                     .kind = kind_of(config),
                                     .slots = (int32_t)config->slots,
                                     .workers_max = (int32_t)config->max,
                                     .power_watt = (int32_t)config->power_watt,
                                     .currency = currency_code(config->currency),
                                     .launches = config->launch.count > 0,
                                     .startup_ms = config->startup_ms,
                                     .name_text = step_text(coordinator, config->name)};
    step(coordinator, &event);
}

static enum tide_status supply_open(struct coordinator *coordinator,
                                    const struct config_pool *config, struct error *error)
{
    int32_t pool = supply_find(coordinator, config->name);

    for (int32_t free = 1; free <= POOLS_MAX && pool == 0; free++) {
        pool = coordinator->supplies[free - 1].name[0] == '\0' ? free : 0;
    }
    if (pool == 0) {
        return error_set(error, TIDE_LIMIT, "this store has known %d pools: no room for '%s'",
                         POOLS_MAX, config->name);
    }
    supply_load_pool(coordinator, pool, config->name);
    coordinator->supplies[pool - 1].config = config;
    pool_tell(coordinator, pool);
    prices_open(coordinator, pool);
    if (config->launch.count > 0) {
        machines_tell(coordinator, pool, 0);
    }
    return TIDE_OK;
}

/* Machines that nobody can end any more: a person has to know. */
static void orphans_warn(const struct coordinator *coordinator)
{
    for (int32_t pool = 1; pool <= POOLS_MAX; pool++) {
        const struct supply *supply = &coordinator->supplies[pool - 1];
        const bool ended = supply->config != NULL && supply->config->terminate.count > 0;
        for (size_t i = 0; i < supply->machines.count && !ended; i++) {
            log_line(LOG_WARNING, "machine_left",
                     "pool=%s machine=\"%s\" why=\"the pool has no "
                     "terminate any more\"",
                     supply->name, supply->machines.items[i].name);
        }
    }
}

enum tide_status supplies_open(struct coordinator *coordinator, const struct config *config,
                               struct error *error)
{
    enum tide_status status = hooks_open(&coordinator->hooks, error);

    for (size_t i = 0; status == TIDE_OK && config != NULL && i < config->pool_count; i++) {
        status = supply_open(coordinator, &config->pools[i], error);
    }
    if (status == TIDE_OK) {
        orphans_warn(coordinator);
    }
    return status;
}

void supplies_fini(struct coordinator *coordinator)
{
    hooks_close(coordinator->hooks);
    for (int32_t pool = 1; pool <= POOLS_MAX; pool++) {
        struct supply *supply = &coordinator->supplies[pool - 1];
        feed_fini(&supply->feed);
        zone_close(supply->zone);
        machines_fini(&supply->machines);
    }
}

void supply_want(struct coordinator *coordinator, int32_t pool, int32_t machines)
{
    coordinator->supplies[pool - 1].wanted = machines;
    coordinator->supplies_steady_ms = 0;
}

static void hook_take(struct coordinator *coordinator, const struct hook_end *end)
{
    const int32_t pool = end->key / HOOKS_PER_POOL;

    switch ((enum supply_hook)(end->key % HOOKS_PER_POOL)) {
    case SUPPLY_PRICE:
        prices_take(coordinator, pool, end);
        break;
    case SUPPLY_LAUNCH:
        launch_take(coordinator, pool, end);
        break;
    case SUPPLY_TERMINATE:
        terminate_take(coordinator, pool, end);
        break;
    }
}

static bool is_busy(const struct supply *supply)
{
    return supply->config->launch.count > 0 && (supply->wanted > 0 || supply->machines.count > 0);
}

void supplies_look(struct coordinator *coordinator)
{
    struct hook_end end;

    if (!coordinator->has_pools) {
        return;
    }
    while (hooks_next(coordinator->hooks, &end)) {
        hook_take(coordinator, &end);
        coordinator->supplies_steady_ms = 0;
    }
    if (coordinator->supplies_steady_ms > clock_steady_ms() && !clock_is_driven()) {
        return;
    }
    coordinator->supplies_steady_ms = clock_steady_ms() + LOOK_MS;
    for (int32_t pool = 1; pool <= POOLS_MAX; pool++) {
        const struct supply *supply = &coordinator->supplies[pool - 1];
        if (supply->config != NULL) {
            prices_look(coordinator, pool);
            launch_look(coordinator, pool);
            if (is_busy(supply)) {
                coordinator->supplies_steady_ms = clock_steady_ms() + BUSY_MS;
            }
        }
    }
}

void supplies_act(struct coordinator *coordinator)
{
    for (int32_t pool = 1; coordinator->has_pools && pool <= POOLS_MAX; pool++) {
        launch_act(coordinator, pool);
    }
}

int64_t supplies_wait_ms(const struct coordinator *coordinator)
{
    const int64_t hooks_ms = hooks_deadline_ms(coordinator->hooks);
    const int64_t due_ms =
        coordinator->supplies_steady_ms < hooks_ms ? coordinator->supplies_steady_ms : hooks_ms;

    return coordinator->has_pools ? due_ms - clock_steady_ms() : INT64_MAX;
}

int32_t supply_key(int32_t pool, enum supply_hook hook)
{
    return pool * HOOKS_PER_POOL + (int32_t)hook;
}

void supply_trouble(struct coordinator *coordinator, int32_t pool, enum supply_hook hook,
                    const char *text)
{
    static const char *const names[] = {"price", "launch", "terminate"};
    struct supply *supply = &coordinator->supplies[pool - 1];
    struct record record = {.kind = RECORD_TROUBLE, .trouble = {.pool = pool}};
    uint32_t *const handles[] = {&record.trouble.price_text, &record.trouble.launch_text,
                                 &record.trouble.terminate_text};

    if (strcmp(supply->trouble[hook], text) == 0) {
        return;
    }
    (void)text_copy(supply->trouble[hook], sizeof supply->trouble[hook], text);
    if (*text != '\0') {
        log_line(LOG_WARNING, "pool_trouble", "pool=%s hook=%s why=\"%s\"", supply->name,
                 names[hook], text);
    }
    *handles[hook] = 1;
    row_put(coordinator, &record, text);
}
