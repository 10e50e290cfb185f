-- The views of a tidemill store: with the tables of schema.sql they are its stable interface.

-- The best completed trial of each experiment whose outcome constraints hold, by the first
-- objective; of equal values the earliest.
CREATE VIEW best AS
SELECT e.id AS experiment, e.name, e.metric, e.direction, t.number, t.id, t.value, t.objectives,
       t.constraints, t.params, t.suggestion, t.attempts, t.started, t.ended, t.cost
FROM experiment AS e JOIN trial AS t ON t.experiment = e.id AND t.number = CASE e.direction
    WHEN 'maximize' THEN (SELECT number FROM trial
                          WHERE experiment = e.id AND state = 'completed' AND feasible = 1
                          ORDER BY value DESC, number LIMIT 1)
    ELSE (SELECT number FROM trial
          WHERE experiment = e.id AND state = 'completed' AND feasible = 1
          ORDER BY value, number LIMIT 1) END;

-- One row per experiment: how many of its trials are in each state.
CREATE VIEW progress AS
SELECT e.id AS experiment, e.name, e.state, e.reason, e.budget_trials,
       coalesce(sum(t.trials), 0) AS trials,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'queued'), 0) AS queued,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'running'), 0) AS running,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'paused'), 0) AS paused,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'completed'), 0) AS completed,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'failed'), 0) AS failed,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'buried'), 0) AS buried,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'infeasible'), 0) AS infeasible,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'pruned'), 0) AS pruned,
       coalesce(sum(t.trials) FILTER (WHERE t.state = 'cancelled'), 0) AS cancelled
FROM experiment AS e LEFT JOIN tally AS t ON t.experiment = e.id
GROUP BY e.id;

-- The learning curve as it counts: of several attempts that reported a step, the latest.
CREATE VIEW metric_current AS
SELECT experiment, trial, step, name, max(attempt) AS attempt, value, reported
FROM metric
GROUP BY experiment, trial, step, name;

-- The newest attempt of each trial, with its worker's name.
CREATE VIEW attempt_current AS
SELECT a.*, w.name AS worker_name
FROM trial AS t
JOIN attempt AS a ON a.experiment = t.experiment AND a.trial = t.number AND a.number =
    (SELECT max(number) FROM attempt WHERE experiment = t.experiment AND trial = t.number)
JOIN worker AS w ON w.id = a.worker;

-- What every ended attempt took: one row each.
CREATE VIEW ledger AS
SELECT a.experiment, a.trial, a.number AS attempt, a.state, w.name AS worker, w.pool,
       a.started, a.ended, a.duration_ms / 1e3 AS seconds, a.useful_ms / 1e3 AS useful_seconds,
       a.lost_ms / 1e3 AS lost_seconds, a.cost_micro / 1e6 AS cost
FROM attempt AS a JOIN worker AS w ON w.id = a.worker
WHERE a.ended IS NOT NULL;

-- One row per experiment: the same, summed.
CREATE VIEW cost AS
SELECT e.id AS experiment, e.name, e.compute_ms / 1e3 AS seconds,
       coalesce(sum(t.useful_ms), 0) / 1e3 AS useful_seconds,
       coalesce(sum(t.lost_ms), 0) / 1e3 AS lost_seconds,
       coalesce(sum(t.cost_micro), 0) / 1e6 AS cost
FROM experiment AS e LEFT JOIN tally AS t ON t.experiment = e.id
GROUP BY e.id;
