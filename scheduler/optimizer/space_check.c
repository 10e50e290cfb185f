/*
 * Knows what a configuration must satisfy to become a space, and says so in words.
 */
#include "optimizer/space.h"

#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static enum tide_status refuse(char *message,
                                                                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(message, TIDE_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    return TIDE_INVALID;
}

static bool good_name(const char *name)
{
    if (name == NULL || *name == '\0' || (*name >= '0' && *name <= '9')) {
        return false;
    }
    for (size_t i = 0; name[i] != '\0'; i++) {
        const char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_')) {
            return false;
        }
    }
    return strlen(name) < CONSTRAINT_NAME_BYTES;
}

static enum tide_status check_range(const struct tide_parameter *parameter, char *message)
{
    if (!isfinite(parameter->low) || !isfinite(parameter->high) ||
        parameter->low > parameter->high) {
        return refuse(message, "%s: low must be finite and at most high", parameter->name);
    }
    if (parameter->log && parameter->low <= 0) {
        return refuse(message, "%s: log scale needs low > 0", parameter->name);
    }
    if (!isfinite(parameter->step) || parameter->step < 0) {
        return refuse(message, "%s: step must be positive, or 0 for none", parameter->name);
    }
    if (parameter->type == TIDE_INT &&
        (parameter->low != floor(parameter->low) || parameter->high != floor(parameter->high) ||
         parameter->step != floor(parameter->step) || fabs(parameter->low) > 9e15 ||
         fabs(parameter->high) > 9e15)) {
        return refuse(message, "%s: an int's low, high and step must be whole and below 9e15",
                      parameter->name);
    }
    return TIDE_OK;
}

static enum tide_status check_when(const struct space *space, size_t index, char *message)
{
    const struct tide_parameter *parameter = &space->parameter[index];

    if (parameter->when_count == 0) {
        return TIDE_OK;
    }
    if (parameter->when_parent >= index) {
        return refuse(message, "%s: the parameter it depends on must come before it",
                      parameter->name);
    }
    if (parameter->when_values == NULL ||
        space->parameter[parameter->when_parent].type == TIDE_FLOAT) {
        return refuse(message, "%s: it cannot depend on a float", parameter->name);
    }
    return TIDE_OK;
}

static enum tide_status check_parameter(const struct space *space, size_t index, char *message)
{
    const struct tide_parameter *parameter = &space->parameter[index];
    const bool ranged = parameter->type == TIDE_FLOAT || parameter->type == TIDE_INT;
    const bool chosen = parameter->type == TIDE_CATEGORICAL || parameter->type == TIDE_ORDINAL;
    enum tide_status status = TIDE_OK;

    if (!good_name(parameter->name)) {
        return refuse(message, "parameter %zu: a name is [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes",
                      index);
    }
    for (size_t i = 0; i < index; i++) {
        if (text_equal(space->parameter[i].name, parameter->name)) {
            return refuse(message, "%s: two parameters of this name", parameter->name);
        }
    }
    if (ranged) {
        status = check_range(parameter, message);
    } else if (chosen &&
               (parameter->choice_count == 0 || parameter->choice_count > TIDE_CHOICES_MAX)) {
        status = refuse(message, "%s: between 1 and %d choices", parameter->name, TIDE_CHOICES_MAX);
    }
    return status == TIDE_OK ? check_when(space, index, message) : status;
}

static enum tide_status check_default(const struct space *space, size_t index, char *message)
{
    const struct tide_parameter *parameter = &space->parameter[index];
    const double value = parameter->default_value;
    const double near = space_value(space, index, space_place(space, index, value));

    if (parameter->has_default &&
        !(isfinite(value) && fabs(near - value) <= 1e-9 * fabs(value) + 1e-300)) {
        return refuse(message, "%s: the default is not one of its values", parameter->name);
    }
    return TIDE_OK;
}

/* Copies one parameter with everything it points to. */
static enum tide_status copy_parameter(struct space *space, size_t index, size_t *when_used,
                                       char *message)
{
    struct tide_parameter *parameter = &space->parameter[index];
    enum tide_status status = check_parameter(space, index, message);

    if (status != TIDE_OK) {
        return status;
    }
    text_copy(space->name[index], sizeof space->name[index], parameter->name);
    parameter->name = space->name[index];
    if (parameter->when_count > SPACE_WHEN_MAX - *when_used) {
        return refuse(message, "%s: too many values in conditions", parameter->name);
    }
    if (parameter->when_count > 0) {
        memcpy(space->when_values + *when_used, parameter->when_values,
               parameter->when_count * sizeof(double));
        parameter->when_values = space->when_values + *when_used;
        *when_used += parameter->when_count;
    }
    if (parameter->choice_values != NULL && parameter->choice_count > 0) {
        double *values = calloc(parameter->choice_count, sizeof *values);
        if (values == NULL) {
            return TIDE_NO_MEMORY;
        }
        memcpy(values, parameter->choice_values, parameter->choice_count * sizeof *values);
        space->choice_values[index] = values;
    }
    parameter->choice_values = space->choice_values[index];
    return check_default(space, index, message);
}

static void lay_columns(struct space *space)
{
    space->columns = 0;
    space->points = 1;
    for (size_t i = 0; i < space->count; i++) {
        const bool discrete = space_discrete(space, i);
        const size_t width = !discrete && space->parameter[i].when_count > 0 ? 2 : 1;
        for (size_t j = 0; j < width; j++) {
            space->kind[space->columns] = discrete ? COLUMN_CODE : COLUMN_NUMBER;
            space->group[space->columns++] = i;
        }
        const uint64_t levels = space_levels(space, i);
        space->points *= levels == 0 ? HUGE_VAL : (double)levels;
    }
}

static enum tide_status copy_constraints(struct space *space, const struct tide_config *config,
                                         char *message)
{
    const char *names[SPACE_PARAMETERS_MAX];
    char fault[TIDE_MESSAGE_BYTES];
    size_t offset = 0;

    if (config->constraint_count > TIDE_CONSTRAINTS_MAX) {
        return refuse(message, "at most %d constraints", TIDE_CONSTRAINTS_MAX);
    }
    if (config->constraint_count == 0) {
        return TIDE_OK;
    }
    for (size_t i = 0; i < space->count; i++) {
        names[i] = space->name[i];
    }
    space->constraint = calloc(config->constraint_count, sizeof *space->constraint);
    if (space->constraint == NULL) {
        return TIDE_NO_MEMORY;
    }
    space->constraint_count = config->constraint_count;
    for (size_t i = 0; i < config->constraint_count; i++) {
        if (!constraint_parse(&space->constraint[i], config->constraints[i], names, space->count,
                              &offset, fault)) {
            return refuse(message, "constraint %zu, character %zu: %s", i + 1, offset + 1, fault);
        }
    }
    return TIDE_OK;
}

enum tide_status space_init(struct space *space, const struct tide_config *config, char *message)
{
    size_t when_used = 0;
    enum tide_status status = TIDE_OK;

    *space = (struct space){0};
    if (config->parameter_count == 0 || config->parameter_count > SPACE_PARAMETERS_MAX) {
        return refuse(message, "between 1 and %d parameters", TIDE_PARAMETERS_MAX);
    }
    space->count = config->parameter_count;
    memcpy(space->parameter, config->parameters, space->count * sizeof *config->parameters);
    for (size_t i = 0; i < space->count && status == TIDE_OK; i++) {
        status = copy_parameter(space, i, &when_used, message);
    }
    if (status == TIDE_OK) {
        lay_columns(space);
        status = copy_constraints(space, config, message);
    }
    if (status != TIDE_OK) {
        space_fini(space);
    }
    return status;
}

void space_fini(struct space *space)
{
    for (size_t i = 0; i < space->count; i++) {
        free(space->choice_values[i]);
    }
    free(space->constraint);
    *space = (struct space){0};
}
