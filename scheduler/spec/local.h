/*
 * Local times, and prices that follow them: what the schedule of a spec and the pools of a
 * coordinator's configuration are written in alike.
 */
#ifndef SPEC_LOCAL_H
#define SPEC_LOCAL_H

#include "spec/reader.h"

#define LOCAL_PRICE_MAX 1e6 /* of the currency, either sign */

/* local_error: what the room of local time says is wrong, at the place in the scalar it names. */
void local_error(struct reader *reader, const struct node *node, const struct error *error,
                 const char *hint);

/* local_zone: the zone named by the scalar; NULL after a complaint. Closed by zone_close. */
struct zone *local_zone(struct reader *reader, const struct node *node);

/* local_window: reads one window; false after a complaint. */
bool local_window(struct reader *reader, const struct node *node, struct window *window);

/* local_unit: "EUR/kWh" or "EUR/h" into the unit of the prices and the reader's currency. */
void local_unit(struct reader *reader, const struct node *node, enum spec_price_unit *unit);

/* local_bands: the list of bands into `prices`, without those that were complained about. */
void local_bands(struct reader *reader, const struct node *node, struct spec_prices *prices);

#endif
