#include "worker/notice_parse.h"

#include "base/text.h"

#include <jansson.h>

#include <string.h>

enum { STATUS_OK = 200, STATUS_UNAUTHORIZED = 401, STATUS_NOT_FOUND = 404 };

static bool is_leaving(const char *action)
{
    return text_equal(action, "terminate") || text_equal(action, "stop") ||
           text_equal(action, "hibernate");
}

/* The key is `action`; the mock that AWS publishes documents `instance-action`. */
enum notice_fact notice_aws(long status, const char *body)
{
    if (status == STATUS_NOT_FOUND) {
        return NOTICE_QUIET;
    }
    if (status == STATUS_UNAUTHORIZED) {
        return NOTICE_DENIED;
    }
    json_t *root = status == STATUS_OK ? json_loads(body, 0, NULL) : NULL;
    const bool leaves = is_leaving(json_string_value(json_object_get(root, "action"))) ||
                        is_leaving(json_string_value(json_object_get(root, "instance-action")));
    json_decref(root);
    return leaves ? NOTICE_LEAVE : NOTICE_UNKNOWN;
}

enum notice_fact notice_gcp(long status, const char *body)
{
    if (status != STATUS_OK) {
        return NOTICE_UNKNOWN;
    }
    if (strncmp(body, "TRUE", 4) == 0) {
        return NOTICE_LEAVE;
    }
    return strncmp(body, "FALSE", 5) == 0 ? NOTICE_QUIET : NOTICE_UNKNOWN;
}

static bool names(const json_t *resources, const char *machine)
{
    size_t index = 0;
    json_t *resource = NULL;

    json_array_foreach(resources, index, resource)
    {
        if (text_equal(json_string_value(resource), machine)) {
            return true;
        }
    }
    return false;
}

enum notice_fact notice_azure(long status, const char *body, const char *machine)
{
    json_t *root = status == STATUS_OK ? json_loads(body, 0, NULL) : NULL;
    const json_t *events = json_object_get(root, "Events");
    enum notice_fact fact = json_is_array(events) ? NOTICE_QUIET : NOTICE_UNKNOWN;
    size_t index = 0;
    json_t *event = NULL;

    json_array_foreach(events, index, event)
    {
        if (text_equal(json_string_value(json_object_get(event, "EventType")), "Preempt") &&
            names(json_object_get(event, "Resources"), machine)) {
            fact = NOTICE_LEAVE;
        }
    }
    json_decref(root);
    return fact;
}
