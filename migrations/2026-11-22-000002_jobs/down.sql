DROP FUNCTION claim_jobs(uuid, integer, text[], interval, integer, text[], boolean);
DROP FUNCTION job_backoff(interval, integer);
DROP TABLE job_fires, job_schedules, worker_nodes, job_limits, job_effects, job_logs, job_events, job_inputs, jobs CASCADE;
DROP FUNCTION write_job_event();
DROP FUNCTION number_job_version();
DROP FUNCTION job_now();
