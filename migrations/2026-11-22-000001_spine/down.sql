DROP TABLE idempotency_keys, audit_events, dashboard_tiles, dashboard_tabs, charts, dashboards, access_grants,
    spaces, role_assignments, role_projects, roles, group_members, groups, api_keys, sessions, organization_members,
    sign_in_failures, password_credentials, installation CASCADE;
DROP TABLE projects, users, organizations CASCADE;
DROP FUNCTION assert_role_belongs_to_organization();
