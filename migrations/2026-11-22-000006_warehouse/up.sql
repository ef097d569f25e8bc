-- Connections of projects to warehouses, and the personal credentials of users for them.

CREATE TABLE warehouse_connections (
    project_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('BIGQUERY', 'POSTGRES', 'REDSHIFT', 'SNOWFLAKE', 'DATABRICKS', 'TRINO', 'DUCKDB', 'CLICKHOUSE')),
    settings jsonb NOT NULL,
    secret bytea,
    start_of_week text CHECK (start_of_week IN ('MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY')),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid REFERENCES users (id) ON DELETE SET NULL,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE warehouse_connections IS 'How a project reaches its warehouse. secret is encrypted; settings hold nothing secret.';
CREATE INDEX warehouse_connections_project_idx ON warehouse_connections (organization_id, project_id);
CREATE INDEX warehouse_connections_created_by_idx ON warehouse_connections (created_by);
CREATE INDEX warehouse_connections_updated_by_idx ON warehouse_connections (updated_by);

CREATE TABLE warehouse_credentials (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('BIGQUERY', 'POSTGRES', 'REDSHIFT', 'SNOWFLAKE', 'DATABRICKS', 'TRINO', 'DUCKDB', 'CLICKHOUSE')),
    username text,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, user_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE
);
COMMENT ON TABLE warehouse_credentials IS 'Personal credentials of a user for the warehouses of one organization. secret is encrypted.';
CREATE INDEX warehouse_credentials_user_name_idx ON warehouse_credentials (user_id, name, id);

CREATE TABLE project_warehouse_credentials (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    warehouse_credentials_id uuid NOT NULL,
    PRIMARY KEY (project_id, user_id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id, warehouse_credentials_id)
        REFERENCES warehouse_credentials (organization_id, user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE project_warehouse_credentials IS 'Which of their own credentials a user wants a project to use.';
CREATE INDEX project_warehouse_credentials_project_idx ON project_warehouse_credentials (organization_id, project_id);
CREATE INDEX project_warehouse_credentials_credentials_idx ON project_warehouse_credentials (organization_id, user_id, warehouse_credentials_id);
