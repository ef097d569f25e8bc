-- Files that exports make.

CREATE TABLE exported_files (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    job_id uuid NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chart_id uuid REFERENCES charts (id) ON DELETE CASCADE,
    permissions text[] NOT NULL,
    file_name text NOT NULL,
    mime_type text NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    row_count integer NOT NULL DEFAULT 0,
    is_truncated boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    expires_at timestamptz NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE exported_files IS 'Files that exports make, for their user alone. permissions are all that fetching one asks of its project, beside sight of the chart. A file without finished_at is being written by the attempt that made it.';
CREATE INDEX exported_files_project_idx ON exported_files (organization_id, project_id);
CREATE INDEX exported_files_user_idx ON exported_files (user_id);
CREATE INDEX exported_files_chart_idx ON exported_files (chart_id);
CREATE INDEX exported_files_expires_at_idx ON exported_files (expires_at);

CREATE TABLE exported_file_chunks (
    organization_id uuid NOT NULL,
    file_id uuid NOT NULL,
    part integer NOT NULL,
    bytes bytea NOT NULL CHECK (octet_length(bytes) <= 1048576),
    PRIMARY KEY (file_id, part),
    FOREIGN KEY (organization_id, file_id) REFERENCES exported_files (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE exported_file_chunks IS 'Contents of files, up to 1 MiB in each part, counted from 0.';
CREATE INDEX exported_file_chunks_file_idx ON exported_file_chunks (organization_id, file_id);
