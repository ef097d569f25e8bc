EXISTS (
    SELECT FROM projects v
    WHERE v.id = ? AND users.status = 'ACTIVE' AND users.kind = 'USER' AND (
        EXISTS (
            SELECT FROM access_grants h
            JOIN roles r ON r.id = h.role_id AND r.is_active
            WHERE h.organization_id = v.organization_id
              AND CASE h.scope
                  WHEN 'ORGANIZATION' THEN r.scope = 'ORGANIZATION' AND r.permissions && '{PROJECT_VIEW,SPACE_VIEW}'
                  WHEN 'PROJECT' THEN h.project_id = v.id AND r.scope = 'PROJECT' AND r.permissions && '{PROJECT_VIEW,SPACE_VIEW}'
                  ELSE h.project_id = v.id AND r.scope = 'SPACE' AND 'SPACE_VIEW' = ANY (r.permissions) END
              AND (h.user_id = users.id
                  OR h.group_id IN (
                      SELECT m.group_id FROM group_members m JOIN groups g ON g.id = m.group_id AND g.is_active
                      WHERE m.user_id = users.id))
        )
        OR EXISTS (
            SELECT FROM role_assignments a
            JOIN roles r ON r.id = a.role_id AND r.is_active AND r.permissions && '{PROJECT_VIEW,SPACE_VIEW}'
            WHERE a.user_id = users.id AND (
                r.scope = 'TENANT'
                OR r.organization_id = v.organization_id AND EXISTS (
                    SELECT FROM organization_members m
                    WHERE m.user_id = users.id AND m.organization_id = v.organization_id)
                AND (r.all_projects
                    OR EXISTS (SELECT FROM role_projects p WHERE p.role_id = r.id AND p.project_id = v.id)))
        )
    )
)
