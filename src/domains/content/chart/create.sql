-- Goes on after `place`, the space under its condition: see store.rs.
wanted AS (
    SELECT ?::text AS slug
), free AS (
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM charts c WHERE c.project_id = place.project_id AND c.slug = wanted.slug)
        THEN wanted.slug
        ELSE free_slug('charts', place.project_id, wanted.slug)
        END AS slug
    FROM place, wanted
), made AS (
    INSERT INTO charts (
        id, organization_id, project_id, space_id, dashboard_id, slug, name, description, kind,
        explore_name, created_at, created_by, updated_at, updated_by, metric_query, config,
        pivot_columns, column_order)
    SELECT ?, place.organization_id, place.project_id, place.id, ?, free.slug, ?, ?, ?,
           ?, ?, ?, ?, ?, ?, ?,
           ?, ?
    FROM place, free
    ON CONFLICT (project_id, slug) DO NOTHING
    RETURNING id, organization_id, project_id, space_id, dashboard_id, slug, name, description, kind,
        explore_name, view_count, first_viewed_at, created_at, created_by, updated_at, updated_by
)
