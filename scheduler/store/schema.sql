-- The tables of a tidemill store; docs/STORE.md describes every one and every column.
-- Times are UTC text 'YYYY-MM-DD HH:MM:SS.fff', NULL until they have come. Durations are integer
-- milliseconds, money integer millionths. Tables have singular names; plural names belong to the
-- views that Optuna reads (optuna.sql).
--
-- The words of states are part of the schema and checked (with OR: SQLite would fill a table of its
-- own for an IN of more than two words, on every write). The words of reasons, causes and kinds grow
-- with the program, so no CHECK stands in their way.

CREATE TABLE meta (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    cluster     TEXT NOT NULL,              -- 128 random bits in hexadecimal, made with the store
    incarnation INTEGER NOT NULL,           -- starts of a coordinator on this store
    beat        TEXT NOT NULL,              -- the last commit of that coordinator
    created     TEXT NOT NULL,
    software    TEXT NOT NULL               -- what opened it last for writing
) STRICT;

CREATE TABLE experiment (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state = 'queued' OR state = 'running' OR state = 'waiting'
                      OR state = 'paused' OR state = 'stopping' OR state = 'completed'
                      OR state = 'stopped' OR state = 'cancelled' OR state = 'failed'),
    reason        TEXT NOT NULL,            -- why it waits, is paused or has ended; '' none
    created       TEXT NOT NULL,
    started       TEXT,
    ended         TEXT,
    told_count    INTEGER NOT NULL,         -- ends of trials told to the optimizer so far
    compute_ms    INTEGER NOT NULL,         -- slot-time inside ended attempts
    cost_micro    INTEGER NOT NULL DEFAULT 0, -- entries of the ledger that are for it
    cost          REAL GENERATED ALWAYS AS (cost_micro / 1e6) VIRTUAL,
    budget_trials INTEGER,                  -- NULL no limit
    budget_cost_micro INTEGER,              -- NULL no limit
    currency      TEXT,                     -- of its budget and its cost; NULL none is named
    metric        TEXT,                     -- of the first objective
    direction     TEXT CHECK (direction IN ('minimize', 'maximize')),
    objectives    TEXT NOT NULL DEFAULT '[]', -- [{"metric", "direction"}, ...] in the spec's order
    constraints   TEXT NOT NULL DEFAULT '[]', -- [{"metric", "min", "max"}, ...] on outcomes
    spec          TEXT NOT NULL,            -- YAML as it was submitted
    workdir       TEXT,                     -- where its commands start: absolute, or packed:HASH:FOLDER
    sources       TEXT                      -- JSON [[experiment, told_count], ...]: what its search began with
) STRICT;
CREATE INDEX experiment_name ON experiment (name);

CREATE TABLE parameter (
    experiment INTEGER NOT NULL REFERENCES experiment,
    position   INTEGER NOT NULL,            -- order in the spec, from 0
    name       TEXT NOT NULL,
    type       TEXT NOT NULL CHECK (type = 'float' OR type = 'int' OR type = 'categorical'
                      OR type = 'ordinal' OR type = 'bool' OR type = 'constant'),
    low        REAL,                        -- float, int: bounds, both included
    high       REAL,
    log        INTEGER NOT NULL CHECK (log IN (0, 1)),
    step       REAL,                        -- NULL none
    choices    TEXT,                        -- JSON array: categorical, ordinal, bool, constant
    condition  TEXT,                        -- JSON object: the spec's `when`; NULL always active
    PRIMARY KEY (experiment, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE pool (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind = 'own' OR kind = 'spot' OR kind = 'on_demand'),
    trust         TEXT NOT NULL,            -- what is known of its price: 'known', 'held', ...
    slots         INTEGER NOT NULL,         -- of a worker that is launched
    workers_max   INTEGER,                  -- NULL no limit
    machines      INTEGER NOT NULL,         -- launched and not yet terminated
    wanted        INTEGER NOT NULL,         -- workers the experiments want of it now
    power_watt    INTEGER,                  -- NULL: prices are per worker-hour, else per kWh
    launches      INTEGER NOT NULL CHECK (launches IN (0, 1)),
    startup_ms    INTEGER NOT NULL,
    currency_code INTEGER NOT NULL,         -- 65536 x its first letter + 256 x the second + the third
    currency      TEXT GENERATED ALWAYS AS (CASE WHEN currency_code > 0 THEN char(currency_code >> 16,
                      (currency_code >> 8) & 255, currency_code & 255) END) VIRTUAL
) STRICT;

CREATE TABLE price (
    pool        INTEGER NOT NULL REFERENCES pool,
    start       TEXT NOT NULL,              -- it holds until the next one
    price_micro INTEGER NOT NULL,           -- of the worker-hour or the kWh
    trust       TEXT NOT NULL,
    PRIMARY KEY (pool, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE machine (                      -- of pools that launch
    pool     INTEGER NOT NULL REFERENCES pool,
    number   INTEGER NOT NULL,              -- from 1 within the pool
    name     TEXT,                          -- its id, as launch printed it; NULL not known
    state    TEXT NOT NULL CHECK (state = 'asked' OR state = 'up' OR state = 'ending'
                 OR state = 'gone'),
    launched TEXT NOT NULL,
    ended    TEXT,
    PRIMARY KEY (pool, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE trouble (                      -- what went wrong last; NULL, '' nothing
    pool      INTEGER PRIMARY KEY REFERENCES pool,
    price     TEXT,
    launch    TEXT,
    terminate TEXT
) STRICT;

CREATE TABLE availability (                 -- what a spot pool has shown so far
    pool             INTEGER PRIMARY KEY REFERENCES pool,
    observed_ms      INTEGER NOT NULL,      -- looked at for so long
    calm_ms          INTEGER NOT NULL,      -- since the number of slots last changed
    slots            INTEGER NOT NULL,      -- that could be held then
    up_ms            INTEGER NOT NULL,      -- slot-time that could be had, ...
    up_ends          INTEGER NOT NULL,      -- ... how many slots went,
    down_ms          INTEGER NOT NULL,      -- slot-time that could not be had, ...
    down_ends        INTEGER NOT NULL,      -- ... how many slots came
    up_young_ms      INTEGER NOT NULL,      -- time in which there was any slot, by how long its number had not changed
    up_young_ends    INTEGER NOT NULL,
    up_middle_ms     INTEGER NOT NULL,
    up_middle_ends   INTEGER NOT NULL,
    up_old_ms        INTEGER NOT NULL,
    up_old_ends      INTEGER NOT NULL,
    down_young_ms    INTEGER NOT NULL,      -- and in which there was none
    down_young_ends  INTEGER NOT NULL,
    down_middle_ms   INTEGER NOT NULL,
    down_middle_ends INTEGER NOT NULL,
    down_old_ms      INTEGER NOT NULL,
    down_old_ends    INTEGER NOT NULL
) STRICT;

CREATE TABLE worker (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    connected    INTEGER NOT NULL CHECK (connected IN (0, 1)),
    draining     INTEGER NOT NULL CHECK (draining IN (0, 1)),
    slots        INTEGER NOT NULL,
    cpus_milli   INTEGER NOT NULL,          -- thousandths of a core
    gpus         INTEGER NOT NULL,
    memory_bytes INTEGER NOT NULL,
    pool         TEXT,
    pool_id      INTEGER REFERENCES pool,   -- NULL: none that the configuration names
    host         TEXT,
    labels       TEXT,                      -- JSON object
    boot         TEXT,                      -- of its present process, 128 bits in hexadecimal
    software     TEXT,
    first_seen   TEXT NOT NULL,
    last_seen    TEXT NOT NULL,
    booked       TEXT                       -- its idle time before this is in the ledger; NULL: not up
) STRICT;

CREATE TABLE suggestion (
    experiment INTEGER NOT NULL REFERENCES experiment,
    number     INTEGER NOT NULL,            -- the ask it answers
    state      TEXT NOT NULL CHECK (state = 'ready' OR state = 'used' OR state = 'stale'),
    trial      INTEGER,                     -- the trial it became
    told_count INTEGER NOT NULL,            -- ends the optimizer had been told when asked
    stale_at   INTEGER,                     -- asks made when it was dropped
    params     TEXT,                        -- JSON object
    origin     TEXT,                        -- JSON object: phase, acquisition, fit
    PRIMARY KEY (experiment, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
    experiment         INTEGER NOT NULL REFERENCES experiment DEFERRABLE INITIALLY DEFERRED,
    number             INTEGER NOT NULL,    -- from 0
    id                 TEXT GENERATED ALWAYS AS (experiment || '.' || number) VIRTUAL,
    state              TEXT NOT NULL CHECK (state = 'queued' OR state = 'running' OR state = 'paused'
                      OR state = 'completed' OR state = 'failed' OR state = 'buried'
                      OR state = 'infeasible' OR state = 'pruned' OR state = 'cancelled'),
    reason             TEXT NOT NULL,       -- why it is there; 'none'
    value              REAL CHECK (abs(value) <= 1.7976931348623157e308), -- first objective
    objectives         TEXT,                -- JSON array of all, in the experiment's order
    constraints        TEXT,                -- JSON array of the outcomes constrained, same order
    feasible           INTEGER CHECK (feasible IN (0, 1)), -- do they hold; NULL no result
    params             TEXT,                -- JSON object: the active parameters
    suggestion         INTEGER NOT NULL,
    attempts           INTEGER NOT NULL,    -- highest attempt number used
    restarts           INTEGER NOT NULL,    -- failures of the program that were tried again
    preemptions        INTEGER NOT NULL,    -- machines lost or left
    step               INTEGER,             -- last reported
    rungs              TEXT,                -- JSON array: the ranked objective at each rung reached
    median             REAL,                -- told to leave by the median rule: what the last of them was worse than
    settled            INTEGER NOT NULL DEFAULT 0, -- attempts up to this one can add no result any more
    created            TEXT NOT NULL,
    started            TEXT,
    ended              TEXT,
    useful_ms          INTEGER NOT NULL,    -- sums over its ended attempts
    lost_ms            INTEGER NOT NULL,
    cost_micro         INTEGER NOT NULL DEFAULT 0,
    cost               REAL GENERATED ALWAYS AS (cost_micro / 1e6) VIRTUAL,
    told               INTEGER,             -- the how-manieth end told to the optimizer, from 1
    checkpoint_attempt INTEGER,             -- where it would resume; NULL none
    checkpoint_seq     INTEGER,
    checkpoint_step    INTEGER NOT NULL,    -- 0 at the beginning
    saved              TEXT,                -- when the checkpoint was recorded
    PRIMARY KEY (experiment, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX trial_state ON trial (experiment, state, value, feasible);
CREATE INDEX trial_value ON trial (value) WHERE state = 'completed';

-- Kept by the two triggers, so that a screen of counts costs nothing at a million trials.
CREATE TABLE tally (
    experiment INTEGER NOT NULL,
    state      TEXT NOT NULL,
    trials     INTEGER NOT NULL,
    useful_ms  INTEGER NOT NULL,
    lost_ms    INTEGER NOT NULL,
    cost_micro INTEGER NOT NULL,
    PRIMARY KEY (experiment, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER trial_made AFTER INSERT ON trial BEGIN
    INSERT INTO tally VALUES (new.experiment, new.state, 1, new.useful_ms, new.lost_ms,
                              new.cost_micro)
    ON CONFLICT DO UPDATE SET trials = trials + 1, useful_ms = useful_ms + excluded.useful_ms,
        lost_ms = lost_ms + excluded.lost_ms, cost_micro = cost_micro + excluded.cost_micro;
END;

CREATE TRIGGER trial_moved AFTER UPDATE ON trial
WHEN old.state <> new.state OR old.useful_ms <> new.useful_ms OR old.lost_ms <> new.lost_ms
    OR old.cost_micro <> new.cost_micro
BEGIN
    UPDATE tally SET trials = trials - 1, useful_ms = useful_ms - old.useful_ms,
        lost_ms = lost_ms - old.lost_ms, cost_micro = cost_micro - old.cost_micro
    WHERE experiment = old.experiment AND state = old.state;
    INSERT INTO tally VALUES (new.experiment, new.state, 1, new.useful_ms, new.lost_ms,
                              new.cost_micro)
    ON CONFLICT DO UPDATE SET trials = trials + 1, useful_ms = useful_ms + excluded.useful_ms,
        lost_ms = lost_ms + excluded.lost_ms, cost_micro = cost_micro + excluded.cost_micro;
END;

CREATE TABLE attempt (
    experiment  INTEGER NOT NULL,
    trial       INTEGER NOT NULL,
    number      INTEGER NOT NULL,           -- from 1; the fencing token: per trial it only grows
    state       TEXT NOT NULL CHECK (state = 'offered' OR state = 'active' OR state = 'stopping'
                      OR state = 'done' OR state = 'preempted' OR state = 'lost'
                      OR state = 'revoked' OR state = 'refused' OR state = 'failed'),
    worker      INTEGER NOT NULL REFERENCES worker,
    leave       TEXT NOT NULL,              -- why it was told to leave; 'none'
    outcome     TEXT NOT NULL,              -- how its worker judged the end; 'none'
    cause       TEXT NOT NULL,              -- what decided that; 'none'
    exit_code   INTEGER,                    -- NULL it did not exit
    signal      INTEGER,                    -- NULL no signal ended it
    from_step   INTEGER NOT NULL,           -- of the checkpoint it began from; 0 the beginning
    last_step   INTEGER,                    -- last reported
    offered     TEXT NOT NULL,
    started     TEXT,
    ended       TEXT,
    duration_ms INTEGER NOT NULL,           -- by CLOCK_BOOTTIME, from acceptance to the end
    useful_ms   INTEGER NOT NULL,           -- duration split at the last durable checkpoint
    lost_ms     INTEGER NOT NULL,
    checkpoint_ms INTEGER NOT NULL DEFAULT 0, -- of it, from the notice to that checkpoint
    booked      TEXT,                       -- its time before this is in the ledger
    cost_micro  INTEGER NOT NULL DEFAULT 0,
    incarnation INTEGER NOT NULL,           -- of the coordinator that offered it
    late        INTEGER NOT NULL CHECK (late IN (0, 1)), -- its result came after it was given up
    message     TEXT,                       -- for a person
    PRIMARY KEY (experiment, trial, number),
    FOREIGN KEY (experiment, trial) REFERENCES trial (experiment, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_open ON attempt (worker) WHERE ended IS NULL;

-- Never changed: money is sums of these.
CREATE TABLE entry (
    id          INTEGER PRIMARY KEY,        -- in the order of booking
    kind        TEXT NOT NULL CHECK (kind = 'useful' OR kind = 'lost' OR kind = 'checkpoint'
                    OR kind = 'idle'),
    experiment  INTEGER REFERENCES experiment, -- NULL nobody's
    trial       INTEGER,
    attempt     INTEGER,
    worker      INTEGER NOT NULL REFERENCES worker,
    pool        INTEGER NOT NULL REFERENCES pool,
    slots       INTEGER NOT NULL,           -- so many alike
    started     TEXT NOT NULL,
    ended       TEXT NOT NULL,
    price_micro INTEGER NOT NULL,           -- of the worker-hour or the kWh
    cost_micro  INTEGER NOT NULL            -- of all its slots, each rounded half to even
) STRICT;
CREATE INDEX entry_trial ON entry (experiment, trial, attempt);

CREATE TABLE metric (
    experiment INTEGER NOT NULL,
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    name       TEXT NOT NULL,
    value      REAL NOT NULL CHECK (abs(value) <= 1.7976931348623157e308),
    reported   TEXT NOT NULL,
    PRIMARY KEY (experiment, trial, attempt, step, name),
    FOREIGN KEY (experiment, trial, attempt) REFERENCES attempt (experiment, trial, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    experiment INTEGER NOT NULL,
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    seq        INTEGER NOT NULL,            -- from 1 within the attempt
    step       INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    hash       TEXT NOT NULL,               -- BLAKE2b-256 in hexadecimal
    location   TEXT NOT NULL,               -- 'file:/absolute/path' or 'coordinator:'
    created    TEXT NOT NULL,
    spoiled_by INTEGER,                     -- the attempt that could not load it; NULL none
    PRIMARY KEY (experiment, trial, attempt, seq),
    FOREIGN KEY (experiment, trial, attempt) REFERENCES attempt (experiment, trial, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    id         INTEGER PRIMARY KEY,         -- in the order things were decided
    time       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    experiment INTEGER,
    trial      INTEGER,
    attempt    INTEGER,
    worker     INTEGER,
    a          INTEGER NOT NULL,            -- what they mean depends on the kind
    b          INTEGER NOT NULL,
    text       TEXT                         -- the line as a person reads it
) STRICT;
CREATE INDEX event_trial ON event (experiment, trial) WHERE trial IS NOT NULL;

CREATE TABLE log (
    experiment INTEGER NOT NULL,
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    stream     TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
    offset     INTEGER NOT NULL,            -- of the first byte in the stream
    text       TEXT NOT NULL,
    PRIMARY KEY (experiment, trial, attempt, stream, offset),
    FOREIGN KEY (experiment, trial, attempt) REFERENCES attempt (experiment, trial, number)
) STRICT;
