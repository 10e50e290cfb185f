#include "commands/screen.h"

#include "spec/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80, GLYPH_BYTES = 12 };

/* One character of foreign text, as it will be printed. */
struct glyph {
    char bytes[GLYPH_BYTES]; /* with a terminator */
    int columns;
};

/*
 * A locale that says UTF-8 or says nothing at all (containers) has the block characters; one that
 * names another charset, C included, has not.
 */
static bool locale_has_blocks(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0') {
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
        }
    }
    return true;
}

static int terminal_columns(int fd)
{
    struct winsize size = {0};

    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_UNKNOWN;
}

struct screen screen_open(FILE *out, enum color_when color)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    const bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    const bool terminal = isatty(fileno(out)) == 1;
    const bool wanted = color == COLOR_ALWAYS || (color == COLOR_AUTO && terminal && !dumb &&
                                                  (no_color == NULL || *no_color == '\0'));

    return (struct screen){
        .out = out,
        .terminal = terminal && !dumb,
        .color = wanted,
        .blocks = locale_has_blocks(),
        .columns = terminal ? terminal_columns(fileno(out)) : 0,
    };
}

/* The next character of foreign text; returns the bytes of `text` it took. */
static size_t glyph_next(const char *text, struct glyph *glyph)
{
    uint32_t point = 0;
    const size_t length = utf8_read(text, strnlen(text, 4), &point);

    if (*text == '\t' || *text == '\n') {
        *glyph = (struct glyph){" ", 1};
        return 1;
    }
    if (length == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) {
        glyph->columns = snprintf(glyph->bytes, GLYPH_BYTES, "\\x%02x", (unsigned char)*text);
        return length > 1 ? length : 1;
    }
    const int columns = utf8_columns(point);
    if (columns < 0 || !utf8_printable(point)) {
        glyph->columns = snprintf(glyph->bytes, GLYPH_BYTES, "\\u%04x", point);
        return length;
    }
    memcpy(glyph->bytes, text, length);
    glyph->bytes[length] = '\0';
    glyph->columns = columns;
    return length;
}

int text_columns(const char *text)
{
    struct glyph glyph;
    int columns = 0;

    while (*text != '\0') {
        text += glyph_next(text, &glyph);
        columns += glyph.columns;
    }
    return columns;
}

/* The one place where characters leave. */
static void glyph_put(struct screen *screen, const char *bytes, int columns)
{
    if (screen->clip && screen->columns > 0 && screen->at + columns > screen->columns) {
        screen->at = screen->columns; /* nothing narrower slips in behind */
        return;
    }
    if (screen->out != NULL) {
        (void)fputs(bytes, screen->out);
    }
    screen->at += columns;
}

static void glyph_repeat(struct screen *screen, const char *bytes, int count)
{
    for (int i = 0; i < count; i++) {
        glyph_put(screen, bytes, 1);
    }
}

void screen_text(struct screen *screen, const char *text, int columns)
{
    const bool cut = columns > 0 && text_columns(text) > columns;
    struct glyph glyph;
    int room = cut ? columns - 1 : columns;

    while (*text != '\0') {
        text += glyph_next(text, &glyph);
        if (columns > 0 && glyph.columns > room) {
            break;
        }
        glyph_put(screen, glyph.bytes, glyph.columns);
        room -= glyph.columns;
    }
    if (cut) {
        glyph_put(screen, screen->blocks ? "\u2026" : "~", 1);
    }
}

void screen_style(struct screen *screen, enum style style)
{
    static const char *const codes[] = {
        [STYLE_BOLD] = "\033[1m",  [STYLE_DIM] = "\033[2m",  [STYLE_GOOD] = "\033[32m",
        [STYLE_BUSY] = "\033[36m", [STYLE_BAD] = "\033[31m", [STYLE_WARN] = "\033[33m",
    };

    if (screen->color && screen->out != NULL && style != STYLE_NONE) {
        (void)fputs(codes[style], screen->out);
        screen->styled = true;
    }
}

void screen_plain(struct screen *screen)
{
    if (screen->styled) {
        (void)fputs("\033[0m", screen->out);
        screen->styled = false;
    }
}

void screen_print(struct screen *screen, const char *format, ...)
{
    char text[SCREEN_PRINT_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (const char *at = text; *at != '\0';) {
        struct glyph glyph = {"\n", 0};
        const size_t length = *at == '\n' ? 1 : glyph_next(at, &glyph);
        screen->at = *at == '\n' ? 0 : screen->at;
        glyph_put(screen, glyph.bytes, glyph.columns);
        at += length;
    }
}

void screen_tab(struct screen *screen, int column)
{
    glyph_repeat(screen, " ", column > screen->at ? column - screen->at : 1);
}

void screen_label(struct screen *screen, const char *label)
{
    screen_style(screen, STYLE_DIM);
    screen_text(screen, label, 0);
    screen_plain(screen);
    screen_tab(screen, SCREEN_LABEL_COLUMNS);
}

void screen_message(struct screen *screen, const char *label, const char *message)
{
    char line[512];

    for (const char *at = message; *at != '\0';) {
        const size_t length = strcspn(at, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)length, at);
        screen_label(screen, at == message ? label : "");
        screen_text(screen, line, 0);
        screen_print(screen, "\n");
        at += length + (at[length] == '\n' ? 1 : 0);
    }
}

void screen_bar(struct screen *screen, double done, double all, int columns)
{
    const double share = all > 0 ? fmin(1, fmax(0, done / all)) : 0;
    const int filled = (int)(share * columns);

    glyph_repeat(screen, screen->blocks ? "\u2588" : "#", filled);
    glyph_repeat(screen, screen->blocks ? "\u2591" : ".", columns - filled);
}

void screen_spark(struct screen *screen, const double *values, size_t count, int columns)
{
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char *const letters[] = {"_", ".", "-", ":", "=", "+", "*", "#"};
    const char *const *marks = screen->blocks ? blocks : letters;
    const size_t first = count > (size_t)columns ? count - (size_t)columns : 0;
    double lowest = INFINITY;
    double highest = -INFINITY;

    for (size_t i = first; i < count; i++) {
        lowest = fmin(lowest, values[i]); /* fmin and fmax leave NaN out */
        highest = fmax(highest, values[i]);
    }
    for (size_t i = first; i < count; i++) {
        const double share = highest > lowest ? (values[i] - lowest) / (highest - lowest) : 0;
        glyph_put(screen, isnan(values[i]) ? " " : marks[(int)(share * 7)], 1);
    }
}

enum style state_style(const char *state)
{
    static const struct {
        const char *word;
        enum style style;
    } styles[] = {
        {"completed", STYLE_GOOD}, {"done", STYLE_GOOD},      {"running", STYLE_BUSY},
        {"active", STYLE_BUSY},    {"failed", STYLE_BAD},     {"buried", STYLE_BAD},
        {"lost", STYLE_WARN},      {"preempted", STYLE_WARN}, {"waiting", STYLE_WARN},
        {"paused", STYLE_WARN},    {"stopping", STYLE_WARN},  {"infeasible", STYLE_WARN},
    };

    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        if (strcmp(styles[i].word, state) == 0) {
            return styles[i].style;
        }
    }
    return STYLE_NONE;
}
