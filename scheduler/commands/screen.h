/*
 * screen: where text for a person goes. Knows whether there is a terminal, its width, whether it
 * takes colour and block characters, how wide a text is in columns, and how to make foreign text
 * (names, messages, output of scripts) harmless.
 */
#ifndef COMMANDS_SCREEN_H
#define COMMANDS_SCREEN_H

#include "commands/options.h"

#include <stdio.h>

enum style { STYLE_NONE, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BUSY, STYLE_BAD, STYLE_WARN };

struct screen {
    FILE *out;     /* borrowed; NULL: nothing is printed, only `at` moves, to measure */
    bool terminal; /* may be redrawn */
    bool color;
    bool blocks; /* UTF-8: bars and sparklines; otherwise ASCII */
    int columns; /* of the terminal; 0 without a limit */
    bool clip;   /* what does not fit into a line is left out, instead of wrapped */
    int at;      /* the column the next character goes to */
    bool styled; /* between screen_style and screen_plain */
};

enum { SCREEN_PRINT_BYTES = 1024, SCREEN_LABEL_COLUMNS = 12 };

/* screen_open: over `out`: the terminal it is, or plain text. */
struct screen screen_open(FILE *out, enum color_when color);

/* text_columns: columns `text` takes on a terminal, after it was made harmless. */
int text_columns(const char *text);

/*
 * screen_text: prints foreign text: control characters, direction marks and bytes that are not
 * UTF-8 become \x1b or \u202e; a tab or a line feed becomes a blank. At most `columns` columns (0:
 * no limit), the last of them "…" when it was cut.
 */
void screen_text(struct screen *screen, const char *text, int columns);

/* screen_style, screen_plain: begin and end a style; nothing without colour. */
void screen_style(struct screen *screen, enum style style);
void screen_plain(struct screen *screen);

/* screen_print: our own text, printf, at most SCREEN_PRINT_BYTES of it. */
__attribute__((format(printf, 2, 3))) void screen_print(struct screen *screen, const char *format,
                                                        ...);

/* screen_tab: blanks up to `column`, and at least one. */
void screen_tab(struct screen *screen, int column);

/* screen_label: what a line of a page is about, dim, and blanks up to SCREEN_LABEL_COLUMNS. */
void screen_label(struct screen *screen, const char *label);

/* screen_message: a text of several lines, each a line of its own behind the label or below it. */
void screen_message(struct screen *screen, const char *label, const char *message);

/* screen_bar: `done` of `all` in `columns` cells: ██████░░░░ or ######.... */
void screen_bar(struct screen *screen, double done, double all, int columns);

/* screen_spark: `count` values as a line of blocks, the last `columns` of them, scaled to
 * themselves; a gap where a value is NaN. */
void screen_spark(struct screen *screen, const double *values, size_t count, int columns);

/* state_style: how the word of an experiment's, trial's or attempt's state is coloured. */
enum style state_style(const char *state);

#endif
