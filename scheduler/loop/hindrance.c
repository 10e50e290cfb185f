/*
 * hindrance: what is in the way of commits: a shell that holds the store, a disk that is full. The
 * coordinator renews leases from memory, holds acknowledgements, and tries again; it says who is in
 * the way, and after half a minute it tells operators so instead of letting them wait.
 */
#include "loop/inside.h"

#include "base/log.h"
#include "loop/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    COMMIT_RETRY_MS = 50,
    HINDERED_LONG_MS = 30000,
    ROOM_LOOK_MS = 1000 /* between looks at the disk */
};

void hindrance_met(struct coordinator *coordinator, const struct error *error)
{
    const int64_t now_ms = clock_steady_ms();
    const int32_t holder = store_holder(coordinator->store);

    coordinator->retry_steady_ms = now_ms + COMMIT_RETRY_MS;
    if (coordinator->hindered_steady_ms == 0) {
        coordinator->hindered_steady_ms = now_ms;
        log_line(LOG_WARNING, "store_waits", "why=\"%s\" holder=%" PRId32, error->text, holder);
    }
    if (!coordinator->hindered_long &&
        now_ms - coordinator->hindered_steady_ms >= HINDERED_LONG_MS) {
        coordinator->hindered_long = true;
        log_line(LOG_ERROR, "store_degraded", "why=\"%s\" holder=%" PRId32, error->text, holder);
    }
    (void)snprintf(coordinator->hindered_why, sizeof coordinator->hindered_why,
                   holder == 0 ? "%.440s" : "%.440s, by process %" PRId32, error->text, holder);
}

/* Somebody who reads for too long keeps the WAL growing; said once, until it has shrunk again. */
static void wal_watch(struct coordinator *coordinator)
{
    const struct store_health health = store_health(coordinator->store);
    const bool grown = health.wal_bytes > STORE_WAL_WARN_BYTES;

    if (grown && !coordinator->wal_grown) {
        log_line(LOG_WARNING, "store_wal_grows",
                 "bytes=%" PRId64 " why=\"a reader holds a cursor open\"", health.wal_bytes);
    }
    coordinator->wal_grown = grown;
}

void hindrance_gone(struct coordinator *coordinator)
{
    if (coordinator->hindered_steady_ms != 0) {
        log_line(LOG_INFO, "store_goes_on", "%s", "");
    }
    coordinator->retry_steady_ms = 0;
    coordinator->hindered_steady_ms = 0;
    coordinator->hindered_long = false;
    wal_watch(coordinator);
}

void room_look(struct coordinator *coordinator)
{
    struct event event = {.kind = EVENT_HOLD};

    if (clock_steady_ms() < coordinator->room_steady_ms) {
        return;
    }
    const struct store_health health = store_health(coordinator->store);
    coordinator->room_steady_ms = clock_steady_ms() + ROOM_LOOK_MS;
    if (health.tight != coordinator->room_held) {
        log_line(health.tight ? LOG_WARNING : LOG_INFO,
                 health.tight ? "dispatch_held" : "dispatch_goes_on",
                 "free=%" PRId64 " why=\"room on the store's disk\"", health.free_bytes);
        coordinator->room_held = health.tight;
        event.held = health.tight;
        step(coordinator, &event);
    }
}
