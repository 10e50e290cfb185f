-- Optuna's model tables as views, so that Optuna and optuna-dashboard open a store as it stands:
--     sqlite:///file:store.db?mode=ro&uri=true
-- The models are those of Optuna 3.2 and later (version_info 12, alembic v3.2.0.a). An experiment
-- is a study; the id of a trial is experiment * 2^32 + number. Optuna wants times with
-- microseconds, categorical values as indices into their choices, and one row per (trial, step).

CREATE VIEW alembic_version AS SELECT 'v3.2.0.a' AS version_num;

CREATE VIEW version_info AS
SELECT 1 AS version_info_id, 12 AS schema_version, '3.2.0' AS library_version;

CREATE VIEW studies AS
SELECT id AS study_id,
       CASE WHEN id = (SELECT max(id) FROM experiment AS other WHERE other.name = e.name)
           THEN name ELSE name || '#' || id END AS study_name
FROM experiment AS e;

CREATE VIEW study_directions AS
SELECT e.id * 64 + o.key AS study_direction_id,
       CASE o.value ->> 'direction' WHEN 'maximize' THEN 'MAXIMIZE' ELSE 'MINIMIZE' END
           AS direction,
       e.id AS study_id, o.key AS objective
FROM experiment AS e JOIN json_each(e.objectives) AS o;

CREATE VIEW study_user_attributes AS
SELECT id * 4 AS study_user_attribute_id, id AS study_id, 'state' AS key,
       json_quote(state) AS value_json
FROM experiment
UNION ALL
SELECT id * 4 + 1, id, 'reason', json_quote(reason) FROM experiment WHERE reason <> '';

CREATE VIEW study_system_attributes AS
SELECT id AS study_system_attribute_id, id AS study_id, 'study:metric_names' AS key,
       (SELECT json_group_array(value ->> 'metric') FROM json_each(objectives)) AS value_json
FROM experiment;

CREATE VIEW trials AS
SELECT (experiment << 32) + number AS trial_id, number, experiment AS study_id,
       CASE state WHEN 'completed' THEN 'COMPLETE' WHEN 'pruned' THEN 'PRUNED'
           WHEN 'queued' THEN 'WAITING' WHEN 'running' THEN 'RUNNING' WHEN 'paused' THEN 'RUNNING'
           ELSE 'FAIL' END AS state,
       started || '000' AS datetime_start, ended || '000' AS datetime_complete
FROM trial;

CREATE VIEW trial_user_attributes AS
SELECT ((experiment << 32) + number) * 4 AS trial_user_attribute_id,
       (experiment << 32) + number AS trial_id, 'state' AS key, json_quote(state) AS value_json
FROM trial
UNION ALL
SELECT ((experiment << 32) + number) * 4 + 1, (experiment << 32) + number, 'reason',
       json_quote(reason)
FROM trial WHERE reason <> 'none'
UNION ALL
SELECT ((experiment << 32) + number) * 4 + 2, (experiment << 32) + number, 'attempts',
       CAST(attempts AS TEXT)
FROM trial WHERE attempts > 1;

-- Outcome constraints as Optuna keeps them: positive where they are broken.
CREATE VIEW trial_system_attributes AS
SELECT (t.experiment << 32) + t.number AS trial_system_attribute_id,
       (t.experiment << 32) + t.number AS trial_id, 'constraints' AS key,
       (SELECT json_group_array(max(coalesce(v.value - (c.value ->> 'max'), -1e308),
                                    coalesce((c.value ->> 'min') - v.value, -1e308)))
        FROM json_each(t.constraints) AS v JOIN json_each(e.constraints) AS c ON c.key = v.key)
           AS value_json
FROM trial AS t JOIN experiment AS e ON e.id = t.experiment
WHERE t.feasible IS NOT NULL AND e.constraints <> '[]';

-- The distribution of each parameter, in Optuna's JSON. A float with both log and step goes without
-- the step, or the study could not be loaded.
CREATE VIEW trial_params AS
SELECT ((t.experiment << 32) + t.number) * 256 + p.position AS param_id,
       (t.experiment << 32) + t.number AS trial_id, p.name AS param_name,
       CASE WHEN p.choices IS NULL THEN CAST(v.value AS REAL)
           ELSE (SELECT CAST(c.key AS REAL) FROM json_each(p.choices) AS c
                 WHERE c.value IS v.value AND (c.type IN ('true', 'false')) =
                     (v.type IN ('true', 'false')) LIMIT 1) END AS param_value,
       CASE WHEN p.choices IS NOT NULL THEN
           json_object('name', 'CategoricalDistribution',
                       'attributes', json_object('choices', json(p.choices)))
       WHEN p.type = 'int' THEN
           json_object('name', 'IntDistribution', 'attributes',
                       json_object('log', json(iif(p.log, 'true', 'false')),
                                   'step', CAST(iif(p.log, 1, coalesce(p.step, 1)) AS INTEGER),
                                   'low', CAST(p.low AS INTEGER), 'high', CAST(p.high AS INTEGER)))
       ELSE
           json_object('name', 'FloatDistribution', 'attributes',
                       json_object('step', iif(p.log, NULL, p.step), 'low', p.low, 'high', p.high,
                                   'log', json(iif(p.log, 'true', 'false')))) END
           AS distribution_json
FROM trial AS t
JOIN json_each(t.params) AS v
JOIN parameter AS p ON p.experiment = t.experiment AND p.name = v.key
WHERE p.type <> 'constant';

CREATE VIEW trial_values AS
SELECT ((t.experiment << 32) + t.number) * 64 + o.key AS trial_value_id,
       (t.experiment << 32) + t.number AS trial_id, o.key AS objective, o.value AS value,
       'FINITE' AS value_type
FROM trial AS t JOIN json_each(t.objectives) AS o;

-- The curve of the first objective.
CREATE VIEW trial_intermediate_values AS
SELECT row_number() OVER () AS trial_intermediate_value_id,
       (m.experiment << 32) + m.trial AS trial_id, m.step,
       m.value AS intermediate_value, 'FINITE' AS intermediate_value_type
FROM metric_current AS m JOIN experiment AS e ON e.id = m.experiment AND m.name = e.metric;

CREATE VIEW trial_heartbeats AS
SELECT (a.experiment << 32) + a.trial AS trial_heartbeat_id,
       (a.experiment << 32) + a.trial AS trial_id, w.last_seen || '000' AS heartbeat
FROM attempt AS a JOIN worker AS w ON w.id = a.worker
WHERE a.ended IS NULL;
