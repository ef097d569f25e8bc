-- Jobs whose lease has run out. A death of the worker counts as an attempt. The first one is tried
-- again at once; a job whose workers keep dying waits longer each time, and is then given up, since it
-- may be what kills them.
WITH lapsed AS (
    SELECT id, attempt, max_attempts, crashes + 1 AS crashes,
           CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED'
                WHEN deadline_at <= job_now() THEN 'EXPIRED'
                WHEN crashes + 1 >= ? THEN 'FAILED'
                WHEN attempt >= max_attempts THEN 'FAILED'
                ELSE 'RETRY_WAIT' END AS status,
           crashes + 1 >= ? AS is_poison
    FROM jobs
    WHERE status = 'RUNNING' AND lease_until < job_now()
    ORDER BY lease_until
    LIMIT 200
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET
    status = lapsed.status,
    crashes = lapsed.crashes,
    run_at = CASE WHEN lapsed.status <> 'RETRY_WAIT' THEN run_at
                  WHEN lapsed.crashes = 1 THEN job_now()
                  ELSE job_now() + job_backoff(make_interval(secs => ?), lapsed.crashes - 1) END,
    error = CASE
        WHEN lapsed.status = 'EXPIRED' THEN
            jsonb_build_object('code', 'EXPIRED', 'message', 'it was not done by its deadline')
        WHEN lapsed.status = 'FAILED' AND lapsed.is_poison THEN
            jsonb_build_object('code', 'POISON', 'message', format('its workers died %s times', lapsed.crashes))
        WHEN lapsed.status = 'FAILED' THEN
            jsonb_build_object('code', 'ATTEMPTS_EXHAUSTED', 'message', 'its worker died in the last attempt')
        WHEN lapsed.status = 'RETRY_WAIT' THEN
            jsonb_build_object('code', 'INTERNAL', 'message', 'its worker died')
    END,
    finished_at = CASE WHEN lapsed.status = 'RETRY_WAIT' THEN NULL ELSE job_now() END,
    retain_until = CASE WHEN lapsed.status = 'RETRY_WAIT' THEN NULL
                        WHEN lapsed.status = 'FAILED' THEN job_now() + interval '30 days'
                        ELSE job_now() + interval '7 days' END,
    lease_token = NULL,
    lease_until = NULL,
    worker_id = NULL
FROM lapsed
WHERE jobs.id = lapsed.id
RETURNING lapsed.status, lapsed.status = 'FAILED' AND lapsed.is_poison
