/*
 * zap: the thread that tells libzmq which keys may connect. libzmq lets everybody in while nobody
 * answers at inproc://zeromq.zap.01 (RELIABILITY.md, finding 2), so it is started before the ROUTER
 * binds, and the coordinator ends when it ends.
 */
#ifndef TRANSPORT_ZAP_H
#define TRANSPORT_ZAP_H

#include "transport/keyring.h"

enum { ZAP_USER_BYTES = 128 };

#define ZAP_DOMAIN "tidemill"

struct zap;

/*
 * zap_open: answers for `context` from now on, out of `keyring`, which must outlive it. TIDE_IO.
 */
enum tide_status zap_open(void *context, struct keyring *keyring, struct zap **zap);

/* zap_stop: asks the thread to end. zap_close: waits for that, and frees; before the context is
 * terminated. NULL is allowed. */
void zap_stop(struct zap *zap);
void zap_close(struct zap *zap);

/* zap_ended_fd: readable from when the thread has ended, for whatever reason. */
int zap_ended_fd(const struct zap *zap);

/* zap_ended: whether it has. */
bool zap_ended(const struct zap *zap);

/* zap_refused_count: connections refused so far. */
uint64_t zap_refused_count(const struct zap *zap);

/*
 * zap_user_read: the grant behind a User-Id that this handler gave ("worker:spot-a3:4:7": role,
 * name, holder, grant); false for any other text.
 */
bool zap_user_read(const char *user, struct keyring_grant *grant);

#endif
