-- How long a run waits for a connection is not the warehouse's time.
ALTER TABLE query_runs ADD COLUMN wait_ms double precision;
