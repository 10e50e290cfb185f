#include "commands/pools.h"

#include "commands/format.h"
#include "commands/table.h"
#include "store/moment.h"

#include <inttypes.h>
#include <stdio.h>

json_t *pools_model(struct query *query, int64_t now_ms)
{
    static const char sql[] =
        "SELECT p.name, p.kind,"
        " (SELECT count(*) FROM worker WHERE pool_id = p.id AND connected) AS workers,"
        " p.workers_max, p.machines, p.wanted, (SELECT price_micro / 1e6 FROM price WHERE pool ="
        " p.id AND start <= ? ORDER BY start DESC LIMIT 1) AS price, p.currency ||"
        " CASE WHEN p.power_watt IS NULL THEN '/h' ELSE '/kWh' END AS unit, p.trust,"
        " (SELECT json_group_array(json_object('of', t.\"of\", 'text', t.text)) FROM"
        " (SELECT 'price' AS \"of\", price AS text FROM trouble WHERE pool = p.id UNION ALL"
        " SELECT 'launch', launch FROM trouble WHERE pool = p.id UNION ALL"
        " SELECT 'terminate', terminate FROM trouble WHERE pool = p.id) AS t WHERE t.text <> '')"
        " AS \"troubles:json\" FROM pool AS p ORDER BY p.id";
    char now[MOMENT_TEXT_BYTES];

    return query_rows(query, sql, "s", moment_print(now, now_ms));
}

static void price_cell(struct table *table, const json_t *pool)
{
    if (!model_has(pool, "price") || !model_has(pool, "unit")) {
        table_cell(table, STYLE_DIM, "-");
        return;
    }
    table_cell(table, STYLE_NONE, "%.4g %s", model_real(pool, "price"), model_text(pool, "unit"));
}

static void pool_cells(struct table *table, const json_t *pool)
{
    const json_t *troubles = json_object_get(pool, "troubles");
    const json_t *trouble = json_array_get(troubles, 0);

    table_cell(table, STYLE_BOLD, "%s", model_text(pool, "name"));
    table_cell(table, STYLE_NONE, "%s", model_text(pool, "kind"));
    if (model_has(pool, "workers_max")) {
        table_cell(table, STYLE_NONE, "%" PRId64 "/%" PRId64, model_integer(pool, "workers"),
                   model_integer(pool, "workers_max"));
    } else {
        table_cell(table, STYLE_NONE, "%" PRId64, model_integer(pool, "workers"));
    }
    table_cell(table, STYLE_NONE, "%" PRId64, model_integer(pool, "machines"));
    table_cell(table, STYLE_NONE, "%" PRId64, model_integer(pool, "wanted"));
    price_cell(table, pool);
    table_cell(table, STYLE_NONE, "%s", model_text(pool, "trust"));
    if (trouble == NULL) {
        table_cell(table, STYLE_NONE, "%s", "");
    } else {
        table_cell(table, STYLE_WARN, "%s: %s", model_text(trouble, "of"),
                   model_text(trouble, "text"));
    }
}

bool pools_table(struct screen *screen, const json_t *pools)
{
    static const char *const titles[] = {"POOL",   "KIND",  "WORKERS", "MACHINES",
                                         "WANTED", "PRICE", "TRUST",   "TROUBLE"};
    enum { COLUMN_COUNT = sizeof titles / sizeof *titles };
    struct table *table = table_new(COLUMN_COUNT);

    if (table == NULL) {
        return false;
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        table_cell(table, STYLE_DIM, "%s", titles[i]);
    }
    for (size_t i = 0; i < json_array_size(pools); i++) {
        pool_cells(table, json_array_get(pools, i));
    }
    const bool printed = table_print(table, screen);
    table_free(table);
    return printed;
}
