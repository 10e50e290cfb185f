/*
 * Knows how the messages of local time are given a place in the file.
 */
#include "spec/local.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)

void local_error(struct reader *reader, const struct node *node, const struct error *error,
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
struct zone *local_zone(struct reader *reader, const struct node *node)
{
    struct zone *zone = NULL;
    struct error error;
    const char *hint = NULL;

    if (!reader_expect(reader, node, NODE_SCALAR, "timezone")) {
        return NULL;
    }
    if (zone_open(&zone, node->text, &error) == TIDE_OK) {
        return zone;
    }
    hint = strstr(error.text, "': ");
    reader_error(reader, node->place, hint == NULL ? "" : hint + strlen("': "),
                 "unknown time zone '%s'", shown(node->text, node->text_bytes).text);
    return NULL;
}

bool local_window(struct reader *reader, const struct node *node, struct window *window)
{
    struct error error;

    if (!reader_expect(reader, node, NODE_SCALAR, "a window")) {
        return false;
    }
    if (window_parse(node->text, window, &error) != TIDE_OK) {
        local_error(reader, node, &error, "try \"Mon-Fri 22:00-06:00\"");
        return false;
    }
    return true;
}

void local_unit(struct reader *reader, const struct node *node, enum spec_price_unit *unit)
{
    char currency[SPEC_CURRENCY_BYTES];

    if (!reader_expect(reader, node, NODE_SCALAR, "unit")) {
        return;
    }
    if (reader_unit(node->text, currency, unit)) {
        (void)reader_currency(reader, node, currency);
    } else {
        reader_error(reader, node->place, "try EUR/kWh or USD/h", "unknown unit of prices '%s'",
                     shown(node->text, node->text_bytes).text);
    }
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
        {FIELD("price", field_price, struct raw, price), .min = -LOCAL_PRICE_MAX,
         .max = LOCAL_PRICE_MAX},
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
    return local_window(reader, raw.when, &band->when);
}

void local_bands(struct reader *reader, const struct node *node, struct spec_prices *prices)
{
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
