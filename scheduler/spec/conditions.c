/*
 * `when:`. Run once every parameter is known, because a condition may name one that is written
 * further down.
 */
#include "spec/conditions.h"

#include "base/assert.h"

#include <string.h>

bool same_choice(const struct spec_scalar *a, const struct spec_scalar *b)
{
    return a->digest == b->digest && strcmp(a->text, b->text) == 0;
}

size_t condition_choice(struct reader *reader, const struct spec_parameter *parameter,
                        const struct node *node, const char *what)
{
    struct spec_scalar scalar;
    char hint[SPEC_HINT_BYTES];
    const char *texts[SPEC_CHOICES_MAX];

    if (!reader_expect(reader, node, NODE_SCALAR, what) || !reader_scalar(reader, node, &scalar) ||
        reader->no_memory) {
        return SPEC_NONE;
    }
    for (size_t i = 0; i < parameter->choice_count; i++) {
        if (same_choice(&parameter->choices[i], &scalar)) {
            return i;
        }
        texts[i] = parameter->choices[i].text;
    }
    reader_nearest(hint, sizeof hint, scalar.text, texts, parameter->choice_count);
    reader_error(reader, node->place, hint, "'%s' is not one of the values of '%s'",
                 shown_text(scalar.text).text, parameter->name);
    return SPEC_NONE;
}

static size_t parent_find(struct reader *reader, const struct node *condition,
                          const struct spec_parameter *parameters, size_t count)
{
    const char *names[SPEC_PARAMETERS_MAX];
    char hint[SPEC_HINT_BYTES];

    for (size_t i = 0; i < count; i++) {
        if (strcmp(parameters[i].name, condition->key) == 0) {
            if (parameters[i].type != SPEC_INT && parameters[i].type != SPEC_FLOAT) {
                return i;
            }
            reader_error(reader, condition->key_place, "",
                         "'%s' is of type %s: a condition needs categorical, ordinal or bool",
                         parameters[i].name, parameters[i].type == SPEC_INT ? "int" : "float");
            return SPEC_NONE;
        }
        names[i] = parameters[i].name;
    }
    reader_nearest(hint, sizeof hint, condition->key, names, count);
    reader_error(reader, condition->key_place, hint, "no parameter '%s' to depend on",
                 shown_text(condition->key).text);
    return SPEC_NONE;
}

static void read_when(struct reader *reader, struct spec_parameter *parameter,
                      const struct node *when, const struct spec_parameter *parameters,
                      size_t count)
{
    const struct spec_parameter *parent = NULL;
    const struct node *item = NULL;
    size_t *indexes = NULL;
    size_t values = 0;

    if (!reader_expect(reader, when, NODE_MAPPING, "when")) {
        return;
    }
    if (when->count != 1) {
        reader_error(reader, when->place, "chain them: a parent may have a condition itself",
                     "when takes one parameter, got %zu", when->count);
        return;
    }
    parameter->parent = parent_find(reader, when->first, parameters, count);
    if (parameter->parent == SPEC_NONE) {
        return;
    }
    parent = &parameters[parameter->parent];
    item = reader_list(reader, when->first, SPEC_CHOICES_MAX, &values);
    indexes = reader_take(reader, values, sizeof *indexes);
    parameter->parent_choices = indexes;
    for (size_t i = 0; i < values && !reader->no_memory; i++, item = item->next) {
        indexes[parameter->parent_choice_count] =
            condition_choice(reader, parent, item, parent->name);
        parameter->parent_choice_count += indexes[parameter->parent_choice_count] != SPEC_NONE;
    }
    if (values == 0) {
        reader_error(reader, when->first->place, "", "no value of '%s' is named", parent->name);
    }
}

/* A chain of parents longer than there are parameters comes back to where it was. */
static bool is_cyclic(const struct spec_parameter *parameters, size_t count, size_t start)
{
    size_t at = start;

    for (size_t steps = 0; steps <= count && at != SPEC_NONE; steps++) {
        at = parameters[at].parent;
        if (at == start) {
            return true;
        }
    }
    return false;
}

void conditions_read(struct reader *reader, struct spec_parameter *parameters, size_t count,
                     const struct node *const *whens)
{
    for (size_t i = 0; i < count; i++) {
        if (whens[i] != NULL) {
            read_when(reader, &parameters[i], whens[i], parameters, count);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (whens[i] != NULL && is_cyclic(parameters, count, i)) {
            reader_error(reader, whens[i]->key_place, "", "'%s' depends on itself through '%s'",
                         parameters[i].name, parameters[parameters[i].parent].name);
        }
    }
}

static bool is_placeable(const struct spec_parameter *parameters, const size_t *position,
                         size_t index)
{
    const size_t parent = parameters[index].parent;

    return position[index] == SPEC_NONE && (parent == SPEC_NONE || position[parent] != SPEC_NONE);
}

/* The first that is not placed yet and whose parent is; `position` says where those placed went. */
static size_t next_placeable(const struct spec_parameter *parameters, size_t count,
                             const size_t *position)
{
    size_t index = 0;

    while (index < count && !is_placeable(parameters, position, index)) {
        index++;
    }
    ASSERT(index < count); /* or there is a circle */
    return index;
}

void conditions_order(struct spec_parameter *parameters, size_t count, struct spec_parameter *room)
{
    size_t position[SPEC_PARAMETERS_MAX];

    ASSERT(count <= SPEC_PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++) {
        position[i] = SPEC_NONE;
    }
    for (size_t place = 0; place < count; place++) {
        const size_t index = next_placeable(parameters, count, position);
        position[index] = place;
        room[place] = parameters[index];
        if (room[place].parent != SPEC_NONE) {
            room[place].parent = position[room[place].parent];
        }
    }
    for (size_t i = 0; i < count; i++) {
        parameters[i] = room[i];
    }
}
