/*
 * The story of a configuration: the tree of a spec's reader, the keys of the top, the pools.
 */
#include "config/parts.h"

#include "base/text.h"
#include "spec/complain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(key, reads, of, member) .name = key, .read = reads, .offset = offsetof(of, member)

enum { LEASE_MIN_MS = 1000, LEASE_MAX_MS = 86400000 };

/* The configuration with the memory it stands in; `config` is first, so that config_free finds the
 * rest. */
struct owner {
    struct config config;
    struct arena arena;
};

/* A relative path is meant from where the configuration lies. */
const char *part_path(struct reader *reader, const char *file, const char *folder)
{
    if (file == NULL || file[0] == '/') {
        return file;
    }
    const size_t bytes = strlen(folder) + strlen(file) + 1;
    char *path = reader_take(reader, bytes, 1);
    if (path != NULL) {
        (void)snprintf(path, bytes, "%s%s", folder, file);
    }
    return path;
}

static void read_document(struct reader *reader, const struct node *root, const char *folder,
                          struct config *config)
{
    struct raw {
        struct config config;
        const struct node *pools;
    } raw = {0};
    static const struct field fields[] = {
        {FIELD("listen", field_text, struct raw, config.listen)},
        {FIELD("store", field_text, struct raw, config.store)},
        {FIELD("keys", field_text, struct raw, config.keys)},
        {FIELD("lease", field_duration, struct raw, config.lease_ms), .min = LEASE_MIN_MS,
         .max = LEASE_MAX_MS},
        {FIELD("web", field_text, struct raw, config.web)},
        {FIELD("pools", field_node, struct raw, pools)},
    };

    if (!reader_fields(reader, root, "the configuration", fields, COUNT(fields), &raw)) {
        return;
    }
    *config = raw.config;
    config->store = part_path(reader, raw.config.store, folder);
    config->keys = part_path(reader, raw.config.keys, folder);
    if (raw.config.web != NULL) {
        reader_warning(reader, node_find(root, "web")->key_place, "",
                       "'web' is not in force yet: no page is served");
    }
    if (raw.pools != NULL) {
        part_pools(reader, raw.pools, folder, config);
    }
}

static enum tide_status parse(struct owner *owner, const struct source *source, const char *folder,
                              struct spec_report *report)
{
    char currency[SPEC_CURRENCY_BYTES] = "";
    struct reader reader = {.arena = &owner->arena,
                            .source = source,
                            .report = report,
                            .currency = currency,
                            .currency_per = "a pool"};
    struct tree tree;
    enum tide_status status = tree_build(&tree, &owner->arena, source, report);

    if (status != TIDE_OK) {
        return status;
    }
    if (tree.root != NULL) { /* an empty file says nothing, which is allowed */
        read_document(&reader, tree.root, folder, &owner->config);
    }
    if (reader.no_memory) {
        return TIDE_NO_MEMORY;
    }
    return report->error_count > 0 ? TIDE_INVALID : TIDE_OK;
}

/* The folder of the file called `name`, "" for the current one. */
static const char *folder_of(struct owner *owner, const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash == NULL ? "" : arena_text(&owner->arena, name, (size_t)(slash - name) + 1);
}

enum tide_status config_parse(const char *text, size_t bytes, const char *name,
                              struct config **config, struct spec_report *report)
{
    struct owner *owner = calloc(1, sizeof *owner);
    struct source source;
    enum tide_status status = TIDE_NO_MEMORY;

    *config = NULL;
    report_begin(report, name);
    if (owner == NULL) {
        return TIDE_NO_MEMORY;
    }
    const char *folder = folder_of(owner, name);
    if (!source_scan(&source, text, bytes, report)) {
        status = TIDE_INVALID;
    } else if (folder != NULL) {
        status = parse(owner, &source, folder, report);
    }
    if (status == TIDE_OK) {
        *config = &owner->config;
        return TIDE_OK;
    }
    if (status == TIDE_NO_MEMORY) {
        report_begin(report, name);
    }
    config_free(&owner->config);
    return status;
}

enum tide_status config_load(const char *path, struct config **config, struct spec_report *report)
{
    char *text = NULL;
    size_t bytes = 0;
    enum tide_status status = TIDE_OK;

    *config = NULL;
    report_begin(report, path);
    status = source_read_own(path, &text, &bytes, report);
    if (status == TIDE_OK) {
        status = config_parse(text, bytes, path, config, report);
    }
    free(text);
    return status;
}

void config_free(struct config *config)
{
    struct owner *owner = (struct owner *)config;

    if (owner != NULL) {
        arena_fini(&owner->arena);
        free(owner);
    }
}
