#include "loop/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char *driven; /* the file of a test; NULL outside of tests */

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_steady_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

void clock_drive(const char *path)
{
    driven = path;
}

bool clock_is_driven(void)
{
    return driven != NULL;
}

/* The last good reading stays while the file is being replaced. */
static int64_t driven_ms(void)
{
    static int64_t last_ms;
    FILE *file = fopen(driven, "re");

    if (file != NULL) {
        (void)!fscanf(file, "%" SCNd64, &last_ms);
        (void)fclose(file);
    }
    return last_ms;
}

int64_t clock_wall_ms(void)
{
    return driven == NULL ? read_ms(CLOCK_REALTIME) : driven_ms();
}

int64_t clock_boot_ms(void)
{
    static int64_t last_ms;
    const int64_t now_ms = driven == NULL ? read_ms(CLOCK_BOOTTIME) : driven_ms();

    last_ms = now_ms > last_ms ? now_ms : last_ms;
    return last_ms;
}
