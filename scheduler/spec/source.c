/*
 * Everything here happens before libyaml sees a byte: 256 KiB of %TAG lines cost it half a second,
 * it takes UTF-16 for granted, and it counts lines by separators that editors do not know.
 */
#include "spec/source.h"

#include "spec/complain.h"
#include "spec/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_text(mode_t mode)
{
    return S_ISDIR(mode)    ? "a directory"
           : S_ISFIFO(mode) ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

/* Whether nobody but root and the user of this process may write to it. */
static bool is_own(const struct stat *status)
{
    return (status->st_uid == 0 || status->st_uid == geteuid()) &&
           (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
static enum tide_status open_regular(const char *path, bool own, int *descriptor,
                                     struct spec_report *report)
{
    struct stat status;

    *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*descriptor < 0 || fstat(*descriptor, &status) != 0) {
        complain(report, NULL, (struct spec_place){0}, "", "cannot read it: %s", strerror(errno));
        return TIDE_INVALID;
    }
    if (!S_ISREG(status.st_mode)) {
        complain(report, NULL, (struct spec_place){0}, "", "it is %s, not a file",
                 kind_text(status.st_mode));
        return TIDE_INVALID;
    }
    if (own && !is_own(&status)) {
        complain(report, NULL, (struct spec_place){0}, "chown it, or chmod go-w",
                 "others may write to it, and it may run commands");
        return TIDE_INVALID;
    }
    return TIDE_OK;
}

/* One byte more than a spec may have, so that source_scan sees that it is too much. */
static enum tide_status read_all(int descriptor, char **text, size_t *bytes,
                                 struct spec_report *report)
{
    const size_t capacity = SOURCE_BYTES_MAX + 1;
    ssize_t got = 1;

    *text = malloc(capacity);
    if (*text == NULL) {
        return TIDE_NO_MEMORY;
    }
    for (*bytes = 0; *bytes < capacity && got > 0; *bytes += got > 0 ? (size_t)got : 0) {
        got = read(descriptor, *text + *bytes, capacity - *bytes);
    }
    if (got < 0) {
        complain(report, NULL, (struct spec_place){0}, "", "cannot read it: %s", strerror(errno));
        return TIDE_INVALID;
    }
    return TIDE_OK;
}

static enum tide_status read_file(const char *path, bool own, char **text, size_t *bytes,
                                  struct spec_report *report)
{
    int descriptor = -1;
    enum tide_status status = TIDE_OK;

    *text = NULL;
    *bytes = 0;
    status = open_regular(path, own, &descriptor, report);
    if (status == TIDE_OK) {
        status = read_all(descriptor, text, bytes, report);
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    if (status != TIDE_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}

enum tide_status source_read(const char *path, char **text, size_t *bytes,
                             struct spec_report *report)
{
    return read_file(path, false, text, bytes, report);
}

enum tide_status source_read_own(const char *path, char **text, size_t *bytes,
                                 struct spec_report *report)
{
    return read_file(path, true, text, bytes, report);
}

static bool starts_with(const struct source *source, const char *bytes, size_t count)
{
    return source->bytes >= count && memcmp(source->text, bytes, count) == 0;
}

/* Two-byte encodings show themselves by their mark, or by a NUL beside the first character. */
static bool is_utf16(const struct source *source)
{
    return starts_with(source, "\xff\xfe", 2) || starts_with(source, "\xfe\xff", 2) ||
           (source->bytes >= 2 && (source->text[0] == '\0') != (source->text[1] == '\0'));
}

/* What is wrong with a character that YAML or an editor would not take for what it is; NULL: fine.
 */
static const char *character_fault(uint32_t character, bool line_start, char next)
{
    if (line_start && character == '%') {
        return "a line that starts with '%' is a directive, and those are not accepted";
    }
    if (character == '\t' || character == '\n' || (character == '\r' && next == '\n')) {
        return NULL;
    }
    if (character == '\r') {
        return "a carriage return that ends no line";
    }
    if (character == 0x85 || character == 0x2028 || character == 0x2029) {
        return "a line separator that editors do not show";
    }
    return utf8_printable(character) ? NULL : "an invisible or control character";
}

/* Stops at the first fault: what follows a wrong encoding is noise. */
static bool scan_characters(const struct source *source, struct spec_report *report)
{
    struct spec_place place = {1, 1, 1};
    size_t length = 0;

    for (size_t at = 0; at < source->bytes; at += length) {
        const char *text = source->text + at;
        const size_t left = source->bytes - at;
        uint32_t character = 0;
        const char *fault = NULL;

        length = utf8_read(text, left, &character);
        if (length == 0) {
            complain(report, source, place, "save it as UTF-8", "a byte that is not UTF-8 (0x%02X)",
                     (unsigned)(unsigned char)*text);
            return false;
        }
        fault = character_fault(character, place.column == 1, left > 1 ? text[1] : '\0');
        if (fault != NULL) {
            complain(report, source, place, "", "%s (U+%04X)", fault, (unsigned)character);
            return false;
        }
        place.line += character == '\n';
        place.column = character == '\n' ? 1 : place.column + 1;
    }
    return true;
}

bool source_scan(struct source *source, const char *text, size_t bytes, struct spec_report *report)
{
    *source = (struct source){text, bytes};
    if (bytes > SOURCE_BYTES_MAX) {
        complain(report, NULL, (struct spec_place){0}, "", "larger than %d KiB",
                 SOURCE_BYTES_MAX / 1024);
        return false;
    }
    if (is_utf16(source)) {
        complain(report, NULL, (struct spec_place){0}, "save it as UTF-8",
                 "it is UTF-16; a spec is UTF-8");
        return false;
    }
    if (starts_with(source, "\xef\xbb\xbf", 3)) {
        source->text += 3;
        source->bytes -= 3;
    }
    return scan_characters(source, report);
}
