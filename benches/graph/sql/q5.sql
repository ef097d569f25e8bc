WITH made AS (
    INSERT INTO charts (id, organization_id, project_id, space_id, slug, name, kind, explore_name, created_by, updated_by, metric_query, config)
    SELECT gen_random_uuid(), s.organization_id, s.project_id, s.id, $3::text, $3::text, 'TABLE', 'orders', $1::text::uuid, $1::text::uuid, $4::text::jsonb, $5::text::jsonb
    FROM spaces s WHERE s.id = $2::text::uuid
    RETURNING id, name, kind, space_id, created_by
)
SELECT json_build_object('data', json_build_object('createChart', json_build_object(
    'chart', json_build_object('id', m.id, 'name', m.name, 'kind', m.kind,
        'space', json_build_object('id', s.id, 'name', s.name),
        'createdBy', json_build_object('id', u.id, 'fullName', u.full_name)),
    'userErrors', '[]'::json)))::text
FROM made m JOIN spaces s ON s.id = m.space_id JOIN users u ON u.id = m.created_by
