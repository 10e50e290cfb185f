/* Knows how much memory the coordinator may take: by its control group, or by ulimit. */
#include "commands/doctor.h"

#include "commands/format.h"

#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The number in such a file; INT64_MAX where there is none ("max", or no such file). */
static int64_t number_in(const char *path)
{
    char text[64] = "";
    int64_t number = INT64_MAX;
    FILE *file = fopen(path, "re");

    if (file != NULL) {
        if (fgets(text, sizeof text, file) != NULL) {
            text[strcspn(text, "\n")] = '\0';
        }
        (void)fclose(file);
    }
    return number_parse_integer(text, &number) ? number : INT64_MAX;
}

/* Of the group and of all above it. */
static int64_t limit_of_group(const char *mount, char *group, const char *file)
{
    char path[PATH_BYTES];
    int64_t limit = INT64_MAX;
    char *slash = group + strlen(group);

    do {
        *slash = '\0';
        (void)snprintf(path, sizeof path, "%s%.2000s/%s", mount, group, file);
        limit = least(limit, number_in(path));
        slash = strrchr(group, '/');
    } while (slash != NULL);
    return limit;
}

/* "0::/a/b" (version 2), "4:memory:/a/b" (version 1). */
static int64_t limit_of_groups(int32_t process)
{
    char line[PATH_BYTES];
    int64_t limit = INT64_MAX;

    (void)snprintf(line, sizeof line, "/proc/%" PRId32 "/cgroup", process);
    FILE *file = fopen(line, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *group = strchr(line, '/');
        if (group == NULL) {
            continue;
        }
        group[strcspn(group, "\n")] = '\0';
        if (strncmp(line, "0::", 3) == 0) {
            limit = least(limit, limit_of_group("/sys/fs/cgroup", group, "memory.max"));
        } else if (strstr(line, ":memory:") != NULL) {
            limit = least(limit,
                          limit_of_group("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return limit;
}

static int64_t limit_said(const struct rlimit *limit)
{
    return limit->rlim_cur < INT64_MAX ? (int64_t)limit->rlim_cur : INT64_MAX;
}

static int64_t limit_of_process(int32_t process)
{
    struct rlimit space = {RLIM_INFINITY, RLIM_INFINITY};
    struct rlimit data = space;

    (void)prlimit(process, RLIMIT_AS, NULL, &space); /* one that cannot be asked stays unbounded */
    (void)prlimit(process, RLIMIT_DATA, NULL, &data);
    return least(limit_said(&space), limit_said(&data));
}

void examine_memory(struct examination *examination, int32_t process)
{
    const int64_t machine = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    const int64_t limit = least(limit_of_groups(process), limit_of_process(process));
    char text[FORMAT_BYTES];

    if (limit >= machine) {
        finding(examination, "memory", VERDICT_NOTE,
                "bound it (systemd: MemoryMax= and Restart=on-failure): whoever has a key could "
                "fill it",
                "process %" PRId32 " may take all of the machine's", process);
    } else {
        (void)format_bytes(text, limit);
        finding(examination, "memory", VERDICT_GOOD, NULL, "process %" PRId32 " may take %s",
                process, text);
    }
}
