/*
 * Spaces and points between JSON (docs/OPTIMIZER.md) and libtidemill.
 */
#ifndef COMMANDS_OPTIMIZER_SPACE_H
#define COMMANDS_OPTIMIZER_SPACE_H

#include <tidemill/optimizer.h>

#include <jansson.h>

struct face_space {
    struct tide_config config; /* points into the rest */
    struct tide_parameter *parameter;
    json_t **choices; /* per parameter its array of choices, borrowed from `request`; NULL: none */
    struct tide_objective objective[TIDE_OBJECTIVES_MAX];
    const char *constraint[TIDE_CONSTRAINTS_MAX];
    json_t *request; /* owned: the texts live in it */
};

/* face_space_read: false says why in `message` (TIDE_MESSAGE_BYTES) and leaves nothing to free. */
bool face_space_read(struct face_space *space, json_t *request, char *message);
void face_space_fini(struct face_space *space);

/* face_point_read: {"name": value, ...} of every active parameter; false says why. */
bool face_point_read(const struct face_space *space, json_t *params, double *x, char *message);

/* face_values_read: the parameter called `name` and the values of it in `list`, at most
 * FACE_VALUES_MAX; false says why. */
enum { FACE_VALUES_MAX = 256 };
bool face_values_read(const struct face_space *space, json_t *name, json_t *list, size_t *parameter,
                      double *values, char *message);

/* face_point_write: a new object of the active parameters. */
json_t *face_point_write(const struct face_space *space, const double *x);

/* face_real: a JSON number, or `otherwise`. face_reals: exactly `count` of them in an array. */
double face_real(json_t *value, double otherwise);
bool face_reals(json_t *array, double *values, size_t count);

/* face_count: a positive whole number under `name`; 0 where there is none. */
size_t face_count(json_t *request, const char *name);

#endif
