CREATE TABLE socket_tickets (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE socket_tickets IS 'Tickets that let a browser with a session cookie open one socket; only their SHA-256 is kept. A used ticket is deleted.';
CREATE INDEX socket_tickets_session_idx ON socket_tickets (session_id);
CREATE INDEX socket_tickets_expires_at_idx ON socket_tickets (expires_at);
