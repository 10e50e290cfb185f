/*
 * harvest: which results of an earlier experiment a search begins with, and what they are in its
 * own terms. The coordinator takes them from its core, `replay` from the store.
 */
#ifndef LOOP_HARVEST_H
#define LOOP_HARVEST_H

#include "core/record.h"
#include "loop/searcher.h"
#include "spec/spec.h"

/* One source: its completed trials, told before the search began, by number. */
struct harvest {
    const struct spec *spec;   /* of the search that begins */
    const struct spec *source; /* of the earlier experiment */
    size_t index;              /* which of the spec's warm_start it is, from 0 */
    const struct trial_row **rows;
    size_t count;
};

struct harvest_ways {
    const char *(*params)(void *context, const struct trial_row *row); /* JSON; NULL unknown */
    void (*tell)(void *context, const struct search_tell *tell);
    void *context;
};

/* harvest_objective: which of the source's objectives goes for objective `index`: the one of its
 * name, or the only one for the only one; its objective_count when none does. */
size_t harvest_objective(const struct spec *spec, size_t index, const struct spec *source);

/* harvest_tell: those that this search looks at, in their order. */
void harvest_tell(const struct harvest *harvest, int32_t experiment,
                  const struct harvest_ways *ways);

#endif
