/*
 * One value each, of the type its key says. Only a plain scalar can be a number or a bool.
 */
#include "spec/reader.h"

#include "base/number.h"
#include "base/text.h"
#include "spec/pattern.h"
#include "spec/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

_Static_assert(sizeof(enum spec_algorithm) == sizeof(unsigned), "field_choice stores an unsigned");

static bool is_plain(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->plain;
}

static void bad_number(struct reader *reader, const struct field *field, const struct node *node,
                       const char *kind)
{
    char hint[SPEC_HINT_BYTES];

    reader_number_hint(node, hint, sizeof hint);
    reader_error(reader, node->place, hint, "%s must be %s, got '%s'", field->name, kind,
                 shown(node->text, node->text_bytes).text);
}

/* Out of bounds, with the bound that is hurt. */
static bool within(struct reader *reader, const struct field *field, const struct node *node,
                   double value)
{
    char bound[NUMBER_TEXT_BYTES];
    const bool below = value < field->min;

    if (!below && value <= field->max) {
        return true;
    }
    (void)number_print_real(bound, below ? field->min : field->max);
    reader_error(reader, node->place, "", "%s must be at %s %s, got %s", field->name,
                 below ? "least" : "most", bound, shown_text(node->text).text);
    return false;
}

void field_real(struct reader *reader, const struct field *field, const struct node *node,
                void *target)
{
    double value = 0;

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (!is_plain(node) || !number_parse_real(node->text, &value)) {
        bad_number(reader, field, node, "a number");
    } else if (within(reader, field, node, value)) {
        *(double *)target = value;
    }
}

void field_integer(struct reader *reader, const struct field *field, const struct node *node,
                   void *target)
{
    int64_t value = 0;

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (!is_plain(node) || !number_parse_integer(node->text, &value)) {
        bad_number(reader, field, node, "a whole number");
    } else if (within(reader, field, node, (double)value)) {
        *(int64_t *)target = value;
    }
}

void field_bool(struct reader *reader, const struct field *field, const struct node *node,
                void *target)
{
    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (!is_plain(node) || (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0)) {
        reader_error(reader, node->place, reader_bool_hint(node->text),
                     "%s must be true or false, got '%s'", field->name,
                     shown(node->text, node->text_bytes).text);
        return;
    }
    *(bool *)target = node->text[0] == 't';
}

struct unit {
    const char *name;
    double factor;
};

/* Splits "25s" and "150 EUR" into a number and what follows it. */
static bool split_number(const char *text, double *value, const char **unit)
{
    char number[NUMBER_TEXT_BYTES];
    const size_t digits = strspn(text, "0123456789.");
    const char *rest = text + digits;

    if (digits == 0 || digits >= sizeof number) {
        return false;
    }
    memcpy(number, text, digits);
    number[digits] = '\0';
    *unit = rest + (*rest == ' ');
    return number_parse_real(number, value);
}

/* A number with one of the units, in base units. */
static void read_measure(struct reader *reader, const struct field *field, const struct node *node,
                         const struct unit *units, size_t count, const char *example,
                         int64_t *target)
{
    const char *unit = "";
    double value = 0;

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (split_number(node->text, &value, &unit)) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(unit, units[i].name) == 0) {
                value *= units[i].factor;
                if (within(reader, field, node, value)) {
                    *target = llround(value);
                }
                return;
            }
        }
    }
    reader_error(reader, node->place, example, "%s must be a number with a unit, got '%s'",
                 field->name, shown(node->text, node->text_bytes).text);
}

void field_duration(struct reader *reader, const struct field *field, const struct node *node,
                    void *target)
{
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},    {"m", 60000},
                                        {"min", 60000}, {"h", 3600000}, {"d", 86400000}};

    read_measure(reader, field, node, units, COUNT(units), "try 25s, 20m, 6h or 2d", target);
}

void field_bytes(struct reader *reader, const struct field *field, const struct node *node,
                 void *target)
{
    static const struct unit units[] = {{"B", 1},
                                        {"kB", 1e3},
                                        {"KB", 1e3},
                                        {"MB", 1e6},
                                        {"GB", 1e9},
                                        {"TB", 1e12},
                                        {"KiB", 1024.0},
                                        {"MiB", 1048576.0},
                                        {"GiB", 1073741824.0},
                                        {"TiB", 1099511627776.0}};

    read_measure(reader, field, node, units, COUNT(units), "try 500MB or 32GiB", target);
}

void field_power(struct reader *reader, const struct field *field, const struct node *node,
                 void *target)
{
    static const struct unit units[] = {{"W", 1}, {"kW", 1000}};

    read_measure(reader, field, node, units, COUNT(units), "try 350W or 1.2kW", target);
}

static bool is_currency(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 && text[3] == '\0';
}

bool reader_currency(struct reader *reader, const struct node *node, const char *currency)
{
    char *ours = reader->currency;

    if (ours[0] != '\0' && strcmp(ours, currency) != 0) {
        reader_error(reader, node->place, "", "money in %s and in %s: one currency %s", ours,
                     currency, reader->currency_per);
        return false;
    }
    text_copy(ours, SPEC_CURRENCY_BYTES, currency);
    return true;
}

void field_money(struct reader *reader, const struct field *field, const struct node *node,
                 void *target)
{
    const char *currency = "";
    double value = 0;

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (!split_number(node->text, &value, &currency) || !is_currency(currency)) {
        reader_error(reader, node->place, "try 150 EUR",
                     "%s must be an amount with a currency, got '%s'", field->name,
                     shown(node->text, node->text_bytes).text);
    } else if (within(reader, field, node, value) && reader_currency(reader, node, currency)) {
        *(int64_t *)target = llround(value * 1e6);
    }
}

bool reader_unit(const char *text, char *currency, enum spec_price_unit *unit)
{
    const char *per = strchr(text, '/');

    if (per == NULL || per - text != 3 || (strcmp(per, "/kWh") != 0 && strcmp(per, "/h") != 0)) {
        return false;
    }
    memcpy(currency, text, 3);
    currency[3] = '\0';
    *unit = per[1] == 'h' ? SPEC_PER_HOUR : SPEC_PER_KWH;
    return is_currency(currency);
}

void field_rate(struct reader *reader, const struct field *field, const struct node *node,
                void *target)
{
    struct spec_rate rate = {0};
    char currency[SPEC_CURRENCY_BYTES];
    const char *unit = "";
    double value = 0;

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (!split_number(node->text, &value, &unit) || !reader_unit(unit, currency, &rate.unit)) {
        reader_error(reader, node->place, "try 3.06 USD/h or 0.27 EUR/kWh",
                     "%s must be an amount with its unit, got '%s'", field->name,
                     shown(node->text, node->text_bytes).text);
    } else if (within(reader, field, node, value) && reader_currency(reader, node, currency)) {
        rate.micro = llround(value * 1e6);
        *(struct spec_rate *)target = rate;
    }
}

void field_price(struct reader *reader, const struct field *field, const struct node *node,
                 void *target)
{
    double value = NAN;

    field_real(reader, field, node, &value);
    if (!isnan(value)) {
        *(struct spec_amount *)target = (struct spec_amount){true, llround(value * 1e6)};
    }
}

void field_text(struct reader *reader, const struct field *field, const struct node *node,
                void *target)
{
    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (node->text_bytes == 0) {
        reader_error(reader, node->place, "", "%s is empty", field->name);
        return;
    }
    *(const char **)target = node->text;
}

bool reader_is_name(const char *text)
{
    const size_t length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    return length > 0 && length < SPEC_NAME_BYTES && text[length] == '\0';
}

bool reader_name(struct reader *reader, const struct node *node, const char *what)
{
    if (!reader_expect(reader, node, NODE_SCALAR, what)) {
        return false;
    }
    if (node->text_bytes >= SPEC_NAME_BYTES) {
        reader_error(reader, node->place, "", "%s is %zu characters long; at most %d", what,
                     node->text_bytes, SPEC_NAME_BYTES - 1);
        return false;
    }
    if (!reader_is_name(node->text)) {
        reader_error(reader, node->place, "",
                     "%s must be letters, digits, '.', '_' and '-', got '%s'", what,
                     shown(node->text, node->text_bytes).text);
        return false;
    }
    return true;
}

void field_name(struct reader *reader, const struct field *field, const struct node *node,
                void *target)
{
    if (reader_name(reader, node, field->name)) {
        *(const char **)target = node->text;
    }
}

void field_pattern(struct reader *reader, const struct field *field, const struct node *node,
                   void *target)
{
    char fault[SPEC_MESSAGE_BYTES];

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    if (!pattern_check(node->text, (size_t)field->min, fault, sizeof fault)) {
        reader_error(reader, node->place, "", "%s", fault);
        return;
    }
    *(const char **)target = node->text;
}

void field_choice(struct reader *reader, const struct field *field, const struct node *node,
                  void *target)
{
    char hint[SPEC_HINT_BYTES];
    size_t count = 0;

    if (!reader_expect(reader, node, NODE_SCALAR, field->name)) {
        return;
    }
    for (; field->words[count] != NULL; count++) {
        if (strcmp(field->words[count], node->text) == 0) {
            *(unsigned *)target = (unsigned)count;
            return;
        }
    }
    reader_nearest(hint, sizeof hint, node->text, field->words, count);
    if (hint[0] == '\0') {
        size_t used = (size_t)snprintf(hint, sizeof hint, "one of");
        for (size_t i = 0; i < count && used < sizeof hint; i++) {
            used += (size_t)snprintf(hint + used, sizeof hint - used, "%s %s", i == 0 ? "" : ",",
                                     field->words[i]);
        }
    }
    reader_error(reader, node->place, hint, "unknown %s '%s'", field->name,
                 shown(node->text, node->text_bytes).text);
}

bool reader_is_metric(const char *text)
{
    const size_t bytes = strlen(text);

    return bytes > 0 && bytes < SPEC_NAME_BYTES && utf8_all_printable(text, bytes);
}

bool reader_metric(struct reader *reader, const struct node *node, const char *what)
{
    if (!reader_expect(reader, node, NODE_SCALAR, what)) {
        return false;
    }
    if (!reader_is_metric(node->text)) {
        reader_error(reader, node->place, "", "%s must be 1 to %d printable characters, got '%s'",
                     what, SPEC_NAME_BYTES - 1, shown(node->text, node->text_bytes).text);
        return false;
    }
    return true;
}

void field_metric(struct reader *reader, const struct field *field, const struct node *node,
                  void *target)
{
    if (reader_metric(reader, node, field->name)) {
        *(const char **)target = node->text;
    }
}

static void read_texts(struct reader *reader, const struct field *field, const struct node *node,
                       bool names, struct spec_texts *texts)
{
    size_t count = 0;
    const size_t max = field->max > 0 ? (size_t)field->max : SPEC_LIST_MAX;
    const struct node *item = reader_list(reader, node, max, &count);
    const char **items = reader_take(reader, count, sizeof *items);

    if (items == NULL) {
        return;
    }
    *texts = (struct spec_texts){items, 0};
    for (size_t i = 0; i < count; i++, item = item->next) {
        if (names) {
            field_name(reader, field, item, &items[texts->count]);
        } else {
            field_text(reader, field, item, &items[texts->count]);
        }
        texts->count += items[texts->count] != NULL;
    }
}

void field_texts(struct reader *reader, const struct field *field, const struct node *node,
                 void *target)
{
    read_texts(reader, field, node, false, target);
}

void field_names(struct reader *reader, const struct field *field, const struct node *node,
                 void *target)
{
    read_texts(reader, field, node, true, target);
}
