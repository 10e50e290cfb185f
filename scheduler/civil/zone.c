/*
 * Knows that GTimeZone numbers the stretches of constant offset in order of time but does not tell
 * where they end: the end is found by bisection over that number.
 */
#include "civil/zone.h"

#include "base/assert.h"
#include "base/text.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_SECONDS = 86400, ZONE_NAMES_MAX = 1024 };

struct zone {
    GTimeZone *rules;
};

static const char *zone_folder(void)
{
    const char *folder = g_getenv("TZDIR");

    return folder ? folder : "/usr/share/zoneinfo";
}

/* g_time_zone_new_identifier also takes "+05:00" and POSIX rules; only what tzdata names is a
 * zone here, because nothing else follows the law when it changes. */
static bool zone_is_named(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    char *path = NULL;
    bool named = false;

    if (!g_ascii_isalpha(name[0]) || strspn(name, letters) != strlen(name)) {
        return false;
    }
    path = g_build_filename(zone_folder(), name, NULL);
    named = g_file_test(path, G_FILE_TEST_IS_REGULAR);
    g_free(path);
    return named;
}

/* The third column of zone.tab: one name for each place, which is what people misspell. */
static const char *zone_of_line(char *line)
{
    char *first = strchr(line, '\t');
    char *second = first ? strchr(first + 1, '\t') : NULL;

    if (!second || line[0] == '#') {
        return NULL;
    }
    second[1 + strcspn(second + 1, "\t")] = '\0';
    return second + 1;
}

static enum tide_status zone_unknown(const char *name, struct error *error)
{
    const char *names[ZONE_NAMES_MAX];
    const char *near = NULL;
    size_t count = 0;
    char *table = NULL;
    char *path = g_build_filename(zone_folder(), "zone.tab", NULL);
    char **lines = NULL;

    if (g_file_get_contents(path, &table, NULL, NULL)) {
        lines = g_strsplit(table, "\n", -1);
        for (char **line = lines; *line && count < ZONE_NAMES_MAX; line++) {
            names[count] = zone_of_line(*line);
            count += names[count] ? 1 : 0;
        }
        near = text_nearest(name, names, count);
    }
    error_set(error, TIDE_NOT_FOUND, "unknown time zone '%.60s'%s%s%s", name,
              near ? ": did you mean '" : ": an IANA name such as 'Europe/Paris' is needed",
              near ? near : "", near ? "'?" : "");
    g_strfreev(lines);
    g_free(table);
    g_free(path);
    return TIDE_NOT_FOUND;
}

enum tide_status zone_open(struct zone **zone, const char *name, struct error *error)
{
    GTimeZone *rules = zone_is_named(name) ? g_time_zone_new_identifier(name) : NULL;

    *zone = NULL;
    if (!rules) {
        return zone_unknown(name, error);
    }
    *zone = g_new0(struct zone, 1);
    (*zone)->rules = rules;
    return TIDE_OK;
}

void zone_close(struct zone *zone)
{
    if (zone) {
        g_time_zone_unref(zone->rules);
        g_free(zone);
    }
}

static int64_t floor_seconds(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
}

static int zone_stretch(const struct zone *zone, int64_t second)
{
    return g_time_zone_find_interval(zone->rules, G_TIME_TYPE_UNIVERSAL, second);
}

static int64_t stretch_offset_ms(const struct zone *zone, int stretch)
{
    return (int64_t)g_time_zone_get_offset(zone->rules, stretch) * 1000;
}

int64_t zone_offset_ms(const struct zone *zone, int64_t at_ms, int64_t horizon_ms,
                       int64_t *until_ms)
{
    int64_t low = floor_seconds(at_ms);
    int64_t high = floor_seconds(horizon_ms);
    const int stretch = zone_stretch(zone, low);

    *until_ms = horizon_ms;
    if (high > low && zone_stretch(zone, high) != stretch) {
        while (high - low > 1) {
            const int64_t middle = low + (high - low) / 2;
            if (zone_stretch(zone, middle) == stretch) {
                low = middle;
            } else {
                high = middle;
            }
        }
        *until_ms = high * 1000;
    }
    return stretch_offset_ms(zone, stretch);
}

/* Offsets stay within a day, so the answer lies within a day of the local number read as UTC; the
 * stretches of those two days are tried in order. */
int64_t zone_to_utc_ms(const struct zone *zone, int64_t local_ms)
{
    const int64_t day_ms = (int64_t)DAY_SECONDS * 1000;
    const int64_t last_ms = local_ms + 2 * day_ms;
    int64_t from_ms = local_ms - day_ms;

    while (from_ms < last_ms) {
        int64_t until_ms = 0;
        const int64_t offset_ms = zone_offset_ms(zone, from_ms, last_ms, &until_ms);
        if (local_ms - offset_ms < until_ms) {
            return local_ms - offset_ms > from_ms ? local_ms - offset_ms : from_ms;
        }
        from_ms = until_ms;
    }
    ASSERT(from_ms < last_ms);
    return local_ms;
}
