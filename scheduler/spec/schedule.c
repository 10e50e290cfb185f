/*
 * `schedule:`: when work may run, what it costs by the hour, and by when it must be done.
 */
#include "spec/sections.h"

#include "spec/civil_text.h"
#include "spec/zone.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)
#define PRICE_MAX 1e6

/* The keys as written; NULL where one is absent. */
struct raw_schedule {
    const struct node *timezone;
    const struct node *windows;
    const struct node *closed;
    unsigned at_close;
    const struct node *prices;
    const struct node *max_price;
    const struct node *deadline;
    unsigned if_late;
};

static void read_timezone(struct reader *reader, const struct node *node)
{
    char nearest[64];
    char hint[SPEC_HINT_BYTES] = "an IANA name such as Europe/Paris";

    if (!reader_expect(reader, node, NODE_SCALAR, "timezone")) {
        return;
    }
    if (zone_exists(node->text)) {
        reader->spec->schedule.timezone = node->text;
        return;
    }
    zone_nearest(node->text, nearest, sizeof nearest);
    if (nearest[0] != '\0') {
        (void)snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    }
    reader_error(reader, node->place, hint, "unknown time zone '%s'",
                 shown(node->text, node->text_bytes).text);
}

static bool read_window(struct reader *reader, const struct node *node, struct spec_window *window)
{
    const char *fault = "";

    if (!reader_expect(reader, node, NODE_SCALAR, "a window")) {
        return false;
    }
    if (!civil_window(node->text, window, &fault)) {
        reader_error(reader, node->place, "try \"Mon-Fri 22:00-06:00\"", "not a window: %s", fault);
        return false;
    }
    return true;
}

static void read_windows(struct reader *reader, const struct node *node)
{
    struct spec_schedule *schedule = &reader->spec->schedule;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct spec_window *windows = reader_take(reader, count, sizeof *windows);

    schedule->windows = windows;
    for (size_t i = 0; i < count && windows != NULL; i++, item = item->next) {
        schedule->window_count += read_window(reader, item, &windows[schedule->window_count]);
    }
    if (node->kind == NODE_SEQUENCE && node->count == 0) {
        reader_error(reader, node->place, "", "no window: nothing would ever run");
    }
}

static void read_closed(struct reader *reader, const struct node *node)
{
    struct spec_schedule *schedule = &reader->spec->schedule;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct spec_dates *closed = reader_take(reader, count, sizeof *closed);
    const char *fault = "";

    schedule->closed = closed;
    for (size_t i = 0; i < count && closed != NULL; i++, item = item->next) {
        if (!reader_expect(reader, item, NODE_SCALAR, "except")) {
            continue;
        }
        if (civil_dates(item->text, &closed[schedule->closed_count], &fault)) {
            schedule->closed_count++;
        } else {
            reader_error(reader, item->place, "", "%s", fault);
        }
    }
}

/* "EUR/kWh" or "EUR/h". */
static void read_unit(struct reader *reader, const struct node *node)
{
    char currency[SPEC_CURRENCY_BYTES] = "";
    const char *per = strchr(node->text, '/');

    if (!reader_expect(reader, node, NODE_SCALAR, "unit")) {
        return;
    }
    if (per == NULL || per - node->text != 3 ||
        strspn(node->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 ||
        (strcmp(per, "/kWh") != 0 && strcmp(per, "/h") != 0)) {
        reader_error(reader, node->place, "try EUR/kWh or USD/h", "unknown unit of prices '%s'",
                     shown(node->text, node->text_bytes).text);
        return;
    }
    memcpy(currency, node->text, 3);
    reader->spec->schedule.prices.unit = per[1] == 'h' ? SPEC_PER_HOUR : SPEC_PER_KWH;
    (void)reader_currency(reader, node, currency);
}

static bool read_band(struct reader *reader, const struct node *node, struct spec_band *band)
{
    struct raw {
        const struct node *when;
        struct spec_amount price;
        const char *label;
    } raw = {NULL, {false, 0}, ""};
    static const struct field fields[] = {
        {FIELD("when", field_node, struct raw, when)},
        {FIELD("price", field_price, struct raw, price), .min = -PRICE_MAX, .max = PRICE_MAX},
        {FIELD("label", field_text, struct raw, label)},
    };

    if (!reader_fields(reader, node, "a band", fields, COUNT(fields), &raw)) {
        return false;
    }
    if (raw.when == NULL || node_find(node, "price") == NULL) {
        reader_error(reader, node->place, "", "a band needs '%s'",
                     raw.when == NULL ? "when" : "price");
        return false;
    }
    band->price_micro = raw.price.micro;
    band->label = raw.label;
    return read_window(reader, raw.when, &band->window);
}

static void read_bands(struct reader *reader, const struct node *node)
{
    struct spec_prices *prices = &reader->spec->schedule.prices;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct spec_band *bands = reader_take(reader, count, sizeof *bands);

    prices->bands = bands;
    for (size_t i = 0; i < count && bands != NULL; i++, item = item->next) {
        prices->band_count += read_band(reader, item, &bands[prices->band_count]);
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
        {FIELD("default", field_price, struct raw, fallback), .min = -PRICE_MAX, .max = PRICE_MAX},
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
        read_unit(reader, raw.unit);
    }
    if (raw.bands != NULL) {
        read_bands(reader, raw.bands);
    }
    if (node_find(node, "default") == NULL && raw.bands == NULL && raw.file == NULL) {
        reader_error(reader, node->key_place, "", "prices needs 'default', 'bands' or 'file'");
    }
    if (raw.file != NULL && (raw.bands != NULL || raw.fallback.given)) {
        reader_error(reader, node_find(node, "file")->key_place, "",
                     "prices come from a file or from default and bands, not from both");
    }
}

static void read_deadline(struct reader *reader, const struct node *node)
{
    const char *fault = "";

    if (reader_expect(reader, node, NODE_SCALAR, "deadline") &&
        !civil_deadline(node->text, &reader->spec->schedule.deadline, &fault)) {
        reader_error(reader, node->place, "try 2026-12-01T08:00", "%s", fault);
    }
}

/* Local times mean nothing without a zone, and the machine's own would differ between machines. */
static void check_timezone(struct reader *reader, const struct raw_schedule *raw,
                           const struct node *node)
{
    const bool local = raw->windows != NULL || raw->closed != NULL || raw->deadline != NULL ||
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

void section_schedule(struct reader *reader, const struct node *node)
{
    static const char *const closes[] = {"pause", "finish", NULL};
    static const char *const lates[] = {"warn", "ignore-windows", "on-demand", NULL};
    static const struct field fields[] = {
        {FIELD("timezone", field_node, struct raw_schedule, timezone)},
        {FIELD("windows", field_node, struct raw_schedule, windows)},
        {FIELD("except", field_node, struct raw_schedule, closed)},
        {FIELD("at_close", field_choice, struct raw_schedule, at_close), .words = closes},
        {FIELD("prices", field_node, struct raw_schedule, prices)},
        {FIELD("max_price", field_node, struct raw_schedule, max_price)},
        {FIELD("deadline", field_node, struct raw_schedule, deadline)},
        {FIELD("if_late", field_choice, struct raw_schedule, if_late), .words = lates},
    };
    static const struct field price = {.name = "max_price", .min = -PRICE_MAX, .max = PRICE_MAX};
    struct spec_schedule *schedule = &reader->spec->schedule;
    struct raw_schedule raw = {0};

    if (!reader_fields(reader, node, "schedule", fields, COUNT(fields), &raw)) {
        return;
    }
    schedule->at_close = (enum spec_at_close)raw.at_close;
    schedule->if_late = (enum spec_if_late)raw.if_late;
    const struct {
        const struct node *node;
        void (*read)(struct reader *, const struct node *);
    } parts[] = {{raw.timezone, read_timezone},
                 {raw.windows, read_windows},
                 {raw.closed, read_closed},
                 {raw.prices, read_prices},
                 {raw.deadline, read_deadline}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (parts[i].node != NULL) {
            parts[i].read(reader, parts[i].node);
        }
    }
    if (raw.max_price != NULL) {
        field_price(reader, &price, raw.max_price, &schedule->max_price);
    }
    check_timezone(reader, &raw, node);
}
