/*
 * The sections of a spec, each read by one function out of its node into the reader's spec. What
 * several sections share is in spec/reader.h.
 */
#ifndef SPEC_SECTIONS_H
#define SPEC_SECTIONS_H

#include "spec/reader.h"

/* section_parameters, ...: read the value of the top-level key of that name. */
void section_parameters(struct reader *reader, const struct node *node);
void section_setup(struct reader *reader, const struct node *node);
void section_command(struct reader *reader, const struct node *node); /* after the parameters */
void section_objective(struct reader *reader, const struct node *node);
void section_constraints(struct reader *reader, const struct node *node);
void section_metrics(struct reader *reader, const struct node *node);
void section_search(struct reader *reader, const struct node *node);
void section_stop(struct reader *reader, const struct node *node);
void section_fidelity(struct reader *reader, const struct node *node);
void section_early_stopping(struct reader *reader, const struct node *node);
void section_budget(struct reader *reader, const struct node *node);
void section_schedule(struct reader *reader, const struct node *node);
void section_preemption(struct reader *reader, const struct node *node);
void section_checkpoint(struct reader *reader, const struct node *node);
void section_retry(struct reader *reader, const struct node *node);
void section_on_output(struct reader *reader, const struct node *node);
void section_resources(struct reader *reader, const struct node *node);
void section_environment(struct reader *reader, const struct node *node);
void section_fleet(struct reader *reader, const struct node *node);

/* whole_check: complains where the sections do not agree with each other; last of all. */
void whole_check(struct reader *reader, const struct node *root);

/* fits_check: complains where a worker could not be told all of it in one message. */
void fits_check(struct reader *reader, const struct node *root);

/* is_parameter_name: [A-Za-z_][A-Za-z0-9_]*, shorter than SPEC_NAME_BYTES. */
bool is_parameter_name(const char *text);

#endif
