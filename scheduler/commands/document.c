#include "commands/document.h"

#include "base/number.h"

/* A list or object whose inside is being printed. */
struct level {
    json_t *value;
    void *member; /* the object's next */
    size_t index; /* the list's next; of an object, how many were printed */
};

struct printer {
    FILE *out;
    bool indented;
    bool failed;
    int depth;
    struct level levels[DOCUMENT_DEPTH_MAX];
};

static void text_print(struct printer *printer, json_t *string)
{
    char *text = json_dumps(string, JSON_ENCODE_ANY);

    printer->failed = printer->failed || text == NULL;
    (void)fputs(text == NULL ? "" : text, printer->out);
    free(text);
}

static void line_break(const struct printer *printer)
{
    if (printer->indented) {
        (void)fprintf(printer->out, "\n%*s", 2 * printer->depth, "");
    }
}

/* Prints a scalar whole; of a list or object the opening, its inside comes next. */
static void value_begin(struct printer *printer, json_t *value)
{
    char number[NUMBER_TEXT_BYTES];

    if (json_is_real(value)) {
        (void)fputs(number_print_real(number, json_real_value(value)), printer->out);
    } else if (json_array_size(value) == 0 && json_object_size(value) == 0) {
        text_print(printer, value); /* other scalars, [] and {} */
    } else if (printer->depth == DOCUMENT_DEPTH_MAX) {
        printer->failed = true;
    } else {
        (void)fputc(json_is_array(value) ? '[' : '{', printer->out);
        printer->levels[printer->depth++] = (struct level){value, json_object_iter(value), 0};
    }
}

static void member_begin(struct printer *printer, struct level *level)
{
    json_t *key = json_string(json_object_iter_key(level->member));
    json_t *value = json_object_iter_value(level->member);

    level->member = json_object_iter_next(level->value, level->member);
    text_print(printer, key);
    json_decref(key);
    (void)fputs(printer->indented ? ": " : ":", printer->out);
    value_begin(printer, value);
}

/* One step: the next entry of the innermost list or object, or its end. */
static void level_step(struct printer *printer)
{
    struct level *level = &printer->levels[printer->depth - 1];
    const bool array = json_is_array(level->value);
    const bool ended =
        array ? level->index == json_array_size(level->value) : level->member == NULL;

    if (ended) {
        printer->depth--;
        line_break(printer);
        (void)fputc(array ? ']' : '}', printer->out);
        return;
    }
    if (level->index++ > 0) {
        (void)fputc(',', printer->out);
    }
    line_break(printer);
    if (array) {
        value_begin(printer, json_array_get(level->value, level->index - 1));
    } else {
        member_begin(printer, level);
    }
}

bool document_print(json_t *value, bool indented, FILE *out)
{
    struct printer printer = {.out = out, .indented = indented};

    value_begin(&printer, value);
    while (printer.depth > 0 && !printer.failed) {
        level_step(&printer);
    }
    return !printer.failed;
}
