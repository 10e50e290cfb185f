/*
 * From frame to struct. What a hostile sender could do is refused here, with the reason; nothing
 * behind this file checks again.
 */
#include "base/text.h"
#include "wire/schema.h"

#include <jansson.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The place where a refusal is explained; the first one counts. */
struct reader {
    char *why;
    size_t why_bytes;
    enum tide_status status;
};

__attribute__((format(printf, 3, 4))) static void
refuse(struct reader *reader, enum tide_status status, const char *format, ...)
{
    va_list arguments;

    if (reader->status == TIDE_OK) {
        reader->status = status;
        va_start(arguments, format);
        (void)vsnprintf(reader->why, reader->why_bytes, format, arguments);
        va_end(arguments);
    }
}

static void refuse_kind(struct reader *reader, const struct field *field)
{
    refuse(reader, TIDE_PROTOCOL, "%s must be %s", field->key == NULL ? "an element" : field->key,
           schema_expects(field->kind));
}

/*
 * jansson recurses as deep as 2,048 levels and has no limit to set, so the depth is counted on the
 * bytes first. Brackets inside strings do not count.
 */
static bool depth_is_allowed(const char *frame, size_t bytes)
{
    bool quoted = false;
    int depth = 0;

    for (size_t i = 0; i < bytes; i++) {
        const char c = frame[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
        if (depth > WIRE_DEPTH_MAX) {
            return false;
        }
    }
    return true;
}

static json_t *parse(struct reader *reader, const char *frame, size_t bytes)
{
    json_error_t error;
    json_t *root = NULL;

    if (bytes > WIRE_FRAME_BYTES) {
        refuse(reader, TIDE_PROTOCOL, "a frame of %zu bytes, over %d", bytes, WIRE_FRAME_BYTES);
        return NULL;
    }
    if (!depth_is_allowed(frame, bytes)) {
        refuse(reader, TIDE_PROTOCOL, "nested deeper than %d", WIRE_DEPTH_MAX);
        return NULL;
    }
    root = json_loadb(frame, bytes, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        /* jansson leaves the text empty where an allocation failed before the first token */
        const bool memory =
            json_error_code(&error) == json_error_out_of_memory || *error.text == '\0';
        refuse(reader, memory ? TIDE_NO_MEMORY : TIDE_PROTOCOL, "byte %d: %s", error.position,
               memory ? "out of memory" : error.text);
    } else if (!json_is_object(root)) {
        refuse(reader, TIDE_PROTOCOL, "not a JSON object");
    }
    return root;
}

static void read_integer(struct reader *reader, const struct field *field, const json_t *json,
                         void *to)
{
    const int64_t value = json_integer_value(json);

    if (!json_is_integer(json)) {
        refuse_kind(reader, field);
    } else if (value < field->low || value > field->high) {
        refuse(reader, TIDE_PROTOCOL, "%s: %" PRId64 " is not within %" PRId64 " and %" PRId64,
               field->key, value, field->low, field->high);
    } else if (field->kind == VALUE_INTEGER32) {
        *(int32_t *)to = (int32_t)value;
    } else {
        *(int64_t *)to = value;
    }
}

static void read_word(struct reader *reader, const struct field *field, const json_t *json,
                      void *to)
{
    const char *text = json_string_value(json);

    for (int64_t word = field->low; word <= field->high; word++) {
        if (text_equal(text, field->words->texts[word])) {
            schema_word_set(to, (int)word);
            return;
        }
    }
    refuse(reader, TIDE_PROTOCOL, "%s: no such word", field->key);
}

/* The string of a text field, which lives as long as the document; NULL when it is refused. */
static const char *read_text(struct reader *reader, const struct field *field, const json_t *json)
{
    const char *text = json_string_value(json);

    if (text == NULL || !schema_text_fits(field, text, json_string_length(json))) {
        if (text != NULL && json_string_length(json) > (size_t)field->high) {
            refuse(reader, TIDE_PROTOCOL, "%s: longer than %" PRId64 " bytes",
                   field->key == NULL ? "an element" : field->key, field->high);
        }
        refuse_kind(reader, field);
        return "";
    }
    return text;
}

static void read_value(struct reader *reader, const struct field *field, const json_t *json,
                       void *to)
{
    switch (field->kind) {
    case VALUE_INTEGER32:
    case VALUE_INTEGER64:
        read_integer(reader, field, json, to);
        return;
    case VALUE_WORD:
        read_word(reader, field, json, to);
        return;
    case VALUE_REAL:
        if (!json_is_number(json)) {
            refuse_kind(reader, field);
        }
        *(double *)to = json_number_value(json); /* finite: JSON has no other */
        return;
    case VALUE_BOOL:
        if (!json_is_boolean(json)) {
            refuse_kind(reader, field);
        }
        *(bool *)to = json_is_true(json);
        return;
    case VALUE_ID:
        (void)text_copy(to, WIRE_ID_HEX + 1, read_text(reader, field, json));
        return;
    case VALUE_TEXT:
    case VALUE_NAME:
    case VALUE_LABEL:
    case VALUE_IDENTIFIER:
    case VALUE_HASH:
        *(const char **)to = read_text(reader, field, json);
        return;
    }
}

/* What an optional value is where the sender says nothing; the struct is zero already. */
static void set_empty(const struct field *field, void *to)
{
    if (field->kind >= VALUE_TEXT && field->kind <= VALUE_HASH) {
        *(const char **)to = "";
    }
}

static void read_member(struct reader *reader, const struct field *field, const json_t *object,
                        char *record)
{
    const json_t *json = json_object_get(object, field->key);

    if (json != NULL) {
        read_value(reader, field, json, record + field->offset);
    } else if (field->optional) {
        set_empty(field, record + field->offset);
    } else {
        refuse(reader, TIDE_PROTOCOL, "%s is missing", field->key);
    }
}

static void read_members(struct reader *reader, const struct shape *shape, const json_t *object,
                         char *record)
{
    for (size_t i = 0; i < shape->count; i++) {
        read_member(reader, &shape->fields[i], object, record);
    }
}

static void read_object(struct reader *reader, const struct field *field, const json_t *json,
                        char *at)
{
    if (json == NULL && field->optional) {
        return;
    }
    if (!json_is_object(json)) {
        refuse(reader, TIDE_PROTOCOL, "%s must be an object", field->key);
        return;
    }
    read_members(reader, field->shape, json, at);
}

static void read_element(struct reader *reader, const struct field *field, const json_t *json,
                         char *at)
{
    const struct shape *shape = field->shape;

    if (shape->fields[0].key == NULL) {
        read_value(reader, shape->fields, json, at);
    } else if (json_is_object(json)) {
        read_members(reader, shape, json, at);
    } else {
        refuse(reader, TIDE_PROTOCOL, "%s: an element is no object", field->key);
    }
}

static void read_list(struct reader *reader, const struct field *field, const json_t *json,
                      char *record)
{
    const size_t count = json_array_size(json); /* 0 of NULL */

    if (json != NULL && !json_is_array(json)) {
        refuse(reader, TIDE_PROTOCOL, "%s must be an array", field->key);
        return;
    }
    if (count < (size_t)field->low || count > (size_t)field->high) {
        refuse(reader, TIDE_PROTOCOL, "%s: %zu elements, not within %" PRId64 " and %" PRId64,
               field->key, count, field->low, field->high);
        return;
    }
    *(size_t *)(void *)(record + field->offset_count) = count;
    for (size_t i = 0; i < count; i++) {
        read_element(reader, field, json_array_get(json, i),
                     record + field->offset + i * field->shape->bytes);
    }
}

static void read_body(struct reader *reader, const struct shape *shape, const json_t *root,
                      char *body)
{
    for (size_t i = 0; i < shape->count && reader->status == TIDE_OK; i++) {
        const struct field *field = &shape->fields[i];
        const json_t *json = json_object_get(root, field->key);
        switch (field->form) {
        case FORM_VALUE:
            read_member(reader, field, root, body);
            break;
        case FORM_OBJECT:
            read_object(reader, field, json, body + field->offset);
            break;
        case FORM_LIST:
            read_list(reader, field, json, body);
            break;
        }
    }
}

static void read_type(struct reader *reader, const json_t *root, struct wire_message *message)
{
    static const struct field type = {
        .key = "type", .kind = VALUE_WORD, .high = WIRE_TYPE_COUNT - 1, .words = &schema_types};
    static const struct field version = {
        .key = "v", .kind = VALUE_INTEGER64, .low = WIRE_VERSION_OLDEST, .high = WIRE_VERSION};
    int64_t ignored = 0;

    read_member(reader, &version, root, (char *)&ignored);
    read_member(reader, &type, root, (char *)&message->type);
}

enum tide_status wire_decode(const char *frame, size_t bytes, struct wire_message *message,
                             char *why, size_t why_bytes)
{
    struct reader reader = {.why = why, .why_bytes = why_bytes, .status = TIDE_OK};
    json_t *root = NULL;

    *message = (struct wire_message){.type = WIRE_TYPE_COUNT};
    root = parse(&reader, frame, bytes);
    if (reader.status == TIDE_OK) {
        read_type(&reader, root, message);
    }
    if (reader.status == TIDE_OK) {
        read_members(&reader, &schema_envelope, root, (char *)message);
    }
    if (reader.status == TIDE_OK) {
        read_body(&reader, schema_body(message->type), root, (char *)message + SCHEMA_BODY_OFFSET);
    }
    if (reader.status != TIDE_OK) {
        json_decref(root);
        root = NULL;
    }
    message->document = root;
    return reader.status;
}

void wire_message_fini(struct wire_message *message)
{
    json_decref(message->document);
    message->document = NULL;
}
