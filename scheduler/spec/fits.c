/*
 * Whether what a worker is told with an attempt fits into one message, whatever the point: counted
 * as if every parameter were active with its longest value.
 */
#include "spec/sections.h"

#include "base/number.h"

#include <string.h>

/* What a message says beside the spec: identities, times, names of keys. */
enum { ENVELOPE_BYTES = 4096 };

struct size {
    size_t words;
    size_t longest; /* word, in bytes */
    size_t bytes;   /* of all of it as JSON */
};

/* As JSON writes it, with quotes and a comma. */
static size_t json_bytes(const char *text)
{
    size_t bytes = 3;

    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        bytes += byte == '"' || byte == '\\' ? 2 : byte < 0x20 ? 6 : 1;
    }
    return bytes;
}

static size_t value_bytes(const struct spec_parameter *parameter)
{
    size_t longest = NUMBER_TEXT_BYTES;

    for (size_t i = 0; i < parameter->choice_count; i++) {
        const size_t bytes = json_bytes(parameter->choices[i].text);
        longest = bytes > longest ? bytes : longest;
    }
    return longest;
}

static void add_word(struct size *size, size_t bytes)
{
    size->words++;
    size->bytes += bytes;
    size->longest = bytes > size->longest ? bytes : size->longest;
}

static void add_args(struct size *size, const struct spec *spec)
{
    for (size_t i = 0; i < spec->parameter_count; i++) {
        add_word(size, SPEC_NAME_BYTES + value_bytes(&spec->parameters[i]));
    }
    for (size_t i = 0; i < spec->constant_count; i++) {
        add_word(size, SPEC_NAME_BYTES + json_bytes(spec->constants[i].value.text));
    }
    add_word(size, SPEC_NAME_BYTES + NUMBER_TEXT_BYTES);
}

static size_t piece_bytes(const struct spec *spec, const struct spec_piece *piece)
{
    switch (piece->kind) {
    case SPEC_PIECE_TEXT:
        return json_bytes(piece->text);
    case SPEC_PIECE_PARAMETER:
        return value_bytes(&spec->parameters[piece->index]);
    case SPEC_PIECE_CONSTANT:
        return json_bytes(spec->constants[piece->index].value.text);
    case SPEC_PIECE_STEP:
    case SPEC_PIECE_ARGS:
        return NUMBER_TEXT_BYTES;
    }
    return 0;
}

static void add_command(struct size *size, const struct spec *spec)
{
    for (size_t i = 0; i < spec->environment.wrapper.count; i++) {
        add_word(size, json_bytes(spec->environment.wrapper.items[i]));
    }
    for (size_t i = 0; i < spec->command.word_count; i++) {
        const struct spec_word *word = &spec->command.words[i];
        size_t bytes = 0;
        for (size_t j = 0; j < word->piece_count; j++) {
            bytes += piece_bytes(spec, &word->pieces[j]);
        }
        if (word->piece_count == 1 && word->pieces[0].kind == SPEC_PIECE_ARGS) {
            add_args(size, spec);
        } else {
            add_word(size, bytes);
        }
    }
}

static size_t pairs_bytes(const struct spec_pair *pairs, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += json_bytes(pairs[i].name) + json_bytes(pairs[i].value);
    }
    return bytes;
}

/* Everything beside the command; the parameters go as one JSON text inside JSON. */
static size_t other_bytes(const struct spec *spec)
{
    struct size params = {0};
    size_t bytes = ENVELOPE_BYTES;

    add_args(&params, spec);
    bytes += params.bytes + 8 * params.words;
    bytes += pairs_bytes(spec->environment.variables, spec->environment.variable_count);
    bytes += pairs_bytes(spec->metrics.patterns, spec->metrics.pattern_count);
    bytes += spec->metrics.step == NULL ? 0 : json_bytes(spec->metrics.step);
    for (size_t i = 0; i < spec->on_output_count; i++) {
        bytes += json_bytes(spec->on_output[i].match) + SPEC_NAME_BYTES;
    }
    for (size_t i = 0; i < spec->environment.secrets.count; i++) {
        bytes += json_bytes(spec->environment.secrets.items[i]);
    }
    return bytes;
}

void fits_check(struct reader *reader, const struct node *root)
{
    const struct node *command = node_find(root, "command");
    const struct spec *spec = reader->spec;
    struct size size = {0};

    add_command(&size, spec);
    size.bytes += other_bytes(spec);
    if (size.words > SPEC_WORDS_MAX) {
        reader_error(reader, command->key_place, "",
                     "the command could be %zu words with its wrapper; at most %d", size.words,
                     SPEC_WORDS_MAX);
    }
    if (size.longest >= SPEC_WORD_BYTES) {
        reader_error(reader, command->key_place, "",
                     "a word of the command could be %zu bytes; at most %d", size.longest,
                     SPEC_WORD_BYTES - 1);
    }
    if (size.bytes > SPEC_TOLD_BYTES) {
        reader_error(reader, command->key_place, "put it into a file the script reads",
                     "a worker would be told %zu bytes with every trial; at most %d", size.bytes,
                     SPEC_TOLD_BYTES);
    }
}
