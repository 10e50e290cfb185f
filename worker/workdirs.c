#include "worker/workdirs.h"

#include "worker/environment.h"
#include "worker/pack.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ready_end[] = ".ready";

/* --- folders --- */

static bool name_folder(const struct workdirs *workdirs, struct workdir *workdir, const char *name)
{
    return text_copy(workdir->name, sizeof workdir->name, name) &&
           files_path(workdir->folder, "%s/workdirs/%s", workdirs->options->state, name) &&
           files_path(workdir->tree, "%s/tree", workdir->folder);
}

static void remove_all(const struct workdir *workdir)
{
    char ready[FILES_PATH_BYTES];

    if (files_path(ready, "%s%s", workdir->folder, ready_end)) {
        (void)unlink(ready); /* first: what is half removed must not be used */
    }
    files_remove(workdir->folder);
}

static enum tide_status make_folders(const struct workdirs *workdirs, struct workdir *workdir,
                                     struct error *error)
{
    static const char *const parts[] = {"", "/tree", "/tmp"};
    const struct attempt_options *options = workdirs->options;
    enum tide_status status = TIDE_OK;

    remove_all(workdir);
    for (size_t i = 0; status == TIDE_OK && i < sizeof parts / sizeof *parts; i++) {
        char path[FILES_PATH_BYTES];
        if (!files_path(path, "%s%s", workdir->folder, parts[i])) {
            return error_set(error, TIDE_INVALID, "the state folder's path is too long");
        }
        status = files_folder(path, error);
        if (status == TIDE_OK && options->has_user &&
            lchown(path, options->uid, options->gid) != 0) {
            status = error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
        }
    }
    return status;
}

static void entry_init(struct workdir *workdir)
{
    *workdir = (struct workdir){.file = -1, .job = -1};
    helper_init(&workdir->helper);
    setup_init(&workdir->setup);
}

void workdirs_open(struct workdirs *workdirs, const struct attempt_options *options)
{
    char path[FILES_PATH_BYTES];
    size_t count = 0;

    *workdirs = (struct workdirs){.options = options};
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        entry_init(&workdirs->list[i]);
    }
    DIR *directory = files_path(path, "%s/workdirs", options->state) ? opendir(path) : NULL;
    for (const struct dirent *entry = directory == NULL ? NULL : readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        struct workdir found;
        struct stat status;
        char ready[FILES_PATH_BYTES];
        entry_init(&found);
        if (strchr(entry->d_name, '.') != NULL || !name_folder(workdirs, &found, entry->d_name) ||
            !files_path(ready, "%s%s", found.folder, ready_end)) {
            continue; /* ".ready", ".", ".." */
        }
        if (count < WORKDIRS_MAX && stat(ready, &status) == 0) {
            found.state = WORKDIR_READY;
            workdirs->list[count++] = found;
        } else {
            remove_all(&found);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

/* --- one, step by step --- */

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

static void failed(struct workdir *workdir, enum wire_cause cause, const char *why)
{
    if (why != workdir->why) {
        (void)text_copy(workdir->why, sizeof workdir->why, why);
    }
    workdir->state = WORKDIR_FAILED;
    workdir->cause = cause;
    close_fd(&workdir->file);
    close_fd(&workdir->job);
    log_line(LOG_WARNING, "workdir_failed", "hash=%.16s cause=%s", workdir->hash,
             wire_cause_text(cause));
}

static void finished(struct workdir *workdir)
{
    char ready[FILES_PATH_BYTES];
    int fd = -1;

    close_fd(&workdir->job);
    if (files_path(ready, "%s%s", workdir->folder, ready_end)) {
        fd = open(ready, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (fd < 0) {
        failed(workdir, CAUSE_WORKER, "the state folder cannot be written");
        return;
    }
    (void)close(fd);
    workdir->state = WORKDIR_READY;
    log_line(LOG_INFO, "workdir_ready", "hash=%.16s bytes=%" PRId64, workdir->hash, workdir->bytes);
}

static void extract(const struct workdirs *workdirs, struct workdir *workdir)
{
    const struct attempt_options *options = workdirs->options;
    struct error error;
    char limit[32];
    char bytes[32];
    char uid[16] = "-";
    char gid[16] = "-";

    (void)snprintf(limit, sizeof limit, "%d", WIRE_WORKDIR_BYTES_MAX);
    (void)snprintf(bytes, sizeof bytes, "%" PRId64, workdir->bytes);
    if (options->has_user) {
        (void)snprintf(uid, sizeof uid, "%" PRIu32, options->uid);
        (void)snprintf(gid, sizeof gid, "%" PRIu32, options->gid);
    }
    const char *const words[] = {"tidemill-worker", "--extract", workdir->tree, limit, bytes,
                                 workdir->hash,     uid,         gid,           NULL};
    workdir->state = WORKDIR_EXTRACTS;
    if (helper_begin(&workdir->helper, words, workdir->file, &error) != TIDE_OK) {
        failed(workdir, CAUSE_WORKER, error.text);
    }
    close_fd(&workdir->file);
}

static void set_up(struct workdir *workdir, int64_t now_ms)
{
    struct error error;

    if (workdir->job < 0) {
        finished(workdir);
        return;
    }
    workdir->state = WORKDIR_SETS_UP;
    if (setup_begin(&workdir->setup, workdir->job, now_ms, &error) != TIDE_OK) {
        failed(workdir, CAUSE_WORKER, error.text);
    }
    close_fd(&workdir->job);
}

static void helped(const struct workdirs *workdirs, struct workdir *workdir, int64_t now_ms)
{
    const char *why = NULL;

    if (!helper_ended(&workdir->helper)) {
        return;
    }
    if (workdir->state == WORKDIR_EXTRACTS) {
        if (text_equal(workdir->helper.said, PACK_RESTORED)) {
            set_up(workdir, now_ms);
        } else {
            failed(workdir, CAUSE_WORKER, workdir->helper.said);
        }
    } else if (carry_status(workdir->helper.said, &why) == TIDE_OK) {
        extract(workdirs, workdir);
    } else {
        failed(workdir, CAUSE_WORKER, why);
    }
}

void workdirs_ready(struct workdirs *workdirs, int index, int64_t now_ms)
{
    struct workdir *workdir = &workdirs->list[index];

    if (workdir->helper.out >= 0) {
        helped(workdirs, workdir, now_ms);
        return;
    }
    if (workdir->state != WORKDIR_SETS_UP) {
        return;
    }
    switch (setup_ready(&workdir->setup, workdir->why, sizeof workdir->why)) {
    case SETUP_BUSY:
        break;
    case SETUP_DONE:
        finished(workdir);
        break;
    case SETUP_FAILED:
        failed(workdir, CAUSE_SETUP, workdir->why);
        break;
    }
}

/* --- beginning one --- */

/* The setup runs in the tree, with the variables that attempts of this spec get from it. */
static enum tide_status make_job(const struct workdirs *workdirs, struct workdir *workdir,
                                 const struct wire_assign *assign, struct error *error)
{
    const struct attempt_options *options = workdirs->options;
    struct environment *environment = malloc(sizeof *environment);
    const char *words[WIRE_SETUP_WORDS_MAX + 1] = {NULL};
    char temporary[FILES_PATH_BYTES];

    if (environment == NULL || !files_path(temporary, "%s/tmp", workdir->folder)) {
        free(environment);
        return error_set(error, TIDE_NO_MEMORY, "no memory for the environment");
    }
    const struct environment_paths paths = {.temporary = temporary, .home = options->home};
    memcpy(words, assign->setup, assign->setup_count * sizeof *words);
    const struct job job = {.private_umask = !options->inherit_environment,
                            .has_user = options->has_user,
                            .uid = options->uid,
                            .gid = options->gid,
                            .workdir = workdir->tree,
                            .cgroup = "",
                            .folder = "",
                            .words = words,
                            .env = (const char *const *)environment->strings};
    enum tide_status status =
        environment_make_common(environment, assign, &paths, options->inherit_environment, error);
    status = status == TIDE_OK ? job_create(&job, &workdir->job, error) : status;
    environment_fini(environment);
    free(environment);
    return status;
}

static enum tide_status fetch(const struct workdirs *workdirs, struct workdir *workdir,
                              const struct wire_assign *assign, struct error *error)
{
    struct carry_order order = {.fetch = true,
                                .object = OBJECT_WORKDIR,
                                .attempt = assign->attempt,
                                .bytes = assign->workdir_bytes};

    if (workdirs->options->way->endpoint[0] == '\0') {
        return error_set(error, TIDE_UNREACHABLE, "the coordinator moves no files");
    }
    if (assign->workdir_bytes == 0) {
        return error_set(error, TIDE_NOT_FOUND, "the coordinator does not have the workdir");
    }
    (void)text_copy(order.hash, sizeof order.hash, assign->workdir_hash);
    const enum tide_status status = files_nameless(workdirs->options->state, &workdir->file, error);
    return status == TIDE_OK ? helper_carry(&workdir->helper, &order, workdirs->options->way,
                                            workdir->file, error)
                             : status;
}

static void begin(struct workdirs *workdirs, struct workdir *workdir,
                  const struct wire_assign *assign)
{
    struct error error;

    (void)text_copy(workdir->hash, sizeof workdir->hash, assign->workdir_hash);
    workdir->bytes = assign->workdir_bytes;
    workdir->state = WORKDIR_FETCHES;
    enum tide_status status = make_folders(workdirs, workdir, &error);
    if (status == TIDE_OK && assign->setup_count > 0) {
        status = make_job(workdirs, workdir, assign, &error);
    }
    status = status == TIDE_OK ? fetch(workdirs, workdir, assign, &error) : status;
    if (status != TIDE_OK) {
        failed(workdir, CAUSE_WORKER, error.text);
    }
}

static struct workdir *find(struct workdirs *workdirs, const char *name)
{
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        if (workdirs->list[i].state != WORKDIR_EMPTY && text_equal(workdirs->list[i].name, name)) {
            return &workdirs->list[i];
        }
    }
    return NULL;
}

/* An empty slot, else the one unused for longest; NULL: all are in use. */
static struct workdir *make_room(struct workdirs *workdirs)
{
    struct workdir *oldest = NULL;

    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        struct workdir *workdir = &workdirs->list[i];
        if (workdir->state == WORKDIR_EMPTY) {
            return workdir;
        }
        if (workdir->users == 0 && (oldest == NULL || workdir->used < oldest->used)) {
            oldest = workdir;
        }
    }
    if (oldest != NULL) {
        remove_all(oldest);
        entry_init(oldest);
    }
    return oldest;
}

int workdirs_want(struct workdirs *workdirs, const struct wire_assign *assign)
{
    char name[WIRE_HASH_HEX + 32];
    uint64_t digest = DIGEST_START;

    for (size_t i = 0; i < assign->setup_count; i++) {
        digest = digest_bytes(digest, assign->setup[i], strlen(assign->setup[i]) + 1);
    }
    (void)snprintf(name, sizeof name, "%s-%016" PRIx64, assign->workdir_hash, digest);
    struct workdir *workdir = find(workdirs, name);
    if (workdir == NULL) {
        workdir = make_room(workdirs);
        if (workdir == NULL || !name_folder(workdirs, workdir, name)) {
            return WORKDIR_NONE;
        }
        begin(workdirs, workdir, assign);
    } else if (workdir->state == WORKDIR_FAILED && workdir->users == 0) {
        begin(workdirs, workdir, assign);
    }
    workdir->users++;
    workdir->used = ++workdirs->uses;
    return (int)(workdir - workdirs->list);
}

void workdirs_release(struct workdirs *workdirs, int index)
{
    if (index != WORKDIR_NONE) {
        workdirs->list[index].users--;
    }
}

/* --- the loop's --- */

void workdirs_fds(const struct workdirs *workdirs, int index, int fds[WORKDIR_FDS])
{
    const struct workdir *workdir = &workdirs->list[index];

    fds[0] = workdir->helper.out >= 0 ? workdir->helper.out : workdir->setup.control;
    fds[1] = workdir->setup.output;
}

int64_t workdirs_deadline(const struct workdirs *workdirs)
{
    int64_t deadline_ms = INT64_MAX;

    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        const struct setup *setup = &workdirs->list[i].setup;
        if (setup->control >= 0 && !setup->timed_out && setup->deadline_ms < deadline_ms) {
            deadline_ms = setup->deadline_ms;
        }
    }
    return deadline_ms;
}

void workdirs_tick(struct workdirs *workdirs, int64_t now_ms)
{
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        setup_tick(&workdirs->list[i].setup, now_ms);
    }
}

bool workdirs_reaped(struct workdirs *workdirs, pid_t child)
{
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        struct workdir *workdir = &workdirs->list[i];
        if (workdir->helper.pid == child) {
            workdir->helper.pid = 0;
            return true;
        }
        if (workdir->setup.supervisor == child) {
            workdir->setup.supervisor = -1;
            return true;
        }
    }
    return false;
}

void workdirs_reroute(struct workdirs *workdirs)
{
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        (void)helper_reroute(&workdirs->list[i].helper, workdirs->options->way);
    }
}

void workdirs_close(struct workdirs *workdirs)
{
    for (size_t i = 0; i < WORKDIRS_MAX; i++) {
        helper_kill(&workdirs->list[i].helper);
        setup_kill(&workdirs->list[i].setup);
        close_fd(&workdirs->list[i].file);
        close_fd(&workdirs->list[i].job);
    }
}
