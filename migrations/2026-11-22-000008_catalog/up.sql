-- The catalog: every table and field of the explores of a project, with ids that outlive deployments.

-- What a chart uses of its explore: ids of fields, `table:…` for fields of its own, `explore:…`.
CREATE FUNCTION chart_fields(query jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT used.name), '{}')
    FROM (
        SELECT x #>> '{}' AS name FROM jsonb_path_query(query, '$.dimensions[*]') x
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.metrics[*]') x
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.sorts[*].fieldId') x
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.filters.**.fieldId') x
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.additionalMetrics[*].filters[*].fieldId') x
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.customDimensions[*].**.dimensionId') x
        UNION ALL SELECT 'table:' || (x #>> '{}') FROM jsonb_path_query(query, '$.customDimensions[*].**.table') x
        UNION ALL SELECT 'table:' || (x #>> '{}') FROM jsonb_path_query(query, '$.additionalMetrics[*].table') x
        UNION ALL SELECT (x->>'table') || '_' || (x->>'baseDimensionName')
            FROM jsonb_path_query(query, '$.additionalMetrics[*]') x
        UNION ALL SELECT 'explore:' || (query->>'exploreName')
    ) used
    WHERE used.name IS NOT NULL
$$;
CREATE INDEX charts_fields_idx ON charts USING gin (chart_fields(metric_query));

CREATE TABLE catalog_items (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('TABLE', 'DIMENSION', 'METRIC')),
    table_name text NOT NULL,
    name text NOT NULL,
    label text NOT NULL,
    table_label text NOT NULL,
    description text,
    explore_name text NOT NULL,
    is_current boolean NOT NULL,
    is_listed boolean NOT NULL,
    access jsonb NOT NULL,
    usage_keys text[] NOT NULL,
    icon_unicode text,
    icon_url text,
    search text NOT NULL,
    UNIQUE (project_id, kind, table_name, name),
    UNIQUE (project_id, id),
    CHECK (icon_unicode IS NULL OR icon_url IS NULL),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE catalog_items IS 'Tables and fields of a project by name. Those that the active deployment lacks stay, with their tags, but are not current.';
-- Words of the label weigh most, those of the description least.
CREATE FUNCTION catalog_words(item catalog_items) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('simple'::regconfig, item.label), 'A')
        || setweight(to_tsvector('simple'::regconfig, item.search), 'B')
        || setweight(to_tsvector('simple'::regconfig, coalesce(item.description, '')), 'D')
$$;
CREATE INDEX catalog_items_words_idx ON catalog_items USING gin (catalog_words(catalog_items));
CREATE INDEX catalog_items_project_idx ON catalog_items (organization_id, project_id);
CREATE INDEX catalog_items_label_idx ON catalog_items (project_id, label, id) WHERE is_listed AND is_current;
CREATE INDEX catalog_items_name_idx ON catalog_items (project_id, name, id) WHERE is_listed AND is_current;
CREATE INDEX catalog_items_table_name_idx ON catalog_items (project_id, table_name, id) WHERE is_listed AND is_current;

CREATE TABLE tags (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    color text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    UNIQUE (project_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE tags IS 'Labels for catalog items of a project.';
CREATE UNIQUE INDEX tags_name_key ON tags (project_id, lower(name));
CREATE INDEX tags_project_idx ON tags (organization_id, project_id);
CREATE INDEX tags_project_name_idx ON tags (project_id, name, id);
CREATE INDEX tags_created_by_idx ON tags (created_by);

CREATE TABLE catalog_item_tags (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    item_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    PRIMARY KEY (item_id, tag_id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, item_id) REFERENCES catalog_items (project_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, tag_id) REFERENCES tags (project_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE catalog_item_tags IS 'Which catalog items have which tags.';
CREATE INDEX catalog_item_tags_project_idx ON catalog_item_tags (organization_id, project_id);
CREATE INDEX catalog_item_tags_item_idx ON catalog_item_tags (project_id, item_id);
CREATE INDEX catalog_item_tags_tag_idx ON catalog_item_tags (project_id, tag_id);

-- Charts of spaces that are open to the whole project and use an item: the order by usage tells nothing
-- of restricted spaces.
CREATE FUNCTION open_usage(item catalog_items) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer FROM charts c JOIN spaces s ON s.id = c.space_id AND NOT s.is_restricted
    WHERE c.project_id = item.project_id AND chart_fields(c.metric_query) && item.usage_keys
$$;
