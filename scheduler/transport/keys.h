/*
 * keys: CURVE keys as files, and the directory that says who may speak to a coordinator.
 *
 *   STORE.run/             mode 0700: who can write here is let in by the file system itself
 *     server.key           the coordinator's secret
 *     server.pub           its public key
 *     endpoint             where it listens, "tcp://127.0.0.1:7733"; gone after a clean exit
 *     operator/NAME.pub    the public keys of those who may ask and order
 *     worker/NAME.pub      the public keys of those who may run attempts
 *     enrol/NAME.pub       the public keys that can do nothing but become a worker, once
 *
 * A configured `keys:` directory has the same layout, without `endpoint`. A key file is one line of
 * Z85; a secret one has mode 0600 or is refused. Files are written beside their place and renamed.
 */
#ifndef TRANSPORT_KEYS_H
#define TRANSPORT_KEYS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    KEY_TEXT_BYTES = 41, /* 40 characters of Z85 and the terminator */
    KEY_NAME_BYTES = 64,
    KEY_ENDPOINT_BYTES = 256,
    KEY_PATH_BYTES = 4096,
    KEY_TOKEN_BYTES = 129 /* 128 hexadecimal digits and the terminator */
};

/* X(name, text): what a key is for; the text is also its folder. */
#define KEY_ROLE_LIST(X)                                                                           \
    X(KEY_OPERATOR, "operator")                                                                    \
    X(KEY_WORKER, "worker")                                                                        \
    X(KEY_ENROL, "enrol")

enum key_role {
#define X(name, text) name,
    KEY_ROLE_LIST(X)
#undef X
        KEY_ROLE_COUNT
};

struct key_pair {
    char public_key[KEY_TEXT_BYTES];
    char secret_key[KEY_TEXT_BYTES];
};

/* What it takes to connect. */
struct key_access {
    struct key_pair pair;
    char server_key[KEY_TEXT_BYTES];
    char endpoint[KEY_ENDPOINT_BYTES];
    int lock; /* of who joined: the public key's file, locked as long as the process lives */
};

/* key_role_text: "operator", "worker", "enrol". */
const char *key_role_text(enum key_role role);

/* key_endpoint_port: of "tcp://127.0.0.1:7733"; 0 where there is none. key_endpoint_at: the same
 * address with another port (0: any that is free); false where it does not fit. */
int32_t key_endpoint_port(const char *endpoint);
bool key_endpoint_at(const char *endpoint, int32_t port, char at[KEY_ENDPOINT_BYTES]);

/* key_name_valid: 1 to 63 of letters, digits, '.', '_', '-'; no '.' in front. */
bool key_name_valid(const char *name);

/* key_text_valid: 40 characters of Z85. */
bool key_text_valid(const char *text);

/* key_pair_make: a new pair from the system's randomness. */
void key_pair_make(struct key_pair *pair);

/*
 * key_pair_read: the pair of the secret in `path`. TIDE_NOT_FOUND, TIDE_REFUSED when others than
 * its owner could read it, TIDE_INVALID when it holds no key.
 */
enum tide_status key_pair_read(const char *path, struct key_pair *pair, struct error *error);

/* key_secret_write: the secret of `pair` as `path`, mode 0600; TIDE_EXISTS rather than replacing
 * one. */
enum tide_status key_secret_write(const char *path, const struct key_pair *pair,
                                  struct error *error);

/* key_public_read: the public key in `path`. TIDE_NOT_FOUND, TIDE_INVALID. */
enum tide_status key_public_read(const char *path, char key[KEY_TEXT_BYTES], struct error *error);

/*
 * keys_directory_make: `path` with its folders, mode 0700, or TIDE_REFUSED where it is there but
 * belongs to another user or lets others in.
 */
enum tide_status keys_directory_make(const char *path, struct error *error);

/*
 * keys_serve: the coordinator's own pair: of `server.key`, or a new one put there; writes
 * `server.pub`. After a crash the same key is found again, so that workers reconnect.
 */
enum tide_status keys_serve(const char *directory, struct key_pair *pair, struct error *error);

/* keys_publish: `server.pub` alone, where the secret is kept elsewhere. */
enum tide_status keys_publish(const char *directory, const struct key_pair *pair,
                              struct error *error);

/* keys_announce: `endpoint`, once it is bound. */
enum tide_status keys_announce(const char *directory, const char *endpoint, struct error *error);

/* keys_announced: what was announced last. TIDE_NOT_FOUND: nothing, or that coordinator has ended.
 */
enum tide_status keys_announced(const char *directory, char endpoint[KEY_ENDPOINT_BYTES],
                                struct error *error);

/*
 * keys_retire: a coordinator ends: nobody finds its endpoint any more. The directory goes too,
 * unless a process that joined still lives: to that the next coordinator must have the same key.
 * Where another one has announced itself meanwhile, all of it is that one's, and stays.
 */
void keys_retire(const char *directory, const char *endpoint);

/*
 * A one-time token is all that a new machine needs: the coordinator's public key and the secret of
 * an `enrol` key, in hexadecimal. The coordinator keeps that key's public half only.
 */
void key_token_make(const char *server_key, const struct key_pair *pair,
                    char token[KEY_TOKEN_BYTES]);

/* key_token_write: the token as `path`, like key_secret_write. */
enum tide_status key_token_write(const char *path, const char *token, struct error *error);

/* key_token_read: the keys in a token, which is given as it is or as the file that holds it (mode
 * 0600). TIDE_INVALID, and for a file as key_pair_read. */
enum tide_status key_token_read(const char *token, char server_key[KEY_TEXT_BYTES],
                                struct key_pair *pair, struct error *error);

/*
 * keys_grant: puts the public key `NAME.pub` into the folder of the role, good until `expires_s`
 * (seconds since 1970; 0: for ever). keys_revoke takes it away (TIDE_NOT_FOUND). keys_expired:
 * whether its time is over. keys_has: whether the name has a key.
 */
enum tide_status keys_grant(const char *directory, enum key_role role, const char *name,
                            const char *public_key, int64_t expires_s, struct error *error);
bool keys_expired(const char *directory, enum key_role role, const char *name);
bool keys_has(const char *directory, enum key_role role, const char *name);
enum tide_status keys_revoke(const char *directory, enum key_role role, const char *name,
                             struct error *error);

/*
 * keys_join: makes a pair for `name`, grants it, and fills all it takes to connect to the
 * coordinator of this directory. TIDE_UNREACHABLE when none runs there, TIDE_REFUSED when the
 * directory is not to be trusted, TIDE_BUSY while another process that joined has this name.
 */
enum tide_status keys_join(const char *directory, enum key_role role, const char *name,
                           struct key_access *access, struct error *error);

/* keys_leave: takes back what keys_join granted. */
void keys_leave(const char *directory, enum key_role role, const char *name,
                struct key_access *access);

#endif
