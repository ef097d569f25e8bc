INSERT INTO catalog_items (
    id, organization_id, project_id, kind, table_name, name, label, table_label, description,
    explore_name, is_current, is_listed, access, usage_keys, search)
SELECT x.id, ?, ?, x.kind, x.table_name, x.name, x.label, x.table_label, x.description,
    x.explore_name, true, x.is_listed, x.access, x.usage_keys, x.search
FROM jsonb_to_recordset(?) AS x(
    id uuid, kind text, table_name text, name text, label text, table_label text, description text,
    explore_name text, is_listed boolean, access jsonb, usage_keys text[], search text)
ON CONFLICT (project_id, kind, table_name, name) DO UPDATE SET
    label = excluded.label, table_label = excluded.table_label, description = excluded.description,
    explore_name = excluded.explore_name, is_current = true, is_listed = excluded.is_listed,
    access = excluded.access, usage_keys = excluded.usage_keys, search = excluded.search
