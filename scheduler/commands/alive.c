#include "commands/alive.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

enum { PATH_BYTES = 4096 };

json_t *alive_coordinator(const char *store)
{
    char path[PATH_BYTES];
    int pid = 0;

    (void)snprintf(path, sizeof path, "%s.lock", store);
    FILE *file = fopen(path, "re");
    const int fields = file == NULL ? 0 : fscanf(file, "%d", &pid);
    if (file != NULL) {
        (void)fclose(file);
    }
    if (fields != 1 || pid <= 0) {
        return json_null();
    }
    return json_boolean(kill(pid, 0) == 0 || errno == EPERM);
}
