-- What was committed since the last look. Events are found by transaction: whoever looks remembers
-- the oldest transaction that was still open (low) and comes back to it, so that no late commit is
-- missed; what is read twice is known by job and version. The upper bound keeps the rows of a
-- restored backup out, whose numbers may be higher than any of this server.
WITH snapshot AS (
    SELECT pg_snapshot_xmin(now.it)::text::bigint AS low, pg_snapshot_xmax(now.it)::text::bigint AS high
    FROM (SELECT pg_current_snapshot() AS it) AS now
)
SELECT snapshot.low, e.job_id, e.version, e.at, e.status, e.attempt, e.progress_done, e.progress_total,
       e.progress_message, extract(epoch FROM clock_timestamp() - e.at)::double precision, e.transaction
FROM snapshot LEFT JOIN job_events e ON e.transaction >= ? AND e.transaction < snapshot.high
ORDER BY e.job_id, e.version
