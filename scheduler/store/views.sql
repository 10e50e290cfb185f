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

-- Every entry of the ledger with its names.
CREATE VIEW ledger AS
SELECT n.id, n.kind, n.experiment, n.trial, n.attempt, w.name AS worker, p.name AS pool, n.slots,
       n.started, n.ended, n.price_micro / 1e6 AS price,
       CASE WHEN p.power_watt IS NULL THEN 'h' ELSE 'kWh' END AS unit, n.cost_micro,
       n.cost_micro / 1e6 AS cost, p.currency
FROM entry AS n JOIN worker AS w ON w.id = n.worker JOIN pool AS p ON p.id = n.pool;

-- One row per experiment: what it took and what it cost, idle machines included.
CREATE VIEW cost AS
SELECT e.id AS experiment, e.name, e.compute_ms / 1e3 AS seconds,
       coalesce(sum(t.useful_ms), 0) / 1e3 AS useful_seconds,
       coalesce(sum(t.lost_ms), 0) / 1e3 AS lost_seconds,
       e.cost_micro / 1e6 AS cost,
       (e.cost_micro - coalesce(sum(t.cost_micro), 0)) / 1e6 AS idle_cost,
       e.budget_cost_micro / 1e6 AS budget_cost, e.currency
FROM experiment AS e LEFT JOIN tally AS t ON t.experiment = e.id
GROUP BY e.id;

-- The same by kind of time; what came of preemptions: work lost, saving, and the time of machines
-- that were lost; and what the useful time would have cost at once on the cheapest on-demand slot,
-- at its price when the experiment began.
CREATE VIEW cost_kind AS
SELECT e.id AS experiment, e.name,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'useful'), 0) / 1e6 AS useful_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'lost'), 0) / 1e6 AS lost_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'checkpoint'), 0) / 1e6 AS checkpoint_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'idle'), 0) / 1e6 AS idle_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind IN ('lost', 'checkpoint') AND a.state IN
           ('preempted', 'lost', 'revoked')), 0) / 1e6 AS preemption_cost,
       (SELECT coalesce(sum(useful_ms), 0) FROM tally WHERE experiment = e.id) / 3.6e6 *
       (SELECT min(q.price_micro * coalesce(p.power_watt / 1e3, 1) / p.slots)
        FROM pool AS p JOIN price AS q ON q.pool = p.id AND q.start =
            (SELECT max(start) FROM price WHERE pool = p.id AND start <= coalesce(e.started, e.created))
        WHERE p.kind = 'on_demand') / 1e6 AS on_demand_cost,
       e.currency
FROM experiment AS e LEFT JOIN entry AS n ON n.experiment = e.id
LEFT JOIN attempt AS a ON a.experiment = n.experiment AND a.trial = n.trial AND a.number = n.attempt
GROUP BY e.id;

-- What was paid for each pool and each worker, whoever it was for.
CREATE VIEW cost_pool AS
SELECT p.id AS pool, p.name, p.kind, p.currency,
       coalesce(sum(n.cost_micro), 0) / 1e6 AS cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'useful'), 0) / 1e6 AS useful_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'lost'), 0) / 1e6 AS lost_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'checkpoint'), 0) / 1e6 AS checkpoint_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'idle'), 0) / 1e6 AS idle_cost
FROM pool AS p LEFT JOIN entry AS n ON n.pool = p.id
GROUP BY p.id;

CREATE VIEW cost_worker AS
SELECT w.id AS worker, w.name, w.pool,
       coalesce(sum(n.cost_micro), 0) / 1e6 AS cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'useful'), 0) / 1e6 AS useful_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'lost'), 0) / 1e6 AS lost_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'checkpoint'), 0) / 1e6 AS checkpoint_cost,
       coalesce(sum(n.cost_micro) FILTER (WHERE n.kind = 'idle'), 0) / 1e6 AS idle_cost
FROM worker AS w LEFT JOIN entry AS n ON n.worker = w.id
GROUP BY w.id;
