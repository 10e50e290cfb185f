/*
 * keyring: who holds which key, read from key directories and kept current. Shared by two threads,
 * the one that answers ZAP requests and the one that reads messages; every call locks.
 */
#ifndef TRANSPORT_KEYRING_H
#define TRANSPORT_KEYRING_H

#include "transport/keys.h"

#include <stddef.h>
#include <stdint.h>

enum { KEYRING_DIRECTORIES_MAX = 2, KEYRING_KEY_BYTES = 32 };

/*
 * One grant: a key file. The holder is the same as long as role and name are; the grant is another
 * whenever the key is, so that a connection made with a replaced key is no longer valid.
 */
struct keyring_grant {
    uint32_t holder; /* index below the capacity; reused only after the key file is gone */
    uint32_t grant;  /* counts the keys ever granted, from 1 */
    enum key_role role;
    char name[KEY_NAME_BYTES];
};

struct keyring;

/*
 * keyring_open: the keys of up to KEYRING_DIRECTORIES_MAX directories (NULL ones are skipped), at
 * most `capacity` holders; what is beyond is not let in. TIDE_NO_MEMORY.
 */
enum tide_status keyring_open(const char *const directories[KEYRING_DIRECTORIES_MAX],
                              uint32_t capacity, struct keyring **keyring);

/* keyring_close: NULL is allowed. No other thread may be using it. */
void keyring_close(struct keyring *keyring);

/* keyring_find: whose key this is, after looking for changes; false for nobody's and for a barred
 * one. */
bool keyring_find(struct keyring *keyring, const uint8_t key[KEYRING_KEY_BYTES],
                  struct keyring_grant *grant);

/* keyring_refresh: looks for changed directories. */
void keyring_refresh(struct keyring *keyring);

/* keyring_valid: whether this grant still stands and is not barred. */
bool keyring_valid(struct keyring *keyring, uint32_t holder, uint32_t grant);

/* keyring_bar: refuses a holder (or no longer), whatever its key. */
void keyring_bar(struct keyring *keyring, uint32_t holder, bool barred);

#endif
