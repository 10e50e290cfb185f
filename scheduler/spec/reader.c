#include "spec/reader.h"

#include "base/text.h"
#include "spec/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    FIELDS_MAX = 32,
    NEAREST_MAX = 100, /* more words take too long to compare, and a hostile spec has many errors */
};

static void say(struct reader *reader, enum severity severity, struct spec_place place,
                const char *hint, const char *text)
{
    struct spec_message *message =
        complain_slot(reader->report, severity, reader->source, place, hint);

    if (message != NULL) {
        text_copy(message->text, sizeof message->text, text);
    }
}

void reader_error(struct reader *reader, struct spec_place place, const char *hint,
                  const char *format, ...)
{
    char text[SPEC_MESSAGE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(reader, SEVERITY_ERROR, place, hint, text);
}

void reader_warning(struct reader *reader, struct spec_place place, const char *hint,
                    const char *format, ...)
{
    char text[SPEC_MESSAGE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(reader, SEVERITY_WARNING, place, hint, text);
}

void *reader_take(struct reader *reader, size_t count, size_t bytes)
{
    void *room = arena_take(reader->arena, count * bytes);

    reader->no_memory = reader->no_memory || room == NULL;
    return room;
}

bool reader_expect(struct reader *reader, const struct node *node, enum node_kind kind,
                   const char *what)
{
    static const char *const kinds[] = {
        [NODE_SCALAR] = "one value", [NODE_SEQUENCE] = "a list", [NODE_MAPPING] = "a mapping"};

    if (node->kind == kind) {
        return true;
    }
    reader_error(reader, node->place, "", "%s takes %s, not %s", what, kinds[kind],
                 node_kind_text(node));
    return false;
}

const struct node *reader_list(struct reader *reader, const struct node *node, size_t max,
                               size_t *count)
{
    *count = node->kind == NODE_SEQUENCE ? node->count : 1;
    if (*count > max) {
        reader_error(reader, node->place, "", "a list of %zu; at most %zu", *count, max);
        *count = 0;
    }
    return node->kind == NODE_SEQUENCE ? node->first : node;
}

void reader_nearest(char *hint, size_t bytes, const char *word, const char *const *words,
                    size_t count)
{
    const char *nearest = count > NEAREST_MAX ? NULL : text_nearest(word, words, count);

    if (nearest == NULL) {
        hint[0] = '\0';
    } else {
        (void)snprintf(hint, bytes, "did you mean '%s'?", shown_text(nearest).text);
    }
}

static const struct field *field_find(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static void unknown_key(struct reader *reader, const struct node *node, const char *what,
                        const struct field *fields, size_t count)
{
    const char *names[FIELDS_MAX];
    char hint[SPEC_HINT_BYTES];

    for (size_t i = 0; i < count; i++) {
        names[i] = fields[i].name;
    }
    reader_nearest(hint, sizeof hint, node->key, names, count);
    reader_error(reader, node->key_place, hint, "unknown key '%s' in %s",
                 shown_text(node->key).text, what);
}

bool reader_fields(struct reader *reader, const struct node *node, const char *what,
                   const struct field *fields, size_t count, void *target)
{
    if (!reader_expect(reader, node, NODE_MAPPING, what)) {
        return false;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        const struct field *field = field_find(fields, count, child->key);
        if (field == NULL) {
            unknown_key(reader, child, what, fields, count);
        } else {
            field->read(reader, field, child, (char *)target + field->offset);
        }
    }
    return true;
}

void field_node(struct reader *reader, const struct field *field, const struct node *node,
                void *target)
{
    (void)reader;
    (void)field;
    *(const struct node **)target = node;
}
