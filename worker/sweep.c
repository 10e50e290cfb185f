#include "worker/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parent of process `name` of /proc; -1 if there is no such process. */
static pid_t parent_of(const char *name)
{
    char path[64];
    char text[512];

    (void)snprintf(path, sizeof path, "/proc/%.32s/stat", name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    const ssize_t bytes = read(fd, text, sizeof text - 1);
    (void)close(fd);
    text[bytes > 0 ? bytes : 0] = '\0';
    /* pid (name) state ppid: the name may hold anything, so from its last bracket */
    const char *at = strrchr(text, ')');
    return at == NULL || strlen(at) < 5 ? -1 : (pid_t)strtol(at + 4, NULL, 10);
}

static bool is_spared(pid_t child, const pid_t *spared, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (spared[i] == child) {
            return true;
        }
    }
    return false;
}

size_t sweep_children(const pid_t *spared, size_t count)
{
    DIR *directory = opendir("/proc");
    const pid_t self = getpid();
    size_t killed = 0;

    if (directory == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        const char *name = entry->d_name;
        if (name[0] < '1' || name[0] > '9' || parent_of(name) != self) {
            continue;
        }
        const pid_t child = (pid_t)strtol(name, NULL, 10);
        if (!is_spared(child, spared, count)) {
            (void)kill(child, SIGKILL);
            killed++;
        }
    }
    (void)closedir(directory);
    return killed;
}
