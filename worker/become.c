#include "worker/become.h"

#include "base/number.h"
#include "base/text.h"

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

bool become_named(const char *user, const char *group)
{
    int64_t uid = 0;
    int64_t gid = 0;

    if (text_equal(user, "-")) {
        return true;
    }
    return number_parse_integer(user, &uid) && number_parse_integer(group, &gid) &&
           become_user((uid_t)uid, (gid_t)gid);
}
