#include "commands/terminal.h"

#include "commands/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/*
 * The keyboard's mode before it was changed. The one global of this room: a handler of SIGABRT has
 * no argument to find it by.
 */
static struct {
    struct termios before;
    volatile sig_atomic_t changed;
} keyboard;

static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
static const int fatal_signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

static void keyboard_restore(void)
{
    if (keyboard.changed) {
        keyboard.changed = 0;
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &keyboard.before);
    }
}

static void keyboard_change(void)
{
    struct termios single = keyboard.before;

    single.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    single.c_cc[VMIN] = 0; /* reading never blocks */
    single.c_cc[VTIME] = 0;
    keyboard.changed = 1;
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &single);
}

/* SA_RESETHAND has put the default back, so that raising it again ends the program as it would have
 * ended. */
static void fatal_handle(int number)
{
    keyboard_restore();
    (void)raise(number);
}

static void fatal_catch(void)
{
    const struct sigaction fatal = {.sa_handler = fatal_handle,
                                    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

    for (size_t i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; i++) {
        (void)sigaction(fatal_signals[i], &fatal, NULL);
    }
}

static void size_read(struct terminal *terminal)
{
    struct winsize size = {0};

    if (ioctl(fileno(terminal->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal->resized = terminal->resized || terminal->frame.columns != size.ws_col;
        terminal->frame.columns = size.ws_col;
        terminal->rows = size.ws_row;
    }
}

void terminal_open(struct terminal *terminal, FILE *out, enum color_when color, bool with_keyboard)
{
    *terminal =
        (struct terminal){.out = out, .frame = screen_open(out, color), .rows = 24, .signals = -1};
    terminal->frame.clip = true;
    if (!with_keyboard) {
        return;
    }
    terminal->signals =
        signals_open(caught_signals, sizeof caught_signals / sizeof *caught_signals);
    fatal_catch();
    /* a job in the background must leave the keyboard alone */
    terminal->keyboard = terminal->frame.terminal && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
                         tcgetattr(STDIN_FILENO, &keyboard.before) == 0;
    if (terminal->keyboard) {
        (void)atexit(keyboard_restore);
        keyboard_change();
    }
}

static enum terminal_input key_read(void)
{
    char key = 0;
    const ssize_t bytes = read(STDIN_FILENO, &key, 1);

    return bytes <= 0 || key == 'q' || key == 'Q' || key == 4 ? TERMINAL_QUIT : TERMINAL_KEY;
}

/* Stopped by ^Z: the shell gets its own mode back, and on the return the block is drawn afresh. */
static enum terminal_input stop_and_continue(struct terminal *terminal)
{
    keyboard_restore();
    (void)raise(SIGSTOP);
    if (terminal->keyboard) {
        keyboard_change();
    }
    terminal->drawn = 0;
    return TERMINAL_RESIZED;
}

static enum terminal_input signal_read(struct terminal *terminal)
{
    switch (signals_next(terminal->signals)) {
    case 0:
        return TERMINAL_NOTHING;
    case SIGWINCH:
        return TERMINAL_RESIZED;
    case SIGTSTP:
        return stop_and_continue(terminal);
    default:
        return TERMINAL_INTERRUPTED;
    }
}

enum terminal_input terminal_wait(struct terminal *terminal, int wait_ms)
{
    struct pollfd polled[2] = {
        {.fd = terminal->signals, .events = POLLIN},
        {.fd = terminal->keyboard ? STDIN_FILENO : -1, .events = POLLIN},
    };

    if (poll(polled, 2, wait_ms) <= 0) {
        return TERMINAL_NOTHING;
    }
    return polled[0].revents != 0 ? signal_read(terminal) : key_read();
}

/* The first `rows` lines of the text, in bytes. */
static size_t lines_bytes(const char *lines, int rows, int *count)
{
    const char *at = lines;

    for (*count = 0; *count < rows && *at != '\0'; (*count)++) {
        const char *end = strchr(at, '\n');
        at = end == NULL ? at + strlen(at) : end + 1;
    }
    return (size_t)(at - lines);
}

struct screen *terminal_begin(struct terminal *terminal)
{
    size_read(terminal);
    terminal->frame.at = 0;
    terminal->frame.out = open_memstream(&terminal->lines, &terminal->bytes);
    return terminal->frame.out == NULL ? NULL : &terminal->frame;
}

/*
 * 2026 is the synchronized update: terminals that know it show the frame at once, others ignore it.
 * A terminal that was resized has wrapped the old lines anew: how many rows they take is not known
 * for certain, so the screen is begun afresh.
 */
static void frame_write(struct terminal *terminal)
{
    int count = 0;
    const size_t bytes = lines_bytes(terminal->lines, terminal->rows - 1, &count);

    (void)fputs("\033[?2026h", terminal->out);
    if (terminal->resized && terminal->drawn > 0) {
        (void)fputs("\033[H\033[2J", terminal->out);
    } else if (terminal->drawn > 0) {
        (void)fprintf(terminal->out, "\r\033[%dA", terminal->drawn);
    }
    for (const char *at = terminal->lines; at < terminal->lines + bytes;) {
        const size_t length = strcspn(at, "\n");
        (void)fprintf(terminal->out, "%.*s\033[K\r\n", (int)length, at);
        at += length + 1;
    }
    (void)fputs("\033[J\033[?2026l", terminal->out);
    (void)fflush(terminal->out);
    terminal->drawn = count;
    terminal->resized = false;
}

void terminal_end(struct terminal *terminal)
{
    const bool complete = fclose(terminal->frame.out) == 0;

    if (complete) {
        frame_write(terminal);
    }
    free(terminal->lines);
    terminal->lines = NULL;
}

void terminal_close(struct terminal *terminal)
{
    keyboard_restore();
    if (terminal->signals >= 0) {
        (void)close(terminal->signals);
        terminal->signals = -1;
    }
}
