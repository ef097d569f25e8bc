SELECT json_build_object('data', json_build_object('project', (
    SELECT json_build_object('id', p.id, 'spaces', json_build_object('nodes', (
        SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'effectiveAccess', e.list) ORDER BY s.name, s.id)
        FROM (
            SELECT * FROM spaces s WHERE s.project_id = p.id ORDER BY s.name, s.id LIMIT $2::text::int
        ) s, LATERAL (
            SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
                'user', json_build_object('id', x.user_id, 'fullName', u.full_name),
                'role', x.roles -> 0, 'sources', x.sources) ORDER BY u.full_name, u.id), '[]')) AS list
            FROM (
                SELECT coalesce(g.user_id, m.user_id) AS user_id,
                       json_agg(json_build_object('id', r.id, 'name', r.name) ORDER BY r.rank DESC, r.id) AS roles,
                       json_agg(json_build_object(
                           'kind', CASE WHEN g.group_id IS NOT NULL THEN 'GROUP' WHEN g.scope_id = s.id THEN 'DIRECT' ELSE 'INHERITED' END,
                           'group', CASE WHEN g.group_id IS NOT NULL THEN json_build_object('id', t.id, 'name', t.name) END,
                           'role', json_build_object('id', r.id, 'name', r.name)) ORDER BY r.rank DESC, r.id, g.id) AS sources
                FROM access_grants g
                JOIN roles r ON r.id = g.role_id AND r.is_active
                LEFT JOIN groups t ON t.id = g.group_id AND t.is_active
                LEFT JOIN group_members m ON m.group_id = t.id
                WHERE g.scope_id = ANY (s.grant_path || s.project_id || s.organization_id)
                  AND 'SPACE_VIEW' = ANY (r.permissions)
                  AND (g.scope = 'SPACE' OR NOT s.is_restricted OR 'SPACE_VIEW_ALL' = ANY (r.permissions))
                GROUP BY 1
            ) x JOIN users u ON u.id = x.user_id AND u.status = 'ACTIVE'
        ) e
    )))
    FROM projects p WHERE p.id = $1::text::uuid
)))::text
