-- The job queue. How it works and why: docs/jobs.md.
--
-- What must never go wrong is kept by the tables themselves: versions are given and events written
-- by triggers, legal moves are a CHECK, a job has one terminal event at most, and only a running job
-- has a lease.

-- The one clock of the queue. A function, so that a test can jump.
CREATE FUNCTION job_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    organization_id uuid REFERENCES organizations (id) ON DELETE CASCADE,
    project_id uuid,
    kind text NOT NULL,
    run_as_id uuid REFERENCES users (id) ON DELETE SET NULL,
    created_by_id uuid REFERENCES users (id) ON DELETE SET NULL,
    status text NOT NULL
        CHECK (status IN ('SCHEDULED', 'QUEUED', 'RUNNING', 'RETRY_WAIT', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')),
    version integer NOT NULL DEFAULT 1,
    progress_done integer NOT NULL DEFAULT 0,
    progress_total integer,
    progress_message text,
    result jsonb,
    error jsonb,
    priority integer NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 5),
    fairness_key uuid NOT NULL,
    rank_at timestamptz NOT NULL DEFAULT job_now(),
    run_at timestamptz NOT NULL DEFAULT job_now(),
    deadline_at timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CHECK (max_attempts >= 1),
    crashes integer NOT NULL DEFAULT 0,
    lease_token uuid,
    lease_until timestamptz,
    worker_id uuid,
    cancel_requested_at timestamptz,
    idempotency_key text,
    unique_key text,
    retry_of_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT job_now(),
    started_at timestamptz,
    finished_at timestamptz,
    retain_until timestamptz,
    CONSTRAINT jobs_project_in_organization CHECK (project_id IS NULL OR organization_id IS NOT NULL),
    CONSTRAINT jobs_attempts CHECK (attempt BETWEEN 0 AND max_attempts),
    CONSTRAINT jobs_lease_while_running CHECK (
        (status = 'RUNNING') = (lease_token IS NOT NULL)
        AND (status = 'RUNNING') = (lease_until IS NOT NULL)
        AND (status = 'RUNNING') = (worker_id IS NOT NULL)),
    CONSTRAINT jobs_finished_when_terminal CHECK (
        (status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')) = (finished_at IS NOT NULL)),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
)
-- Rows are updated many times in a short life: room for updates in place, and early clean-up.
WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200,
      autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);
COMMENT ON TABLE jobs IS 'Long work: status, progress and result, and the lease of the worker that runs it. Lease and progress are in no index, so that beats are updates in place.';
-- Claims walk this from lane to lane (a tenant and a kind) and take the lowest ranks of each.
CREATE INDEX jobs_queue_idx ON jobs (fairness_key, kind, rank_at, id) WHERE status = 'QUEUED';
CREATE INDEX jobs_running_idx ON jobs (fairness_key, kind) WHERE status = 'RUNNING';
CREATE INDEX jobs_due_idx ON jobs (run_at, id) WHERE status IN ('SCHEDULED', 'RETRY_WAIT');
CREATE INDEX jobs_deadline_idx ON jobs (deadline_at) WHERE deadline_at IS NOT NULL AND finished_at IS NULL;
CREATE INDEX jobs_backlog_idx ON jobs (fairness_key) WHERE status IN ('SCHEDULED', 'QUEUED', 'RETRY_WAIT');
CREATE INDEX jobs_retain_idx ON jobs (retain_until) WHERE retain_until IS NOT NULL;
CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (fairness_key, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique_key ON jobs (fairness_key, kind, unique_key) WHERE unique_key IS NOT NULL AND finished_at IS NULL;
CREATE INDEX jobs_organization_idx ON jobs (organization_id, created_at, id);
CREATE INDEX jobs_project_idx ON jobs (organization_id, project_id, created_at, id);
CREATE INDEX jobs_created_by_idx ON jobs (created_by_id, created_at, id);
CREATE INDEX jobs_run_as_idx ON jobs (run_as_id, created_at, id);
CREATE INDEX jobs_retry_of_idx ON jobs (retry_of_id);
CREATE INDEX jobs_created_at_idx ON jobs (created_at, id);

CREATE TABLE job_inputs (
    job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    version integer NOT NULL,
    input jsonb NOT NULL
);
COMMENT ON TABLE job_inputs IS 'What a job was asked to do. Apart from jobs, whose rows are rewritten all the time.';

CREATE TABLE job_events (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    version integer NOT NULL CHECK (version >= 1),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    previous text,
    status text NOT NULL,
    attempt integer NOT NULL,
    progress_done integer NOT NULL,
    progress_total integer,
    progress_message text,
    worker_id uuid,
    transaction bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    PRIMARY KEY (job_id, version),
    -- The same list as JobStatus::may_become in src/jobs/status.rs; a test compares the two.
    CONSTRAINT job_events_legal_move CHECK (coalesce(previous, '') || '>' || status IN (
        '>SCHEDULED', '>QUEUED',
        'SCHEDULED>QUEUED', 'SCHEDULED>CANCELLED', 'SCHEDULED>EXPIRED',
        'QUEUED>RUNNING', 'QUEUED>CANCELLED', 'QUEUED>EXPIRED',
        'RUNNING>RUNNING', 'RUNNING>QUEUED', 'RUNNING>RETRY_WAIT',
        'RUNNING>SUCCEEDED', 'RUNNING>FAILED', 'RUNNING>CANCELLED', 'RUNNING>EXPIRED',
        'RETRY_WAIT>QUEUED', 'RETRY_WAIT>CANCELLED', 'RETRY_WAIT>EXPIRED'))
);
COMMENT ON TABLE job_events IS 'Everything that happened to a job, in order, written with the change itself. Readers of many jobs follow it by transaction: numbers given before a commit would lose the late ones.';
CREATE UNIQUE INDEX job_events_one_end ON job_events (job_id)
    WHERE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED');
CREATE INDEX job_events_transaction_idx ON job_events (transaction);

-- A change that a watcher can see is a new version, whoever makes it.
CREATE FUNCTION number_job_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + (
        (NEW.status, NEW.attempt, NEW.progress_done, NEW.progress_total, NEW.progress_message, NEW.cancel_requested_at)
        IS DISTINCT FROM
        (OLD.status, OLD.attempt, OLD.progress_done, OLD.progress_total, OLD.progress_message, OLD.cancel_requested_at)
    )::integer;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_version BEFORE UPDATE OF status, version, attempt, progress_done, progress_total, progress_message,
    cancel_requested_at ON jobs FOR EACH ROW EXECUTE FUNCTION number_job_version();

CREATE FUNCTION write_job_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jobs;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.version = OLD.version THEN
            RETURN NULL;
        END IF;
        before := OLD;
    END IF;
    INSERT INTO job_events (job_id, version, previous, status, attempt, progress_done, progress_total, progress_message, worker_id)
    VALUES (NEW.id, NEW.version, before.status, NEW.status, NEW.attempt, NEW.progress_done, NEW.progress_total,
        NEW.progress_message, coalesce(NEW.worker_id, before.worker_id));
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_event AFTER INSERT OR UPDATE OF status, version, attempt, progress_done, progress_total,
    progress_message, cancel_requested_at ON jobs FOR EACH ROW EXECUTE FUNCTION write_job_event();

CREATE TABLE job_logs (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq integer NOT NULL,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    level text NOT NULL CHECK (level IN ('INFO', 'WARNING', 'ERROR')),
    message text NOT NULL,
    details jsonb,
    PRIMARY KEY (job_id, seq)
);
COMMENT ON TABLE job_logs IS 'Lines that a job wrote while it ran. Bounded by line and by job.';

CREATE TABLE job_effects (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    step text NOT NULL,
    attempt integer NOT NULL,
    state text NOT NULL CHECK (state IN ('INTENT', 'DONE', 'UNCERTAIN')),
    intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at timestamptz,
    PRIMARY KEY (job_id, step)
);
COMMENT ON TABLE job_effects IS 'What a job does outside the database: noted before and after, so that a rerun knows whether it was done, or may have been.';

CREATE TABLE job_limits (
    id uuid PRIMARY KEY,
    organization_id uuid REFERENCES organizations (id) ON DELETE CASCADE,
    kind text,
    most_running integer CHECK (most_running >= 0),
    weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100)
);
COMMENT ON TABLE job_limits IS 'Most jobs that run at a time: of an organization, of a kind in an organization, or of a kind everywhere. weight is the share of an organization among those that wait.';
CREATE UNIQUE INDEX job_limits_of_key ON job_limits
    (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), coalesce(kind, ''));
CREATE INDEX job_limits_organization_idx ON job_limits (organization_id);

CREATE TABLE job_schedules (
    id uuid PRIMARY KEY,
    organization_id uuid REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    kind text NOT NULL,
    input_version integer NOT NULL,
    input jsonb NOT NULL,
    run_as_id uuid REFERENCES users (id) ON DELETE SET NULL,
    cron text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC',
    catch_up text NOT NULL DEFAULT 'LATEST' CHECK (catch_up IN ('LATEST', 'ALL', 'NONE')),
    overlap text NOT NULL DEFAULT 'SKIP' CHECK (overlap IN ('SKIP', 'ALLOW')),
    is_enabled boolean NOT NULL DEFAULT true,
    next_due_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT job_now()
);
COMMENT ON TABLE job_schedules IS 'What is enqueued by the calendar. Any node fires what is due; job_fires keeps it to once.';
CREATE UNIQUE INDEX job_schedules_name_key ON job_schedules
    (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), name);
CREATE INDEX job_schedules_organization_idx ON job_schedules (organization_id);
CREATE INDEX job_schedules_run_as_idx ON job_schedules (run_as_id);
CREATE INDEX job_schedules_due_idx ON job_schedules (next_due_at) WHERE is_enabled;

CREATE TABLE job_fires (
    schedule_id uuid NOT NULL REFERENCES job_schedules (id) ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text NOT NULL CHECK (outcome IN ('ENQUEUED', 'OVERLAPPED', 'MISSED', 'REFUSED')),
    job_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    PRIMARY KEY (schedule_id, due_at)
);
COMMENT ON TABLE job_fires IS 'Each due time of a schedule, once: enqueued, or why not.';
CREATE INDEX job_fires_job_idx ON job_fires (job_id);

CREATE TABLE worker_nodes (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    kinds text[] NOT NULL,
    slots integer NOT NULL,
    is_stopping boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT job_now(),
    last_beat_at timestamptz NOT NULL DEFAULT job_now()
) WITH (fillfactor = 50);
COMMENT ON TABLE worker_nodes IS 'Processes that run jobs, with their last sign of life.';

-- How long to wait before the next attempt: base, three times as long each time, at most an hour,
-- with full jitter, so that what failed together does not come back together.
CREATE FUNCTION job_backoff(base interval, attempt integer) RETURNS interval LANGUAGE sql VOLATILE AS $$
    SELECT least(interval '1 hour', base * power(3, least(greatest(attempt, 1), 12) - 1)) * (0.5 + random())
$$;

-- Claims up to p_slots jobs for a node, of one lane: jobs that somebody waits for (the kinds
-- p_interactive) and all others are given out and counted apart, so that neither keeps the other waiting. A function, because the count of what runs must be taken
-- after the lock is held (each statement inside sees what is committed by then), and because a node
-- that freezes between two statements of its own would keep everybody else waiting.
-- It gives the payloads too: the calling statement sees what was committed before it waited for the
-- lock, so a join out there would lose jobs that came meanwhile, and they would be nobody's until
-- their leases end.
CREATE FUNCTION claim_jobs(p_node uuid, p_slots integer, p_kinds text[], p_lease interval, p_tenant_most integer,
                           p_interactive text[], p_is_interactive boolean)
RETURNS TABLE (job jobs, payload_version integer, payload jsonb) LANGUAGE plpgsql AS $$
BEGIN
    -- One claim at a time: limits are exact, for a few milliseconds of order.
    PERFORM pg_advisory_xact_lock(7173029442);
    RETURN QUERY
    WITH RECURSIVE lanes AS (
        -- Every tenant and kind with something queued, by jumps along the index.
        (SELECT q.fairness_key, q.kind FROM jobs q WHERE q.status = 'QUEUED'
         ORDER BY q.fairness_key, q.kind LIMIT 1)
        UNION ALL
        SELECT n.fairness_key, n.kind
        FROM lanes l CROSS JOIN LATERAL (
            SELECT q.fairness_key, q.kind FROM jobs q
            WHERE q.status = 'QUEUED' AND (q.fairness_key, q.kind) > (l.fairness_key, l.kind)
            ORDER BY q.fairness_key, q.kind LIMIT 1) n
    ), running AS (
        SELECT r.fairness_key, r.kind, count(*) AS n FROM jobs r
        WHERE r.status = 'RUNNING' AND (r.kind = ANY (p_interactive)) = p_is_interactive GROUP BY 1, 2
    ), of_tenant AS (
        SELECT r.fairness_key, sum(r.n) AS n FROM running r GROUP BY 1
    ), of_kind AS (
        SELECT r.kind, sum(r.n) AS n FROM running r GROUP BY 1
    ), room AS (
        -- What may still be started: of the tenant, of the kind in the tenant, of the kind. NULL is no limit.
        SELECT l.fairness_key, l.kind, coalesce(t.n, 0) AS tenant_running, coalesce(lt.weight, 1) AS weight,
               coalesce(lt.most_running, ld.most_running, nullif(p_tenant_most, 0)) - coalesce(t.n, 0) AS of_tenant,
               ll.most_running - coalesce(r.n, 0) AS of_lane,
               lk.most_running - coalesce(k.n, 0) AS of_kind
        FROM lanes l
        LEFT JOIN running r ON r.fairness_key = l.fairness_key AND r.kind = l.kind
        LEFT JOIN of_tenant t ON t.fairness_key = l.fairness_key
        LEFT JOIN of_kind k ON k.kind = l.kind
        LEFT JOIN job_limits lt ON lt.organization_id = l.fairness_key AND lt.kind IS NULL
        LEFT JOIN job_limits ll ON ll.organization_id = l.fairness_key AND ll.kind = l.kind
        LEFT JOIN job_limits lk ON lk.organization_id IS NULL AND lk.kind = l.kind
        LEFT JOIN job_limits ld ON ld.organization_id IS NULL AND ld.kind IS NULL
        WHERE l.kind = ANY (p_kinds)
    ), candidates AS (
        SELECT c.id, c.rank_at, room.*,
               (room.tenant_running + row_number() OVER (PARTITION BY room.fairness_key ORDER BY c.rank_at, c.id))
                   / room.weight::numeric AS share,
               row_number() OVER (PARTITION BY room.fairness_key ORDER BY c.rank_at, c.id) AS nth_of_tenant
        FROM room CROSS JOIN LATERAL (
            SELECT q.id, q.rank_at FROM jobs q
            WHERE q.status = 'QUEUED' AND q.fairness_key = room.fairness_key AND q.kind = room.kind
              AND (q.deadline_at IS NULL OR q.deadline_at > job_now())
            ORDER BY q.rank_at, q.id
            LIMIT greatest(0, least(p_slots, room.of_tenant, room.of_lane, room.of_kind))) c
    ), fair AS (
        -- The tenant that would then run the least comes first; a kind's places are shared the same way.
        SELECT c.*, row_number() OVER (PARTITION BY c.kind ORDER BY c.share, c.rank_at, c.id) AS nth_of_kind
        FROM candidates c
        WHERE c.of_tenant IS NULL OR c.nth_of_tenant <= c.of_tenant
    ), chosen AS (
        SELECT f.id FROM fair f
        WHERE f.of_kind IS NULL OR f.nth_of_kind <= f.of_kind
        ORDER BY f.share, f.rank_at, f.id
        LIMIT p_slots
    ), locked AS (
        -- Somebody may be cancelling one of them: that one is left out, not waited for.
        SELECT j.id FROM jobs j WHERE j.id IN (SELECT c.id FROM chosen c) AND j.status = 'QUEUED'
        FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs j SET
        status = 'RUNNING',
        attempt = j.attempt + 1,
        lease_token = gen_random_uuid(),
        lease_until = job_now() + p_lease,
        worker_id = p_node,
        started_at = coalesce(j.started_at, job_now())
    FROM locked JOIN job_inputs i ON i.job_id = locked.id WHERE j.id = locked.id
    RETURNING j, i.version, i.input;
END $$;
