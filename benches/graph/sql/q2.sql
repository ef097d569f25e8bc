SELECT json_build_object('data', json_build_object('project', (
    SELECT json_build_object('id', p.id, 'name', p.name, 'spaces', (
        SELECT json_build_object(
            'nodes', coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'charts', c.list) ORDER BY s.n) FILTER (WHERE s.n <= $2::text::int), '[]'),
            'pageInfo', json_build_object('hasNextPage', count(*) > $2::text::int, 'endCursor', max(s.name || s.id) FILTER (WHERE s.n <= $2::text::int)))
        FROM (
            SELECT s.id, s.name, row_number() OVER (ORDER BY s.name, s.id) AS n
            FROM spaces s WHERE s.project_id = p.id
            ORDER BY s.name, s.id LIMIT $2::text::int + 1
        ) s, LATERAL (
            SELECT json_build_object(
                'nodes', coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'kind', c.kind,
                    'createdBy', CASE WHEN c.author IS NOT NULL THEN json_build_object('id', c.author, 'fullName', c.full_name) END)
                    ORDER BY c.n) FILTER (WHERE c.n <= $3::text::int), '[]'),
                'pageInfo', json_build_object('hasNextPage', count(*) > $3::text::int, 'endCursor', min(c.updated_at::text || c.id) FILTER (WHERE c.n <= $3::text::int))) AS list
            FROM (
                SELECT c.id, c.name, c.kind, c.updated_at, u.id AS author, u.full_name, row_number() OVER (ORDER BY c.updated_at DESC, c.id DESC) AS n
                FROM charts c LEFT JOIN users u ON u.id = c.created_by
                WHERE c.space_id = s.id
                ORDER BY c.updated_at DESC, c.id DESC LIMIT $3::text::int + 1
            ) c
        ) c
    ))
    FROM projects p WHERE p.id = $1::text::uuid
)))::text
