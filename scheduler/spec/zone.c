#include "spec/zone.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

enum { ZONE_BYTES = 64, ZONES_MAX = 700 };

/* A name such as ../../etc/passwd is no zone; neither are the tables beside the zones. */
static bool has_zone_form(const char *name)
{
    const size_t length =
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

    return length > 0 && length < ZONE_BYTES && name[length] == '\0' && name[0] != '/' &&
           name[0] >= 'A' && name[0] <= 'Z';
}

bool zone_exists(const char *name)
{
    char path[sizeof ZONE_DIRECTORY + 1 + ZONE_BYTES];
    char magic[4] = {0};
    FILE *file = NULL;
    bool good = false;

    if (!has_zone_form(name)) {
        return false;
    }
    (void)snprintf(path, sizeof path, ZONE_DIRECTORY "/%s", name);
    file = fopen(path, "rbe");
    if (file == NULL) {
        return false;
    }
    good = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    (void)fclose(file);
    return good;
}

/* A line of zone1970.tab is "codes <TAB> coordinates <TAB> zone [<TAB> comment]". */
static bool zone_of_line(char *line, char *zone)
{
    char *save = NULL;
    const char *field = line[0] == '#' ? NULL : strtok_r(line, "\t\n", &save);

    for (int i = 0; i < 2 && field != NULL; i++) {
        field = strtok_r(NULL, "\t\n", &save);
    }
    return field != NULL && text_copy(zone, ZONE_BYTES, field);
}

void zone_nearest(const char *name, char *nearest, size_t bytes)
{
    char zone[ZONE_BYTES];
    char line[512];
    FILE *file = fopen(ZONE_DIRECTORY "/zone.tab", "re");
    const char *candidates[] = {zone};
    int best = ZONE_BYTES;

    nearest[0] = '\0';
    for (int i = 0; i < ZONES_MAX && file != NULL && fgets(line, sizeof line, file) != NULL; i++) {
        if (zone_of_line(line, zone) && text_nearest(name, candidates, 1) != NULL &&
            text_distance(name, zone) < best) {
            best = text_distance(name, zone);
            text_copy(nearest, bytes, zone);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}
