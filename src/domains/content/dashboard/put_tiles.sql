WITH home AS (
    SELECT id, organization_id FROM dashboards WHERE id = ?
), input AS (
    SELECT home.organization_id, home.id AS dashboard_id, tile.*
    FROM home, jsonb_to_recordset(?) AS tile (
        id uuid, tab_id uuid, kind text, x integer, y integer, width integer, height integer,
        title text, hide_title boolean, chart_id uuid, content text, url text, position integer)
), gone AS (
    DELETE FROM dashboard_tiles t USING home
    WHERE t.dashboard_id = home.id AND NOT EXISTS (SELECT FROM input WHERE input.id = t.id)
)
INSERT INTO dashboard_tiles (
    id, organization_id, dashboard_id, tab_id, kind, x, y, width, height, title, hide_title,
    chart_id, content, url, position)
SELECT id, organization_id, dashboard_id, tab_id, kind, x, y, width, height, title, hide_title,
       chart_id, content, url, position
FROM input
ON CONFLICT (id) DO UPDATE SET
    tab_id = excluded.tab_id, kind = excluded.kind, x = excluded.x, y = excluded.y,
    width = excluded.width, height = excluded.height, title = excluded.title,
    hide_title = excluded.hide_title, chart_id = excluded.chart_id, content = excluded.content,
    url = excluded.url, position = excluded.position
WHERE dashboard_tiles.dashboard_id = excluded.dashboard_id
