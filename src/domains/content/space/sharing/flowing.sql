WITH place AS (
    SELECT id, organization_id, project_id, grant_path, is_restricted FROM spaces WHERE id = ?
), wide AS (
    SELECT g.user_id, g.group_id, g.role_id
    FROM place JOIN access_grants g ON g.scope_id IN (place.organization_id, place.project_id)
    UNION ALL
    SELECT a.user_id, NULL, a.role_id
    FROM place
    JOIN organization_members m ON m.organization_id = place.organization_id
    JOIN role_assignments a ON a.user_id = m.user_id
    JOIN roles r ON r.id = a.role_id
    WHERE (r.organization_id IS NULL OR r.organization_id = place.organization_id)
      AND (r.scope = 'TENANT' OR r.all_projects
           OR EXISTS (SELECT FROM role_projects p WHERE p.role_id = r.id AND p.project_id = place.project_id))
), flowing AS (
    SELECT g.user_id, g.group_id, r.id, r.rank
    FROM place
    JOIN access_grants g ON g.scope_id = ANY(place.grant_path) AND g.scope_id <> place.id
    JOIN roles r ON r.id = g.role_id
    UNION ALL
    SELECT w.user_id, w.group_id, converted.id, converted.rank
    FROM wide w
    JOIN roles r ON r.id = w.role_id AND r.is_active AND NOT 'SPACE_VIEW_ALL' = ANY(r.permissions)
    JOIN LATERAL (
        SELECT s.id, s.rank
        FROM roles s
        WHERE s.scope = 'SPACE' AND s.is_built_in
          AND CASE WHEN r.is_built_in
              THEN s.key = CASE r.key
                  WHEN 'viewer' THEN 'viewer' WHEN 'interactive_viewer' THEN 'viewer'
                  WHEN 'editor' THEN 'editor' WHEN 'developer' THEN 'editor' END
              ELSE s.permissions <@ r.permissions END
        ORDER BY s.rank DESC LIMIT 1
    ) AS converted ON true
    WHERE NOT (SELECT is_restricted FROM place)
)
SELECT DISTINCT ON (user_id, group_id) user_id, group_id, id
FROM flowing
ORDER BY user_id, group_id, rank DESC, id
