/* Knows what doctor asks of keys and of the coordinator: whether secrets are secret, and whether it
 * answers. */
#include "commands/doctor.h"

#include "commands/query.h"
#include "transport/client.h"
#include "transport/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CONNECT_MS = 3000, ANSWER_MS = 5000 };

static bool is_there(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0;
}

/* A secret: none, readable by its owner alone, or a finding. */
static bool secret_good(struct examination *examination, const char *path)
{
    struct key_pair pair;
    struct error error;

    if (!is_there(path) || key_pair_read(path, &pair, &error) == TIDE_OK) {
        return true;
    }
    finding(examination, "keys", VERDICT_BAD, NULL, "%s", error.text);
    return false;
}

/* A folder of public keys: who can write there decides who may join. */
static bool folder_good(struct examination *examination, const char *path, bool whole)
{
    struct stat about;

    if (stat(path, &about) != 0 || (about.st_mode & (whole ? 0077U : 0022U)) == 0) {
        return true;
    }
    finding(examination, "keys", VERDICT_BAD,
            whole ? "chmod 700: whoever can write here may join"
                  : "chmod go-w: whoever can write here may join",
            "%s is open to others (mode %04o)", path, (unsigned)about.st_mode & 07777U);
    return false;
}

static void examine_directory(struct examination *examination, const char *directory, bool whole)
{
    char path[KEY_PATH_BYTES + 16];
    bool good = folder_good(examination, directory, whole);

    (void)snprintf(path, sizeof path, "%.4000s/server.key", directory);
    good = secret_good(examination, path) && good;
    for (int role = 0; role < KEY_ROLE_COUNT; role++) {
        (void)snprintf(path, sizeof path, "%.4000s/%s", directory,
                       key_role_text((enum key_role)role));
        good = folder_good(examination, path, whole) && good;
    }
    if (good) {
        finding(examination, "keys", VERDICT_GOOD, NULL, "%s: secrets are secret", directory);
    }
}

void examine_keys(struct examination *examination)
{
    const char *configured = options_value(examination->options, "keys");
    const char *own = options_value(examination->options, "key");
    char run[KEY_PATH_BYTES];

    (void)snprintf(run, sizeof run, "%.4000s.run", examination->options->store);
    if (is_there(run)) {
        examine_directory(examination, run, true);
    }
    if (configured != NULL && is_there(configured)) {
        examine_directory(examination, configured, false);
    } else if (configured != NULL) {
        finding(examination, "keys", VERDICT_BAD, "tidemill keygen makes them",
                "there is no folder %s", configured);
    }
    if (own != NULL && secret_good(examination, own)) {
        finding(examination, "keys", VERDICT_GOOD, NULL, "%s: its owner's alone", own);
    }
}

static int64_t boot_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum tide_status ping(const struct client_config *config, int64_t *took_us,
                             struct error *error)
{
    struct client *client = NULL;
    struct wire_message *reply = calloc(1, sizeof *reply);
    enum tide_status status = reply == NULL ? error_set(error, TIDE_NO_MEMORY, "out of memory")
                                            : client_open(config, CONNECT_MS, &client, error);

    if (status == TIDE_OK) {
        const int64_t asked_us = boot_us();
        status = client_ask(client, "ping", "{}", ANSWER_MS, reply, error);
        *took_us = boot_us() - asked_us;
    }
    if (status == TIDE_OK) {
        wire_message_fini(reply);
    }
    client_close(client);
    free(reply);
    return status;
}

void examine_coordinator(struct examination *examination)
{
    const struct options *options = examination->options;
    const char *connect = options_value(options, "connect");
    char run[KEY_PATH_BYTES];
    const struct client_config config = {.run_directory = connect == NULL ? run : NULL,
                                         .connect = connect,
                                         .key_file = options_value(options, "key"),
                                         .server_key = options_value(options, "server-key")};
    struct error error;
    int64_t took_us = 0;

    (void)snprintf(run, sizeof run, "%.4000s.run", options->store);
    if (connect == NULL && !examination->coordinator_runs) {
        finding(examination, "coordinator", VERDICT_NOTE, "tidemill serve, or tidemill run SPEC",
                "none runs on this store");
        return;
    }
    const enum tide_status status = ping(&config, &took_us, &error);
    if (status == TIDE_OK) {
        finding(examination, "coordinator", VERDICT_GOOD, NULL, "it answers within %.1f ms",
                (double)took_us / 1000);
    } else {
        finding(examination, "coordinator", VERDICT_BAD,
                status == TIDE_REFUSED ? NULL : "is it stopped, or its disk full?", "%s",
                error.text);
    }
}
