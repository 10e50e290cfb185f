/*
 * list: building a price list row by row.
 */
#ifndef PRICE_LIST_H
#define PRICE_LIST_H

#include "price/price.h"

/* list_add: appends a row in any order; the price is per hour or kWh in whole currency.
 * TIDE_INVALID for a price that is no amount of money, TIDE_LIMIT, TIDE_NO_MEMORY. */
enum tide_status list_add(struct price_list *list, int64_t start_ms, double price,
                          struct error *error);

/* list_sort: by start; rows of the same start and price become one. TIDE_INVALID when two rows
 * disagree about a start. */
enum tide_status list_sort(struct price_list *list, struct error *error);

/* json_prices: the JSON forms of price_parse; `list` is empty. */
enum tide_status json_prices(struct price_list *list, const char *text, const char *pick,
                             int64_t read_ms, struct error *error);

#endif
