WITH input AS (
    SELECT i.id, i.principal, i.role, s.id AS space_id, s.organization_id, s.project_id
    FROM unnest(?, ?, ?) AS i(id, principal, role)
    JOIN spaces s ON s.id = ?
    JOIN groups m ON m.organization_id = s.organization_id AND m.id = i.principal
), given AS (
    INSERT INTO access_grants (id, organization_id, scope, scope_id, project_id, space_id, group_id, role_id, created_by)
    SELECT id, organization_id, 'SPACE', space_id, project_id, space_id, principal, role, ? FROM input
    ON CONFLICT (scope_id, group_id) WHERE group_id IS NOT NULL
    DO UPDATE SET role_id = excluded.role_id, updated_at = now()
    WHERE (SELECT r.rank FROM roles r WHERE r.id = access_grants.role_id)
        < (SELECT r.rank FROM roles r WHERE r.id = excluded.role_id)
)
SELECT principal FROM input
