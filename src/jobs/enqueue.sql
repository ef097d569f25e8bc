WITH waiting AS (
    SELECT count(*) AS n FROM jobs
    WHERE fairness_key = ? AND status IN ('SCHEDULED', 'QUEUED', 'RETRY_WAIT')
), job AS (
    INSERT INTO jobs (id, organization_id, project_id, kind, run_as_id, created_by_id, status, run_at, max_attempts,
        priority, fairness_key, rank_at, deadline_at, idempotency_key, unique_key, retry_of_id, progress_total)
    SELECT new.id, new.organization_id, new.project_id, new.kind, new.run_as_id, new.created_by_id,
        CASE WHEN new.delay > interval '0' THEN 'SCHEDULED' ELSE 'QUEUED' END,
        job_now() + new.delay, new.max_attempts, new.priority, new.fairness_key,
        -- Each class of priority is worth a minute of waiting, so that none waits for ever.
        job_now() + new.delay + new.rank * interval '1 minute',
        job_now() + new.deadline, new.idempotency_key, new.unique_key, new.retry_of_id, new.progress_total
    FROM waiting, (SELECT ?::bigint AS backlog, ?::uuid AS id, ?::uuid AS organization_id, ?::uuid AS project_id,
        ?::text AS kind, ?::uuid AS run_as_id, ?::uuid AS created_by_id, make_interval(secs => ?) AS delay,
        ?::integer AS max_attempts, ?::integer AS priority, ?::uuid AS fairness_key, ?::integer AS rank,
        make_interval(secs => ?) AS deadline, ?::text AS idempotency_key, ?::text AS unique_key,
        ?::uuid AS retry_of_id, ?::integer AS progress_total) AS new
    WHERE waiting.n < new.backlog
    ON CONFLICT DO NOTHING
    RETURNING id, organization_id
), input AS (
    INSERT INTO job_inputs (job_id, version, input) SELECT job.id, ?, ? FROM job
)
