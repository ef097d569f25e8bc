-- What is in the log stays as it was written, also after an account or a key is gone: no row of it
-- is changed by their end, and none costs two look-ups and an index entry to allow for that.
ALTER TABLE audit_events
    DROP CONSTRAINT audit_events_actor_id_fkey,
    DROP CONSTRAINT audit_events_api_key_id_fkey;
DROP INDEX audit_events_api_key_idx;
COMMENT ON COLUMN audit_events.actor_id IS 'Who did it; the account may be gone.';
COMMENT ON COLUMN audit_events.api_key_id IS 'With which key; the key may be gone.';
