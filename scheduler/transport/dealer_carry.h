/*
 * dealer_carry: one file to the coordinator, or from it, over the bulk socket (docs/PROTOCOL.md,
 * "Bulk"). Both calls block; they belong into a process or a thread of their own.
 */
#ifndef TRANSPORT_DEALER_CARRY_H
#define TRANSPORT_DEALER_CARRY_H

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

struct carry {
    const struct key_access *access; /* its endpoint is the bulk one */
    struct wire_claim claim;
    int fd; /* read or written at offsets; its own position stays */
    int64_t bytes;
    int64_t patience_ms; /* so long without any progress, and it is given up */
};

/*
 * carry_store: until the coordinator has the file durable, across broken connections and restarts
 * of it, sending only what it does not have yet. TIDE_REFUSED not this peer's to store, TIDE_LIMIT
 * too large, TIDE_FULL its disk stayed full, TIDE_UNREACHABLE, TIDE_IO the file cannot be read or
 * is not what its hash says.
 */
enum tide_status carry_store(const struct carry *carry, struct error *error);

/*
 * carry_fetch: the object into the file; whether it has the hash is for the caller to see.
 * TIDE_NOT_FOUND it is not there, or shorter than it should be; TIDE_REFUSED, TIDE_UNREACHABLE,
 * TIDE_FULL this disk, TIDE_IO.
 */
enum tide_status carry_fetch(const struct carry *carry, struct error *error);

#endif
