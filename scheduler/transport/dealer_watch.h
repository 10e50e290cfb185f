/*
 * dealer_watch: to connect, and to know why it did not work.
 */
#ifndef TRANSPORT_DEALER_WATCH_H
#define TRANSPORT_DEALER_WATCH_H

#include "base/error.h"
#include "transport/keys.h"

#include <stdint.h>

/*
 * dealer_connect_watched: as dealer_connect, and waits until the connection stands. TIDE_REFUSED
 * when the coordinator does not take the key or has another one itself, TIDE_UNREACHABLE when
 * nobody listens, or nobody answers within `deadline_ms`. The socket keeps trying in any case.
 */
enum tide_status dealer_connect_watched(void *context, void *dealer,
                                        const struct key_access *access, int64_t deadline_ms,
                                        struct error *error);

#endif
