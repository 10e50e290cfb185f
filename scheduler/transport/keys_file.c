/*
 * Keys as text and in files. Nothing here knows a socket: libzmq only makes keys and converts them.
 */
#include "transport/keys_parts.h"

#include "base/assert.h"
#include "base/number.h"
#include "base/text.h"

#include <zmq.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, MODE_OF_OTHERS = 0077 };

static const char *const role_texts[] = {
#define X(name, text) text,
    KEY_ROLE_LIST(X)
#undef X
};

const char *key_role_text(enum key_role role)
{
    ASSERT((int)role >= 0);
    ASSERT(role < KEY_ROLE_COUNT);
    return role_texts[role];
}

int32_t key_endpoint_port(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    int64_t port = 0;

    return colon != NULL && number_parse_integer(colon + 1, &port) && port > 0 && port <= UINT16_MAX
               ? (int32_t)port
               : 0;
}

bool key_endpoint_at(const char *endpoint, int32_t port, char at[KEY_ENDPOINT_BYTES])
{
    const char *colon = strrchr(endpoint, ':');
    char text[16] = "*";

    if (port > 0) {
        (void)snprintf(text, sizeof text, "%" PRId32, port);
    }
    const int bytes = colon == NULL ? -1
                                    : snprintf(at, KEY_ENDPOINT_BYTES, "%.*s:%s",
                                               (int)(colon - endpoint), endpoint, text);
    return bytes > 0 && bytes < KEY_ENDPOINT_BYTES;
}

bool key_name_valid(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);

    return length > 0 && length < KEY_NAME_BYTES && *name != '.' && strspn(name, letters) == length;
}

void key_pair_make(struct key_pair *pair)
{
    const int made = zmq_curve_keypair(pair->public_key, pair->secret_key);

    ASSERT(made == 0); /* fails only in a libzmq without CURVE, which Debian's is not */
}

enum tide_status keys_path(char path[KEY_PATH_BYTES], struct error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int bytes = vsnprintf(path, KEY_PATH_BYTES, format, arguments);
    va_end(arguments);
    return bytes < KEY_PATH_BYTES
               ? TIDE_OK
               : error_set(error, TIDE_LIMIT, "the path %.64s... is too long", path);
}

enum tide_status keys_system_error(struct error *error, const char *doing, const char *path)
{
    const enum tide_status status = errno == ENOENT   ? TIDE_NOT_FOUND
                                    : errno == EEXIST ? TIDE_EXISTS
                                    : errno == ENOSPC ? TIDE_FULL
                                    : errno == EACCES ? TIDE_REFUSED
                                                      : TIDE_IO;

    return error_set(error, status, "cannot %s %s: %s", doing, path, strerror(errno));
}

bool key_text_valid(const char *text)
{
    uint8_t bytes[KEY_BYTES];
    char again[KEY_TEXT_BYTES];

    return strlen(text) == KEY_TEXT_BYTES - 1 && zmq_z85_decode(bytes, text) != NULL &&
           zmq_z85_encode(again, bytes, sizeof bytes) != NULL && strcmp(text, again) == 0;
}

/* The bytes of a key as hexadecimal digits, and back. */
static void digits_put(const char *key, char *digits)
{
    uint8_t bytes[KEY_BYTES] = {0};

    (void)zmq_z85_decode(bytes, key);
    for (int i = 0; i < KEY_BYTES; i++) {
        (void)snprintf(digits + (size_t)i * 2, 3, "%02x", bytes[i]);
    }
}

static bool digits_get(const char *digits, char key[KEY_TEXT_BYTES])
{
    uint8_t bytes[KEY_BYTES];

    for (int i = 0; i < KEY_BYTES; i++) {
        const char pair[3] = {digits[i * 2], digits[i * 2 + 1], '\0'};
        char *end = NULL;
        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        if (strspn(pair, "0123456789abcdef") != 2) {
            return false;
        }
    }
    return zmq_z85_encode(key, bytes, sizeof bytes) != NULL;
}

void key_token_make(const char *server_key, const struct key_pair *pair,
                    char token[KEY_TOKEN_BYTES])
{
    digits_put(server_key, token);
    digits_put(pair->secret_key, token + (size_t)2 * KEY_BYTES);
}

enum tide_status keys_line_read(const char *path, bool secret, char *line, size_t bytes,
                                struct error *error)
{
    struct stat about;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum tide_status status = TIDE_OK;

    if (file < 0) {
        return keys_system_error(error, "read", path);
    }
    const ssize_t got = fstat(file, &about) == 0 ? read(file, line, bytes - 1) : -1;
    if (got < 0) {
        status = keys_system_error(error, "read", path);
    } else if (!S_ISREG(about.st_mode)) {
        status = error_set(error, TIDE_REFUSED, "%s is not a regular file", path);
    } else if (secret && (about.st_mode & MODE_OF_OTHERS) != 0) {
        status = error_set(error, TIDE_REFUSED,
                           "%s is a secret that others may read (mode %04o): chmod 600 %s", path,
                           (unsigned)about.st_mode & 07777, path);
    } else {
        line[got] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
    }
    (void)close(file);
    return status;
}

static enum tide_status key_read(const char *path, bool secret, char key[KEY_TEXT_BYTES],
                                 struct error *error)
{
    char line[KEY_TEXT_BYTES + 2];
    enum tide_status status = keys_line_read(path, secret, line, sizeof line, error);

    if (status == TIDE_OK && !key_text_valid(line)) {
        status =
            error_set(error, TIDE_INVALID, "%s holds no key: a line of 40 Z85 characters", path);
    }
    if (status == TIDE_OK) {
        (void)text_copy(key, KEY_TEXT_BYTES, line);
    }
    return status;
}

enum tide_status key_token_read(const char *token, char server_key[KEY_TEXT_BYTES],
                                struct key_pair *pair, struct error *error)
{
    char line[KEY_TOKEN_BYTES + 2];

    if (strlen(token) == KEY_TOKEN_BYTES - 1) {
        (void)text_copy(line, sizeof line, token);
    } else {
        const enum tide_status status = keys_line_read(token, true, line, sizeof line, error);
        if (status != TIDE_OK) {
            return status;
        }
    }
    if (strlen(line) != KEY_TOKEN_BYTES - 1 || !digits_get(line, server_key) ||
        !digits_get(line + (size_t)2 * KEY_BYTES, pair->secret_key) ||
        zmq_curve_public(pair->public_key, pair->secret_key) != 0) {
        return error_set(error, TIDE_INVALID, "this is no token: 128 hexadecimal digits");
    }
    return TIDE_OK;
}

enum tide_status key_pair_read(const char *path, struct key_pair *pair, struct error *error)
{
    const enum tide_status status = key_read(path, true, pair->secret_key, error);

    if (status == TIDE_OK && zmq_curve_public(pair->public_key, pair->secret_key) != 0) {
        return error_set(error, TIDE_INVALID, "%s holds no secret key", path);
    }
    return status;
}

enum tide_status key_public_read(const char *path, char key[KEY_TEXT_BYTES], struct error *error)
{
    return key_read(path, false, key, error);
}

bool keys_line_write(int file, const char *line)
{
    return dprintf(file, "%s\n", line) == (int)strlen(line) + 1 && fsync(file) == 0;
}

static enum tide_status secret_write(const char *path, const char *secret, struct error *error)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0) {
        return keys_system_error(error, "make", path);
    }
    if (!keys_line_write(file, secret)) {
        const enum tide_status status = keys_system_error(error, "write", path);
        (void)close(file);
        (void)unlink(path);
        return status;
    }
    return close(file) == 0 ? TIDE_OK : keys_system_error(error, "write", path);
}

enum tide_status key_secret_write(const char *path, const struct key_pair *pair,
                                  struct error *error)
{
    return secret_write(path, pair->secret_key, error);
}

enum tide_status key_token_write(const char *path, const char *token, struct error *error)
{
    return secret_write(path, token, error);
}
