INSERT INTO dashboards (
    id, organization_id, project_id, space_id, slug, name, description, filters,
    created_at, created_by, updated_at, updated_by)
SELECT
    id, organization_id, project_id, space_id, slug, name, description, filters,
    created_at, created_by, updated_at, updated_by
FROM jsonb_populate_recordset(NULL::dashboards, ?)
ON CONFLICT (project_id, slug) DO UPDATE SET
    space_id = excluded.space_id, name = excluded.name, description = excluded.description,
    filters = excluded.filters, updated_at = excluded.updated_at, updated_by = excluded.updated_by
WHERE (dashboards.space_id, dashboards.name, dashboards.description, dashboards.filters)
   IS DISTINCT FROM (excluded.space_id, excluded.name, excluded.description, excluded.filters)
RETURNING slug, dashboards.xmax = 0
