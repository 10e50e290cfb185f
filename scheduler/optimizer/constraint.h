/*
 * A constraint on parameters: numbers, names, + - * / ( ) and one comparison, compiled to postfix
 * in a fixed array, so that evaluating it allocates nothing and cannot fail.
 */
#ifndef OPTIMIZER_CONSTRAINT_H
#define OPTIMIZER_CONSTRAINT_H

#include <stdbool.h>
#include <stddef.h>

enum { CONSTRAINT_CODE_MAX = 128, CONSTRAINT_NAME_BYTES = 64 };

enum constraint_op {
    CONSTRAINT_NUMBER,
    CONSTRAINT_NAME,
    CONSTRAINT_ADD,
    CONSTRAINT_SUBTRACT,
    CONSTRAINT_MULTIPLY,
    CONSTRAINT_DIVIDE,
    CONSTRAINT_NEGATE,
    CONSTRAINT_OPEN /* only while parsing */
};

enum constraint_relation {
    CONSTRAINT_AT_MOST,
    CONSTRAINT_AT_LEAST,
    CONSTRAINT_BELOW,
    CONSTRAINT_ABOVE
};

struct constraint_code {
    enum constraint_op op;
    double number; /* CONSTRAINT_NUMBER */
    size_t name;   /* CONSTRAINT_NAME: its index */
};

struct constraint {
    struct constraint_code code[CONSTRAINT_CODE_MAX]; /* both sides, one after the other */
    size_t count;
    enum constraint_relation relation;
};

/* constraint_parse: false gives the byte offset of the first fault and says in `message`
 * (TIDE_MESSAGE_BYTES; may be NULL) what it is. */
bool constraint_parse(struct constraint *constraint, const char *text, const char *const *names,
                      size_t name_count, size_t *offset, char *message);

/* constraint_holds: a NaN value that is used (an inactive parameter) makes it hold; so does any
 * other NaN, as 0/0. */
bool constraint_holds(const struct constraint *constraint, const double *values);

#endif
