-- A store as a coordinator might have left it on 2026-11-23 at 21:45 UTC (22:45 in Paris):
--   5  pareto   two objectives, completed        8  hostile   texts that want to break a screen
--   6  resnet   waiting for a worker that fits   9  kinds     an attempt for every way one ends
--   7  digits   running, with 7.12's three attempts
INSERT INTO worker (id, name, connected, draining, slots, cpus_milli, gpus, memory_bytes, pool, host,
                    labels, boot, software, first_seen, last_seen) VALUES
 (1, 'spot-a3', 0, 0, 2, 8000, 0, 34359738368, 'night-spot', 'ip-10-0-0-3', '{}', 'aa', 'tidemill-worker 0.1.0', '2026-11-23 20:58:00.000', '2026-11-23 21:19:01.000'),
 (2, 'spot-b1', 1, 1, 1, 4000, 0, 17179869184, 'night-spot', 'ip-10-0-1-1', '{}', 'bb', 'tidemill-worker 0.1.0', '2026-11-23 20:58:00.000', '2026-11-23 21:44:50.000'),
 (3, 'spot-b7', 1, 0, 2, 8000, 1, 34359738368, 'night-spot', 'ip-10-0-1-7', '{"gpu": "t4"}', 'cc', 'tidemill-worker 0.1.0', '2026-11-23 20:58:00.000', '2026-11-23 21:44:58.000'),
 (4, 'spot-a1', 1, 0, 2, 8000, 0, 34359738368, 'default', 'ip-10-0-0-1', '{}', 'dd', 'tidemill-worker 0.1.0', '2026-11-23 20:58:00.000', '2026-11-23 21:44:59.000');

INSERT INTO experiment (id, name, state, reason, created, started, ended, told_count, compute_ms,
                        budget_trials, metric, direction, objectives, spec) VALUES
 (5, 'pareto', 'completed', 'every trial of the budget has ended', '2026-11-20 08:00:00.000', '2026-11-20 08:00:01.000', '2026-11-20 09:30:00.000', 6, 5400000, 6, 'val_acc', 'maximize',
  '[{"metric":"val_acc","direction":"maximize"},{"metric":"latency_ms","direction":"minimize"}]',
  'name: pareto
command: python3 train.py --width {width}
parameters:
  width: {type: int, min: 16, max: 512, log: true}
objectives:
  - {metric: val_acc, direction: maximize}
  - {metric: latency_ms, direction: minimize}
budget: {trials: 6}
'),
 (6, 'resnet', 'waiting', 'no worker is connected that may take its trials', '2026-11-23 20:00:00.000', '2026-11-23 20:01:00.000', NULL, 12, 9000000, 200, 'val_acc', 'maximize',
  '[{"metric":"val_acc","direction":"maximize"}]',
  'name: resnet
command: [python, train.py, "{args}"]
parameters:
  lr: {type: float, min: 1e-5, max: 1e-1, log: true}
objective: {metric: val_acc, direction: maximize}
budget: {trials: 200}
resources: {cpus: 8, gpus: 1, labels: {gpu: [a100, l40s]}}
'),
 (7, 'digits', 'running', '', '2026-11-23 21:00:00.000', '2026-11-23 21:00:02.000', NULL, 31, 11000000, 50, 'val_loss', 'minimize',
  '[{"metric":"val_loss","direction":"minimize"}]',
  'name: digits
command: python train.py --lr {lr} --layers {layers} --opt {opt}
parameters:
  lr:     {type: float, min: 1e-5, max: 1e-1, log: true}
  layers: {type: int, min: 1, max: 6}
  opt:    {type: categorical, values: [adam, sgd]}
objective: {metric: val_loss, direction: minimize}
budget: {trials: 50}
');

INSERT INTO parameter (experiment, position, name, type, low, high, log, step, choices, condition) VALUES
 (5, 0, 'width', 'int', 16, 512, 1, NULL, NULL, NULL),
 (6, 0, 'lr', 'float', 1e-5, 1e-1, 1, NULL, NULL, NULL),
 (7, 0, 'lr', 'float', 1e-5, 1e-1, 1, NULL, NULL, NULL),
 (7, 1, 'layers', 'int', 1, 6, 0, NULL, NULL, NULL),
 (7, 2, 'opt', 'categorical', NULL, NULL, 0, NULL, '["adam", "sgd"]', NULL);

-- tide and dear: a window that is open, and a price that is too high until 22:00 of the next day in Paris
INSERT INTO experiment (id, name, state, reason, created, started, ended, told_count, compute_ms,
                        budget_trials, metric, direction, objectives, spec) VALUES
 (10, 'tide', 'running', '', '2026-11-23 21:00:00.000', '2026-11-23 21:00:00.000', NULL, 0, 0, 50, 'loss', 'minimize',
  '[{"metric":"loss","direction":"minimize"}]', 'name: tide
command: sh t.sh {x}
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 50}
schedule:
  timezone: Europe/Paris
  windows: ["Mon-Fri 22:00-06:00"]
  prices: {unit: EUR/kWh, default: 0.27, bands: [{when: "Mon-Fri 22:00-06:00", price: 0.16, label: off-peak}]}
  max_price: 0.20
'),
 (11, 'dear', 'waiting', 'the price is above max_price', '2026-11-23 21:00:00.000', NULL, NULL, 0, 0, 50, 'loss', 'minimize',
  '[{"metric":"loss","direction":"minimize"}]', 'name: dear
command: sh t.sh {x}
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 50}
schedule:
  timezone: America/New_York
  prices: {unit: EUR/kWh, default: 0.27, bands: [{when: "18:00-22:00", price: 0.16, label: off-peak}]}
  max_price: 0.20
'),
 (12, 'shut', 'waiting', 'no window is open', '2026-11-23 21:00:00.000', NULL, NULL, 0, 0, 50, 'loss', 'minimize',
  '[{"metric":"loss","direction":"minimize"}]', 'name: shut
command: sh t.sh {x}
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 50}
schedule: {timezone: Europe/Paris, windows: ["Sat-Sun 00:00-24:00"]}
'),
 (13, 'patient', 'waiting', 'cheaper hours will do before the deadline', '2026-11-23 21:00:00.000', NULL, NULL, 0, 0, 50, 'loss', 'minimize',
  '[{"metric":"loss","direction":"minimize"}]', 'name: patient
command: sh t.sh {x}
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 50}
schedule: {timezone: UTC, deadline: 2026-11-25T12:00}
');

-- pareto: 5.1, 5.2 and 5.4 are the front; 5.5 equals 5.4, 5.3 breaks a constraint.
INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params, suggestion,
                   attempts, restarts, preemptions, step, created, started, ended, useful_ms, lost_ms, told, checkpoint_step) VALUES
 (5, 0, 'completed', 'none', 0.81, '[0.81,44.0]', 1, '{"width":64}',  0, 0, 0, 0, NULL, '2026-11-20 08:00:01.000', '2026-11-20 08:00:01.000', '2026-11-20 08:15:00.000', 900000, 0, 1, 0),
 (5, 1, 'completed', 'none', 0.93, '[0.93,61.5]', 1, '{"width":256}', 1, 0, 0, 0, NULL, '2026-11-20 08:00:01.000', '2026-11-20 08:15:01.000', '2026-11-20 08:30:00.000', 900000, 0, 2, 0),
 (5, 2, 'completed', 'none', 0.90, '[0.9,35.25]', 1, '{"width":128}', 2, 0, 0, 0, NULL, '2026-11-20 08:00:01.000', '2026-11-20 08:30:01.000', '2026-11-20 08:45:00.000', 900000, 0, 3, 0),
 (5, 3, 'completed', 'none', 0.97, '[0.97,20.0]', 0, '{"width":512}', 3, 0, 0, 0, NULL, '2026-11-20 08:00:01.000', '2026-11-20 08:45:01.000', '2026-11-20 09:00:00.000', 900000, 0, 4, 0),
 (5, 4, 'completed', 'none', 0.70, '[0.7,12.0]',  1, '{"width":16}',  4, 0, 0, 0, NULL, '2026-11-20 08:00:01.000', '2026-11-20 09:00:01.000', '2026-11-20 09:15:00.000', 900000, 0, 5, 0),
 (5, 5, 'completed', 'none', 0.70, '[0.7,12.0]',  1, '{"width":17}',  5, 0, 0, 0, NULL, '2026-11-20 08:00:01.000', '2026-11-20 09:15:01.000', '2026-11-20 09:30:00.000', 900000, 0, 6, 0);

-- patient: two of ten minutes each, and nothing more before it is cheaper.
INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params, suggestion,
                   attempts, restarts, preemptions, step, created, started, ended, useful_ms, lost_ms, told, checkpoint_step) VALUES
 (13, 0, 'completed', 'none', 0.5, '[0.5]', 1, '{"x":0.5}', 0, 0, 0, 0, NULL, '2026-11-23 21:00:00.000', '2026-11-23 21:00:00.000', '2026-11-23 21:10:00.000', 600000, 0, 1, 0),
 (13, 1, 'completed', 'none', 0.4, '[0.4]', 1, '{"x":0.6}', 1, 0, 0, 0, NULL, '2026-11-23 21:00:00.000', '2026-11-23 21:00:00.000', '2026-11-23 21:10:00.000', 600000, 0, 2, 0);

-- resnet: 12 done, two of them failed.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 11)
INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params, suggestion,
                   attempts, restarts, preemptions, step, created, started, ended, useful_ms, lost_ms, cost_micro, told, checkpoint_step)
SELECT 6, i, CASE WHEN i IN (3, 8) THEN 'failed' ELSE 'completed' END, CASE WHEN i IN (3, 8) THEN 'no_retry' ELSE 'none' END,
       CASE WHEN i IN (3, 8) THEN NULL ELSE 0.9312 - 0.01 * i END, CASE WHEN i IN (3, 8) THEN NULL ELSE json_array(0.9312 - 0.01 * i) END,
       CASE WHEN i IN (3, 8) THEN NULL ELSE 1 END, json_object('lr', 0.001 * (i + 1)), i, 1, 0, 0, NULL,
       '2026-11-23 20:01:00.000', '2026-11-23 20:01:00.000', '2026-11-23 20:31:00.000', 750000, 0, 750000, i + 1, 0 FROM n;

-- digits: 0 ... 30 completed (7.12 the second best, 7.31 does not exist yet), 31 failed, 40 ... 43 run.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params, suggestion,
                   attempts, restarts, preemptions, step, created, started, ended, useful_ms, lost_ms, cost_micro, told, checkpoint_step)
SELECT 7, i, 'completed', 'none', v, json_array(v), 1,
       CASE i WHEN 12 THEN '{"lr":0.0019,"layers":3,"opt":"adam"}' ELSE json_object('lr', 0.0001 * (i + 1), 'layers', 1 + i % 6, 'opt', iif(i % 2, 'sgd', 'adam')) END,
       i, iif(i = 12, 3, 1), 0, iif(i = 12, 2, 0), 20, '2026-11-23 21:00:02.000', '2026-11-23 21:04:00.000',
       iif(i = 12, '2026-11-23 21:41:00.000', '2026-11-23 21:10:00.000'), iif(i = 12, 1980000, 300000), iif(i = 12, 120000, 0), 190000, i + 1, iif(i = 12, 9, 0)
FROM (SELECT i, CASE i WHEN 12 THEN 0.0512 WHEN 30 THEN 0.0487 ELSE 0.06 + 0.001 * i END AS v FROM n);
INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params, suggestion,
                   attempts, restarts, preemptions, step, created, started, ended, useful_ms, lost_ms, cost_micro, told, checkpoint_step) VALUES
 (7, 31, 'failed', 'no_retry', NULL, NULL, NULL, '{"lr":0.1,"layers":6,"opt":"sgd"}', 31, 1, 0, 0, NULL, '2026-11-23 21:10:00.000', '2026-11-23 21:10:00.000', '2026-11-23 21:10:02.000', 0, 2000, 0, 32, 0),
 (7, 40, 'running', 'none', NULL, NULL, NULL, '{"lr":0.003,"layers":2,"opt":"adam"}', 40, 1, 0, 0, 11, '2026-11-23 21:30:00.000', '2026-11-23 21:30:00.000', NULL, 0, 0, 0, NULL, 0),
 (7, 42, 'running', 'none', NULL, NULL, NULL, '{"lr":0.01,"layers":4,"opt":"sgd"}', 42, 1, 0, 0, 2, '2026-11-23 21:40:00.000', '2026-11-23 21:40:00.000', NULL, 0, 0, 0, NULL, 0),
 (7, 43, 'running', 'none', NULL, NULL, NULL, '{"lr":0.02,"layers":1,"opt":"sgd"}', 43, 1, 0, 0, NULL, '2026-11-23 21:44:00.000', '2026-11-23 21:44:00.000', NULL, 0, 0, 0, NULL, 0);

INSERT INTO suggestion (experiment, number, state, trial, told_count, params, origin) VALUES
 (7, 12, 'used', 12, 10, '{"lr":0.0019,"layers":3,"opt":"adam"}', '{"phase":"bayes","acquisition":-4.342805921521}'),
 (7, 31, 'used', 31, 28, '{"lr":0.1,"layers":6,"opt":"sgd"}', '{"phase":"sobol"}');

INSERT INTO attempt (experiment, trial, number, state, worker, leave, outcome, cause, exit_code, signal, from_step, last_step,
                     offered, started, ended, duration_ms, useful_ms, lost_ms, cost_micro, incarnation, late, message) VALUES
 (7, 12, 1, 'preempted', 1, 'preemption', 'left', 'notice', 143, NULL, 0, 9, '2026-11-23 21:04:00.000', '2026-11-23 21:04:00.100', '2026-11-23 21:19:00.000', 900000, 900000, 0, 70000, 1, 0, 'AWS notice'),
 (7, 12, 2, 'lost', 2, 'none', 'none', 'none', NULL, NULL, 9, 11, '2026-11-23 21:21:00.000', '2026-11-23 21:21:00.100', '2026-11-23 21:24:00.000', 180000, 60000, 120000, 20000, 1, 0, NULL),
 (7, 12, 3, 'done', 3, 'none', 'completed', 'exit', 0, NULL, 9, 20, '2026-11-23 21:25:00.000', '2026-11-23 21:25:00.100', '2026-11-23 21:41:00.000', 960000, 960000, 0, 100000, 1, 0, ''),
 (7, 31, 1, 'failed', 4, 'none', 'failed', 'no_objective', 0, NULL, 0, NULL, '2026-11-23 21:10:00.000', '2026-11-23 21:10:00.100', '2026-11-23 21:10:02.000', 2000, 0, 2000, 0, 1, 0,
  'val_loss was never printed; looked for val_loss=NUMBER in 2 lines'),
 (7, 40, 1, 'active', 3, 'none', 'none', 'none', NULL, NULL, 0, 11, '2026-11-23 21:30:00.000', '2026-11-23 21:30:00.100', NULL, 0, 0, 0, 0, 1, 0, NULL),
 (7, 42, 1, 'active', 4, 'none', 'none', 'none', NULL, NULL, 0, 2, '2026-11-23 21:40:00.000', '2026-11-23 21:40:00.100', NULL, 0, 0, 0, 0, 1, 0, NULL),
 (7, 43, 1, 'offered', 4, 'none', 'none', 'none', NULL, NULL, 0, NULL, '2026-11-23 21:44:00.000', NULL, NULL, 0, 0, 0, 0, 1, 0, NULL);

INSERT INTO checkpoint (experiment, trial, attempt, seq, step, bytes, hash, location, created) VALUES
 (7, 12, 1, 1, 5, 1000, 'h1', 'coordinator:', '2026-11-23 21:12:00.000'),
 (7, 12, 1, 2, 9, 1000, 'h2', 'coordinator:', '2026-11-23 21:18:59.000');

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11)
INSERT INTO metric (experiment, trial, attempt, step, name, value, reported)
SELECT 7, 40, 1, i, 'val_loss', 0.0433 + 0.11 / i, '2026-11-23 21:31:00.000' FROM n;
INSERT INTO metric (experiment, trial, attempt, step, name, value, reported) VALUES
 (7, 42, 1, 1, 'val_loss', 0.8, '2026-11-23 21:41:00.000'), (7, 42, 1, 2, 'val_loss', 0.411, '2026-11-23 21:42:00.000'),
 (7, 42, 1, 2, 'train_loss', 0.3, '2026-11-23 21:42:00.000');

INSERT INTO log (experiment, trial, attempt, stream, offset, text) VALUES
 (7, 31, 1, 'stdout', 0, 'reading data' || char(10) || 'epoch 1 los'),
 (7, 31, 1, 'stderr', 0, 'warning: no GPU' || char(10)),
 (7, 31, 1, 'stdout', 24, 's=0.3' || char(13) || char(10) || 'bye' || char(10)),
 (7, 12, 3, 'stdout', 0, 'resumed from step 9' || char(10));

INSERT INTO event (time, kind, experiment, trial, attempt, worker, a, b, text) VALUES
 ('2026-11-23 21:00:00.000', 'submitted', 7, NULL, NULL, NULL, 0, 0, 'submitted 7'),
 ('2026-11-23 21:10:02.000', 'attempt_ended', 7, 31, 1, 4, 8, 6, 'attempt_ended 7.31 attempt 1 worker 4: failed, no_objective'),
 ('2026-11-23 21:19:00.000', 'attempt_ended', 7, 12, 1, 1, 4, 15, 'attempt_ended 7.12 attempt 1 worker 1: preempted, notice'),
 ('2026-11-23 20:31:30.000', 'experiment', 6, NULL, NULL, NULL, 2, 1, 'experiment 6: waiting, no worker is connected that may take its trials'),
 ('2026-11-23 21:44:00.000', 'offered', 7, 43, 1, 4, 0, 0, 'offered 7.43 attempt 1 worker 4: from step 0');

-- hostile: names and messages that a script may invent; none of it may move a cursor.
INSERT INTO experiment (id, name, state, reason, created, started, ended, told_count, compute_ms, budget_trials, metric,
                        direction, objectives, spec) VALUES
 (8, 'hostile', 'failed', 'too many trials failed', '2026-11-19 08:00:00.000', '2026-11-19 08:00:01.000', '2026-11-19 08:01:00.000',
  1, 1000, NULL, 'l' || char(27) || '[2J', 'minimize',
  json_array(json_object('metric', 'l' || char(27) || '[2J', 'direction', 'minimize')), 'not: [a spec');
INSERT INTO parameter (experiment, position, name, type, low, high, log, step, choices, condition) VALUES
 (8, 0, 'word', 'categorical', NULL, NULL, 0, NULL, json_array('a' || char(27) || ']0;x' || char(7), 'b' || char(8238) || 'txt', char(21363, 12375)), NULL);
INSERT INTO trial (experiment, number, state, reason, value, objectives, feasible, params, suggestion,
                   attempts, restarts, preemptions, step, created, started, ended, useful_ms, lost_ms, told, checkpoint_step) VALUES
 (8, 0, 'buried', 'restarts', NULL, NULL, NULL, json_object('word', 'a' || char(27) || ']0;x' || char(7)), 0, 2, 1, 0, NULL,
  '2026-11-19 08:00:01.000', '2026-11-19 08:00:01.000', '2026-11-19 08:01:00.000', 0, 4000, NULL, 0),
 (8, 1, 'completed', 'none', -1.5e-7, '[-1.5e-7]', 1, json_object('word', char(21363, 12375)), 1, 1, 0, 0, NULL,
  '2026-11-19 08:00:01.000', '2026-11-19 08:00:01.000', '2026-11-19 08:01:00.000', 1000, 0, 1, 0);
INSERT INTO worker (id, name, connected, draining, slots, cpus_milli, gpus, memory_bytes, pool, host, labels, boot, software,
                    first_seen, last_seen) VALUES
 (9, 'w' || char(27) || '[31m' || char(10) || char(233), 0, 0, 1, 500, 0, 536870912, 'default', char(8238) || 'tsoh', NULL, NULL, NULL,
  '2026-11-19 08:00:00.000', '2026-11-19 08:00:00.000');
INSERT INTO attempt (experiment, trial, number, state, worker, leave, outcome, cause, exit_code, signal, from_step, last_step,
                     offered, started, ended, duration_ms, useful_ms, lost_ms, cost_micro, incarnation, late, message) VALUES
 (8, 0, 1, 'failed', 9, 'none', 'failed', 'signal', NULL, 9, 0, NULL, '2026-11-19 08:00:01.000', '2026-11-19 08:00:01.000', '2026-11-19 08:00:03.000',
  2000, 0, 2000, 0, 1, 0, 'killed'),
 (8, 0, 2, 'failed', 9, 'none', 'failed', 'exit', 3, NULL, 0, 4, '2026-11-19 08:00:04.000', '2026-11-19 08:00:04.000', '2026-11-19 08:00:06.000',
  2000, 0, 2000, 0, 1, 1, 'lines ' || char(27) || '[?25l');
INSERT INTO log (experiment, trial, attempt, stream, offset, text) VALUES
 (8, 0, 2, 'stdout', 0, '10 %' || char(13) || '20 %' || char(13) || '100 %' || char(10)),
 (8, 0, 2, 'stdout', 900, char(27) || ']0;owned' || char(7) || char(10) || 'no end'),
 (8, 0, 2, 'stderr', 0, 'Traceback: ' || char(27) || '[1m' || char(10));
INSERT INTO event (time, kind, experiment, trial, attempt, worker, a, b, text) VALUES
 ('2026-11-19 08:01:00.000', 'experiment', 8, NULL, NULL, NULL, 8, 11, 'experiment 8: ' || char(27) || '[H' || char(9) || 'x');

-- kinds: an attempt for every way one ends.
INSERT INTO experiment (id, name, state, reason, created, started, ended, told_count, compute_ms, budget_trials, metric,
                        direction, objectives, spec) VALUES
 (9, 'kinds', 'paused', 'an operator said so', '2026-11-18 08:00:00.000', '2026-11-18 08:00:01.000', NULL, 0, 0, NULL, 'loss', 'minimize',
  '[{"metric":"loss","direction":"minimize"}]', 'name: kinds
command: [sh, train.sh, "{word}", "{args}"]
parameters: {word: {type: categorical, values: ["it''s", "a b"]}}
objective: {metric: loss, direction: minimize}
budget: {trials: 10}
');
INSERT INTO parameter (experiment, position, name, type, low, high, log, step, choices, condition) VALUES
 (9, 0, 'word', 'categorical', NULL, NULL, 0, NULL, '["it''s", "a b"]', NULL);
WITH k(i, trial_state, reason, state, leave, outcome, cause, code, signal) AS (VALUES
 (0, 'failed', 'no_retry', 'failed', 'none', 'failed', 'not_found', NULL, NULL),
 (1, 'infeasible', 'none', 'done', 'none', 'infeasible', 'non_finite', 0, NULL),
 (2, 'infeasible', 'none', 'done', 'none', 'infeasible', 'rule_infeasible', 1, NULL),
 (3, 'paused', 'operator', 'preempted', 'operator', 'left', 'notice', 143, NULL),
 (4, 'queued', 'none', 'preempted', 'none', 'left', 'requeue', 75, NULL),
 (5, 'paused', 'backoff', 'failed', 'none', 'failed', 'timeout', NULL, 15),
 (6, 'buried', 'preemptions', 'lost', 'none', 'none', 'none', NULL, NULL),
 (7, 'cancelled', 'target', 'revoked', 'superseded', 'left', 'notice', NULL, 15),
 (8, 'queued', 'none', 'refused', 'none', 'none', 'none', NULL, NULL),
 (9, 'pruned', 'stopping_rule', 'preempted', 'pruned', 'left', 'notice', 0, NULL))
INSERT INTO trial (experiment, number, state, reason, params, suggestion, attempts, restarts, preemptions, created, started,
                   ended, useful_ms, lost_ms, checkpoint_step)
SELECT 9, i, trial_state, reason, json_object('word', iif(i % 2, 'a b', 'it''s')), i, 1, 0, 0, '2026-11-18 08:00:01.000', '2026-11-18 08:00:02.000',
       iif(trial_state IN ('paused', 'queued'), NULL, '2026-11-18 08:05:00.000'), 0, 0, 0 FROM k;
WITH k(i, state, leave, outcome, cause, code, signal) AS (VALUES
 (0, 'failed', 'none', 'failed', 'not_found', NULL, NULL), (1, 'done', 'none', 'infeasible', 'non_finite', 0, NULL),
 (2, 'done', 'none', 'infeasible', 'rule_infeasible', 1, NULL), (3, 'preempted', 'operator', 'left', 'notice', 143, NULL),
 (4, 'preempted', 'none', 'left', 'requeue', 75, NULL), (5, 'failed', 'none', 'failed', 'timeout', NULL, 15),
 (6, 'lost', 'none', 'none', 'none', NULL, NULL), (7, 'revoked', 'superseded', 'left', 'notice', NULL, 15),
 (8, 'refused', 'none', 'none', 'none', NULL, NULL), (9, 'preempted', 'pruned', 'left', 'notice', 0, NULL))
INSERT INTO attempt (experiment, trial, number, state, worker, leave, outcome, cause, exit_code, signal, from_step, last_step,
                     offered, started, ended, duration_ms, useful_ms, lost_ms, cost_micro, incarnation, late, message)
SELECT 9, i, 1, state, 4, leave, outcome, cause, code, signal, 0, NULL, '2026-11-18 08:00:02.000', '2026-11-18 08:00:02.000',
       '2026-11-18 08:05:00.000', 298000, 0, 298000, 0, 1, 0,
       iif(i = 0, 'no such program: sh; its last lines:' || char(10) || '  one' || char(27) || '[H' || char(10) || '  two', '') FROM k;

-- What the trials of an experiment cost is all that it cost.
UPDATE experiment SET cost_micro = (SELECT coalesce(sum(cost_micro), 0) FROM trial WHERE experiment = experiment.id);

-- Three pools: one that costs nothing, one that could not launch all it was asked for, and one whose prices are known
-- until midnight and were low in the last night.
INSERT INTO pool (id, name, kind, trust, slots, workers_max, machines, wanted, power_watt, launches, startup_ms, currency_code) VALUES
 (1, 'default', 'own', 'known', 1, NULL, 0, 0, NULL, 0, 0, 0),
 (2, 'night-spot', 'spot', 'held', 2, 8, 3, 4, NULL, 1, 180000, 85*65536 + 83*256 + 68),
 (3, 'lab', 'own', 'known', 1, 4, 0, 0, 350, 0, 0, 69*65536 + 85*256 + 82);
INSERT INTO price (pool, start, price_micro, trust) VALUES
 (1, '2026-11-23 20:00:00.000', 0, 'known'), (2, '2026-11-23 20:00:00.000', 1021000, 'known'),
 (2, '2026-11-23 21:30:00.000', 973100, 'known'), (2, '2026-11-24 03:00:00.000', 1100000, 'known'),
 (3, '2026-11-22 20:00:00.000', 300000, 'known'), (3, '2026-11-23 02:00:00.000', 120000, 'known'),
 (3, '2026-11-23 05:00:00.000', 310000, 'known'), (3, '2026-11-23 22:00:00.000', 290000, 'known'),
 (3, '2026-11-23 23:00:00.000', 280000, 'known');
INSERT INTO trouble (pool, price, launch) VALUES
 (2, '', 'exit 254: MaxSpotInstanceCountExceeded');
UPDATE worker SET pool_id = iif(pool = 'night-spot', 2, 1);
