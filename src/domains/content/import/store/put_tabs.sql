INSERT INTO dashboard_tabs (id, organization_id, dashboard_id, name, position)
SELECT id, organization_id, dashboard_id, name, position
FROM jsonb_populate_recordset(NULL::dashboard_tabs, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position
WHERE dashboard_tabs.dashboard_id = excluded.dashboard_id
  AND (dashboard_tabs.name, dashboard_tabs.position)
      IS DISTINCT FROM (excluded.name, excluded.position)
RETURNING dashboard_id
