/*
 * One message of every type as a real session has it: the frames of docs/PROTOCOL.md and of
 * tests/wire/golden.
 */
#ifndef TESTS_WIRE_EXAMPLE_MESSAGE_H
#define TESTS_WIRE_EXAMPLE_MESSAGE_H

#include <tidemill/wire.h>

/* example_message: the example of `type`; its strings are static. */
void example_message(struct wire_message *message, enum wire_type type);

#endif
