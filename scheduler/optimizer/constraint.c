/*
 * Knows the grammar of constraints. Operator precedence by two stacks (Dijkstra's shunting yard),
 * because recursion on other people's text has no bound.
 */
#include "optimizer/constraint.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tidemill/optimizer.h>

enum { STACK_MAX = 64 };

struct parser {
    const char *text;
    size_t at;
    const char *const *names;
    size_t name_count;
    struct constraint *out;
    enum constraint_op stack[STACK_MAX];
    size_t depth;
    bool related;      /* the comparison has been read */
    const char *fault; /* NULL while all is well */
    size_t fault_at;
};

static bool refuse(struct parser *parser, size_t at, const char *fault)
{
    if (parser->fault == NULL) {
        parser->fault = fault;
        parser->fault_at = at;
    }
    return false;
}

static bool emit(struct parser *parser, struct constraint_code code)
{
    if (parser->out->count == CONSTRAINT_CODE_MAX) {
        return refuse(parser, parser->at, "the constraint is too long");
    }
    parser->out->code[parser->out->count++] = code;
    return true;
}

static int precedence(enum constraint_op op)
{
    switch (op) {
    case CONSTRAINT_ADD:
    case CONSTRAINT_SUBTRACT:
        return 1;
    case CONSTRAINT_MULTIPLY:
    case CONSTRAINT_DIVIDE:
        return 2;
    case CONSTRAINT_NEGATE:
        return 3;
    case CONSTRAINT_NUMBER:
    case CONSTRAINT_NAME:
    case CONSTRAINT_OPEN:
        return 0;
    }
    return 0;
}

static bool push(struct parser *parser, enum constraint_op op)
{
    if (parser->depth == STACK_MAX) {
        return refuse(parser, parser->at, "the constraint is nested too deeply");
    }
    parser->stack[parser->depth++] = op;
    return true;
}

/* Emits stacked operators that bind at least as strongly as `level`. */
static bool reduce(struct parser *parser, int level)
{
    while (parser->depth > 0 && precedence(parser->stack[parser->depth - 1]) >= level) {
        if (!emit(parser, (struct constraint_code){.op = parser->stack[--parser->depth]})) {
            return false;
        }
    }
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_name(struct parser *parser)
{
    const char *start = parser->text + parser->at;
    size_t length = 0;

    while (is_letter(start[length]) || is_digit(start[length])) {
        length++;
    }
    for (size_t i = 0; i < parser->name_count; i++) {
        if (strlen(parser->names[i]) == length && strncmp(parser->names[i], start, length) == 0) {
            parser->at += length;
            return emit(parser, (struct constraint_code){.op = CONSTRAINT_NAME, .name = i});
        }
    }
    return refuse(parser, parser->at, "there is no parameter of this name");
}

static bool read_number(struct parser *parser)
{
    const char *start = parser->text + parser->at;
    char digits[CONSTRAINT_NAME_BYTES];
    double number = 0;
    size_t length = 0;

    while (is_digit(start[length]) || is_letter(start[length]) || start[length] == '.' ||
           ((start[length] == '-' || start[length] == '+') && length > 0 &&
            (start[length - 1] == 'e' || start[length - 1] == 'E'))) {
        length++;
    }
    if (length >= sizeof digits) {
        return refuse(parser, parser->at, "this number is too long");
    }
    memcpy(digits, start, length);
    digits[length] = '\0';
    if (!number_parse_real(digits, &number)) {
        return refuse(parser, parser->at, "this is not a number");
    }
    parser->at += length;
    return emit(parser, (struct constraint_code){.op = CONSTRAINT_NUMBER, .number = number});
}

/* What may stand where a value is expected. Sets `complete` when the value is whole. */
static bool read_operand(struct parser *parser, bool *complete)
{
    const char c = parser->text[parser->at];

    *complete = false;
    if (c == '(' || c == '-') {
        if (!push(parser, c == '(' ? CONSTRAINT_OPEN : CONSTRAINT_NEGATE)) {
            return false;
        }
        parser->at++;
        return true;
    }
    *complete = true;
    if (is_letter(c)) {
        return read_name(parser);
    }
    if (is_digit(c) || c == '.') {
        return read_number(parser);
    }
    return refuse(parser, parser->at, "a number or a parameter is expected here");
}

static bool read_close(struct parser *parser)
{
    if (!reduce(parser, 1)) {
        return false;
    }
    if (parser->depth == 0) {
        return refuse(parser, parser->at, "this ) closes nothing");
    }
    parser->depth--;
    parser->at++;
    return true;
}

static bool read_relation(struct parser *parser)
{
    const char c = parser->text[parser->at];
    const bool equal = parser->text[parser->at + 1] == '=';

    if (parser->related) {
        return refuse(parser, parser->at, "only one comparison is allowed");
    }
    if (!reduce(parser, 1)) {
        return false;
    }
    if (parser->depth > 0) {
        return refuse(parser, parser->at, "a ( is not closed before the comparison");
    }
    parser->related = true;
    parser->out->relation = c == '<' ? (equal ? CONSTRAINT_AT_MOST : CONSTRAINT_BELOW)
                                     : (equal ? CONSTRAINT_AT_LEAST : CONSTRAINT_ABOVE);
    parser->at += equal ? 2 : 1;
    return true;
}

/* What may stand after a value. Sets `complete` false when another value must follow. */
static bool read_operator(struct parser *parser, bool *complete)
{
    static const char signs[] = "+-*/";
    static const enum constraint_op ops[] = {CONSTRAINT_ADD, CONSTRAINT_SUBTRACT,
                                             CONSTRAINT_MULTIPLY, CONSTRAINT_DIVIDE};
    const char c = parser->text[parser->at];
    const char *sign = strchr(signs, c);

    *complete = c == ')';
    if (c == ')') {
        return read_close(parser);
    }
    if (c == '<' || c == '>') {
        return read_relation(parser);
    }
    if (sign == NULL) {
        return refuse(parser, parser->at, "an operator or a comparison is expected here");
    }
    if (!reduce(parser, precedence(ops[sign - signs])) || !push(parser, ops[sign - signs])) {
        return false;
    }
    parser->at++;
    return true;
}

static bool read_all(struct parser *parser)
{
    bool complete = false;

    for (;;) {
        while (parser->text[parser->at] == ' ' || parser->text[parser->at] == '\t') {
            parser->at++;
        }
        if (parser->text[parser->at] == '\0') {
            break;
        }
        if (!(complete ? read_operator(parser, &complete) : read_operand(parser, &complete))) {
            return false;
        }
    }
    if (!complete) {
        return refuse(parser, parser->at, "the constraint ends too early");
    }
    if (!parser->related) {
        return refuse(parser, parser->at, "one of <= >= < > is missing");
    }
    if (!reduce(parser, 1)) {
        return false;
    }
    return parser->depth == 0 || refuse(parser, parser->at, "a ( is not closed");
}

bool constraint_parse(struct constraint *constraint, const char *text, const char *const *names,
                      size_t name_count, size_t *offset, char *message)
{
    struct parser parser = {
        .text = text, .names = names, .name_count = name_count, .out = constraint};

    *constraint = (struct constraint){0};
    *offset = 0;
    if (read_all(&parser)) {
        return true;
    }
    *offset = parser.fault_at;
    if (message != NULL) {
        (void)snprintf(message, TIDE_MESSAGE_BYTES, "%s", parser.fault);
    }
    return false;
}

static double apply(enum constraint_op op, double a, double b)
{
    switch (op) {
    case CONSTRAINT_ADD:
        return a + b;
    case CONSTRAINT_SUBTRACT:
        return a - b;
    case CONSTRAINT_MULTIPLY:
        return a * b;
    case CONSTRAINT_DIVIDE:
        return a / b;
    case CONSTRAINT_NEGATE:
    case CONSTRAINT_NUMBER:
    case CONSTRAINT_NAME:
    case CONSTRAINT_OPEN:
        break;
    }
    return NAN;
}

static bool compare(enum constraint_relation relation, double a, double b)
{
    switch (relation) {
    case CONSTRAINT_AT_MOST:
        return a <= b;
    case CONSTRAINT_AT_LEAST:
        return a >= b;
    case CONSTRAINT_BELOW:
        return a < b;
    case CONSTRAINT_ABOVE:
        return a > b;
    }
    return true;
}

bool constraint_holds(const struct constraint *constraint, const double *values)
{
    double stack[CONSTRAINT_CODE_MAX] = {0};
    size_t depth = 0;

    for (size_t i = 0; i < constraint->count; i++) {
        const struct constraint_code *code = &constraint->code[i];
        if (code->op == CONSTRAINT_NUMBER) {
            stack[depth++] = code->number;
        } else if (code->op == CONSTRAINT_NAME) {
            stack[depth++] = values[code->name];
        } else if (code->op == CONSTRAINT_NEGATE) {
            stack[depth - 1] = -stack[depth - 1];
        } else {
            depth--;
            stack[depth - 1] = apply(code->op, stack[depth - 1], stack[depth]);
        }
    }
    if (depth != 2 || isnan(stack[0]) || isnan(stack[1])) {
        return true;
    }
    return compare(constraint->relation, stack[0], stack[1]);
}

bool tide_constraint_check(const char *text, const char *const *names, size_t name_count,
                           size_t *offset, char *message)
{
    struct constraint constraint;

    return constraint_parse(&constraint, text, names, name_count, offset, message);
}

bool tide_constraint_holds(const char *text, const char *const *names, size_t name_count,
                           const double *values)
{
    struct constraint constraint;
    size_t offset = 0;

    return constraint_parse(&constraint, text, names, name_count, &offset, NULL) &&
           constraint_holds(&constraint, values);
}
