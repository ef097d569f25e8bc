-- What is wrong with the content and the models of projects.

CREATE TABLE validation_errors (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    job_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    is_latest boolean NOT NULL,
    source text NOT NULL CHECK (source IN ('CHART', 'DASHBOARD', 'TABLE')),
    error_type text NOT NULL CHECK (error_type IN ('CHART', 'SORTING', 'FILTER', 'METRIC', 'MODEL', 'DIMENSION', 'CUSTOM_METRIC', 'CHART_CONFIGURATION')),
    error text NOT NULL,
    field_name text,
    chart_id uuid REFERENCES charts (id) ON DELETE CASCADE,
    dashboard_id uuid REFERENCES dashboards (id) ON DELETE CASCADE,
    explore_name text,
    created_at timestamptz NOT NULL,
    CONSTRAINT validation_errors_one_subject CHECK (num_nonnulls(chart_id, dashboard_id, explore_name) = 1),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE validation_errors IS 'What validations found. is_latest: the last validation of the project found it with the models that are active; others are found by their job only, and forgotten after it.';
CREATE INDEX validation_errors_project_idx ON validation_errors (organization_id, project_id);
CREATE INDEX validation_errors_latest_idx ON validation_errors (project_id, created_at, id) WHERE is_latest;
CREATE INDEX validation_errors_job_idx ON validation_errors (job_id);
CREATE INDEX validation_errors_chart_idx ON validation_errors (chart_id);
CREATE INDEX validation_errors_dashboard_idx ON validation_errors (dashboard_id);
