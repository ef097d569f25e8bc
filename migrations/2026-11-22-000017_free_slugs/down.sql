DROP FUNCTION free_slug(regclass, uuid, text);
