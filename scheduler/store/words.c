/* Knows every word a column of the store may hold for an enum. */
#include "store/words.h"

#include "core/record.h"

#include <string.h>

#define X(name, text) text,
static const char *const experiment_states[] = {EXPERIMENT_STATE_LIST(X)};
static const char *const experiment_reasons[] = {EXPERIMENT_REASON_LIST(X)};
static const char *const trial_states[] = {TRIAL_STATE_LIST(X)};
static const char *const trial_reasons[] = {TRIAL_REASON_LIST(X)};
static const char *const attempt_states[] = {ATTEMPT_STATE_LIST(X)};
static const char *const suggestion_states[] = {SUGGESTION_STATE_LIST(X)};
static const char *const pool_kinds[] = {POOL_KIND_LIST(X)};
static const char *const price_trusts[] = {PRICE_TRUST_LIST(X)};
static const char *const machine_states[] = {MACHINE_STATE_LIST(X)};
static const char *const ledger_kinds[] = {LEDGER_KIND_LIST(X)};
static const char *const trace_kinds[] = {TRACE_LIST(X)};
static const char *const leaves[] = {WIRE_REASON_LIST(X)};
static const char *const outcomes[] = {WIRE_OUTCOME_LIST(X)};
static const char *const causes[] = {WIRE_CAUSE_LIST(X)};
static const char *const streams[] = {WIRE_STREAM_LIST(X)};
#undef X

#define WORDS(list)                                                                                \
    {                                                                                              \
        (list), (int32_t)(sizeof(list) / sizeof *(list))                                           \
    }
const struct words experiment_state_words = WORDS(experiment_states);
const struct words experiment_reason_words = WORDS(experiment_reasons);
const struct words trial_state_words = WORDS(trial_states);
const struct words trial_reason_words = WORDS(trial_reasons);
const struct words attempt_state_words = WORDS(attempt_states);
const struct words suggestion_state_words = WORDS(suggestion_states);
const struct words pool_kind_words = WORDS(pool_kinds);
const struct words price_trust_words = WORDS(price_trusts);
const struct words machine_state_words = WORDS(machine_states);
const struct words ledger_kind_words = WORDS(ledger_kinds);
const struct words trace_kind_words = WORDS(trace_kinds);
const struct words leave_words = WORDS(leaves);
const struct words outcome_words = WORDS(outcomes);
const struct words cause_words = WORDS(causes);
const struct words stream_words = WORDS(streams);

bool words_parse(const struct words *words, const char *text, int32_t *value)
{
    for (int32_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], text) == 0) {
            *value = i;
            return true;
        }
    }
    return false;
}
