#include "worker/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct job_header {
    uint32_t word_count, env_count;
    uint32_t uid, gid;
    uint32_t has_user, private_umask;
};

static size_t count_strings(const char *const *strings)
{
    size_t count = 0;

    while (strings[count] != NULL) {
        count++;
    }
    return count;
}

static bool write_all(int fd, const void *data, size_t bytes)
{
    const char *at = data;

    while (bytes > 0) {
        const ssize_t written = write(fd, at, bytes);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? written : 0;
        bytes -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool write_strings(int fd, const char *const *strings)
{
    bool good = true;

    for (size_t i = 0; good && strings[i] != NULL; i++) {
        good = write_all(fd, strings[i], strlen(strings[i]) + 1);
    }
    return good;
}

static bool write_job(int fd, const struct job *job)
{
    const struct job_header header = {.word_count = (uint32_t)count_strings(job->words),
                                      .env_count = (uint32_t)count_strings(job->env),
                                      .uid = job->uid,
                                      .gid = job->gid,
                                      .has_user = job->has_user ? 1 : 0,
                                      .private_umask = job->private_umask ? 1 : 0};
    const char *const places[] = {job->workdir, job->cgroup, job->folder, NULL};

    return write_all(fd, &header, sizeof header) && write_strings(fd, places) &&
           write_strings(fd, job->words) && write_strings(fd, job->env);
}

enum tide_status job_create(const struct job *job, int *fd, struct error *error)
{
    *fd = memfd_create("tidemill-job", MFD_CLOEXEC);
    if (*fd < 0 || !write_job(*fd, job)) {
        const int why = errno;
        if (*fd >= 0) {
            (void)close(*fd);
        }
        return error_set(error, TIDE_IO, "job file: %s", strerror(why));
    }
    return TIDE_OK;
}

/* The next string of the file, NULL where it has no more. */
static const char *next_string(const char **at, const char *end)
{
    const char *string = *at;
    const size_t left = (size_t)(end - string);
    const char *stop = left == 0 ? NULL : memchr(string, '\0', left);

    if (stop == NULL) {
        return NULL;
    }
    *at = stop + 1;
    return string;
}

static const char *const *next_strings(const char **at, const char *end, size_t count)
{
    const char **strings = count > JOB_STRINGS_MAX ? NULL : calloc(count + 1, sizeof *strings);
    bool whole = strings != NULL;

    for (size_t i = 0; whole && i < count; i++) {
        strings[i] = next_string(at, end);
        whole = strings[i] != NULL;
    }
    if (!whole) {
        free(strings);
        strings = NULL;
    }
    return strings;
}

bool job_open(int fd, struct job *job)
{
    struct stat status;
    struct job_header header;

    if (fstat(fd, &status) != 0 || status.st_size < (off_t)sizeof header ||
        status.st_size > JOB_BYTES_MAX) {
        return false;
    }
    const char *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        return false;
    }
    const char *end = data + status.st_size;
    const char *at = data + sizeof header;
    memcpy(&header, data, sizeof header);
    *job = (struct job){.private_umask = header.private_umask != 0,
                        .has_user = header.has_user != 0,
                        .uid = header.uid,
                        .gid = header.gid};
    job->workdir = next_string(&at, end);
    job->cgroup = next_string(&at, end);
    job->folder = next_string(&at, end);
    job->words = next_strings(&at, end, header.word_count);
    job->env = next_strings(&at, end, header.env_count);
    return job->workdir != NULL && job->cgroup != NULL && job->folder != NULL &&
           job->words != NULL && job->env != NULL && job->words[0] != NULL;
}
