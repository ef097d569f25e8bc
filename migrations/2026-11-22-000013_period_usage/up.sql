-- Charts use the metrics that they show in other periods. No chart has such yet: the index stays right.

-- What a chart uses of its explore: ids of fields, `table:…` for fields of its own, `explore:…`.
CREATE OR REPLACE FUNCTION chart_fields(query jsonb) RETURNS text[]
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
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.additionalMetrics[*].periodComparison.baseMetricId') x
        UNION ALL SELECT x #>> '{}' FROM jsonb_path_query(query, '$.additionalMetrics[*].periodComparison.timeDimensionId') x
        UNION ALL SELECT 'explore:' || (query->>'exploreName')
    ) used
    WHERE used.name IS NOT NULL
$$;
