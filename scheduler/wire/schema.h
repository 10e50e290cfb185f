/*
 * schema: every message as a table of its fields, written once. wire_encode and wire_decode walk
 * the same table, so the two cannot drift apart.
 */
#ifndef WIRE_SCHEMA_H
#define WIRE_SCHEMA_H

#include <tidemill/wire.h>

/* What one JSON value is, and how it lies in its struct. */
enum value_kind {
    VALUE_INTEGER32,
    VALUE_INTEGER64,
    VALUE_REAL, /* a finite double; an integer is one too */
    VALUE_BOOL,
    VALUE_WORD,       /* an enum, by its word of `words` */
    VALUE_TEXT,       /* any UTF-8 without NUL */
    VALUE_NAME,       /* [A-Za-z0-9._-]+ : workers, pools, labels, verbs */
    VALUE_LABEL,      /* printable UTF-8 in one line, not empty: metrics, label values */
    VALUE_IDENTIFIER, /* [A-Za-z_][A-Za-z0-9_]* : environment variables */
    VALUE_HASH,       /* WIRE_HASH_HEX lower-case hexadecimal digits */
    VALUE_ID          /* an array of char: "" or WIRE_ID_HEX lower-case hexadecimal digits */
};

enum field_form {
    FORM_VALUE,
    FORM_OBJECT, /* a struct, as an object of its own */
    FORM_LIST    /* an array and its count; elements are objects, or bare values (a NULL key) */
};

struct words {
    const char *const *texts;
    int count;
};

struct shape;

struct field {
    const char *key;
    enum field_form form;
    enum value_kind kind;
    bool optional;     /* not on the wire where it is zero, empty or (an object) all absent */
    size_t offset;     /* in the struct of the shape */
    int64_t low, high; /* the bounds, both allowed: of integers, words, bytes of a text, elements of
                          a list */
    size_t offset_count;       /* lists: of the size_t that counts them */
    const struct words *words; /* of VALUE_WORD */
    const struct shape *shape; /* of objects and list elements; holds values only */
};

struct shape {
    const struct field *fields;
    size_t count;
    size_t bytes; /* of the struct, the stride of a list */
};

/* schema_envelope: the fields every message has, `v` and `type` aside; offsets into struct
 * wire_message. */
extern const struct shape schema_envelope;

/* The words of the enums. */
extern const struct words schema_types;
extern const struct words schema_outcomes;
extern const struct words schema_causes;
extern const struct words schema_reasons;
extern const struct words schema_verdicts;
extern const struct words schema_refusals;
extern const struct words schema_thens;
extern const struct words schema_streams;
extern const struct words schema_objects;
extern const struct words schema_denials;

/* schema_body: the fields of a type's body; offsets from the body, which begins at
 * SCHEMA_BODY_OFFSET in struct wire_message. */
const struct shape *schema_body(enum wire_type type);

#define SCHEMA_BODY_OFFSET offsetof(struct wire_message, hello)

/* schema_word_get, schema_word_set: an enum of wire.h at `at`; all of them have the size of int. */
int schema_word_get(const void *at);
void schema_word_set(void *at, int word);

/* schema_text_fits: whether `length` bytes of valid UTF-8 are a value of this field. */
bool schema_text_fits(const struct field *field, const char *text, size_t length);

/* schema_utf8: whether the bytes are well-formed UTF-8 (RFC 3629). */
bool schema_utf8(const char *text, size_t length);

/* schema_expects: what a value of this kind must be, for messages: "an integer". */
const char *schema_expects(enum value_kind kind);

#endif
