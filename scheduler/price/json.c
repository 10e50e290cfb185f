/*
 * Knows the three JSON forms. A document whose rows name several machines is refused unless `pick`
 * leaves one: an average of strangers is nobody's price.
 */
#include "price/list.h"

#include "base/number.h"
#include "base/text.h"
#include "civil/window.h"

#include <jansson.h>
#include <string.h>

enum { SERIES_BYTES = 128, PENCE = 100 };

/* The series taken so far: "" before the first row. */
struct series {
    const char *pick;
    char name[SERIES_BYTES];
};

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text ? text : "";
}

/* Whether every word of `pick` is one of the row's names. */
static bool is_picked(const char *pick, const char *place, const char *machine)
{
    char words[SERIES_BYTES];
    char *rest = words;
    bool picked = true;

    if (!pick) {
        return true;
    }
    (void)text_copy(words, sizeof words, pick);
    while (picked && *rest != '\0') {
        char *end = rest + strcspn(rest, " ");
        const bool last = *end == '\0';
        *end = '\0';
        picked = *rest == '\0' || text_equal(rest, place) || text_equal(rest, machine);
        rest = last ? end : end + 1;
    }
    return picked;
}

/* TIDE_STALE: the row is of another series and is passed over. */
static enum tide_status series_take(struct series *series, const char *place, const char *machine,
                                    struct error *error)
{
    char name[SERIES_BYTES];

    if (!is_picked(series->pick, place, machine)) {
        return TIDE_STALE;
    }
    (void)snprintf(name, sizeof name, "%.60s %.60s", place, machine);
    if (series->name[0] != '\0' && !text_equal(series->name, name)) {
        return error_set(error, TIDE_INVALID, "prices of several machines (%s, %s): name one",
                         series->name, name);
    }
    (void)text_copy(series->name, sizeof series->name, name);
    return TIDE_OK;
}

static enum tide_status row_instant(const json_t *row, const char *key, int64_t *at_ms,
                                    size_t index, struct error *error)
{
    const char *text = text_of(row, key);

    if (instant_parse(text, NULL, at_ms, error) != TIDE_OK) {
        return error_set(error, TIDE_INVALID, "row %zu: '%.40s' is no %s", index + 1, text, key);
    }
    return TIDE_OK;
}

static enum tide_status row_price(const json_t *row, const char *key, double *price, size_t index,
                                  struct error *error)
{
    const json_t *value = json_object_get(row, key);

    if (json_is_string(value) ? !number_parse_real(json_string_value(value), price)
                              : !json_is_number(value)) {
        return error_set(error, TIDE_INVALID, "row %zu: %s is no price", index + 1, key);
    }
    *price = json_is_string(value) ? *price : json_number_value(value);
    return TIDE_OK;
}

/* Change events, the newest first. */
static enum tide_status aws_row(struct price_list *list, const json_t *row, size_t index,
                                struct series *series, struct error *error)
{
    int64_t start_ms = 0;
    double price = 0;
    enum tide_status status =
        series_take(series, text_of(row, "AvailabilityZone"), text_of(row, "InstanceType"), error);

    if (status == TIDE_OK) {
        status = row_instant(row, "Timestamp", &start_ms, index, error);
    }
    if (status == TIDE_OK) {
        status = row_price(row, "SpotPrice", &price, index, error);
    }
    return status == TIDE_OK ? list_add(list, start_ms, price, error) : status;
}

/* Half hours in pence, the newest first; a row without an end is the tariff's last. */
static enum tide_status octopus_row(struct price_list *list, const json_t *row, size_t index,
                                    struct error *error)
{
    int64_t start_ms = 0;
    int64_t end_ms = INT64_MAX;
    double pence = 0;
    enum tide_status status = row_instant(row, "valid_from", &start_ms, index, error);

    if (status == TIDE_OK && json_is_string(json_object_get(row, "valid_to"))) {
        status = row_instant(row, "valid_to", &end_ms, index, error);
    }
    if (status == TIDE_OK) {
        status = row_price(row, "value_inc_vat", &pence, index, error);
    }
    list->end_ms = end_ms > list->end_ms ? end_ms : list->end_ms;
    return status == TIDE_OK ? list_add(list, start_ms, pence / PENCE, error) : status;
}

/* What holds now; only spot rows priced by the hour. */
static enum tide_status azure_row(struct price_list *list, const json_t *row, size_t index,
                                  struct series *series, int64_t read_ms, struct error *error)
{
    double price = 0;
    enum tide_status status = TIDE_OK;

    if (!strstr(text_of(row, "skuName"), "Spot")) {
        return TIDE_STALE;
    }
    status = series_take(series, text_of(row, "armRegionName"), text_of(row, "armSkuName"), error);
    if (status == TIDE_OK && !text_equal(text_of(row, "unitOfMeasure"), "1 Hour")) {
        status = error_set(error, TIDE_INVALID, "row %zu: unitOfMeasure is '%.40s', not '1 Hour'",
                           index + 1, text_of(row, "unitOfMeasure"));
    }
    if (status == TIDE_OK) {
        status = row_price(row, "retailPrice", &price, index, error);
    }
    return status == TIDE_OK ? list_add(list, read_ms, price, error) : status;
}

static enum tide_status add_rows(struct price_list *list, const json_t *root, const char *pick,
                                 int64_t read_ms, struct error *error)
{
    const json_t *aws = json_object_get(root, "SpotPriceHistory");
    const json_t *octopus = json_object_get(root, "results");
    const json_t *azure = json_object_get(root, "Items");
    const json_t *rows = aws ? aws : octopus ? octopus : azure;
    struct series series = {.pick = pick};

    list->end_ms = octopus ? 0 : INT64_MAX;
    if (!json_is_array(rows)) {
        return error_set(error, TIDE_INVALID,
                         "neither SpotPriceHistory nor results nor Items is a list in it");
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const enum tide_status status = aws ? aws_row(list, row, i, &series, error)
                                        : octopus
                                            ? octopus_row(list, row, i, error)
                                            : azure_row(list, row, i, &series, read_ms, error);
        if (status != TIDE_OK && status != TIDE_STALE) {
            return status;
        }
    }
    if (list->count == 0) {
        return error_set(error, TIDE_INVALID, "no price of %s in it", pick ? pick : "any machine");
    }
    return list_sort(list, error);
}

enum tide_status json_prices(struct price_list *list, const char *text, const char *pick,
                             int64_t read_ms, struct error *error)
{
    json_error_t fault;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
    enum tide_status status = TIDE_OK;

    if (!root) {
        (void)error_set(error, TIDE_INVALID, "not JSON: %.160s", fault.text);
        error_at(error, "", fault.line, fault.column);
        return TIDE_INVALID;
    }
    status = add_rows(list, root, pick, read_ms, error);
    json_decref(root);
    return status;
}
