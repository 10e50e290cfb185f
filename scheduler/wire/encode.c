/*
 * From struct to frame. JSON is written straight into the caller's buffer: no tree, no allocation.
 */
#include "base/assert.h"
#include "base/number.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where the frame stands; the first failure stays in `status` and stops the writing. */
struct writer {
    char *frame;
    size_t bytes;
    enum tide_status status;
};

static void fail(struct writer *writer, enum tide_status status)
{
    if (writer->status == TIDE_OK) {
        writer->status = status;
    }
}

static void put_bytes(struct writer *writer, const char *bytes, size_t count)
{
    if (count > WIRE_FRAME_BYTES - writer->bytes) {
        fail(writer, TIDE_LIMIT);
        return;
    }
    memcpy(writer->frame + writer->bytes, bytes, count);
    writer->bytes += count;
}

static void put(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

/* How a byte stands inside a JSON string, where not as itself: NULL otherwise. */
static const char *escape_of(char c, char buffer[8])
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        break;
    }
    if ((unsigned char)c >= ' ') {
        return NULL;
    }
    (void)snprintf(buffer, 8, "\\u%04x", (unsigned)c);
    return buffer;
}

static void put_string(struct writer *writer, const char *text, size_t length)
{
    char buffer[8];
    size_t done = 0;

    put(writer, "\"");
    for (size_t i = 0; i < length; i++) {
        const char *escape = escape_of(text[i], buffer);
        if (escape != NULL) {
            put_bytes(writer, text + done, i - done);
            put(writer, escape);
            done = i + 1;
        }
    }
    put_bytes(writer, text + done, length - done);
    put(writer, "\"");
}

static void put_integer(struct writer *writer, int64_t value)
{
    char text[NUMBER_TEXT_BYTES];

    (void)snprintf(text, sizeof text, "%" PRId64, value);
    put(writer, text);
}

static void put_real(struct writer *writer, double value)
{
    char text[NUMBER_TEXT_BYTES];

    if (!isfinite(value)) {
        fail(writer, TIDE_INVALID);
        return;
    }
    put(writer, number_print_real(text, value));
    if (value == 0 && signbit(value) != 0) {
        put(writer, ".0"); /* "-0" would come back as the integer 0 */
    }
}

static void put_text(struct writer *writer, const struct field *field, const char *text)
{
    ASSERT(text != NULL);
    const size_t length = strlen(text);

    if (!schema_utf8(text, length) || !schema_text_fits(field, text, length)) {
        fail(writer, TIDE_INVALID);
        return;
    }
    put_string(writer, text, length);
}

static void put_bounded(struct writer *writer, const struct field *field, int64_t value)
{
    if (value < field->low || value > field->high) {
        fail(writer, TIDE_INVALID);
        return;
    }
    if (field->kind == VALUE_WORD) {
        put_string(writer, field->words->texts[value], strlen(field->words->texts[value]));
    } else {
        put_integer(writer, value);
    }
}

static void put_value(struct writer *writer, const struct field *field, const void *at)
{
    switch (field->kind) {
    case VALUE_INTEGER32:
        put_bounded(writer, field, *(const int32_t *)at);
        return;
    case VALUE_INTEGER64:
        put_bounded(writer, field, *(const int64_t *)at);
        return;
    case VALUE_WORD:
        put_bounded(writer, field, (int64_t)schema_word_get(at));
        return;
    case VALUE_REAL:
        put_real(writer, *(const double *)at);
        return;
    case VALUE_BOOL:
        put(writer, *(const bool *)at ? "true" : "false");
        return;
    case VALUE_ID:
        put_text(writer, field, at);
        return;
    case VALUE_TEXT:
    case VALUE_NAME:
    case VALUE_LABEL:
    case VALUE_IDENTIFIER:
    case VALUE_HASH:
        put_text(writer, field, *(const char *const *)at);
        return;
    }
}

static bool is_empty_text(const char *text)
{
    return text == NULL || *text == '\0';
}

/* Whether an optional field says nothing: zero, false, "" or no text at all. */
static bool is_empty(const struct field *field, const void *at)
{
    switch (field->kind) {
    case VALUE_INTEGER32:
        return *(const int32_t *)at == 0;
    case VALUE_INTEGER64:
        return *(const int64_t *)at == 0;
    case VALUE_BOOL:
        return !*(const bool *)at;
    case VALUE_ID:
        return *(const char *)at == '\0';
    case VALUE_TEXT:
    case VALUE_NAME:
    case VALUE_LABEL:
    case VALUE_IDENTIFIER:
    case VALUE_HASH:
        return is_empty_text(*(const char *const *)at);
    case VALUE_WORD:
    case VALUE_REAL:
        return false;
    }
    return false;
}

/* The comma before every member or element but the first. */
static void put_separator(struct writer *writer)
{
    const char last = writer->frame[writer->bytes - 1];

    if (last != '{' && last != '[') {
        put(writer, ",");
    }
}

static void put_key(struct writer *writer, const char *key)
{
    put_separator(writer);
    put(writer, "\"");
    put(writer, key);
    put(writer, "\":");
}

/* The members of one struct whose fields are all values. */
static void put_members(struct writer *writer, const struct shape *shape, const char *record)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        const char *at = record + field->offset;
        if (!field->optional || !is_empty(field, at)) {
            put_key(writer, field->key);
            put_value(writer, field, at);
        }
    }
}

static void put_object(struct writer *writer, const struct shape *shape, const char *record)
{
    put(writer, "{");
    put_members(writer, shape, record);
    put(writer, "}");
}

static void put_list(struct writer *writer, const struct field *field, const char *record)
{
    const size_t count = *(const size_t *)(const void *)(record + field->offset_count);
    const char *element = record + field->offset;
    const struct field *bare = field->shape->fields[0].key == NULL ? field->shape->fields : NULL;

    ASSERT(count <= (size_t)field->high);
    if (count < (size_t)field->low) {
        fail(writer, TIDE_INVALID);
    }
    if (count == 0) {
        return;
    }
    put_key(writer, field->key);
    put(writer, "[");
    for (size_t i = 0; i < count; i++, element += field->shape->bytes) {
        put_separator(writer);
        if (bare != NULL) {
            put_value(writer, bare, element);
        } else {
            put_object(writer, field->shape, element);
        }
    }
    put(writer, "]");
}

/* An optional object is there when its first field, a number from 1, is. */
static bool object_is_absent(const struct field *field, const char *at)
{
    return field->optional && is_empty(field->shape->fields, at + field->shape->fields->offset);
}

static void put_body(struct writer *writer, const struct shape *shape, const char *body)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        const char *at = body + field->offset;
        switch (field->form) {
        case FORM_VALUE:
            put_members(writer, &(struct shape){field, 1, 0}, body);
            break;
        case FORM_OBJECT:
            if (!object_is_absent(field, at)) {
                put_key(writer, field->key);
                put_object(writer, field->shape, at);
            }
            break;
        case FORM_LIST:
            put_list(writer, field, body);
            break;
        }
    }
}

enum tide_status wire_encode(const struct wire_message *message, char *frame, size_t *bytes)
{
    struct writer writer = {.frame = frame, .status = TIDE_OK};
    const char *record = (const char *)message;

    put(&writer, "{");
    put_key(&writer, "v");
    put_integer(&writer, WIRE_VERSION);
    put_key(&writer, "type");
    put(&writer, "\"");
    put(&writer, wire_type_text(message->type));
    put(&writer, "\"");
    put_members(&writer, &schema_envelope, record);
    put_body(&writer, schema_body(message->type), record + SCHEMA_BODY_OFFSET);
    put(&writer, "}");
    *bytes = writer.bytes;
    return writer.status;
}
