#include "loop/spawn.h"

#include <signal.h>

void spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t defaults;

    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGINT);
    (void)sigaddset(&defaults, SIGTERM);
    (void)sigaddset(&defaults, SIGHUP);
    (void)sigaddset(&defaults, SIGCHLD);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)posix_spawnattr_init(attributes);
    (void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &defaults);
}
