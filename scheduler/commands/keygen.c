/*
 * keygen: a key for somebody on another machine, and its public half where the coordinator looks.
 */
#include "commands/options.h"
#include "commands/verbs.h"

#include "base/exit.h"
#include "base/text.h"
#include "transport/keys.h"

#include <jansson.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct option_rule rules[] = {
    {"keys", 'k', "DIR", "the folder that 'serve --keys' takes (keys)"},
    {"output", 'o', "FILE", "the secret (NAME.key; of enrol: NAME.token)"},
    {"expires", 'e', "TIME", "enrol: how long the token is good, as 1h (for ever)"},
};

static const struct usage usage = {
    .verb = "keygen",
    .arguments = "ROLE NAME",
    .text = "Makes a key. ROLE is operator (may ask and order), worker (may run attempts) or\n"
            "enrol (may become a worker, once: its secret is a token, all that a new machine\n"
            "needs). The secret goes into a file that only you can read; the public half into\n"
            "DIR, where the coordinator finds it, with the coordinator's own key if there is\n"
            "none yet. To take a key back, remove DIR/ROLE/NAME.pub: no restart is needed.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .arguments_min = 2,
    .arguments_max = 2,
    .example = "tidemill keygen worker spot-a3 --keys /etc/tidemill/keys\n"
               "tidemill keygen operator me --keys /etc/tidemill/keys\n"
               "tidemill keygen enrol batch-7 --expires 1h --keys /etc/tidemill/keys",
};

struct keygen {
    enum key_role role;
    const char *name;
    const char *keys;
    int64_t expires_s; /* since 1970; 0 never */
    char secret_path[PATH_MAX];
    char public_path[PATH_MAX];
    char server_path[PATH_MAX];
    struct key_pair pair;
    struct key_pair server;
};

static bool role_read(const char *text, enum key_role *role)
{
    for (int i = 0; i < KEY_ROLE_COUNT; i++) {
        if (text_equal(text, key_role_text((enum key_role)i))) {
            *role = (enum key_role)i;
            return true;
        }
    }
    return false;
}

static int keygen_read(struct keygen *keygen, const struct options *options)
{
    const char *output = options_value(options, "output");
    const char *keys = options_value(options, "keys");

    keygen->name = options->arguments[1];
    keygen->keys = keys == NULL ? "keys" : keys;
    if (!role_read(options->arguments[0], &keygen->role)) {
        return options_wrong(&usage, "no role '%s': operator, worker or enrol",
                             options->arguments[0]);
    }
    if (!key_name_valid(keygen->name)) {
        return options_wrong(&usage, "'%s' is no name: up to 63 letters, digits, '.', '_', '-'",
                             keygen->name);
    }
    const int secret = output == NULL
                           ? snprintf(keygen->secret_path, PATH_MAX, "%s.%s", keygen->name,
                                      keygen->role == KEY_ENROL ? "token" : "key")
                           : snprintf(keygen->secret_path, PATH_MAX, "%s", output);
    const int public = snprintf(keygen->public_path, PATH_MAX, "%s/%s/%s.pub", keygen->keys,
                                key_role_text(keygen->role), keygen->name);
    const int server = snprintf(keygen->server_path, PATH_MAX, "%s/server.pub", keygen->keys);
    return secret < PATH_MAX && public < PATH_MAX && server < PATH_MAX
               ? OPTIONS_GO
               : options_wrong(&usage, "a path is too long");
}

static int expiry_read(struct keygen *keygen, const struct options *options)
{
    struct error error;
    int64_t good_ms = 0;

    if (options_duration(options, "expires", 0, &good_ms, &error) != TIDE_OK) {
        return options_wrong(&usage, "%s", error.text);
    }
    if (good_ms != 0 && keygen->role != KEY_ENROL) {
        return options_wrong(&usage, "only the role enrol expires; others are taken back");
    }
    keygen->expires_s = good_ms == 0 ? 0 : (int64_t)time(NULL) + good_ms / 1000;
    return OPTIONS_GO;
}

static enum tide_status secret_write(const struct keygen *keygen, struct error *error)
{
    char token[KEY_TOKEN_BYTES];

    if (keygen->role != KEY_ENROL) {
        return key_secret_write(keygen->secret_path, &keygen->pair, error);
    }
    key_token_make(keygen->server.public_key, &keygen->pair, token);
    return key_token_write(keygen->secret_path, token, error);
}

/* The secret first: a name that is granted and whose secret nobody has would be of no use. */
static enum tide_status keygen_make(struct keygen *keygen, struct error *error)
{
    enum tide_status status = keys_directory_make(keygen->keys, error);

    if (status == TIDE_OK && access(keygen->public_path, F_OK) == 0) {
        status = error_set(error, TIDE_EXISTS, "%s is there: the name has a key; remove it first",
                           keygen->public_path);
    }
    if (status == TIDE_OK) {
        status = keys_serve(keygen->keys, &keygen->server, error);
    }
    if (status == TIDE_OK) {
        key_pair_make(&keygen->pair);
        status = secret_write(keygen, error);
    }
    if (status == TIDE_OK) {
        status = keys_grant(keygen->keys, keygen->role, keygen->name, keygen->pair.public_key,
                            keygen->expires_s, error);
        if (status != TIDE_OK) {
            (void)unlink(keygen->secret_path);
        }
    }
    return status;
}

static void keygen_json(const struct keygen *keygen)
{
    json_t *model =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "role", key_role_text(keygen->role), "name",
                  keygen->name, "secret", keygen->secret_path, "public", keygen->public_path,
                  "public_key", keygen->pair.public_key, "server_key", keygen->server.public_key);
    (void)json_dumpf(model, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(model);
}

static void keygen_text(const struct keygen *keygen)
{
    (void)printf("secret  %s (only you can read it; it belongs to %s '%s')\n"
                 "public  %s\n"
                 "server  %s\n",
                 keygen->secret_path, key_role_text(keygen->role), keygen->name,
                 keygen->public_path, keygen->server_path);
    switch (keygen->role) {
    case KEY_WORKER:
        (void)fprintf(stderr,
                      "next: tidemill-worker --connect tcp://HOST:7733 --key %s --server-key %s\n",
                      keygen->secret_path, keygen->server_path);
        return;
    case KEY_OPERATOR:
        (void)fprintf(
            stderr,
            "next: tidemill submit SPEC --connect tcp://HOST:7733 --key %s --server-key %s\n",
            keygen->secret_path, keygen->server_path);
        return;
    case KEY_ENROL:
        (void)fprintf(stderr, "next: tidemill-worker --connect tcp://HOST:7733 --token %s\n",
                      keygen->secret_path);
        return;
    case KEY_ROLE_COUNT:
        return;
    }
}

int command_keygen(int argc, char **argv)
{
    struct options options;
    struct error error;
    struct keygen keygen = {0};
    int code = options_parse(&usage, argc, argv, &options);

    if (code == OPTIONS_GO) {
        code = keygen_read(&keygen, &options);
    }
    if (code == OPTIONS_GO) {
        code = expiry_read(&keygen, &options);
    }
    if (code != OPTIONS_GO) {
        return code;
    }
    if (keygen_make(&keygen, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill: %s\n", error.text);
        return EXIT_CODE_FAILED;
    }
    if (options.json) {
        keygen_json(&keygen);
    } else {
        keygen_text(&keygen);
    }
    return EXIT_CODE_OK;
}
