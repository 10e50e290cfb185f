#include "worker/become.h"

#include <grp.h>
#include <unistd.h>

/* In this order: the groups can be set only while still root. */
bool become_user(uid_t uid, gid_t gid)
{
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;

    return setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 &&
           setresuid(uid, uid, uid) == 0 && getresuid(&real, &effective, &saved) == 0 &&
           real == uid && effective == uid && saved == uid;
}
