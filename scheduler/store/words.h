/*
 * The words of the enums as columns hold them, from the lists in record.h and wire.h.
 */
#ifndef STORE_WORDS_H
#define STORE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct words {
    const char *const *items; /* item i is the word of value i */
    int32_t count;
};

extern const struct words experiment_state_words, experiment_reason_words, trial_state_words,
    trial_reason_words, attempt_state_words, suggestion_state_words, trace_kind_words,
    pool_kind_words, price_trust_words, machine_state_words, ledger_kind_words, leave_words,
    outcome_words, cause_words, stream_words;

/* words_parse: the value `text` stands for; false when it is no such word. */
bool words_parse(const struct words *words, const char *text, int32_t *value);

#endif
