/*
 * libyaml's events are taken one by one, so that a hostile document is refused at the event that
 * breaks a limit; its own loader would first build everything (and recurses).
 */
#include "spec/tree.h"

#include "base/assert.h"
#include "base/digest.h"
#include "base/number.h"
#include "spec/complain.h"
#include "spec/shown.h"
#include "spec/utf8.h"

#include <string.h>

#include <yaml.h>

enum progress { PROGRESS_ON, PROGRESS_DONE, PROGRESS_STOP, PROGRESS_NO_MEMORY };

struct builder {
    struct tree *tree;
    struct arena *arena;
    const struct source *source;
    struct spec_report *report;
    struct node *parent; /* the open collection */
    const char *key;     /* read, its value not yet */
    bool refused;        /* that key was an error: its value is left out of the tree */
    struct spec_place key_place;
    int depth;
    int documents;
};

static struct spec_place place_of(const yaml_mark_t *start, const yaml_mark_t *end)
{
    const size_t length =
        start->line == end->line && end->column > start->column ? end->column - start->column : 1;

    return (struct spec_place){(int)start->line + 1, (int)start->column + 1, (int)length};
}

static void refuse(struct builder *builder, struct spec_place place, const char *hint,
                   const char *what)
{
    complain(builder->report, builder->source, place, hint, "%s", what);
}

/* Compared by digest first: a mapping of a thousand keys costs half a million comparisons. */
static const struct node *sibling_with_key(const struct node *parent, const char *key,
                                           uint64_t digest)
{
    for (const struct node *child = parent->first; child != NULL; child = child->next) {
        if (child->key_digest == digest && strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

static void link_node(struct builder *builder, struct node *node)
{
    struct node *parent = builder->parent;

    node->parent = parent;
    node->before = builder->tree->final;
    builder->tree->final = node;
    if (parent == NULL) {
        builder->tree->root = node;
        return;
    }
    if (builder->key != NULL) {
        node->key = builder->key;
        node->key_place = builder->key_place;
        node->key_digest = digest_text(builder->key);
        builder->key = NULL;
    }
    if (builder->refused) {
        builder->refused = false;
        return;
    }
    node->index = parent->count++;
    *(parent->last == NULL ? &parent->first : &parent->last->next) = node;
    parent->last = node;
}

static struct node *node_new(struct builder *builder, enum node_kind kind, struct spec_place place)
{
    struct node *node = arena_take(builder->arena, sizeof *node);

    if (node != NULL) {
        node->kind = kind;
        node->text = "";
        node->place = place;
        link_node(builder, node);
    }
    return node;
}

/* Where a key is expected: a mapping is open and no key waits for its value. */
static bool wants_key(const struct builder *builder)
{
    return builder->parent != NULL && builder->parent->kind == NODE_MAPPING && builder->key == NULL;
}

static enum progress take_key(struct builder *builder, const char *text, struct spec_place place)
{
    const struct node *earlier = sibling_with_key(builder->parent, text, digest_text(text));

    if (builder->parent->count == TREE_KEYS_MAX) {
        refuse(builder, place, "", "more than 1000 keys in one mapping");
        return PROGRESS_STOP;
    }
    if (strcmp(text, "<<") == 0) {
        refuse(builder, place, "write the keys out", "merge keys are not accepted");
        builder->refused = true;
    } else if (earlier != NULL) {
        complain(builder->report, builder->source, place, "", "key '%s' again; first on line %d",
                 shown_text(text).text, earlier->key_place.line);
        builder->refused = true;
    }
    builder->key = text;
    builder->key_place = place;
    return PROGRESS_ON;
}

/* How far the text lies behind the scalar's first column, if it stands there letter by letter. */
static int scalar_lead(const struct node *node, const yaml_event_t *event)
{
    const size_t characters = utf8_count(node->text, node->text_bytes);
    const size_t columns = event->end_mark.column - event->start_mark.column;

    if (event->start_mark.line != event->end_mark.line) {
        return -1;
    }
    return node->plain && columns == characters        ? 0
           : !node->plain && columns == characters + 2 ? 1
                                                       : -1;
}

/* 1e-3 and 0.001 are one value, 8 and "8" are two. */
static uint64_t scalar_digest(const struct node *node)
{
    int64_t integer = 0;
    double real = 0;

    if (node->plain && number_parse_integer(node->text, &integer)) {
        return digest_integer(digest_text("integer"), integer);
    }
    if (node->plain && number_parse_real(node->text, &real)) {
        return digest_real(digest_text("real"), real);
    }
    return digest_bytes(digest_text(node->plain && strcmp(node->text, "true") == 0    ? "bool"
                                    : node->plain && strcmp(node->text, "false") == 0 ? "bool"
                                                                                      : "text"),
                        node->text, node->text_bytes);
}

static enum progress take_scalar(struct builder *builder, const yaml_event_t *event)
{
    const struct spec_place place = place_of(&event->start_mark, &event->end_mark);
    const char *value = (const char *)event->data.scalar.value;
    const size_t bytes = event->data.scalar.length;
    const char *text = NULL;
    struct node *node = NULL;

    if (bytes > TREE_SCALAR_BYTES_MAX) {
        refuse(builder, place, "", "a value longer than 16 KiB");
        return PROGRESS_STOP;
    }
    if (memchr(value, '\0', bytes) != NULL) {
        refuse(builder, place, "", "a NUL character in a value");
    }
    text = arena_text(builder->arena, value, bytes);
    if (text == NULL) {
        return PROGRESS_NO_MEMORY;
    }
    if (wants_key(builder)) {
        return take_key(builder, text, place);
    }
    node = node_new(builder, NODE_SCALAR, place);
    if (node == NULL) {
        return PROGRESS_NO_MEMORY;
    }
    node->text = text;
    node->text_bytes = bytes;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->lead = scalar_lead(node, event);
    node->digest = scalar_digest(node);
    return PROGRESS_ON;
}

static enum progress open_collection(struct builder *builder, const yaml_event_t *event)
{
    const struct spec_place place = place_of(&event->start_mark, &event->end_mark);
    struct node *node = NULL;

    if (wants_key(builder)) {
        refuse(builder, place, "quote it if it is text", "a key must be a word");
        return PROGRESS_STOP;
    }
    if (++builder->depth > TREE_DEPTH_MAX) {
        refuse(builder, place, "", "nested more than 16 deep");
        return PROGRESS_STOP;
    }
    node = node_new(builder, event->type == YAML_MAPPING_START_EVENT ? NODE_MAPPING : NODE_SEQUENCE,
                    place);
    builder->parent = node;
    return node == NULL ? PROGRESS_NO_MEMORY : PROGRESS_ON;
}

static enum progress close_collection(struct builder *builder)
{
    ASSERT(builder->parent != NULL); /* libyaml ends only what it has begun */
    builder->depth--;
    builder->parent = builder->parent->parent;
    return PROGRESS_ON;
}

static enum progress open_document(struct builder *builder, const yaml_event_t *event)
{
    if (++builder->documents > 1) {
        refuse(builder, place_of(&event->start_mark, &event->end_mark), "",
               "a second document: a file holds one experiment");
        return PROGRESS_STOP;
    }
    return PROGRESS_ON;
}

static void refuse_properties(struct builder *builder, const yaml_event_t *event,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    const struct spec_place place = place_of(&event->start_mark, &event->end_mark);

    if (anchor != NULL) {
        refuse(builder, place, "", "anchors (&name) are not accepted");
    }
    if (tag != NULL) {
        refuse(builder, place, "", "tags (!type) are not accepted: the key says what type it has");
    }
}

static enum progress take_event(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return PROGRESS_ON;
    case YAML_STREAM_END_EVENT:
        return PROGRESS_DONE;
    case YAML_DOCUMENT_START_EVENT:
        return open_document(builder, event);
    case YAML_ALIAS_EVENT:
        refuse(builder, place_of(&event->start_mark, &event->end_mark),
               "write the value out, or quote it if it is text",
               "aliases (*name) are not accepted");
        return PROGRESS_STOP;
    case YAML_SCALAR_EVENT:
        refuse_properties(builder, event, event->data.scalar.anchor, event->data.scalar.tag);
        return take_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(builder, event, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        return open_collection(builder, event);
    case YAML_MAPPING_START_EVENT:
        refuse_properties(builder, event, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
        return open_collection(builder, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(builder);
    }
    return PROGRESS_STOP;
}

/* libyaml's own words, and what a person most often did. */
static enum progress refuse_syntax(struct builder *builder, const yaml_parser_t *parser)
{
    const struct spec_place place = place_of(&parser->problem_mark, &parser->problem_mark);
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    const char *hint = strstr(problem, "cannot start any token") == NULL
                           ? ""
                           : "quote it if it is text; indent with spaces, not tabs";

    if (parser->error == YAML_MEMORY_ERROR) {
        return PROGRESS_NO_MEMORY;
    }
    complain(builder->report, builder->source, place, hint, "YAML: %s%s%s", problem,
             parser->context == NULL ? "" : " ", parser->context == NULL ? "" : parser->context);
    return PROGRESS_STOP;
}

static enum progress run_parser(struct builder *builder, yaml_parser_t *parser)
{
    enum progress progress = PROGRESS_ON;

    for (int events = 0; progress == PROGRESS_ON; events++) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            return refuse_syntax(builder, parser);
        }
        if (events == TREE_EVENTS_MAX) {
            refuse(builder, place_of(&event.start_mark, &event.end_mark), "",
                   "more than 50,000 values");
            progress = PROGRESS_STOP;
        } else {
            progress = take_event(builder, &event);
        }
        yaml_event_delete(&event);
    }
    return progress;
}

enum tide_status tree_build(struct tree *tree, struct arena *arena, const struct source *source,
                            struct spec_report *report)
{
    struct builder builder = {.tree = tree, .arena = arena, .source = source, .report = report};
    enum progress progress = PROGRESS_NO_MEMORY;
    yaml_parser_t parser;

    *tree = (struct tree){0};
    if (yaml_parser_initialize(&parser) == 0) {
        return TIDE_NO_MEMORY;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->bytes);
    progress = run_parser(&builder, &parser);
    yaml_parser_delete(&parser);
    if (progress == PROGRESS_NO_MEMORY) {
        return TIDE_NO_MEMORY;
    }
    return progress == PROGRESS_STOP ? TIDE_INVALID : TIDE_OK;
}

/* Spreads every bit over all: sums of plain FNV digests of neighbouring values cancel. */
static uint64_t mix(uint64_t digest)
{
    digest = (digest ^ digest >> 32) * 0xd6e8feb86659fd93U;
    digest = (digest ^ digest >> 32) * 0xd6e8feb86659fd93U;
    return digest ^ digest >> 32;
}

/*
 * From the last node to the first, each adds itself to its parent: children stand after their
 * parents, so no stack is needed. In a mapping the sum is of (key, value), whose order is lost; in
 * a list, and in the ordered mapping, the index goes in too.
 */
uint64_t tree_digest(const struct tree *tree, const char *ordered)
{
    uint64_t digest = 0;

    for (struct node *node = tree->final; node != NULL; node = node->before) {
        const struct node *parent = node->parent;
        const bool counts_order =
            parent != NULL && (parent->kind == NODE_SEQUENCE ||
                               (parent->parent == tree->root && parent->key != NULL &&
                                strcmp(parent->key, ordered) == 0));
        digest = digest_integer(DIGEST_START, (int64_t)node->digest);
        digest = digest_integer(digest, (int64_t)node->kind);
        digest = digest_integer(digest, (int64_t)node->key_digest);
        digest = mix(digest_integer(digest, counts_order ? (int64_t)node->index : -1));
        if (parent != NULL) {
            node->parent->digest += digest;
        }
    }
    return digest;
}

const struct node *node_find(const struct node *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != NODE_MAPPING) {
        return NULL;
    }
    for (const struct node *child = mapping->first; child != NULL; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

struct spec_place node_place_at(const struct node *scalar, size_t at, size_t bytes)
{
    struct spec_place place = scalar->place;

    ASSERT(at + bytes <= scalar->text_bytes);
    if (scalar->lead >= 0) {
        place.column += scalar->lead + (int)utf8_count(scalar->text, at);
        place.length = (int)utf8_count(scalar->text + at, bytes);
    }
    return place;
}

const char *node_kind_text(const struct node *node)
{
    switch (node->kind) {
    case NODE_SCALAR:
        return "a value";
    case NODE_SEQUENCE:
        return "a list";
    case NODE_MAPPING:
        return "a mapping";
    }
    return "";
}
