WITH home AS (
    SELECT id, organization_id FROM dashboards WHERE id = ?
)
INSERT INTO dashboard_tabs (id, organization_id, dashboard_id, name, position)
SELECT tab.id, home.organization_id, home.id, tab.name, tab.position
FROM home, jsonb_to_recordset(?) AS tab (id uuid, name text, position integer)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position
WHERE dashboard_tabs.dashboard_id = excluded.dashboard_id
