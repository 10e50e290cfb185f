/*
 * sim: the real core and the real agents through the real codec, under a virtual clock, network,
 * disk and process table. Everything follows from a seed. First it is tortured (safety), then the
 * faults stop and everything must end (liveness); the auditor counts what must never happen from
 * what it saw itself.
 *
 *     sim [--seeds N] [--from SEED] [--large]       N histories, from seed 1 on
 *     sim --seed SEED [--large] [--without WHAT] [--trace]
 *     sim --mutations [--seeds N]                   the table of planted bugs
 *
 * A failure prints one command that runs it again, and what happens in the smallest history that
 * still fails. WHAT is a list of faults by number (3,7-9) and of what else may go wrong (drop,
 * twice, death, fail, spoil, abrupt, obstacle, villain).
 */
#include "shrink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wish {
    uint64_t from, count;
    bool large, trace, one, mutations, plain;
    struct plan_cut cut;
};

static _Noreturn void usage(const char *word)
{
    (void)fprintf(stderr,
                  "sim: %s? usage: sim [--seeds N] [--from SEED] [--large] | --seed SEED "
                  "[--large] [--without WHAT] [--trace] | --mutations [--seeds N]\n",
                  word);
    exit(2);
}

static uint64_t number(const char *word)
{
    char *end = NULL;
    const uint64_t value = strtoull(word, &end, 10);

    if (end == word || *end != '\0') {
        usage(word);
    }
    return value;
}

/* A word, and what it takes of the next; how many words that were. */
static int take(struct wish *wish, const char *word, const char *next)
{
    if (strcmp(word, "--large") == 0) {
        wish->large = true;
    } else if (strcmp(word, "--trace") == 0) {
        wish->trace = true;
    } else if (strcmp(word, "--plain") == 0) {
        wish->plain = true;
    } else if (strcmp(word, "--mutations") == 0) {
        wish->mutations = true;
    } else if (next == NULL) {
        usage(word);
    } else if (strcmp(word, "--seeds") == 0) {
        wish->count = number(next);
        return 2;
    } else if (strcmp(word, "--from") == 0) {
        wish->from = number(next);
        return 2;
    } else if (strcmp(word, "--seed") == 0) {
        wish->from = number(next);
        wish->count = 1;
        wish->one = true;
        return 2;
    } else if (strcmp(word, "--without") == 0 && cut_read(&wish->cut, next)) {
        return 2;
    } else {
        usage(word);
    }
    return 1;
}

static void print_sums(const struct run *run, uint64_t count, double seconds)
{
    const struct story_sums *sums = &run->sums;

    (void)printf("%" PRIu64 " histories, no violation: %" PRIu64 " steps of the core, %" PRIu64
                 " commits, %" PRIu64 " faults, %" PRIu64 " deaths of a coordinator;\n"
                 "%" PRIu64 " with SQLite on a disk whose power is cut; the core loaded from the "
                 "rows compared %" PRIu64 " times;\n"
                 "%.0f s of overlap of attempts that were given up with those that followed; "
                 "%.0f histories an hour of one core\n",
                 count, sums->steps, sums->commits, sums->faults, sums->deaths, sums->real,
                 sums->digests, (double)sums->overlap_ms / 1000,
                 (double)count / (seconds > 0 ? seconds : 1) * 3600);
}

static int histories(const struct wish *wish)
{
    struct run *run = run_new();

    if (run_histories(run, wish->from, wish->count, wish->large, &wish->cut, wish->trace)) {
        print_sums(run, wish->count, run->seconds);
        return 0;
    }
    if (wish->plain || wish->one) {
        return 1;
    }
    shrink_and_print(run->seed, wish->large);
    return 1;
}

int main(int argc, char **argv)
{
    static struct wish wish = {.from = 1, .count = 200};

    for (int i = 1; i < argc;) {
        i += take(&wish, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
    }
    if (wish.mutations) {
        char seeds[32];
        (void)snprintf(seeds, sizeof seeds, "%" PRIu64, wish.count == 200 ? 10000 : wish.count);
        (void)execlp("sh", "sh", SIM_SOURCE "/tests/sim/mutations.sh", SIM_SOURCE, seeds, NULL);
        perror("sim: sh");
        return 1;
    }
    return histories(&wish);
}
