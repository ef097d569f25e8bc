ALTER TABLE query_runs DROP COLUMN wait_ms;
