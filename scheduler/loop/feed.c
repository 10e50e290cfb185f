#include "loop/feed.h"

#include "base/text.h"
#include "civil/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 64 << 20, STEPS_MAX = 256 };

static const int64_t horizon_ms = INT64_C(8) * 86400000; /* as far as bands are worked out */

void feed_fini(struct feed *feed)
{
    price_list_fini(&feed->list);
}

void feed_fail(struct feed *feed, const char *why)
{
    (void)text_copy(feed->trouble, sizeof feed->trouble, why);
}

/* What is wrong with the text; of a discreet one only where. */
static void trouble_set(struct feed *feed, const struct error *error)
{
    char where[32] = "";

    if (error->line > 0) {
        (void)snprintf(where, sizeof where, "line %d: ", error->line);
    }
    (void)snprintf(feed->trouble, sizeof feed->trouble, "%s%.180s", where,
                   feed->discreet ? "that is no price" : error->text);
}

void feed_take(struct feed *feed, const char *text, int64_t now_ms)
{
    struct price_list list;
    struct error error = {0};

    if (price_parse(&list, text, feed->pick, now_ms, &error) != TIDE_OK) {
        trouble_set(feed, &error);
        return;
    }
    price_list_fini(&feed->list);
    feed->list = list;
    feed->read_ms = now_ms;
    feed->trouble[0] = '\0';
}

/* The whole of an open file, terminated; NULL with the reason as errno. */
static char *content_read(int descriptor, int64_t bytes)
{
    char *text = malloc((size_t)bytes + 1);
    int64_t used = 0;
    ssize_t got = 1;

    while (text != NULL && used < bytes && got > 0) {
        got = read(descriptor, text + used, (size_t)(bytes - used));
        used += got > 0 ? got : 0;
    }
    if (text != NULL) {
        text[used] = '\0';
    }
    return text;
}

static bool is_same(const struct feed *feed, const struct stat *status)
{
    return feed->changed.tv_sec == status->st_mtim.tv_sec &&
           feed->changed.tv_nsec == status->st_mtim.tv_nsec && feed->bytes == status->st_size;
}

static bool descriptor_look(struct feed *feed, int descriptor, int64_t now_ms)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > FILE_BYTES_MAX) {
        feed_fail(feed, "it is no file, or too large a one");
        return false;
    }
    if (is_same(feed, &status)) {
        feed->read_ms = feed->trouble[0] == '\0' ? now_ms : feed->read_ms;
        return false;
    }
    char *text = content_read(descriptor, status.st_size);
    if (text == NULL) {
        feed_fail(feed, "out of memory");
        return false;
    }
    feed->changed = status.st_mtim;
    feed->bytes = status.st_size;
    feed_take(feed, text, now_ms);
    free(text);
    return true;
}

static bool file_look(struct feed *feed, int64_t now_ms)
{
    const int descriptor = open(feed->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (descriptor < 0) {
        (void)snprintf(feed->trouble, sizeof feed->trouble, "cannot read it: %s", strerror(errno));
        return false;
    }
    const bool news = descriptor_look(feed, descriptor, now_ms);
    (void)close(descriptor);
    return news;
}

/* Bands are known for ever: a list without an end that is read now. */
static bool bands_look(struct feed *feed, int64_t now_ms)
{
    struct price_step *steps = calloc(STEPS_MAX, sizeof *steps);
    size_t count = 0;

    if (steps == NULL) {
        return false;
    }
    (void)!tariff_steps(feed->zone, feed->prices->bands, feed->prices->band_count,
                        feed->prices->fallback.micro, now_ms, now_ms + horizon_ms, steps, STEPS_MAX,
                        &count);
    price_list_fini(&feed->list);
    feed->list = (struct price_list){.steps = steps, .count = count, .end_ms = INT64_MAX};
    feed->read_ms = now_ms;
    return true;
}

bool feed_look(struct feed *feed, int64_t now_ms)
{
    if (feed->file != NULL) {
        return file_look(feed, now_ms);
    }
    return feed->prices != NULL && bands_look(feed, now_ms);
}

struct feed_state feed_steps(const struct feed *feed, int64_t at_ms, struct price_step *steps,
                             size_t capacity)
{
    const struct price_list *list = &feed->list;
    int64_t micro = 0;
    struct feed_state known = {.state =
                                   price_at(list, at_ms, feed->read_ms, feed->hold_ms, &micro)};
    size_t at = 0;

    while (at < list->count && list->steps[at].start_ms <= at_ms) {
        at++;
    }
    for (size_t i = at > 0 ? at - 1 : 0; i < list->count && at > 0 && known.count < capacity; i++) {
        steps[known.count++] = list->steps[i];
    }
    return known;
}
