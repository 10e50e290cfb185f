/*
 * `schedule:`: when work may run, what it costs by the hour, and by when it must be done.
 */
#include "spec/local.h"
#include "spec/sections.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)

/* The keys as written; NULL where one is absent. */
struct raw_schedule {
    const struct node *timezone;
    const struct node *windows;
    const struct node *except;
    unsigned at_close;
    const struct node *prices;
    const struct node *max_price;
    const struct node *deadline;
    unsigned if_late;
};

static void read_windows(struct reader *reader, const struct node *node)
{
    struct spec_schedule *schedule = &reader->spec->schedule;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct window *windows = reader_take(reader, count, sizeof *windows);

    schedule->windows = windows;
    for (size_t i = 0; i < count && windows != NULL; i++, item = item->next) {
        schedule->window_count += local_window(reader, item, &windows[schedule->window_count]);
    }
    if (node->kind == NODE_SEQUENCE && node->count == 0) {
        reader_error(reader, node->place, "", "no window: nothing would ever run");
    }
}

static void read_except(struct reader *reader, const struct node *node)
{
    struct spec_schedule *schedule = &reader->spec->schedule;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct date_range *except = reader_take(reader, count, sizeof *except);
    struct error error;

    schedule->except = except;
    for (size_t i = 0; i < count && except != NULL; i++, item = item->next) {
        if (!reader_expect(reader, item, NODE_SCALAR, "except")) {
            continue;
        }
        if (date_range_parse(item->text, &except[schedule->except_count], &error) == TIDE_OK) {
            schedule->except_count++;
        } else {
            local_error(reader, item, &error, "try 2026-12-24 or \"2026-12-24..2026-12-26\"");
        }
    }
}

static void read_prices(struct reader *reader, const struct node *node)
{
    struct raw {
        const struct node *unit;
        struct spec_amount fallback;
        const struct node *bands;
        const char *file;
    } raw = {0};
    static const struct field fields[] = {
        {FIELD("unit", field_node, struct raw, unit)},
        {FIELD("default", field_price, struct raw, fallback), .min = -LOCAL_PRICE_MAX,
         .max = LOCAL_PRICE_MAX},
        {FIELD("bands", field_node, struct raw, bands)},
        {FIELD("file", field_text, struct raw, file)},
    };
    struct spec_prices *prices = &reader->spec->schedule.prices;

    if (!reader_fields(reader, node, "prices", fields, COUNT(fields), &raw)) {
        return;
    }
    prices->given = true;
    prices->fallback = raw.fallback;
    prices->file = raw.file;
    if (raw.unit == NULL) {
        reader_error(reader, node->key_place, "add unit: EUR/kWh", "prices needs 'unit'");
    } else {
        local_unit(reader, raw.unit, &prices->unit);
    }
    if (raw.bands != NULL) {
        local_bands(reader, raw.bands, prices);
    }
    if (node_find(node, "default") == NULL && raw.bands == NULL && raw.file == NULL) {
        reader_error(reader, node->key_place, "", "prices needs 'default', 'bands' or 'file'");
    }
    if (raw.file != NULL && (raw.bands != NULL || raw.fallback.given)) {
        reader_error(reader, node_find(node, "file")->key_place, "",
                     "prices come from a file or from default and bands, not from both");
    }
}

/* Without a zone a deadline is an instant only if it says its offset itself. */
static void read_deadline(struct reader *reader, const struct node *node, const struct zone *zone)
{
    struct spec_schedule *schedule = &reader->spec->schedule;
    struct error error;

    if (!reader_expect(reader, node, NODE_SCALAR, "deadline")) {
        return;
    }
    if (instant_parse(node->text, zone, &schedule->deadline_ms, &error) == TIDE_OK) {
        schedule->deadline = node->text;
    } else {
        local_error(reader, node, &error, "try 2026-12-01T08:00");
    }
}

/* Local times mean nothing without a zone, and the machine's own would differ between machines. */
static void check_timezone(struct reader *reader, const struct raw_schedule *raw,
                           const struct node *node)
{
    const bool local = raw->windows != NULL || raw->except != NULL ||
                       (raw->prices != NULL && node_find(raw->prices, "bands") != NULL);

    if (local && raw->timezone == NULL) {
        reader_error(reader, node->key_place, "add timezone: Europe/Paris",
                     "local times need a 'timezone'");
    }
    if (raw->max_price != NULL && raw->prices == NULL) {
        reader_error(reader, raw->max_price->key_place, "",
                     "max_price is in the unit of 'prices', and there are none");
    }
}

/* The deadline of a zone that is unknown is not judged: one mistake, one message. */
static void read_local(struct reader *reader, const struct raw_schedule *raw)
{
    struct zone *zone = raw->timezone == NULL ? NULL : local_zone(reader, raw->timezone);

    if (zone != NULL) {
        reader->spec->schedule.timezone = raw->timezone->text;
    }
    if (raw->windows != NULL) {
        read_windows(reader, raw->windows);
    }
    if (raw->except != NULL) {
        read_except(reader, raw->except);
    }
    if (raw->prices != NULL) {
        read_prices(reader, raw->prices);
    }
    if (raw->deadline != NULL && (raw->timezone == NULL || zone != NULL)) {
        read_deadline(reader, raw->deadline, zone);
    }
    zone_close(zone);
}

void section_schedule(struct reader *reader, const struct node *node)
{
    static const char *const closes[] = {"pause", "finish", NULL};
    static const char *const lates[] = {"warn", "ignore-windows", "on-demand", NULL};
    static const struct field fields[] = {
        {FIELD("timezone", field_node, struct raw_schedule, timezone)},
        {FIELD("windows", field_node, struct raw_schedule, windows)},
        {FIELD("except", field_node, struct raw_schedule, except)},
        {FIELD("at_close", field_choice, struct raw_schedule, at_close), .words = closes},
        {FIELD("prices", field_node, struct raw_schedule, prices)},
        {FIELD("max_price", field_node, struct raw_schedule, max_price)},
        {FIELD("deadline", field_node, struct raw_schedule, deadline)},
        {FIELD("if_late", field_choice, struct raw_schedule, if_late), .words = lates},
    };
    static const struct field price = {
        .name = "max_price", .min = -LOCAL_PRICE_MAX, .max = LOCAL_PRICE_MAX};
    struct spec_schedule *schedule = &reader->spec->schedule;
    struct raw_schedule raw = {0};

    if (!reader_fields(reader, node, "schedule", fields, COUNT(fields), &raw)) {
        return;
    }
    schedule->at_close = (enum spec_at_close)raw.at_close;
    schedule->if_late = (enum spec_if_late)raw.if_late;
    read_local(reader, &raw);
    if (raw.max_price != NULL) {
        field_price(reader, &price, raw.max_price, &schedule->max_price);
    }
    check_timezone(reader, &raw, node);
}
