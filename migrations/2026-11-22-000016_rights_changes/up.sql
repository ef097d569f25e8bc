-- Which transactions changed what somebody may do, so that who knows the rights of a moment can ask
-- in one look whether they still hold, and reads them anew only if not. A row for each, not a number
-- that all of them raise: changes of rights do not wait for each other.

-- Rather no new version yet than callers who wait behind it.
SET LOCAL lock_timeout = '10s';

CREATE TABLE rights_changes (
    xid xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),
    seen_at timestamptz
);
COMMENT ON TABLE rights_changes IS 'Transactions that changed what somebody may do, for a few hours.';
COMMENT ON COLUMN rights_changes.xid IS 'The transaction.';
COMMENT ON COLUMN rights_changes.seen_at IS 'When the housekeeping first saw it committed.';

CREATE FUNCTION note_rights_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO rights_changes DEFAULT VALUES ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON organization_members
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON access_grants
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON group_members
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON role_assignments
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON role_projects
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change
    AFTER UPDATE OF organization_id, scope, permissions, all_projects, is_active OR DELETE ON roles
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER UPDATE OF organization_id, is_active OR DELETE ON groups
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
-- A caller's own account and credential are looked for each time; here, where they work.
CREATE TRIGGER note_rights_change
    AFTER UPDATE OF status, organization_id, default_organization_id OR DELETE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER UPDATE OF organization_id ON sessions
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
