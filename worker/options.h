/*
 * options: the command line of tidemill-worker, and what follows from it.
 */
#ifndef WORKER_OPTIONS_H
#define WORKER_OPTIONS_H

#include "worker/attempt.h"
#include "worker/files.h"

#include "base/error.h"
#include "transport/keys.h"

#include <tidemill/wire.h>

#include <sys/types.h>

struct options {
    const char *connect; /* NULL: as `keys` says */
    const char *keys;    /* the coordinator's run directory on this machine */
    const char *key, *server_key;
    const char *token; /* or the file that holds it: instead of both keys */
    const char *pool, *name, *state, *user;
    const char *allow_commands; /* a file of the commands it may run; NULL: any */
    int32_t slots;
    struct wire_pair labels[WIRE_LABELS_MAX];
    size_t label_count;
    int64_t idle_exit_ms; /* 0: stays */
    int32_t cpus_milli;
    int64_t memory_bytes;
    int32_t gpus;
    const char *notice, *notice_url; /* NULL: nothing is watched; the cloud's own */
    bool inherit_environment;
    bool allow_root;
    pid_t parent; /* 0: none to die with */
    bool help, version;

    char name_text[KEY_NAME_BYTES]; /* of this process, where --name gives none */
    char host[WIRE_HOST_BYTES];
    char home[FILES_PATH_BYTES]; /* of the user the attempts run as; "" the worker's */
    uid_t uid;
    gid_t gid;
};

/* options_read: TIDE_INVALID with the reason. Strings are borrowed from argv; label keys are cut
 * out of it in place. */
enum tide_status options_read(struct options *options, int argc, char **argv, struct error *error);

/* options_access: keys and endpoint, from files, by joining the run directory, or by a token and
 * what is in the folder `state`. */
enum tide_status options_access(const struct options *options, const char *state,
                                struct key_access *access, struct error *error);

/* options_usage: the text of --help. */
const char *options_usage(void);

#endif
