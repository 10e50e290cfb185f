/* Knows what doctor asks of the database: that it is whole, that its rows agree, and what in them
 * waits for a person. */
#include "commands/doctor.h"

#include "commands/format.h"
#include "commands/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void examine_pages(struct examination *examination, struct query *query)
{
    const bool full = options_value(examination->options, "full") != NULL;
    json_t *pages = query_row(query,
                              full ? "SELECT integrity_check AS verdict FROM pragma_integrity_check"
                                   : "SELECT quick_check AS verdict FROM pragma_quick_check",
                              "");
    json_t *references =
        full ? query_row(query, "SELECT count(*) AS broken FROM pragma_foreign_key_check", "")
             : NULL;
    const bool whole = strcmp(model_text(pages, "verdict"), "ok") == 0;

    if (query->status != TIDE_OK || !whole) {
        finding(examination, "pages", VERDICT_BAD,
                "keep the file as it is, and go back to a backup (docs/STORE.md)", "damaged: %s",
                query->status == TIDE_OK ? model_text(pages, "verdict") : query->error.text);
    } else if (model_integer(references, "broken") > 0) {
        finding(examination, "pages", VERDICT_BAD, "somebody else has written to this store",
                "%" PRId64 " rows refer to what is not there", model_integer(references, "broken"));
    } else {
        finding(examination, "pages", VERDICT_GOOD, NULL,
                full ? "every page and reference in order" : "every page in order");
    }
    json_decref(pages);
    json_decref(references);
}

/* What no coordinator ever writes. */
static void examine_rows(struct examination *examination, struct query *query)
{
    static const struct {
        const char *what, *sql;
    } rules[] = {
        {"trials with two attempts at once",
         "SELECT count(*) AS n FROM (SELECT 1 FROM attempt WHERE ended IS NULL"
         " GROUP BY experiment, trial HAVING count(*) > 1)"},
        {"completed trials without a value",
         "SELECT count(*) AS n FROM trial WHERE state = 'completed' AND value IS NULL"},
        {"attempts beyond their trial's number",
         "SELECT count(*) AS n FROM attempt AS a JOIN trial AS t ON t.experiment = a.experiment"
         " AND t.number = a.trial WHERE a.number > t.attempts"},
        {"trials that wait for a checkpoint that is not there",
         "SELECT count(*) AS n FROM trial AS t LEFT JOIN checkpoint AS c ON c.experiment ="
         " t.experiment AND c.trial = t.number AND c.attempt = t.checkpoint_attempt AND c.seq ="
         " t.checkpoint_seq WHERE t.checkpoint_attempt IS NOT NULL AND c.seq IS NULL"},
    };
    bool wrong = false;

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        json_t *row = query_row(query, rules[i].sql, "");
        const int64_t count = model_integer(row, "n");
        json_decref(row);
        if (count > 0) {
            wrong = true;
            finding(examination, "rows", VERDICT_BAD, "somebody else has written to this store",
                    "%" PRId64 " %s", count, rules[i].what);
        }
    }
    if (!wrong && query->status == TIDE_OK) {
        finding(examination, "rows", VERDICT_GOOD, NULL, "they agree with each other");
    }
}

static void examine_starts(struct examination *examination, struct query *query)
{
    json_t *meta = query_row(query, "SELECT incarnation, beat, software FROM meta", "");
    const int64_t ahead_ms = model_time(meta, "beat") - examination->now_ms;
    char text[FORMAT_BYTES];

    if (ahead_ms > 1000) {
        finding(examination, "starts", VERDICT_WARNING, "set the clock right",
                "the last commit lies %s in the future: the clock has gone back",
                format_duration(text, ahead_ms));
    } else {
        finding(examination, "starts", VERDICT_GOOD, NULL,
                "%" PRId64 " of a coordinator, the last of %s, its last commit %s ago",
                model_integer(meta, "incarnation"), model_text(meta, "software"),
                format_duration(text, -ahead_ms));
    }
    json_decref(meta);
}

static void examine_workers(struct examination *examination, struct query *query)
{
    json_t *rows = query_rows(query,
                              "SELECT w.name, count(*) AS attempts FROM worker AS w JOIN attempt"
                              " AS a ON a.worker = w.id AND a.ended IS NULL WHERE NOT w.connected"
                              " GROUP BY w.id ORDER BY w.name",
                              "");
    json_t *all = query_row(query, "SELECT count(*) AS n FROM worker WHERE connected", "");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        finding(examination, "workers", VERDICT_WARNING,
                "look after its machine; the lease gives them back without it",
                "%s is silent and holds %" PRId64 " attempt%s", model_text(row, "name"),
                model_integer(row, "attempts"), model_integer(row, "attempts") == 1 ? "" : "s");
    }
    if (json_array_size(rows) == 0) {
        finding(examination, "workers", VERDICT_GOOD, NULL, "%" PRId64 " connected, none silent",
                examination->coordinator_runs ? model_integer(all, "n") : 0);
    }
    json_decref(rows);
    json_decref(all);
}

static void examine_buried(struct examination *examination, struct query *query)
{
    json_t *rows =
        query_rows(query,
                   "SELECT e.id, e.name, t.trials FROM tally AS t JOIN experiment AS e ON"
                   " e.id = t.experiment WHERE t.state = 'buried' AND t.trials > 0"
                   " AND e.ended IS NULL ORDER BY e.id",
                   "");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char advice[FORMAT_BYTES];
        (void)snprintf(advice, sizeof advice, "tidemill trials %" PRId64 " --state buried",
                       model_integer(row, "id"));
        finding(examination, "trials", VERDICT_NOTE, advice,
                "%s has %" PRId64 " buried, which wait for a person", model_text(row, "name"),
                model_integer(row, "trials"));
    }
    json_decref(rows);
}

bool examine_store(struct examination *examination)
{
    struct query query;
    const bool opened = query_open(&query, examination->options->store);

    if (!opened) {
        finding(examination, "store", VERDICT_BAD, NULL, "%s", query.error.text);
    } else {
        examine_pages(examination, &query);
        query_begin(&query);
        examine_rows(examination, &query);
        examine_starts(examination, &query);
        examine_workers(examination, &query);
        examine_buried(examination, &query);
        query_end(&query);
        if (query.status != TIDE_OK) {
            finding(examination, "store", VERDICT_BAD, NULL, "%s", query.error.text);
        }
    }
    query_close(&query);
    return opened;
}
