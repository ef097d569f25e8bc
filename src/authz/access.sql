WITH active_groups AS (
    SELECT m.group_id, m.organization_id
    FROM group_members m
    JOIN groups g ON g.id = m.group_id
    WHERE m.user_id = ? AND g.is_active
), me AS (
    SELECT u.id FROM users u WHERE u.id = ? AND u.status = 'ACTIVE'
)
SELECT g.scope, r.id, r.permissions, g.organization_id, g.project_id, g.space_id, NULL::uuid, r.is_active
FROM access_grants g
JOIN roles r ON r.id = g.role_id
WHERE g.user_id IN (SELECT id FROM me)
   OR g.group_id IN (SELECT group_id FROM active_groups WHERE EXISTS (SELECT FROM me))
UNION ALL
SELECT CASE WHEN r.scope = 'TENANT' THEN 'TENANT' ELSE 'ALL_PROJECTS' END,
       r.id, r.permissions, r.organization_id, NULL, NULL, NULL, r.is_active
FROM role_assignments a
JOIN roles r ON r.id = a.role_id
WHERE a.user_id IN (SELECT id FROM me)
  AND (r.scope = 'TENANT' OR r.all_projects)
  AND (r.organization_id IS NULL OR EXISTS (
      SELECT FROM organization_members m WHERE m.user_id = a.user_id AND m.organization_id = r.organization_id))
UNION ALL
SELECT 'PROJECT', r.id, r.permissions, p.organization_id, p.project_id, NULL, NULL, r.is_active
FROM role_assignments a
JOIN roles r ON r.id = a.role_id AND r.scope <> 'TENANT' AND NOT r.all_projects
JOIN role_projects p ON p.role_id = r.id
JOIN organization_members m ON m.user_id = a.user_id AND m.organization_id = p.organization_id
WHERE a.user_id IN (SELECT id FROM me)
UNION ALL
SELECT 'MEMBER', m.user_id, '{}', m.organization_id, NULL, NULL, NULL, true
FROM organization_members m
WHERE m.user_id IN (SELECT id FROM me)
UNION ALL
SELECT 'GROUP', g.group_id, '{}', g.organization_id, NULL, NULL, g.group_id, true
FROM active_groups g
