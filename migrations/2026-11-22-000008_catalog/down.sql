DROP FUNCTION open_usage(catalog_items);
DROP TABLE catalog_item_tags;
DROP TABLE tags;
DROP INDEX catalog_items_words_idx;
DROP FUNCTION catalog_words(catalog_items);
DROP TABLE catalog_items;
DROP INDEX charts_fields_idx;
DROP FUNCTION chart_fields(jsonb);
