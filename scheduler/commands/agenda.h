/*
 * agenda: what an experiment's schedule says at a moment: whether work may run, until when, at what
 * price, and what comes next. Reads the spec; the coordinator decides by the same rooms.
 */
#ifndef COMMANDS_AGENDA_H
#define COMMANDS_AGENDA_H

#include "commands/screen.h"

#include <jansson.h>
#include <stdint.h>

enum { AGENDA_TEXT_BYTES = 160 };

/*
 * agenda_read: {"timezone", "open", "until", "until_text", "window": {"open", "from", "until"},
 * "price": {"now", "label", "unit", "max", "next", "next_label", "hours"}}; window and price are
 * null where the spec has none, and a window that never shuts is none; null altogether without a
 * schedule, or where the spec cannot be read. A file of prices is read as whoever asks may read it,
 * a relative one from `workdir`; where that fails, or says nothing of this moment, `price` is null.
 * The caller's to free.
 */
json_t *agenda_read(const char *spec_text, const char *workdir, int64_t now_ms);

/* agenda_brief: for a cell: "window shuts 06:00", "opens 22:00", "0.27 > 0.20 EUR/kWh"; "" when
 * there is nothing to say. Fills AGENDA_TEXT_BYTES and returns `text`. */
char *agenda_brief(char *text, const json_t *agenda, int64_t now_ms);

/* agenda_reason: why the gate is shut: "price 0.27 EUR/kWh is above max_price 0.20"; "" when it is
 * open or by the window. */
char *agenda_reason(char *text, const json_t *agenda);

/* agenda_next: "today 22:00 Europe/Paris (in 2 h 14 min), off-peak 0.16"; "" when nothing is in
 * sight. */
char *agenda_next(char *text, const json_t *agenda);

/* agenda_line: the prices of the hours to come and the window, one line; nothing without either. */
void agenda_line(struct screen *screen, const json_t *agenda, int64_t now_ms);

#endif
