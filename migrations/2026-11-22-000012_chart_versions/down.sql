DROP VIEW chart_history;
DROP TRIGGER charts_keep_version ON charts;
DROP FUNCTION keep_chart_version();
DROP TABLE chart_versions;
ALTER TABLE charts DROP COLUMN version_id, DROP COLUMN versioned_at, DROP COLUMN versioned_by;
COMMENT ON TABLE charts IS 'Saved charts: a metric query and how to draw it. dashboard_id is set where the chart exists only inside one dashboard.';
DROP FUNCTION new_uuid();
