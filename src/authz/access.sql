), my_groups AS (
    SELECT m.user_id, m.group_id, m.organization_id
    FROM me
    JOIN group_members m ON m.user_id = me.id
    JOIN groups g ON g.id = m.group_id
    WHERE ? OR g.is_active
)
SELECT g.user_id, g.scope, r.id, r.permissions, g.organization_id, g.project_id, g.space_id, NULL::uuid, r.is_active
FROM me
JOIN access_grants g ON g.user_id = me.id
JOIN roles r ON r.id = g.role_id
UNION ALL
SELECT m.user_id, g.scope, r.id, r.permissions, g.organization_id, g.project_id, g.space_id, NULL, r.is_active
FROM my_groups m
JOIN access_grants g ON g.group_id = m.group_id
JOIN roles r ON r.id = g.role_id
UNION ALL
SELECT me.id, CASE WHEN r.scope = 'TENANT' THEN 'TENANT' ELSE 'ALL_PROJECTS' END,
       r.id, r.permissions, r.organization_id, NULL, NULL, NULL, r.is_active
FROM me
JOIN role_assignments a ON a.user_id = me.id
JOIN roles r ON r.id = a.role_id
WHERE (r.scope = 'TENANT' OR r.all_projects)
  AND (r.organization_id IS NULL OR EXISTS (
      SELECT FROM organization_members m WHERE m.user_id = a.user_id AND m.organization_id = r.organization_id))
UNION ALL
SELECT me.id, 'PROJECT', r.id, r.permissions, p.organization_id, p.project_id, NULL, NULL, r.is_active
FROM me
JOIN role_assignments a ON a.user_id = me.id
JOIN roles r ON r.id = a.role_id AND r.scope <> 'TENANT' AND NOT r.all_projects
JOIN role_projects p ON p.role_id = r.id
JOIN organization_members m ON m.user_id = a.user_id AND m.organization_id = p.organization_id
UNION ALL
SELECT me.id, 'MEMBER', me.id, '{}', m.organization_id, NULL, NULL, NULL, true
FROM me
JOIN organization_members m ON m.user_id = me.id
UNION ALL
SELECT m.user_id, 'GROUP', m.group_id, '{}', m.organization_id, NULL, NULL, m.group_id, true
FROM my_groups m
