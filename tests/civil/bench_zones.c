/*
 * bench_zones FROM TO: how often GTimeZone and libical differ from libc's localtime about the
 * offset of an hour, in every zone of zone.tab and every hour of the years [FROM, TO), and what a
 * look-up costs. The choice in docs/adr/civil-time-zones.md rests on it.
 */
#include <glib.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tally {
    const char *name;
    long wrong;
    long wrong_zones;
    double seconds;
};

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static time_t year_start(const char *year)
{
    struct tm date = {.tm_year = (int)strtol(year, NULL, 10) - 1900, .tm_mday = 1};

    return timegm(&date);
}

static int ask_glib(GTimeZone *zone, time_t at)
{
    return g_time_zone_get_offset(zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, at));
}

static int ask_ical(icaltimezone *zone, time_t at)
{
    struct icaltimetype utc = icaltime_from_timet_with_zone(at, 0, icaltimezone_get_utc_timezone());
    int is_summer = 0;

    return icaltimezone_get_utc_offset_of_utc_time(zone, &utc, &is_summer);
}

static long compare_zone(const char *name, time_t from, time_t to, struct tally *glib,
                         struct tally *ical)
{
    GTimeZone *glib_zone = g_time_zone_new_identifier(name);
    icaltimezone *ical_zone = icaltimezone_get_builtin_timezone(name);
    const long glib_before = glib->wrong;
    const long ical_before = ical->wrong;
    long hours = 0;

    (void)setenv("TZ", name, 1);
    tzset();
    for (time_t at = from; glib_zone && ical_zone && at < to; at += 3600, hours++) {
        struct tm local = {0};
        const double start = now_s();
        const int by_glib = ask_glib(glib_zone, at);
        const double middle = now_s();
        const int by_ical = ask_ical(ical_zone, at);
        ical->seconds += now_s() - middle;
        glib->seconds += middle - start;
        (void)localtime_r(&at, &local);
        glib->wrong += by_glib != local.tm_gmtoff;
        ical->wrong += by_ical != local.tm_gmtoff;
    }
    glib->wrong_zones += glib->wrong != glib_before;
    ical->wrong_zones += ical->wrong != ical_before;
    g_time_zone_unref(glib_zone);
    return hours;
}

int main(int argc, char **argv)
{
    struct tally glib = {.name = "GTimeZone"};
    struct tally ical = {.name = "libical"};
    char line[256];
    long hours = 0;
    FILE *table = fopen("/usr/share/zoneinfo/zone.tab", "r");

    if (argc != 3 || !table) {
        (void)fprintf(stderr, "usage: bench_zones FROM TO (and zone.tab is needed)\n");
        return 2;
    }
    while (fgets(line, sizeof line, table)) {
        char name[64];
        if (line[0] != '#' && sscanf(line, "%*s %*s %63s", name) == 1) {
            hours += compare_zone(name, year_start(argv[1]), year_start(argv[2]), &glib, &ical);
        }
    }
    (void)fclose(table);
    for (int i = 0; i < 2; i++) {
        const struct tally *tally = i == 0 ? &glib : &ical;
        (void)printf("%-10s %ld of %ld hours wrong, in %ld zones; %.0f ns each\n", tally->name,
                     tally->wrong, hours, tally->wrong_zones, tally->seconds * 1e9 / (double)hours);
    }
    return 0;
}
