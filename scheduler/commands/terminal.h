/*
 * terminal: a block of lines that is drawn again in place, and the keyboard beside it. The cursor
 * rests below the block, so whatever ends the program leaves a readable screen; only the
 * keyboard's mode must be put back, and every exit but SIGKILL does.
 */
#ifndef COMMANDS_TERMINAL_H
#define COMMANDS_TERMINAL_H

#include "commands/screen.h"

#include <stdint.h>

struct terminal {
    FILE *out;
    struct screen frame; /* what terminal_begin gives; its width follows the terminal's */
    char *lines;         /* of the frame */
    size_t bytes;
    int rows;     /* of the terminal */
    bool resized; /* since the last frame */
    int drawn;    /* lines of the block that stand above the cursor */
    bool keyboard;
    int signals; /* a signalfd; -1 without keyboard */
};

enum terminal_input {
    TERMINAL_NOTHING, /* the time passed */
    TERMINAL_KEY,     /* any key but the ones below */
    TERMINAL_QUIT,    /* q or end of input */
    TERMINAL_RESIZED,
    TERMINAL_INTERRUPTED /* SIGINT, SIGTERM, SIGHUP or SIGQUIT */
};

/*
 * terminal_open: over `out`, which is a terminal. With `keyboard`, single keys are read from stdin
 * (where that is a terminal too) and the signals that end a program arrive through terminal_wait;
 * without, the caller keeps its signals and calls terminal_frame when it likes.
 */
void terminal_open(struct terminal *terminal, FILE *out, enum color_when color, bool keyboard);

/* terminal_wait: for input, at most `wait_ms`. Only with keyboard. */
enum terminal_input terminal_wait(struct terminal *terminal, int wait_ms);

/*
 * terminal_begin, terminal_end: between them the block is printed to the screen given, which clips
 * it to the width; the end puts it in the place of the last one, in one write. Lines beyond the
 * height of the terminal are left out. NULL when out of memory: then nothing is drawn, and
 * terminal_end is not called.
 */
struct screen *terminal_begin(struct terminal *terminal);
void terminal_end(struct terminal *terminal);

/* terminal_close: puts the keyboard back; the last block stays. */
void terminal_close(struct terminal *terminal);

#endif
