/* Knows every statement of the writer; they are prepared once and live as long as the store. */
#include "store/inside.h"

static const char *const texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_BEAT] = "UPDATE meta SET beat = ?1 WHERE incarnation = ?2",
    [STATEMENT_INCARNATION] = "SELECT incarnation FROM meta",
    [STATEMENT_HEAD] = "UPDATE experiment SET budget_trials = ?2, budget_cost_micro = ?3,"
                       " currency = ?4, objectives = '[]',"
                       " constraints = '[]' WHERE id = ?1",
    [STATEMENT_PARAMETER] = "INSERT OR REPLACE INTO parameter (experiment, position, name, type,"
                            " low, high, log, step, choices, condition)"
                            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [STATEMENT_OBJECTIVE] =
        "UPDATE experiment SET metric = iif(objectives = '[]', ?2, metric),"
        " direction = iif(objectives = '[]', ?3, direction), objectives = json_insert(objectives,"
        " '$[#]', json_object('metric', ?2, 'direction', ?3)) WHERE id = ?1",
    [STATEMENT_OUTCOME] = "UPDATE experiment SET constraints = json_insert(constraints, '$[#]',"
                          " json_object('metric', ?2, 'min', ?3, 'max', ?4)) WHERE id = ?1",
    [STATEMENT_OUTLINE] =
        "SELECT json_array_length(objectives), c.value ->> 'min', c.value ->> 'max'"
        " FROM experiment AS e LEFT JOIN json_each(e.constraints) AS c"
        " WHERE e.id = ?1 ORDER BY c.key",
    [STATEMENT_EVENT] = "INSERT INTO event (time, kind, experiment, trial, attempt, worker, a, b,"
                        " text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [STATEMENT_LOG] = "INSERT INTO log (experiment, trial, attempt, stream, offset, text)"
                      " SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM attempt"
                      " WHERE experiment = ?1 AND trial = ?2 AND number = ?3)"
                      " ON CONFLICT DO NOTHING",
    [STATEMENT_LOG_TRIM] = "DELETE FROM log WHERE experiment = ?1 AND trial = ?2 AND attempt = ?3"
                           " AND stream = ?4 AND offset >= ?5 AND offset < ?6",
    [STATEMENT_PARAMS] = "SELECT params FROM trial WHERE experiment = ?1 AND number = ?2",
    [STATEMENT_CHECKPOINT] = "SELECT step, bytes, hash, location FROM checkpoint"
                             " WHERE experiment = ?1 AND trial = ?2 AND attempt = ?3 AND seq = ?4",
    [STATEMENT_CHAIN] = "SELECT hash FROM checkpoint WHERE experiment = ?1 AND trial = ?2"
                        " AND spoiled_by IS NULL ORDER BY attempt DESC, seq DESC LIMIT ?3",
    /* The newest that is left, if it is still kept: at each of the later ones (p) fewer than ?5 of
     * those up to it (q) had to be. What an attempt found spoiled was none of them any more. */
    [STATEMENT_FALLBACK] =
        "WITH rest AS (SELECT attempt, seq, step FROM checkpoint WHERE experiment = ?1"
        " AND trial = ?2 AND spoiled_by IS NULL AND (attempt, seq) < (?3, ?4)"
        " ORDER BY attempt DESC, seq DESC LIMIT 1),"
        " later AS (SELECT c.attempt, c.seq, c.spoiled_by FROM checkpoint AS c, rest AS l"
        " WHERE c.experiment = ?1 AND c.trial = ?2 AND (c.attempt, c.seq) > (l.attempt, l.seq))"
        " SELECT attempt, seq, step FROM rest WHERE NOT EXISTS (SELECT 1 FROM later AS p"
        " WHERE (SELECT count(*) FROM later AS q WHERE (q.attempt, q.seq) <= (p.attempt, p.seq)"
        " AND (q.spoiled_by IS NULL OR q.spoiled_by > p.attempt)) >= ?5)",
};

static int prepare(struct store *store, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

enum tide_status statements_prepare(struct store *store, struct error *error)
{
    char sql[TABLE_SQL_BYTES];
    int code = SQLITE_OK;

    for (int i = 0; i < STATEMENT_COUNT && code == SQLITE_OK; i++) {
        code = prepare(store, texts[i], &store->statements[i]);
    }
    for (int kind = 0; kind < RECORD_KIND_COUNT && code == SQLITE_OK; kind++) {
        const struct table *table = table_of((enum record_kind)kind);
        if (kind != RECORD_METRIC) { /* an event that does not change */
            table_update_sql(table, sql);
            code = prepare(store, sql, &store->update[kind]);
        }
        if (code == SQLITE_OK && !table_changes((enum record_kind)kind)) {
            table_insert_sql(table, sql);
            code = prepare(store, sql, &store->insert[kind]);
        }
    }
    return code == SQLITE_OK ? TIDE_OK : db_error(store->db, "prepare a statement", error);
}

void statements_finalize(struct store *store)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(store->statements[i]);
    }
    for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        (void)sqlite3_finalize(store->update[kind]);
        (void)sqlite3_finalize(store->insert[kind]);
    }
}
