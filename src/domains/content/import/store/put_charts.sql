INSERT INTO charts (
    id, organization_id, project_id, space_id, dashboard_id, slug, name, description, kind,
    explore_name, metric_query, config, pivot_columns, column_order,
    created_at, created_by, updated_at, updated_by)
SELECT
    id, organization_id, project_id, space_id, dashboard_id, slug, name, description, kind,
    explore_name, metric_query, config, pivot_columns, column_order,
    created_at, created_by, updated_at, updated_by
FROM jsonb_populate_recordset(NULL::charts, ?)
ON CONFLICT (project_id, slug) DO UPDATE SET
    space_id = excluded.space_id, dashboard_id = excluded.dashboard_id, name = excluded.name,
    description = excluded.description, kind = excluded.kind,
    explore_name = excluded.explore_name, metric_query = excluded.metric_query,
    config = excluded.config, pivot_columns = excluded.pivot_columns,
    column_order = excluded.column_order,
    updated_at = excluded.updated_at, updated_by = excluded.updated_by
WHERE (charts.space_id, charts.dashboard_id, charts.name, charts.description, charts.kind,
       charts.explore_name, charts.metric_query, charts.config, charts.pivot_columns,
       charts.column_order)
   IS DISTINCT FROM
      (excluded.space_id, excluded.dashboard_id, excluded.name, excluded.description,
       excluded.kind, excluded.explore_name, excluded.metric_query, excluded.config,
       excluded.pivot_columns, excluded.column_order)
RETURNING slug, charts.xmax = 0
