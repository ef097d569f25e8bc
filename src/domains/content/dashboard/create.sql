WITH place AS (
    SELECT id, organization_id, project_id, parent_id, name, slug, is_private, path, grant_path,
           is_restricted, created_at, created_by, updated_at
    FROM spaces WHERE id = ?
), wanted AS (
    SELECT ?::text AS slug
), free AS (
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM dashboards c WHERE c.project_id = place.project_id AND c.slug = wanted.slug)
        THEN wanted.slug
        ELSE free_slug('dashboards', place.project_id, wanted.slug)
        END AS slug
    FROM place, wanted
), made AS (
    INSERT INTO dashboards (
        id, organization_id, project_id, space_id, slug, name, description,
        created_at, created_by, updated_at, updated_by, filters)
    SELECT ?, place.organization_id, place.project_id, place.id, free.slug, ?, ?,
           ?, ?, ?, ?, ?
    FROM place, free
    ON CONFLICT (project_id, slug) DO NOTHING
    RETURNING id, organization_id, project_id, space_id, slug, name, description, view_count,
        first_viewed_at, created_at, created_by, updated_at, updated_by
)
SELECT made.*, place.* FROM made, place
