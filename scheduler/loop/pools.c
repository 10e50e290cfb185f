/*
 * pools: what a spec's `fleet` and its money mean to this coordinator: which of its pools are
 * meant, and that all their prices and the spec's are in one currency.
 */
#include "loop/inside.h"

#include <stdio.h>

int32_t currency_code(const char *currency)
{
    return *currency == '\0' ? 0 : currency[0] * 65536 + currency[1] * 256 + currency[2];
}

static bool is_configured(const struct coordinator *coordinator, int32_t pool)
{
    return pool > 0 && coordinator->supplies[pool - 1].config != NULL;
}

static bool is_meant(const struct experiment_config *config, int32_t pool)
{
    const uint32_t pools = config->requirement.pools;

    return pools == 0 || (pools >> (pool - 1) & 1) != 0;
}

void pools_of_spec(const struct coordinator *coordinator, const struct spec *spec,
                   struct experiment_config *config)
{
    for (size_t i = 0; coordinator->has_pools && i < spec->fleet.pools.count; i++) {
        const int32_t pool = supply_find(coordinator, spec->fleet.pools.items[i]);
        config->requirement.pools |= pool > 0 ? UINT32_C(1) << (pool - 1) : 0;
    }
    config->workers_max = (int32_t)spec->fleet.max;
    config->on_demand_max = (int32_t)spec->fleet.on_demand;
    config->currency = currency_code(spec->currency);
    for (int32_t pool = 1; pool <= POOLS_MAX && config->currency == 0; pool++) {
        if (is_configured(coordinator, pool) && is_meant(config, pool)) {
            config->currency = currency_code(coordinator->supplies[pool - 1].config->currency);
        }
    }
}

static enum tide_status refuse(const struct spec *spec, struct spec_place place,
                               struct error *error)
{
    error_at(error, spec->name, place.line, place.column);
    return TIDE_INVALID;
}

/* Every pool that is named is one of the configuration. */
static enum tide_status names_check(const struct coordinator *coordinator, const struct spec *spec,
                                    struct error *error)
{
    for (size_t i = 0; coordinator->has_pools && i < spec->fleet.pools.count; i++) {
        const char *name = spec->fleet.pools.items[i];
        if (!is_configured(coordinator, supply_find(coordinator, name))) {
            (void)error_set(error, TIDE_INVALID,
                            "%d:%d: fleet.pools: the coordinator's configuration has no pool '%s'",
                            spec->fleet.place.line, spec->fleet.place.column, name);
            return refuse(spec, spec->fleet.place, error);
        }
    }
    return TIDE_OK;
}

static void currency_text(int32_t code, char text[4])
{
    (void)snprintf(text, 4, "%c%c%c", code >> 16 & 255, code >> 8 & 255, code & 255);
}

static enum tide_status currency_check(const struct coordinator *coordinator,
                                       const struct spec *spec,
                                       const struct experiment_config *config, struct error *error)
{
    char mine[4];

    currency_text(config->currency, mine);
    for (int32_t pool = 1; pool <= POOLS_MAX; pool++) {
        const struct supply *supply = &coordinator->supplies[pool - 1];
        if (is_configured(coordinator, pool) && is_meant(config, pool) &&
            supply->config->currency[0] != '\0' &&
            currency_code(supply->config->currency) != config->currency) {
            const struct spec_place place =
                spec->fleet.pools.count > 0 ? spec->fleet.place : spec->budget.place;
            (void)error_set(error, TIDE_INVALID,
                            "%d:%d: one currency an experiment: pool '%s' costs %s, the experiment "
                            "%s; name the pools of one currency in fleet.pools",
                            place.line, place.column, supply->name, supply->config->currency, mine);
            return refuse(spec, place, error);
        }
    }
    return TIDE_OK;
}

enum tide_status pools_check(const struct coordinator *coordinator, const struct spec *spec,
                             struct error *error)
{
    struct experiment_config config = {0};
    enum tide_status status = names_check(coordinator, spec, error);

    pools_of_spec(coordinator, spec, &config);
    if (status == TIDE_OK) {
        status = currency_check(coordinator, spec, &config, error);
    }
    if (status == TIDE_OK && spec->budget.cost_micro >= 0 && !coordinator->has_pools) {
        (void)error_set(error, TIDE_INVALID,
                        "%d:%d: budget.cost: nothing here has a price: give schedule.prices per "
                        "hour, or pools with prices in the coordinator's configuration",
                        spec->budget.place.line, spec->budget.place.column);
        return refuse(spec, spec->budget.place, error);
    }
    return status;
}
