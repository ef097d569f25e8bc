SELECT json_build_object('data', json_build_object('project', json_build_object('charts', (
    SELECT json_build_object(
        'nodes', coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'kind', c.kind, 'updatedAt', c.updated_at,
            'createdBy', CASE WHEN c.author IS NOT NULL THEN json_build_object('id', c.author, 'fullName', c.full_name) END,
            'space', json_build_object('id', c.space, 'name', c.space_name)) ORDER BY c.n) FILTER (WHERE c.n <= 50), '[]'),
        'pageInfo', json_build_object('hasNextPage', count(*) > 50, 'endCursor', min(c.updated_at::text || c.id) FILTER (WHERE c.n <= 50)))
    FROM (
        SELECT c.id, c.name, c.kind, c.updated_at, u.id AS author, u.full_name, s.id AS space, s.name AS space_name,
               row_number() OVER (ORDER BY c.updated_at DESC, c.id DESC) AS n
        FROM charts c JOIN spaces s ON s.id = c.space_id LEFT JOIN users u ON u.id = c.created_by
        WHERE c.project_id = $1::text::uuid AND c.kind = 'LINE' AND (c.updated_at, c.id) < ($2::text::timestamptz, $3::text::uuid)
        ORDER BY c.updated_at DESC, c.id DESC LIMIT 51
    ) c
))))::text
