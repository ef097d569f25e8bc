-- Versions of charts. A chart's row is its current version; what it replaced is kept beside it.

-- A UUIDv7, for rows that the database makes itself.
CREATE FUNCTION new_uuid() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Without versioned_at the current version is as old as the chart, and of who made it: a new chart writes
-- nothing more than before.
ALTER TABLE charts
    ADD COLUMN version_id uuid NOT NULL DEFAULT new_uuid(),
    ADD COLUMN versioned_at timestamptz,
    ADD COLUMN versioned_by uuid REFERENCES users (id) ON DELETE SET NULL;
UPDATE charts SET versioned_at = updated_at, versioned_by = updated_by WHERE updated_at > created_at;
CREATE UNIQUE INDEX charts_version_key ON charts (version_id);
CREATE INDEX charts_versioned_by_idx ON charts (versioned_by) WHERE versioned_by IS NOT NULL;
COMMENT ON TABLE charts IS 'Saved charts: a metric query and how to draw it. dashboard_id is set where the chart exists only inside one dashboard. version_id names what it draws now; the earlier ones are chart_versions.';

CREATE TABLE chart_versions (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    chart_id uuid NOT NULL,
    explore_name text NOT NULL,
    metric_query jsonb NOT NULL,
    config jsonb NOT NULL,
    pivot_columns text[] NOT NULL,
    column_order text[] NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    FOREIGN KEY (organization_id, chart_id) REFERENCES charts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE chart_versions IS 'What charts drew before: written by the table charts itself, never updated.';
CREATE INDEX chart_versions_organization_chart_idx ON chart_versions (organization_id, chart_id);
CREATE INDEX chart_versions_chart_created_at_idx ON chart_versions (chart_id, created_at, id);
CREATE INDEX chart_versions_created_by_idx ON chart_versions (created_by);

-- Whoever changes what a chart draws, the state before is kept. Versions of a chart are never equally old,
-- not even where the clocks of two servers differ.
CREATE FUNCTION keep_chart_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz := coalesce(OLD.versioned_at, OLD.created_at);
BEGIN
    INSERT INTO chart_versions (id, organization_id, chart_id, explore_name, metric_query, config,
        pivot_columns, column_order, created_at, created_by)
    VALUES (OLD.version_id, OLD.organization_id, OLD.id, OLD.explore_name, OLD.metric_query, OLD.config,
        OLD.pivot_columns, OLD.column_order, since,
        CASE WHEN OLD.versioned_at IS NULL THEN OLD.created_by ELSE OLD.versioned_by END);
    NEW.version_id := new_uuid();
    NEW.versioned_at := greatest(NEW.updated_at, since + interval '1 microsecond');
    NEW.versioned_by := NEW.updated_by;
    RETURN NEW;
END $$;
CREATE TRIGGER charts_keep_version
    BEFORE UPDATE OF metric_query, config, pivot_columns, column_order ON charts
    FOR EACH ROW
    WHEN ((OLD.metric_query, OLD.config, OLD.pivot_columns, OLD.column_order)
        IS DISTINCT FROM (NEW.metric_query, NEW.config, NEW.pivot_columns, NEW.column_order))
    EXECUTE FUNCTION keep_chart_version();

CREATE VIEW chart_history AS
    SELECT version_id AS id, organization_id, id AS chart_id, explore_name, true AS is_current,
        coalesce(versioned_at, created_at) AS created_at,
        CASE WHEN versioned_at IS NULL THEN created_by ELSE versioned_by END AS created_by,
        metric_query, config, pivot_columns, column_order
    FROM charts
    UNION ALL
    SELECT id, organization_id, chart_id, explore_name, false, created_at, created_by,
        metric_query, config, pivot_columns, column_order
    FROM chart_versions;
COMMENT ON VIEW chart_history IS 'Every version of every chart, the current ones included.';
