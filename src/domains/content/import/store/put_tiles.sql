INSERT INTO dashboard_tiles (
    id, organization_id, dashboard_id, tab_id, kind, x, y, width, height, title, hide_title,
    chart_id, content, url, position)
SELECT id, organization_id, dashboard_id, tab_id, kind, x, y, width, height, title, hide_title,
       chart_id, content, url, position
FROM jsonb_populate_recordset(NULL::dashboard_tiles, ?)
ON CONFLICT (id) DO UPDATE SET
    tab_id = excluded.tab_id, kind = excluded.kind, x = excluded.x, y = excluded.y,
    width = excluded.width, height = excluded.height, title = excluded.title,
    hide_title = excluded.hide_title, chart_id = excluded.chart_id,
    content = excluded.content, url = excluded.url, position = excluded.position
WHERE dashboard_tiles.dashboard_id = excluded.dashboard_id
  AND (dashboard_tiles.tab_id, dashboard_tiles.kind, dashboard_tiles.x, dashboard_tiles.y,
       dashboard_tiles.width, dashboard_tiles.height, dashboard_tiles.title,
       dashboard_tiles.hide_title, dashboard_tiles.chart_id, dashboard_tiles.content,
       dashboard_tiles.url, dashboard_tiles.position)
   IS DISTINCT FROM
      (excluded.tab_id, excluded.kind, excluded.x, excluded.y, excluded.width,
       excluded.height, excluded.title, excluded.hide_title, excluded.chart_id,
       excluded.content, excluded.url, excluded.position)
RETURNING dashboard_id
