#include "worker/points.h"

#include "base/text.h"

void points_init(struct points *points)
{
    points->added = 0;
    points->sent = 0;
    points->name_count = 0;
}

static size_t name_index(struct points *points, const char *name)
{
    size_t i = 0;

    while (i < points->name_count && !text_equal(points->names[i], name)) {
        i++;
    }
    if (i == points->name_count && i < POINTS_NAMES_MAX) {
        (void)text_copy(points->names[i], WIRE_NAME_BYTES, name);
        points->name_count++;
    }
    return i;
}

bool points_add(struct points *points, const char *name, int64_t step, double value)
{
    const size_t index = name_index(points, name);

    if (index == POINTS_NAMES_MAX) {
        return false;
    }
    points->ring[points->added++ % POINTS_MAX] = (struct point){step, value, index};
    return true;
}

static uint64_t oldest(const struct points *points)
{
    return points->added > POINTS_MAX ? points->added - POINTS_MAX : 0;
}

size_t points_batch(const struct points *points, struct wire_metric *metric)
{
    uint64_t at = points->sent > oldest(points) ? points->sent : oldest(points);

    metric->count = 0;
    while (at < points->added && metric->count < WIRE_POINTS_MAX) {
        const struct point *point = &points->ring[at++ % POINTS_MAX];
        metric->points[metric->count++] = (struct wire_point){
            .step = point->step, .name = points->names[point->name], .value = point->value};
    }
    return metric->count;
}

void points_sent(struct points *points, size_t count)
{
    const uint64_t from = points->sent > oldest(points) ? points->sent : oldest(points);

    points->sent = from + count;
}

void points_again(struct points *points)
{
    points->sent = 0;
}
