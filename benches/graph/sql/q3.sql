WITH height AS MATERIALIZED (
    SELECT r.id, r.name, 'SPACE_VIEW_ALL' = ANY (r.permissions) AS sees_private,
           row_number() OVER (ORDER BY
               cardinality(ARRAY(SELECT unnest(r.permissions) INTERSECT SELECT unnest('{SPACE_VIEW,SPACE_VIEW_ALL,SPACE_CREATE,SPACE_EDIT,SPACE_DELETE,SPACE_ACCESS_MANAGE,CHART_VIEW,CHART_CREATE,CHART_EDIT,CHART_DELETE,DASHBOARD_VIEW,DASHBOARD_CREATE,DASHBOARD_EDIT,DASHBOARD_DELETE,COMMENT_VIEW}'::text[]))),
               cardinality(r.permissions), array_position('{ORGANIZATION,PROJECT,SPACE}', r.scope), r.id DESC) AS height
    FROM roles r WHERE r.is_active AND 'SPACE_VIEW' = ANY (r.permissions)
)
SELECT json_build_object('data', json_build_object('project', (
    SELECT json_build_object('id', p.id, 'spaces', json_build_object('nodes', (
        SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'effectiveAccess', e.list) ORDER BY s.name, s.id)
        FROM (
            SELECT * FROM spaces s WHERE s.project_id = p.id ORDER BY s.name, s.id LIMIT $2::text::int
        ) s, LATERAL (
            SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
                'user', json_build_object('id', u.id, 'fullName', u.full_name),
                'role', x.roles -> 0, 'sources', x.sources) ORDER BY lower(u.username), u.id), '[]')) AS list
            FROM (
                SELECT h.user_id,
                       json_agg(json_build_object('id', h.role_id, 'name', h.role_name) ORDER BY h.height DESC) AS roles,
                       json_agg(json_build_object(
                           'kind', CASE WHEN h.group_id IS NOT NULL THEN 'GROUP' WHEN h.scope_id = s.id THEN 'DIRECT' ELSE 'INHERITED' END,
                           'group', CASE WHEN h.group_id IS NOT NULL THEN json_build_object('id', h.group_id, 'name', h.group_name) END,
                           'role', json_build_object('id', h.role_id, 'name', h.role_name))) AS sources
                FROM (
                    SELECT coalesce(g.user_id, m.user_id) AS user_id, g.scope, g.scope_id,
                           t.id AS group_id, t.name AS group_name, r.id AS role_id, r.name AS role_name, r.height,
                           bool_or(r.sees_private AND g.scope <> 'SPACE') OVER (PARTITION BY coalesce(g.user_id, m.user_id)) AS sees_private
                    FROM access_grants g
                    JOIN height r ON r.id = g.role_id
                    LEFT JOIN groups t ON t.id = g.group_id AND t.is_active
                    LEFT JOIN group_members m ON m.group_id = t.id
                    WHERE g.scope_id = ANY (s.grant_path || s.project_id || s.organization_id)
                ) h
                WHERE h.scope = 'SPACE' OR NOT s.is_restricted OR h.sees_private
                GROUP BY h.user_id
            ) x JOIN users u ON u.id = x.user_id AND u.status = 'ACTIVE'
        ) e
    )))
    FROM projects p WHERE p.id = $1::text::uuid
)))::text
