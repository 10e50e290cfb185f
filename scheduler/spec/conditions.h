/*
 * Which parameters are active when: the second pass over `parameters:`.
 */
#ifndef SPEC_CONDITIONS_H
#define SPEC_CONDITIONS_H

#include "spec/reader.h"

/* conditions_read: reads whens[i] (NULL: always active) into parameters[i]; complains about unknown
 * parents, values they do not have, and circles. */
void conditions_read(struct reader *reader, struct spec_parameter *parameters, size_t count,
                     const struct node *const *whens);

/*
 * conditions_order: moves every parameter behind the one it depends on, the others keeping their
 * order, as the optimizer wants them. There must be no circles. `room` holds `count` parameters.
 */
void conditions_order(struct spec_parameter *parameters, size_t count, struct spec_parameter *room);

/* same_choice: whether a command would get the same text. */
bool same_choice(const struct spec_scalar *a, const struct spec_scalar *b);

/* condition_choice: the index of the choice that `node`, the value of `what`, names. Complains and
 * answers SPEC_NONE where the parameter has none like it. */
size_t condition_choice(struct reader *reader, const struct spec_parameter *parameter,
                        const struct node *node, const char *what);

#endif
