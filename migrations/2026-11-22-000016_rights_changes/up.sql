-- Which transactions changed what somebody may do, so that who knows the rights of a moment can ask
-- in one look whether they still hold, and reads them anew only if not. Rows are only ever added, so
-- changes of rights do not wait for each other.
CREATE TABLE rights_changes (
    xid xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),
    seen_at timestamptz
);
COMMENT ON TABLE rights_changes IS 'Transactions that changed what somebody may do, for a few hours.';
COMMENT ON COLUMN rights_changes.xid IS 'The transaction.';
COMMENT ON COLUMN rights_changes.seen_at IS 'When the housekeeping first saw it committed.';

CREATE FUNCTION note_rights_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rights_changes DEFAULT VALUES ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE ON access_grants
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE ON role_assignments
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE ON role_projects
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE ON group_members
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER INSERT OR UPDATE OR DELETE ON organization_members
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change
    AFTER UPDATE OF organization_id, scope, permissions, all_projects, is_active OR DELETE ON roles
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change AFTER UPDATE OF is_active OR DELETE ON groups
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
CREATE TRIGGER note_rights_change
    AFTER UPDATE OF status, organization_id, default_organization_id OR DELETE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
-- A session's own end is looked for with it; here, the organization that its user works in.
CREATE TRIGGER note_rights_change AFTER UPDATE OF organization_id ON sessions
    FOR EACH STATEMENT EXECUTE FUNCTION note_rights_change();
