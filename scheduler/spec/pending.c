/*
 * What a spec may say although it is not done yet. Each row is a key and what happens instead; the
 * change that brings the behaviour deletes the row.
 */
#include "spec/sections.h"

#include <string.h>

static const struct pending {
    const char *path;    /* keys from the top, lists skipped */
    const char *value;   /* only this value; NULL: whatever it says */
    size_t from;         /* only elements of a list from this index on */
    const char *instead; /* what happens now */
} pending[] = {
    {"workdir", NULL, 0, "it is not sent to other machines: it must be there under the same path"},
    {"setup", NULL, 0, "nothing is run before the first trial"},
    {"search.acquisition", "per_cost", 0, "the cost of a trial is not looked at"},
    {"stop", NULL, 0, "the search goes on to the end of its budget"},
    {"warm_start", NULL, 0, "the search starts without what earlier experiments found"},
    {"fidelity", NULL, 0, "every trial runs to the end"},
    {"early_stopping", NULL, 0, "every trial runs to the end"},
    {"budget.cost", NULL, 0, "money is not counted"},
    {"schedule.windows", NULL, 0, "trials run at any hour"},
    {"schedule.except", NULL, 0, "trials run on any day"},
    {"schedule.at_close", NULL, 0, "nothing happens when a window closes"},
    {"schedule.prices", NULL, 0, "trials run at any price"},
    {"schedule.max_price", NULL, 0, "trials run at any price"},
    {"schedule.deadline", NULL, 0, "it is not watched"},
    {"schedule.if_late", NULL, 0, "the deadline is not watched"},
    {"preemption.resume", "checkpoint", 0, "a preempted trial starts again from its beginning"},
    {"checkpoint", NULL, 0, "checkpoints are not kept"},
    {"fleet", NULL, 0, "every worker that connects is used"},
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

/* A row about later elements of a list is about each of them; the others are about a key. */
static bool is_pending(const struct pending *row, const struct node *node)
{
    const bool element = node->key == NULL && node->parent->parent != NULL;

    return (row->from > 0 ? element && node->index >= row->from : node->key != NULL) &&
           (row->value == NULL || strcmp(row->value, node->text) == 0) &&
           stands_at(node, row->path);
}

void pending_warn(struct reader *reader, const struct tree *tree)
{
    for (const struct node *node = tree->final; node != NULL && node->parent != NULL;
         node = node->before) {
        for (size_t i = 0; i < sizeof pending / sizeof *pending; i++) {
            if (is_pending(&pending[i], node)) {
                reader_warning(reader, node->key == NULL ? node->place : node->key_place, "",
                               "'%s' is not in force yet: %s", pending[i].path, pending[i].instead);
            }
        }
    }
}
