SELECT json_build_object('data', json_build_object(
    'viewer', (
        SELECT json_build_object(
            'user', json_build_object('id', u.id, 'email', u.email, 'firstName', u.first_name, 'lastName', u.last_name, 'fullName', u.full_name),
            'organization', json_build_object('id', o.id, 'name', o.name, 'displayName', o.display_name))
        FROM users u JOIN organizations o ON o.id = u.organization_id
        WHERE u.id = $1::text::uuid),
    'projects', (
        SELECT json_build_object(
            'nodes', coalesce(json_agg(json_build_object('id', p.id, 'name', p.name, 'description', p.description, 'type', p.type, 'isActive', p.is_active)
                ORDER BY p.n) FILTER (WHERE p.n <= 20), '[]'),
            'pageInfo', json_build_object('hasNextPage', count(*) > 20, 'endCursor', max(p.name || p.id) FILTER (WHERE p.n <= 20)))
        FROM (
            SELECT p.*, row_number() OVER (ORDER BY p.name, p.id) AS n
            FROM projects p
            WHERE p.organization_id = (SELECT organization_id FROM users WHERE id = $1::text::uuid)
            ORDER BY p.name, p.id LIMIT 21
        ) p)
))::text
