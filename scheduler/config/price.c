/*
 * Knows the four ways to say what a machine costs: an amount with its unit, bands of a local
 * tariff, a file, and a command.
 */
#include "config/parts.h"

#include "spec/local.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)

enum {
    SECOND_MS = 1000,
    DAY_MS = 86400000,
    EVERY_MS = 300000, /* clouds publish changes of a spot price every five minutes */
    FILE_EVERY_MS = 10000,
    HOLD_MS = 2 * 3600000, /* a day-ahead auction may be late by as much */
};

/* The keys as written; NULL where one is absent. */
struct raw_price {
    const struct node *unit, *timezone, *bands;
    struct spec_amount fallback;
    const char *file;
    struct spec_texts command;
    int64_t every_ms, hold_ms;
    const char *pick;
};

static void constant_price(struct reader *reader, const struct node *node,
                           struct config_price *price)
{
    static const struct field field = {.name = "price", .min = 0, .max = LOCAL_PRICE_MAX};
    struct spec_rate rate = {0};

    field_rate(reader, &field, node, &rate);
    price->source = CONFIG_PRICE_CONSTANT;
    price->prices = (struct spec_prices){
        .given = true, .unit = rate.unit, .fallback = {.given = true, .micro = rate.micro}};
}

/* Exactly one of bands, file and command; a default alone is a constant price. */
static bool check_source(struct reader *reader, const struct node *node,
                         const struct raw_price *raw)
{
    const bool bands = raw->bands != NULL || raw->fallback.given;
    const int sources =
        (bands ? 1 : 0) + (raw->file != NULL ? 1 : 0) + (raw->command.count > 0 ? 1 : 0);

    if (sources == 1) {
        return true;
    }
    reader_error(reader, node->place, "",
                 sources == 0 ? "price needs one of 'default', 'bands', 'file' and 'command'"
                              : "price comes from bands, a file or a command, not from several");
    return false;
}

static void check_zone(struct reader *reader, const struct raw_price *raw,
                       struct config_price *price)
{
    if (raw->timezone != NULL) {
        struct zone *zone = local_zone(reader, raw->timezone);
        price->timezone = raw->timezone->text;
        zone_close(zone);
    } else if (raw->bands != NULL) {
        reader_error(reader, raw->bands->key_place, "add timezone: Europe/Paris",
                     "bands are local times and need a 'timezone'");
    }
}

/* Clouds publish dollars an hour; whatever else a command prints has to be named. */
static void check_unit(struct reader *reader, const struct node *node, const struct raw_price *raw,
                       struct config_price *price)
{
    if (raw->unit != NULL) {
        local_unit(reader, raw->unit, &price->prices.unit);
    } else if (raw->command.count > 0) {
        (void)reader_currency(reader, node, "USD");
    } else {
        reader_error(reader, node->place, "add unit: USD/h", "price needs 'unit'");
    }
}

static void fill(struct reader *reader, const struct raw_price *raw, const char *folder,
                 struct config_price *price)
{
    const bool bands = raw->bands != NULL || raw->fallback.given;

    price->source = bands               ? CONFIG_PRICE_BANDS
                    : raw->file != NULL ? CONFIG_PRICE_FILE
                                        : CONFIG_PRICE_COMMAND;
    price->prices.given = true;
    price->prices.fallback = raw->fallback;
    if (raw->file != NULL) {
        price->prices.file = part_path(reader, raw->file, folder);
    }
    if (raw->bands != NULL) {
        local_bands(reader, raw->bands, &price->prices);
    }
    price->command = raw->command;
    price->pick = raw->pick;
    price->hold_ms = raw->hold_ms;
    price->every_ms = raw->every_ms > 0   ? raw->every_ms
                      : raw->file != NULL ? FILE_EVERY_MS
                                          : EVERY_MS;
}

void part_price(struct reader *reader, const struct node *node, const char *folder,
                struct config_price *price)
{
    static const struct field fields[] = {
        {FIELD("unit", field_node, struct raw_price, unit)},
        {FIELD("timezone", field_node, struct raw_price, timezone)},
        {FIELD("default", field_price, struct raw_price, fallback), .min = -LOCAL_PRICE_MAX,
         .max = LOCAL_PRICE_MAX},
        {FIELD("bands", field_node, struct raw_price, bands)},
        {FIELD("file", field_text, struct raw_price, file)},
        {FIELD("command", field_texts, struct raw_price, command), .max = CONFIG_WORDS_MAX},
        {FIELD("every", field_duration, struct raw_price, every_ms), .min = SECOND_MS,
         .max = DAY_MS},
        {FIELD("hold", field_duration, struct raw_price, hold_ms), .min = 0, .max = 7.0 * DAY_MS},
        {FIELD("pick", field_text, struct raw_price, pick)},
    };
    struct raw_price raw = {.hold_ms = HOLD_MS};

    if (node->kind == NODE_SCALAR) {
        constant_price(reader, node, price);
        return;
    }
    if (reader_fields(reader, node, "price", fields, COUNT(fields), &raw)) {
        check_unit(reader, node, &raw, price);
        check_zone(reader, &raw, price);
        if (check_source(reader, node, &raw)) {
            fill(reader, &raw, folder, price);
        }
    }
}
