/*
 * format: how a fact looks on a screen. Times are local and named relative to a given `now`; no
 * clock is read here.
 */
#ifndef COMMANDS_FORMAT_H
#define COMMANDS_FORMAT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { FORMAT_BYTES = 64 };

/* All of them fill `text` (FORMAT_BYTES) and return it. */

/* format_value: of an objective or metric: five digits where that says enough: 0.0487; "-" for NaN
 */
char *format_value(char *text, double value);

/* format_parameter: a value of `params`: three digits of a real, the rest as it stands: 0.00190 */
char *format_parameter(char *text, const json_t *value);

/* format_duration: two units: "2 h 14 min", "45 s", "3 d 4 h" */
char *format_duration(char *text, int64_t duration_ms);

/* format_time: local, as much of it as `now` leaves open: "22:04" of today or the next 24 hours,
 * "Tue 03:40", "2026-12-01 08:00"
 */
char *format_time(char *text, int64_t time_ms, int64_t now_ms);

/* format_clock: the local hour and minute alone: "22:04" */
char *format_clock(char *text, int64_t time_ms);

/* format_seconds: the local clock with seconds: "22:04:09" */
char *format_seconds(char *text, int64_t time_ms);

/* format_money: of micro units: two decimals, or the whole number where it is one and `brief` */
char *format_money(char *text, int64_t micro);

/* format_bytes: "3.2 MiB" */
char *format_bytes(char *text, int64_t bytes);

#endif
