/*
 * `command:`. Text is split into words as a POSIX shell would, once and before any value is put in,
 * so that no value can become two words; a list is words already. There is no shell: what only a
 * shell understands is refused rather than handed to the program as a word.
 */
#include "spec/sections.h"

#include "base/text.h"

#include <tidemill/wire.h>

#include <string.h>

/* Words before placeholders are looked for: text, and where its bytes stand in the scalar. */
struct word {
    char *text;
    size_t *origin; /* of each byte of text: its index in the node's text */
    size_t bytes;
    const struct node *node;
};

struct splitter {
    struct reader *reader;
    const struct node *node;
    struct word *words;
    size_t count;
    size_t at;  /* in the node's text */
    char *room; /* for the words' text: never more than the scalar, and a terminator each */
    size_t *origin;
    bool open; /* a word has begun */
};

static void word_begin(struct splitter *splitter)
{
    if (!splitter->open) {
        splitter->words[splitter->count++] =
            (struct word){splitter->room, splitter->origin, 0, splitter->node};
        splitter->open = true;
    }
}

static void word_add(struct splitter *splitter, char byte)
{
    word_begin(splitter);
    *splitter->room++ = byte;
    *splitter->origin++ = splitter->at;
    splitter->words[splitter->count - 1].bytes++;
}

static void word_end(struct splitter *splitter)
{
    if (splitter->open) {
        *splitter->room++ = '\0';
        splitter->origin++;
        splitter->open = false;
    }
}

static void split_error(struct splitter *splitter, size_t at, const char *hint, const char *what)
{
    reader_error(splitter->reader, node_place_at(splitter->node, at, 1), hint, "%s", what);
}

/* From the opening quote to the closing one; a backslash works in double quotes as POSIX says. */
static bool split_quoted(struct splitter *splitter)
{
    const char *text = splitter->node->text;
    const char quote = text[splitter->at];
    const size_t start = splitter->at;

    word_begin(splitter);
    for (splitter->at++; text[splitter->at] != quote; splitter->at++) {
        if (text[splitter->at] == '\0') {
            split_error(splitter, start, "", "a quote that is not closed");
            return false;
        }
        if (quote == '"' && text[splitter->at] == '\\' && text[splitter->at + 1] != '\0' &&
            strchr("\\\"$`", text[splitter->at + 1]) != NULL) {
            splitter->at++;
        }
        word_add(splitter, text[splitter->at]);
    }
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* One step: a quoted stretch, an escaped character, a blank, or a plain character. */
static bool split_step(struct splitter *splitter)
{
    const char *text = splitter->node->text;
    const char byte = text[splitter->at];

    if (byte == '\'' || byte == '"') {
        return split_quoted(splitter);
    }
    if (byte == '\n' && text[splitter->at + strspn(text + splitter->at, " \t\r\n")] != '\0') {
        split_error(splitter, splitter->at, "write `command: >` to fold lines into one",
                    "a command is one line");
        return false;
    }
    if (is_blank(byte)) {
        word_end(splitter);
    } else if (byte == '\\' && text[splitter->at + 1] != '\0') {
        splitter->at++;
        if (text[splitter->at] != '\n') {
            word_add(splitter, text[splitter->at]);
        }
    } else if (strchr("|&;<>()$`", byte) != NULL) {
        split_error(splitter, splitter->at, "quote it, or run a shell: [sh, -c, \"...\"]",
                    "no shell reads the command, so this character would be passed on as it is");
        return false;
    } else {
        word_add(splitter, byte);
    }
    return true;
}

/* A word takes at least one byte and a blank, so there are at most bytes / 2 + 1 of them. */
static struct word *split_text(struct reader *reader, const struct node *node, size_t *count)
{
    const size_t words = node->text_bytes / 2 + 1;
    struct splitter splitter = {.reader = reader, .node = node};
    bool good = true;

    *count = 0;
    splitter.words = reader_take(reader, words, sizeof *splitter.words);
    splitter.room = reader_take(reader, node->text_bytes + words, 1);
    splitter.origin = reader_take(reader, node->text_bytes + words, sizeof *splitter.origin);
    if (reader->no_memory) {
        return NULL;
    }
    for (; splitter.at < node->text_bytes && good; splitter.at++) {
        good = split_step(&splitter);
    }
    word_end(&splitter);
    *count = good ? splitter.count : 0;
    return good ? splitter.words : NULL;
}

/* {lr} unquoted in a flow list is a mapping to YAML. */
static bool check_item(struct reader *reader, const struct node *item)
{
    if (item->kind == NODE_MAPPING && item->count == 1) {
        reader_error(reader, item->place, "quote it: \"{name}\"",
                     "a word in braces without quotes is a mapping to YAML");
        return false;
    }
    return reader_expect(reader, item, NODE_SCALAR, "a word of the command");
}

static struct word *list_words(struct reader *reader, const struct node *node, size_t *count)
{
    struct word *words = NULL;

    *count = 0;
    if (node->count > SPEC_WORDS_MAX) {
        reader_error(reader, node->key_place, "", "a command of %zu words; at most %d", node->count,
                     SPEC_WORDS_MAX);
        return NULL;
    }
    words = reader_take(reader, node->count, sizeof *words);
    for (const struct node *item = node->first; item != NULL && words != NULL; item = item->next) {
        if (check_item(reader, item)) {
            char *text = arena_text(reader->arena, item->text, item->text_bytes);
            reader->no_memory = reader->no_memory || text == NULL;
            words[(*count)++] = (struct word){text, NULL, item->text_bytes, item};
        }
    }
    return words;
}

static struct spec_place word_place(const struct word *word, size_t at, size_t bytes)
{
    const size_t from = word->origin == NULL ? at : word->origin[at];

    return node_place_at(word->node, from, from + bytes <= word->node->text_bytes ? bytes : 1);
}

/* What stands between the braces, as a piece; false if it is nothing known. */
static bool piece_named(const struct spec *spec, const char *name, struct spec_piece *piece)
{
    if (strcmp(name, "args") == 0) {
        piece->kind = SPEC_PIECE_ARGS;
        return true;
    }
    for (size_t i = 0; i < spec->parameter_count; i++) {
        if (strcmp(name, spec->parameters[i].name) == 0) {
            *piece = (struct spec_piece){SPEC_PIECE_PARAMETER, NULL, i};
            return true;
        }
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        if (strcmp(name, spec->constants[i].name) == 0) {
            *piece = (struct spec_piece){SPEC_PIECE_CONSTANT, NULL, i};
            return true;
        }
    }
    piece->kind = SPEC_PIECE_STEP;
    return text_equal(name, spec->fidelity.name);
}

static void unknown_placeholder(struct reader *reader, const struct word *word, size_t at,
                                size_t bytes, const char *name)
{
    const struct spec *spec = reader->spec;
    const char *names[SPEC_PARAMETERS_MAX];
    char hint[SPEC_HINT_BYTES];

    for (size_t i = 0; i < spec->parameter_count; i++) {
        names[i] = spec->parameters[i].name;
    }
    reader_nearest(hint, sizeof hint, name, names, spec->parameter_count);
    reader_error(reader, word_place(word, at, bytes),
                 hint[0] == '\0' ? "a brace that is meant as it is: {{" : hint,
                 "no parameter '%s' to put into the command", shown_text(name).text);
}

struct scan {
    struct reader *reader;
    const struct word *word;
    struct spec_piece *pieces;
    size_t count;
    char *text; /* the literal text since the last piece */
    size_t collected;
};

static void flush_text(struct scan *scan)
{
    if (scan->collected > 0) {
        const char *text = arena_text(scan->reader->arena, scan->text, scan->collected);
        scan->reader->no_memory = scan->reader->no_memory || text == NULL;
        scan->pieces[scan->count++] = (struct spec_piece){SPEC_PIECE_TEXT, text, 0};
        scan->collected = 0;
    }
}

/* A placeholder at `at`; answers the bytes it takes, 1 where there is none. */
static size_t scan_placeholder(struct scan *scan, size_t at)
{
    const char *text = scan->word->text + at;
    const char *end = strchr(text, '}');
    struct spec_piece piece = {0};
    const char *name = NULL;
    size_t bytes = 0;

    if (end == NULL) {
        reader_error(scan->reader, word_place(scan->word, at, 1), "a brace is written {{",
                     "'{' without '}'");
        return 1;
    }
    bytes = (size_t)(end - text) + 1;
    name = arena_text(scan->reader->arena, text + 1, bytes - 2);
    scan->reader->no_memory = scan->reader->no_memory || name == NULL;
    if (name != NULL && !piece_named(scan->reader->spec, name, &piece)) {
        unknown_placeholder(scan->reader, scan->word, at, bytes, name);
    } else if (piece.kind == SPEC_PIECE_ARGS && bytes != scan->word->bytes) {
        reader_error(scan->reader, word_place(scan->word, at, bytes), "",
                     "{args} stands for many words and must be a word by itself");
    }
    flush_text(scan);
    scan->pieces[scan->count++] = piece;
    return bytes;
}

/* A choice such as "-rf" at the start of a word would be an option of somebody's program. */
static void check_dash(struct reader *reader, const struct word *word,
                       const struct spec_piece *first)
{
    const struct spec_parameter *parameter = NULL;

    if (first->kind != SPEC_PIECE_PARAMETER) {
        return;
    }
    parameter = &reader->spec->parameters[first->index];
    for (size_t i = 0; i < parameter->choice_count; i++) {
        if (parameter->choices[i].type == SPEC_SCALAR_TEXT &&
            parameter->choices[i].text[0] == '-') {
            reader_error(reader, word_place(word, 0, 1), "write --name={name}",
                         "the value '%s' of '%s' would be read as an option",
                         shown_text(parameter->choices[i].text).text, parameter->name);
            return;
        }
    }
}

static void scan_word(struct reader *reader, const struct word *word, struct spec_word *out)
{
    struct scan scan = {.reader = reader, .word = word};
    size_t braces = 0;

    for (size_t i = 0; i < word->bytes; i++) {
        braces += word->text[i] == '{';
    }
    scan.pieces = reader_take(reader, 2 * braces + 1, sizeof *scan.pieces);
    scan.text = reader_take(reader, word->bytes + 1, 1);
    for (size_t at = 0; at < word->bytes && !reader->no_memory;) {
        if (word->text[at] != '{') {
            scan.text[scan.collected++] = word->text[at++];
        } else if (word->text[at + 1] == '{') {
            scan.text[scan.collected++] = '{';
            at += 2;
        } else {
            at += scan_placeholder(&scan, at);
        }
    }
    if (!reader->no_memory) {
        flush_text(&scan);
        *out = (struct spec_word){.pieces = scan.pieces, .piece_count = scan.count};
        if (scan.count > 0) {
            check_dash(reader, word, &scan.pieces[0]);
        }
    }
}

static bool is_option(const struct spec_word *word)
{
    return word->piece_count == 1 && word->pieces[0].kind == SPEC_PIECE_TEXT &&
           word->pieces[0].text[0] == '-' && strchr(word->pieces[0].text, '=') == NULL;
}

static bool is_bare_parameter(const struct spec_word *word)
{
    return word->piece_count == 1 && word->pieces[0].kind == SPEC_PIECE_PARAMETER;
}

/*
 * `--momentum {momentum}` where momentum may be inactive: in text the option goes with its value; a
 * list is used as it stands, so there the option would stay behind, and its author is told.
 */
static void pair_options(struct reader *reader, const struct word *words, struct spec_word *out,
                         size_t count)
{
    const struct spec *spec = reader->spec;

    for (size_t i = 0; i + 1 < count; i++) {
        if (!is_option(&out[i]) || !is_bare_parameter(&out[i + 1])) {
            continue;
        }
        if (!spec->command.list) {
            out[i].option_of_next = true;
        } else if (spec->parameters[out[i + 1].pieces[0].index].parent != SPEC_NONE) {
            reader_warning(reader, words[i].node->place, "write them as one: \"--name={name}\"",
                           "'%s' stays behind where '%s' is inactive",
                           shown_text(out[i].pieces[0].text).text,
                           spec->parameters[out[i + 1].pieces[0].index].name);
        }
    }
}

static bool is_used(const struct spec_template *command, size_t parameter)
{
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t j = 0; j < command->words[i].piece_count; j++) {
            const struct spec_piece *piece = &command->words[i].pieces[j];
            if (piece->kind == SPEC_PIECE_ARGS ||
                (piece->kind == SPEC_PIECE_PARAMETER && piece->index == parameter)) {
                return true;
            }
        }
    }
    return false;
}

/* Who puts some parameters into the command has most likely forgotten the others; who puts none
 * reads them from the environment. */
static void warn_unused(struct reader *reader)
{
    const struct spec *spec = reader->spec;
    size_t used = 0;

    for (size_t i = 0; i < spec->parameter_count; i++) {
        used += is_used(&spec->command, i);
    }
    for (size_t i = 0; i < spec->parameter_count && used > 0; i++) {
        if (!is_used(&spec->command, i)) {
            reader_warning(
                reader, spec->parameters[i].place, "",
                "'%s' is not in the command: the script finds it in TIDEMILL_PARAMS only",
                spec->parameters[i].name);
        }
    }
}

static void scan_words(struct reader *reader, const struct word *words, size_t count)
{
    struct spec_template *command = &reader->spec->command;
    struct spec_word *out = reader_take(reader, count, sizeof *out);

    for (size_t i = 0; i < count && !reader->no_memory; i++) {
        scan_word(reader, &words[i], &out[i]);
    }
    if (!reader->no_memory) {
        command->words = out;
        command->word_count = count;
        pair_options(reader, words, out, count);
        warn_unused(reader);
    }
}

/* The words of a command, text or list; NULL where there is none, which has been said. */
static struct word *read_words(struct reader *reader, const struct node *node, size_t *count)
{
    struct word *words = NULL;

    *count = 0;
    if (node->kind == NODE_MAPPING) {
        (void)check_item(reader, node);
        return NULL;
    }
    words = node->kind == NODE_SEQUENCE ? list_words(reader, node, count)
                                        : split_text(reader, node, count);
    if (node->kind == NODE_SEQUENCE ? node->count == 0 : words != NULL && *count == 0) {
        reader_error(reader, node->place, "", "the command is empty");
        return NULL;
    }
    return reader->no_memory ? NULL : words;
}

void section_command(struct reader *reader, const struct node *node)
{
    size_t count = 0;
    const struct word *words = read_words(reader, node, &count);

    reader->spec->command.list = node->kind == NODE_SEQUENCE;
    if (words != NULL) {
        scan_words(reader, words, count);
    }
}

/* The same without placeholders: it is run once, not for a trial. */
void section_setup(struct reader *reader, const struct node *node)
{
    size_t count = 0;
    const struct word *words = read_words(reader, node, &count);

    if (count > WIRE_SETUP_WORDS_MAX) {
        reader_error(reader, node->key_place, "", "a setup of %zu words; at most %d", count,
                     WIRE_SETUP_WORDS_MAX);
        return;
    }
    const char **items = words == NULL ? NULL : reader_take(reader, count, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        items[i] = words[i].text;
    }
    reader->spec->setup = (struct spec_texts){items, items == NULL ? 0 : count};
}
