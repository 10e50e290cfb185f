/*
 * words: the enums of record.h as columns, logs and screens write them.
 */
#include "core/record.h"

#include <stdio.h>
#include <string.h>

#define WORD(name, text)                                                                           \
    case name:                                                                                     \
        return text;

#define TEXT_FUNCTION(noun, LIST)                                                                  \
    const char *noun##_text(enum noun value)                                                       \
    {                                                                                              \
        switch (value) {                                                                           \
            LIST(WORD)                                                                             \
        }                                                                                          \
        return "?";                                                                                \
    }

#define MATCH(name, word)                                                                          \
    if (strcmp(text, word) == 0) {                                                                 \
        *value = name;                                                                             \
        return true;                                                                               \
    }

#define PARSE_FUNCTION(noun, LIST)                                                                 \
    bool noun##_parse(const char *text, enum noun *value)                                          \
    {                                                                                              \
        LIST(MATCH)                                                                                \
        return false;                                                                              \
    }

TEXT_FUNCTION(experiment_state, EXPERIMENT_STATE_LIST)
TEXT_FUNCTION(experiment_reason, EXPERIMENT_REASON_LIST)
TEXT_FUNCTION(trial_state, TRIAL_STATE_LIST)
TEXT_FUNCTION(trial_reason, TRIAL_REASON_LIST)
TEXT_FUNCTION(attempt_state, ATTEMPT_STATE_LIST)
TEXT_FUNCTION(suggestion_state, SUGGESTION_STATE_LIST)
TEXT_FUNCTION(pool_kind, POOL_KIND_LIST)
TEXT_FUNCTION(price_trust, PRICE_TRUST_LIST)
TEXT_FUNCTION(machine_state, MACHINE_STATE_LIST)
TEXT_FUNCTION(trace_kind, TRACE_LIST)

PARSE_FUNCTION(experiment_state, EXPERIMENT_STATE_LIST)
PARSE_FUNCTION(experiment_reason, EXPERIMENT_REASON_LIST)
PARSE_FUNCTION(trial_state, TRIAL_STATE_LIST)
PARSE_FUNCTION(trial_reason, TRIAL_REASON_LIST)
PARSE_FUNCTION(attempt_state, ATTEMPT_STATE_LIST)
PARSE_FUNCTION(suggestion_state, SUGGESTION_STATE_LIST)
