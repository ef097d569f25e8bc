-- Runs of queries on warehouses, and their results.

CREATE TABLE query_results (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key bytea NOT NULL,
    answer_columns jsonb NOT NULL,
    row_count integer NOT NULL,
    is_truncated boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE query_results IS 'What a warehouse answered. key is a hash of everything that the answer depends on: equal questions are answered from here until expires_at.';
CREATE INDEX query_results_project_idx ON query_results (organization_id, project_id);
CREATE INDEX query_results_key_idx ON query_results (project_id, key, created_at);
CREATE INDEX query_results_expires_at_idx ON query_results (expires_at);

CREATE TABLE query_result_rows (
    organization_id uuid NOT NULL,
    result_id uuid NOT NULL,
    part integer NOT NULL,
    rows text NOT NULL,
    PRIMARY KEY (result_id, part),
    FOREIGN KEY (organization_id, result_id) REFERENCES query_results (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE query_result_rows IS 'Rows of a result, 500 in each part, as JSON arrays of values. As text: numbers keep their digits.';
CREATE INDEX query_result_rows_result_idx ON query_result_rows (organization_id, result_id);

CREATE TABLE query_runs (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('METRIC_QUERY', 'SQL_QUERY', 'TOTALS')),
    permission text NOT NULL,
    chart_id uuid REFERENCES charts (id) ON DELETE CASCADE,
    dashboard_id uuid REFERENCES dashboards (id) ON DELETE SET NULL,
    explore_name text,
    spec jsonb NOT NULL,
    dashboard_filters jsonb NOT NULL,
    sql text NOT NULL,
    warnings jsonb NOT NULL,
    answer_columns jsonb,
    result_id uuid,
    row_count integer,
    is_truncated boolean NOT NULL DEFAULT false,
    totals jsonb,
    cached_at timestamptz,
    compile_ms double precision,
    warehouse_ms double precision,
    store_ms double precision,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, result_id) REFERENCES query_results (organization_id, id) ON DELETE SET NULL (result_id)
);
COMMENT ON TABLE query_runs IS 'Executions of queries, for who asked. permission is what seeing one asks of its project beside that; with a chart it is that the chart is seen. spec is what is run, to be compiled again when it is.';
CREATE INDEX query_runs_project_idx ON query_runs (organization_id, project_id);
CREATE INDEX query_runs_job_idx ON query_runs (job_id);
CREATE INDEX query_runs_chart_idx ON query_runs (chart_id);
CREATE INDEX query_runs_dashboard_idx ON query_runs (dashboard_id);
CREATE INDEX query_runs_result_idx ON query_runs (organization_id, result_id);
CREATE INDEX query_runs_created_by_idx ON query_runs (created_by, created_at, id);
CREATE INDEX query_runs_created_at_idx ON query_runs (created_at);
