/*
 * What a spec may say although it is not done yet. Each row is a key and what happens instead; the
 * change that brings the behaviour deletes the row.
 */
#include "spec/sections.h"

#include <string.h>

static const struct pending {
    const char *path;    /* keys from the top, lists skipped */
    const char *value;   /* only this value; NULL: whatever it says */
    const char *instead; /* what happens now */
} pending[] = {
    {"search.acquisition", "per_cost", "the cost of a trial is not looked at"},
    {"stop", NULL, "the search goes on to the end of its budget"},
};

/* Whether the node stands at the path: its keys upwards, and the path from its end. */
static bool stands_at(const struct node *node, const char *path)
{
    size_t left = strlen(path);

    for (; node->parent != NULL; node = node->parent) {
        const size_t bytes = node->key == NULL ? 0 : strlen(node->key);
        if (node->key == NULL) {
            continue;
        }
        if (left < bytes || memcmp(path + left - bytes, node->key, bytes) != 0 ||
            (left > bytes && path[left - bytes - 1] != '.')) {
            return false;
        }
        left -= left > bytes ? bytes + 1 : bytes;
    }
    return left == 0;
}

static bool is_pending(const struct pending *row, const struct node *node)
{
    return node->key != NULL && (row->value == NULL || strcmp(row->value, node->text) == 0) &&
           stands_at(node, row->path);
}

void pending_warn(struct reader *reader, const struct tree *tree)
{
    for (const struct node *node = tree->final; node != NULL && node->parent != NULL;
         node = node->before) {
        for (size_t i = 0; i < sizeof pending / sizeof *pending; i++) {
            if (is_pending(&pending[i], node)) {
                reader_warning(reader, node->key_place, "", "'%s' is not in force yet: %s",
                               pending[i].path, pending[i].instead);
            }
        }
    }
}
