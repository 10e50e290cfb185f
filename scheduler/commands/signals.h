/*
 * signals: signals as a descriptor. BLAS brings a thread of its own, which exists before main and
 * blocks nothing, so blocking a signal here is not enough: the kernel would hand it to that thread,
 * whose default is to end the program. There it is caught and sent on to the main thread.
 */
#ifndef COMMANDS_SIGNALS_H
#define COMMANDS_SIGNALS_H

#include <stddef.h>

/* signals_open: from now on these signals wait in the descriptor (signalfd, non-blocking, closed on
 * exec). To be called from the main thread; -1 with errno. */
int signals_open(const int *numbers, size_t count);

/* signals_next: the next one's number; 0 when none waits. */
int signals_next(int descriptor);

#endif
