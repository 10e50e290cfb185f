#include "pack/ignore.h"

#include "base/text.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ignore_rule {
    char *pattern;
    size_t base; /* bytes of a path that lead to the rule's folder */
    bool again;  /* `!`: what an earlier rule left out is in again */
    bool folders;
    bool anchored; /* a slash in it: the whole path below its folder, not the name alone */
};

/* --- one rule --- */

/* Bytes of the segment that begins here, without its slash. */
static size_t segment(const char *text)
{
    return strcspn(text, "/");
}

static bool is_stars(const char *pattern)
{
    return segment(pattern) == 2 && pattern[0] == '*' && pattern[1] == '*';
}

static bool segment_fits(const char *pattern, const char *path)
{
    char one[IGNORE_LINE_BYTES];
    char other[IGNORE_LINE_BYTES];

    if (segment(pattern) >= sizeof one || segment(path) >= sizeof other) {
        return false;
    }
    (void)snprintf(one, sizeof one, "%.*s", (int)segment(pattern), pattern);
    (void)snprintf(other, sizeof other, "%.*s", (int)segment(path), path);
    return fnmatch(one, other, 0) == 0;
}

static const char *after(const char *text)
{
    const size_t bytes = segment(text);

    return text[bytes] == '/' ? text + bytes + 1 : text + bytes;
}

/* Segment by segment. `**` stands for any number of them: where what follows it does not fit, it
 * takes one more; only the last one is ever tried again, for it can take what an earlier could. */
static bool path_fits(const char *pattern, const char *path)
{
    const char *retry_pattern = NULL;
    const char *retry_path = NULL;

    while (*path != '\0') {
        if (*pattern != '\0' && is_stars(pattern)) {
            pattern = after(pattern);
            if (*pattern == '\0') {
                return true; /* everything below; the folder itself is not below itself */
            }
            retry_pattern = pattern;
            retry_path = path;
        } else if (*pattern != '\0' && segment_fits(pattern, path)) {
            pattern = after(pattern);
            path = after(path);
        } else if (retry_pattern != NULL) {
            retry_path = after(retry_path);
            pattern = retry_pattern;
            path = retry_path;
        } else {
            return false;
        }
    }
    return *pattern == '\0';
}

static bool rule_fits(const struct ignore_rule *rule, const char *path, bool folder)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    if (strlen(path) <= rule->base || (rule->folders && !folder)) {
        return false;
    }
    return rule->anchored ? path_fits(rule->pattern, path + rule->base)
                          : segment_fits(rule->pattern, name);
}

bool ignore_match(const struct ignore *ignore, const char *path, bool folder)
{
    for (size_t i = ignore->count; i > 0; i--) {
        if (rule_fits(&ignore->rules[i - 1], path, folder)) {
            return !ignore->rules[i - 1].again;
        }
    }
    return false;
}

/* --- the file --- */

/* Blanks at the end do not count, unless a backslash stands before them. */
static void trim(char *line)
{
    size_t bytes = strcspn(line, "\r\n");

    while (bytes > 0 && line[bytes - 1] == ' ' && (bytes < 2 || line[bytes - 2] != '\\')) {
        bytes--;
    }
    line[bytes] = '\0';
}

static bool rule_read(char *line, size_t base, struct ignore_rule *rule)
{
    char *text = line;

    trim(line);
    if (*text == '\0' || *text == '#') {
        return false;
    }
    *rule = (struct ignore_rule){.base = base, .again = *text == '!'};
    text += rule->again ? 1 : 0;
    const size_t bytes = strlen(text);
    if (bytes > 0 && text[bytes - 1] == '/') {
        rule->folders = true;
        text[bytes - 1] = '\0';
    }
    rule->anchored = strchr(text, '/') != NULL;
    text += *text == '/' ? 1 : 0;
    rule->pattern = *text == '\0' ? NULL : strdup(text);
    return rule->pattern != NULL;
}

static enum tide_status rule_add(struct ignore *ignore, const struct ignore_rule *rule)
{
    if (ignore->count == IGNORE_RULES_MAX) {
        return TIDE_LIMIT;
    }
    if (ignore->count == ignore->room) {
        const size_t room = ignore->room == 0 ? 64 : 2 * ignore->room;
        struct ignore_rule *rules = realloc(ignore->rules, room * sizeof *rules);
        if (rules == NULL) {
            return TIDE_NO_MEMORY;
        }
        ignore->rules = rules;
        ignore->room = room;
    }
    ignore->rules[ignore->count++] = *rule;
    return TIDE_OK;
}

enum tide_status ignore_enter(struct ignore *ignore, const char *path, size_t base,
                              struct error *error)
{
    char line[IGNORE_LINE_BYTES];
    struct ignore_rule rule;
    enum tide_status status = TIDE_OK;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return errno == ENOENT || errno == ELOOP
                   ? TIDE_OK
                   : error_set(error, TIDE_IO, "%s: %s", path, strerror(errno));
    }
    while (status == TIDE_OK && fgets(line, sizeof line, file) != NULL) {
        if (rule_read(line, base, &rule)) {
            status = rule_add(ignore, &rule);
            if (status != TIDE_OK) {
                free(rule.pattern);
            }
        }
    }
    (void)fclose(file);
    return status == TIDE_OK ? TIDE_OK
                             : error_set(error, status, "%s: %s", path, tide_status_text(status));
}

void ignore_leave(struct ignore *ignore, size_t count)
{
    while (ignore->count > count) {
        free(ignore->rules[--ignore->count].pattern);
    }
}

void ignore_fini(struct ignore *ignore)
{
    ignore_leave(ignore, 0);
    free(ignore->rules);
    *ignore = (struct ignore){0};
}
