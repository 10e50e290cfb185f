/*
 * The YAML of a spec as a tree with places, built from libyaml's events. It knows YAML and nothing
 * of experiments: what a scalar means is for the reader of its key to say.
 */
#ifndef SPEC_TREE_H
#define SPEC_TREE_H

#include "spec/arena.h"
#include "spec/source.h"

enum {
    TREE_DEPTH_MAX = 16,
    TREE_EVENTS_MAX = 50000,
    TREE_SCALAR_BYTES_MAX = 16 * 1024,
    TREE_KEYS_MAX = 1000, /* in one mapping */
};

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    bool plain;       /* a scalar without quotes: only these may be numbers and bools */
    int lead;         /* columns between its place and its text: 0 plain, 1 quoted; -1: unknown,
                         the text is not there letter by letter */
    const char *text; /* of a scalar; "" of the others */
    size_t text_bytes;
    struct spec_place place;
    const char *key; /* where it is a mapping's value; NULL otherwise */
    uint64_t key_digest;
    struct spec_place key_place;
    struct node *parent; /* NULL for the root */
    struct node *first;  /* child */
    struct node *last;
    struct node *next;   /* sibling */
    struct node *before; /* the node before it in the document: children come after their parents */
    size_t index;        /* among its siblings */
    size_t count;        /* of children */
    uint64_t digest;     /* of a scalar; of a collection once tree_digest has run */
};

struct tree {
    struct node *root;  /* NULL when the document is empty */
    struct node *final; /* the last node of the document: where a walk backwards begins */
};

/*
 * tree_build: the tree of the source's one document, in the arena. Complains about what is not
 * YAML, or is YAML a spec does without: anchors, aliases, tags, merge keys, directives, keys that
 * are not scalars, a key twice, more than one document, too deep, too much. TIDE_INVALID where the
 * tree is not worth reading after that.
 */
__attribute__((warn_unused_result)) enum tide_status tree_build(struct tree *tree,
                                                                struct arena *arena,
                                                                const struct source *source,
                                                                struct spec_report *report);

/* tree_digest: of the whole; neither layout nor the order of keys counts, except among the keys of
 * the mapping named `ordered` at the top. Uses up the nodes' digests: once a tree. */
uint64_t tree_digest(const struct tree *tree, const char *ordered);

/* node_find: the value of `key` in a mapping, NULL if it is not there or the node is none. */
const struct node *node_find(const struct node *mapping, const char *key);

/* node_place_at: where bytes at ... at + bytes of a scalar's text stand; the whole scalar where
 * that is not known. */
struct spec_place node_place_at(const struct node *scalar, size_t at, size_t bytes);

/* node_kind_text: "a list", "a mapping" or "a value", as messages say it. */
const char *node_kind_text(const struct node *node);

#endif
