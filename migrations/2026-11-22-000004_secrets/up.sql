-- Keys that encrypt secrets: one or more per organization, each wrapped by a master key that is not in the database.

CREATE TABLE data_keys (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    master_key_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE data_keys IS 'Keys that encrypt the secrets of an organization, wrapped by the master key of that id.';
CREATE INDEX data_keys_organization_idx ON data_keys (organization_id, created_at, id);
CREATE INDEX data_keys_master_key_idx ON data_keys (master_key_id);
