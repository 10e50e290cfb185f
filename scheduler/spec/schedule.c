/*
 * `schedule:`: when work may run, what it costs by the hour, and by when it must be done.
 */
#include "spec/sections.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)
#define PRICE_MAX 1e6

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

/* What the room of local time says is wrong, at the place it names. */
static void civil_error(struct reader *reader, const struct node *node, const struct error *error,
                        const char *hint)
{
    struct spec_place place = node->place;

    if (node->lead >= 0 && error->column > 0) {
        place.column += node->lead + error->column - 1;
        place.length = 1;
    }
    reader_error(reader, place, hint, "%s", error->text);
}

/* The message is ours; what comes after the name in theirs is the suggestion. */
static struct zone *read_timezone(struct reader *reader, const struct node *node)
{
    struct zone *zone = NULL;
    struct error error;
    const char *hint = NULL;

    if (!reader_expect(reader, node, NODE_SCALAR, "timezone")) {
        return NULL;
    }
    if (zone_open(&zone, node->text, &error) == TIDE_OK) {
        reader->spec->schedule.timezone = node->text;
        return zone;
    }
    hint = strstr(error.text, "': ");
    reader_error(reader, node->place, hint == NULL ? "" : hint + strlen("': "),
                 "unknown time zone '%s'", shown(node->text, node->text_bytes).text);
    return NULL;
}

static bool read_window(struct reader *reader, const struct node *node, struct window *window)
{
    struct error error;

    if (!reader_expect(reader, node, NODE_SCALAR, "a window")) {
        return false;
    }
    if (window_parse(node->text, window, &error) != TIDE_OK) {
        civil_error(reader, node, &error, "try \"Mon-Fri 22:00-06:00\"");
        return false;
    }
    return true;
}

static void read_windows(struct reader *reader, const struct node *node)
{
    struct spec_schedule *schedule = &reader->spec->schedule;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct window *windows = reader_take(reader, count, sizeof *windows);

    schedule->windows = windows;
    for (size_t i = 0; i < count && windows != NULL; i++, item = item->next) {
        schedule->window_count += read_window(reader, item, &windows[schedule->window_count]);
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
            civil_error(reader, item, &error, "try 2026-12-24 or \"2026-12-24..2026-12-26\"");
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

static bool read_band(struct reader *reader, const struct node *node, struct band *band,
                      const char **label)
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
    *label = raw.label;
    return read_window(reader, raw.when, &band->when);
}

static void read_bands(struct reader *reader, const struct node *node)
{
    struct spec_prices *prices = &reader->spec->schedule.prices;
    size_t count = 0;
    const struct node *item = reader_list(reader, node, SPEC_LIST_MAX, &count);
    struct band *bands = reader_take(reader, count, sizeof *bands);
    const char **labels = reader_take(reader, count, sizeof *labels);

    prices->bands = bands;
    prices->labels = labels;
    for (size_t i = 0; i < count && bands != NULL && labels != NULL; i++, item = item->next) {
        prices->band_count +=
            read_band(reader, item, &bands[prices->band_count], &labels[prices->band_count]);
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
        civil_error(reader, node, &error, "try 2026-12-01T08:00");
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
    struct zone *zone = raw->timezone == NULL ? NULL : read_timezone(reader, raw->timezone);

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
    static const struct field price = {.name = "max_price", .min = -PRICE_MAX, .max = PRICE_MAX};
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
