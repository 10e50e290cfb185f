/*
 * tally: the values of an attempt's objectives (and of outcomes that a constraint needs), reduced
 * as the spec says: the last one, or the best.
 */
#ifndef WORKER_TALLY_H
#define WORKER_TALLY_H

#include <tidemill/wire.h>

struct tally_entry {
    char name[WIRE_NAME_BYTES];
    bool best, maximize, required;
    bool seen;
    bool final;   /* the script's final line gave it: nothing changes it any more */
    double value; /* may be NaN or infinite */
};

struct tally {
    struct tally_entry entries[WIRE_VALUES_MAX];
    size_t count;
};

/* tally_init: nothing seen yet of the assignment's objectives. */
void tally_init(struct tally *tally, const struct wire_assign *assign);

/* tally_add: a reported value; other metrics than the objectives are passed over. */
void tally_add(struct tally *tally, const char *name, double value, bool final);

/* tally_forget: level 1 was met, so what level 0 had read does not count. */
void tally_forget(struct tally *tally);

/* tally_complete: every required value was seen. */
bool tally_complete(const struct tally *tally);

/* tally_finite: no required value that was seen is NaN or infinite. */
bool tally_finite(const struct tally *tally);

/* tally_result: the finite values into the result; names borrowed from the tally. */
void tally_result(const struct tally *tally, struct wire_result *result);

#endif
