-- wanted-2, wanted-3 and so on: the first number found to be free right behind one that is taken, in as
-- many looks as the number has binary digits, twice.
CREATE FUNCTION free_slug(content regclass, project uuid, wanted text) RETURNS text
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    look text := format('SELECT EXISTS (SELECT FROM %s WHERE project_id = $1 AND slug = $2)', content);
    is_taken boolean;
    taken bigint := 1;
    free bigint := 2;
    middle bigint;
BEGIN
    LOOP
        EXECUTE look INTO is_taken USING project, wanted || '-' || free;
        EXIT WHEN NOT is_taken;
        taken := free;
        free := free * 2;
    END LOOP;
    WHILE free - taken > 1 LOOP
        middle := (taken + free) / 2;
        EXECUTE look INTO is_taken USING project, wanted || '-' || middle;
        IF is_taken THEN
            taken := middle;
        ELSE
            free := middle;
        END IF;
    END LOOP;
    RETURN wanted || '-' || free;
END $$;
