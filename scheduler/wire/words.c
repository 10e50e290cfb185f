/*
 * The words of the wire's enums, made from the lists in wire.h.
 */
#include "base/assert.h"
#include "wire/schema.h"

#include <string.h>

#define WORD(name, text) text,
#define TYPE_WORD(name, text, from) text,
#define TYPE_SENDER(name, text, from) from,

/* A table of words, and the function that reads it. */
#define WORDS(noun, ...)                                                                           \
    static const char *const noun##_texts[] = {__VA_ARGS__};                                       \
    enum { noun##_count = sizeof noun##_texts / sizeof *noun##_texts };                            \
    const struct words schema_##noun##s = {noun##_texts, noun##_count};                            \
    const char *wire_##noun##_text(enum wire_##noun noun)                                          \
    {                                                                                              \
        ASSERT((int)noun >= 0);                                                                    \
        ASSERT((int)noun < noun##_count);                                                          \
        return noun##_texts[noun];                                                                 \
    }

WORDS(type, WIRE_TYPE_LIST(TYPE_WORD))
WORDS(outcome, WIRE_OUTCOME_LIST(WORD))
WORDS(cause, WIRE_CAUSE_LIST(WORD))
WORDS(reason, WIRE_REASON_LIST(WORD))
WORDS(verdict, WIRE_VERDICT_LIST(WORD))
WORDS(refusal, WIRE_REFUSAL_LIST(WORD))
WORDS(then, WIRE_THEN_LIST(WORD))
WORDS(stream, WIRE_STREAM_LIST(WORD))
WORDS(object, WIRE_OBJECT_LIST(WORD))
WORDS(denial, WIRE_DENIAL_LIST(WORD))

char wire_type_sender(enum wire_type type)
{
    static const char senders[] = {WIRE_TYPE_LIST(TYPE_SENDER)};

    ASSERT((int)type >= 0);
    ASSERT(type < WIRE_TYPE_COUNT);
    return senders[type];
}

_Static_assert(
    sizeof(enum wire_type) == sizeof(int) && sizeof(enum wire_outcome) == sizeof(int) &&
        sizeof(enum wire_cause) == sizeof(int) && sizeof(enum wire_reason) == sizeof(int) &&
        sizeof(enum wire_verdict) == sizeof(int) && sizeof(enum wire_refusal) == sizeof(int) &&
        sizeof(enum wire_then) == sizeof(int) && sizeof(enum wire_stream) == sizeof(int) &&
        sizeof(enum wire_object) == sizeof(int) && sizeof(enum wire_denial) == sizeof(int),
    "one accessor serves every enum");

int schema_word_get(const void *at)
{
    int word = 0;

    memcpy(&word, at, sizeof word);
    return word;
}

void schema_word_set(void *at, int word)
{
    memcpy(at, &word, sizeof word);
}
