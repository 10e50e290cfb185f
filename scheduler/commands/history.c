#include "commands/history.h"

#include "commands/query.h"

#include <unistd.h>

int64_t history_trial_ms(const char *store, const char *name)
{
    struct query query;
    int64_t mean_ms = 0;

    if (access(store, R_OK) != 0) {
        return 0;
    }
    if (query_open(&query, store)) {
        json_t *row = query_row(&query,
                                "SELECT CAST(avg(useful_ms) AS INTEGER) AS mean_ms FROM trial"
                                " WHERE state = 'completed' AND experiment ="
                                " (SELECT t.experiment FROM trial AS t JOIN experiment AS e"
                                " ON e.id = t.experiment WHERE e.name = ? AND t.state = 'completed'"
                                " ORDER BY t.experiment DESC LIMIT 1)",
                                "s", name);
        mean_ms = model_integer(row, "mean_ms");
        json_decref(row);
    }
    query_close(&query);
    return mean_ms;
}
