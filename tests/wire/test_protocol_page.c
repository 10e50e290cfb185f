/*
 * Shows that docs/PROTOCOL.md is the protocol: the section of every message has its recorded frame
 * and, for every field of the codec's table, a row with its key, type and bounds.
 */
#include "support/support.h"

#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_BYTES = 512, PATH_BYTES = 512 };

static char *page;

/* The part of the page under this heading, up to the next one of the same level. */
static char *section_of(const char *heading)
{
    char line[ROW_BYTES];
    const char *start = NULL;

    (void)snprintf(line, sizeof line, "\n### %s\n", heading);
    start = strstr(page, line);
    if (start == NULL) {
        fail_msg("docs/PROTOCOL.md has no section '%s'", heading);
        return strdup("");
    }
    const char *end = strstr(start + strlen(line), "\n##");
    return end == NULL ? strdup(start) : strndup(start, (size_t)(end - start));
}

static const char *words_text(const struct field *field, char text[ROW_BYTES])
{
    size_t bytes = 0;

    for (int64_t i = field->low; i <= field->high; i++) {
        bytes += (size_t)snprintf(text + bytes, ROW_BYTES - bytes, "%s`%s`", bytes == 0 ? "" : ", ",
                                  field->words->texts[i]);
    }
    return text;
}

static const char *value_text(const struct field *field, char text[ROW_BYTES])
{
    switch (field->kind) {
    case VALUE_INTEGER32:
    case VALUE_INTEGER64:
        if (field->high == WIRE_INTEGER_MAX) {
            (void)snprintf(text, ROW_BYTES, "integer from %" PRId64, field->low);
        } else if (field->high == INT32_MAX) {
            (void)snprintf(text, ROW_BYTES, "int32 from %" PRId64, field->low);
        } else {
            (void)snprintf(text, ROW_BYTES, "integer %" PRId64 " to %" PRId64, field->low,
                           field->high);
        }
        return text;
    case VALUE_REAL:
        return "number";
    case VALUE_BOOL:
        return "boolean";
    case VALUE_WORD:
        return words_text(field, text);
    case VALUE_TEXT:
        (void)snprintf(text, ROW_BYTES, "text to %" PRId64, field->high);
        return text;
    case VALUE_NAME:
        (void)snprintf(text, ROW_BYTES, "name to %" PRId64, field->high);
        return text;
    case VALUE_LABEL:
        (void)snprintf(text, ROW_BYTES, "line to %" PRId64, field->high);
        return text;
    case VALUE_IDENTIFIER:
        (void)snprintf(text, ROW_BYTES, "identifier to %" PRId64, field->high);
        return text;
    case VALUE_HASH:
    case VALUE_ID:
        (void)snprintf(text, ROW_BYTES, "%" PRId64 " hex digits", field->high);
        return text;
    }
    return "";
}

/* "| `slots` | integer 1 to 256 |", with "?" behind the key of an optional field. */
static void check_row(const char *section, const struct field *field, const char *prefix)
{
    char text[ROW_BYTES] = "";
    char type[ROW_BYTES] = "";
    char row[3 * ROW_BYTES];

    switch (field->form) {
    case FORM_VALUE:
        (void)snprintf(type, sizeof type, "%s", value_text(field, text));
        break;
    case FORM_OBJECT:
        (void)snprintf(type, sizeof type, "object");
        break;
    case FORM_LIST:
        (void)snprintf(type, sizeof type, "array to %" PRId64, field->high);
        break;
    }
    (void)snprintf(row, sizeof row, "\n| `%s%s`%s | %s |", prefix,
                   field->key == NULL ? "" : field->key, field->optional ? "?" : "", type);
    if (strstr(section, row) == NULL) {
        print_error("missing in %.40s...: %s\n", section + 1, row + 1);
        fail();
    }
}

/* The fields of an object or of the elements of an array stand behind those of the message. */
static void check_fields(const char *section, const struct shape *shape)
{
    char prefix[ROW_BYTES];

    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];
        check_row(section, field, "");
        for (size_t j = 0; field->shape != NULL && j < field->shape->count; j++) {
            const char *joint = field->form == FORM_LIST ? "[]" : "";
            (void)snprintf(prefix, sizeof prefix, "%s%s%s", field->key, joint,
                           field->shape->fields[j].key == NULL ? "" : ".");
            check_row(section, &field->shape->fields[j], prefix);
        }
    }
}

static void check_frame(const char *section, const char *type)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s.json", GOLDEN_DIRECTORY, type);
    char *frame = file_read(path);
    if (strstr(section, frame) == NULL) {
        fail_msg("the section of %s does not have its frame: %s", type, frame);
    }
    free(frame);
}

static void test_every_message(void **state)
{
    (void)state;
    for (int type = 0; type < WIRE_TYPE_COUNT; type++) {
        const char *word = wire_type_text((enum wire_type)type);
        char *section = section_of(word);
        check_frame(section, word);
        check_fields(section, schema_body((enum wire_type)type));
        free(section);
    }
}

static void test_the_envelope(void **state)
{
    (void)state;
    char *section = section_of("The envelope");
    check_fields(section, &schema_envelope);
    free(section);
}

static int read_page(void **state)
{
    (void)state;
    page = file_read(PROTOCOL_PAGE);
    return 0;
}

static int free_page(void **state)
{
    (void)state;
    free(page);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message),
        cmocka_unit_test(test_the_envelope),
    };

    return cmocka_run_group_tests(tests, read_page, free_page);
}
