/*
 * Knows the two CSV forms and when a price is too old.
 */
#include "price/list.h"

#include "base/assert.h"
#include "base/number.h"
#include "base/text.h"
#include "civil/window.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 256, FIRST_STEPS = 64, KWH_PER_MWH = 1000 };

static const double price_max = 1e6;
static const int64_t time_max_ms = INT64_C(253402300800000); /* the end of the year 9999 */

const char *price_state_text(enum price_state state)
{
    static const char *const texts[] = {
#define X(name, text) text,
        PRICE_STATE_LIST(X)
#undef X
    };

    return texts[state];
}

void price_list_fini(struct price_list *list)
{
    free(list->steps);
    memset(list, 0, sizeof *list);
}

enum tide_status list_add(struct price_list *list, int64_t start_ms, double price,
                          struct error *error)
{
    const bool full =
        list->count == 0 || (list->count >= FIRST_STEPS && (list->count & (list->count - 1)) == 0);

    if (!(fabs(price) <= price_max)) {
        return error_set(error, TIDE_INVALID, "a price of %g is no amount of money", price);
    }
    if (start_ms < 0 || start_ms >= time_max_ms) {
        return error_set(error, TIDE_INVALID, "a price holds from a time between 1970 and 9999");
    }
    if (list->count == PRICE_STEPS_MAX) {
        return error_set(error, TIDE_LIMIT, "more than %d prices", PRICE_STEPS_MAX);
    }
    if (full) {
        const size_t capacity = list->count == 0 ? FIRST_STEPS : list->count * 2;
        struct price_step *steps = realloc(list->steps, capacity * sizeof *steps);
        if (!steps) {
            return error_set(error, TIDE_NO_MEMORY, "no memory for %zu prices", capacity);
        }
        list->steps = steps;
    }
    list->steps[list->count++] = (struct price_step){start_ms, llround(price * 1e6)};
    return TIDE_OK;
}

static int compare_steps(const void *a, const void *b)
{
    const struct price_step *x = a;
    const struct price_step *y = b;

    return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

enum tide_status list_sort(struct price_list *list, struct error *error)
{
    size_t kept = 0;

    qsort(list->steps, list->count, sizeof *list->steps, compare_steps);
    for (size_t i = 0; i < list->count; i++) {
        const bool repeated = kept > 0 && list->steps[kept - 1].start_ms == list->steps[i].start_ms;
        if (repeated && list->steps[kept - 1].price_micro != list->steps[i].price_micro) {
            return error_set(error, TIDE_INVALID, "two prices for the same moment");
        }
        if (!repeated) {
            list->steps[kept++] = list->steps[i];
        }
    }
    list->count = kept;
    return TIDE_OK;
}

/* One line without its end; where the next one is. */
static const char *next_line(const char *text, char line[LINE_BYTES])
{
    const size_t length = strcspn(text, "\n");
    size_t kept = length < LINE_BYTES - 1 ? length : LINE_BYTES - 1;

    memcpy(line, text, kept);
    while (kept > 0 && (line[kept - 1] == '\r' || line[kept - 1] == ' ')) {
        kept--;
    }
    line[kept] = '\0';
    return text + length + (text[length] == '\n' ? 1 : 0);
}

/* "2026-12-01T08:00:00Z,0.27" */
static enum tide_status add_stamped(struct price_list *list, char *line, struct error *error)
{
    char *comma = strchr(line, ',');
    int64_t start_ms = 0;
    double price = 0;

    if (!comma) {
        return error_set(error, TIDE_INVALID, "a row is START,PRICE");
    }
    *comma = '\0';
    if (instant_parse(line, NULL, &start_ms, error) != TIDE_OK) {
        return TIDE_INVALID;
    }
    if (!number_parse_real(comma + 1, &price)) {
        return error_set(error, TIDE_INVALID, "'%.40s' is not a price", comma + 1);
    }
    return list_add(list, start_ms, price, error);
}

/* "1672531200,-480,114.95": the offset is not needed. */
static enum tide_status add_epoch(struct price_list *list, char *line, struct error *error)
{
    char *first = strchr(line, ',');
    char *second = first ? strchr(first + 1, ',') : NULL;
    int64_t start_s = 0;
    double price = 0;

    if (!second) {
        return error_set(error, TIDE_INVALID, "a row is EPOCH,OFFSET,PRICE");
    }
    *first = '\0';
    if (!number_parse_integer(line, &start_s) || start_s > INT64_MAX / 1000 ||
        start_s < INT64_MIN / 1000 || !number_parse_real(second + 1, &price)) {
        return error_set(error, TIDE_INVALID, "a row is EPOCH,OFFSET,PRICE");
    }
    return list_add(list, start_s * 1000, price / KWH_PER_MWH, error);
}

/* A market's last row lasts as long as the one before it. */
static void end_last_row(struct price_list *list)
{
    list->end_ms = INT64_MAX;
    if (list->count > 1) {
        const struct price_step *last = &list->steps[list->count - 1];
        const int64_t end_ms = last->start_ms + (last->start_ms - last[-1].start_ms);
        list->end_ms = end_ms < time_max_ms ? end_ms : time_max_ms - 1;
    }
}

static enum tide_status csv_prices(struct price_list *list, const char *text, struct error *error)
{
    char line[LINE_BYTES];
    int number = 0;
    bool epochs = false;
    enum tide_status status = TIDE_OK;

    while (*text != '\0' && status == TIDE_OK) {
        text = next_line(text, line);
        number++;
        if (number == 1 && text_equal(line, "utc_epoch,offset_min,usd_mwh")) {
            epochs = true;
        } else if (line[0] != '\0' && !(number == 1 && text_equal(line, "start,price"))) {
            status = epochs ? add_epoch(list, line, error) : add_stamped(list, line, error);
        }
        if (status == TIDE_OK && list->count > 1 &&
            list->steps[list->count - 1].start_ms <= list->steps[list->count - 2].start_ms) {
            status = error_set(error, TIDE_INVALID, "rows must ascend in time");
        }
    }
    if (status == TIDE_OK && list->count == 0) {
        status = error_set(error, TIDE_INVALID, "there is no price in it");
    }
    if (status != TIDE_OK) {
        error_at(error, "", number, error->column);
    }
    end_last_row(list);
    return status;
}

enum tide_status price_parse(struct price_list *list, const char *text, const char *pick,
                             int64_t read_ms, struct error *error)
{
    const char first = text[strspn(text, " \t\r\n")];
    enum tide_status status = TIDE_OK;

    memset(list, 0, sizeof *list);
    status = first == '{' || first == '[' ? json_prices(list, text, pick, read_ms, error)
                                          : csv_prices(list, text, error);
    if (status != TIDE_OK) {
        price_list_fini(list);
    }
    return status;
}

enum price_state price_at(const struct price_list *list, int64_t at_ms, int64_t read_ms,
                          int64_t hold_ms, int64_t *price_micro)
{
    size_t low = 0;
    size_t count = list->count;

    *price_micro = 0;
    while (count > 0) {
        const size_t half = count / 2;
        if (list->steps[low + half].start_ms <= at_ms) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    if (low == 0) {
        return PRICE_MISSING;
    }
    ASSERT(hold_ms >= 0);
    const int64_t known_ms = list->end_ms == INT64_MAX ? read_ms : list->end_ms;
    if (low == list->count && at_ms >= known_ms && at_ms - known_ms >= hold_ms) {
        return PRICE_STALE;
    }
    *price_micro = list->steps[low - 1].price_micro;
    return low == list->count && at_ms > known_ms ? PRICE_HELD : PRICE_GOOD;
}
