-- The spine: installation, identity, access, projects, spaces and content.
--
-- Tenancy: every tenant table carries organization_id NOT NULL and refers to its parents by
-- composite keys (organization_id, id), so that no row can point across tenants.

CREATE TABLE installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    setup_code_hash bytea,
    setup_code_expires_at timestamptz,
    setup_completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE installation IS 'One row: facts about this installation, such as the one-time code of the first administrator.';
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    display_name text NOT NULL,
    description text,
    theme_id text,
    parent_id uuid REFERENCES organizations (id) ON DELETE RESTRICT,
    chart_colors text[] NOT NULL DEFAULT '{}',
    default_project_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE organizations IS 'A tenant: holds projects, members, groups and custom roles. Organizations may form a tree.';
CREATE UNIQUE INDEX organizations_name_key ON organizations (lower(name));
CREATE INDEX organizations_name_idx ON organizations (name, id);
CREATE INDEX organizations_display_name_idx ON organizations (display_name, id);
CREATE INDEX organizations_created_at_idx ON organizations (created_at, id);
CREATE INDEX organizations_parent_idx ON organizations (parent_id, name, id);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    kind text NOT NULL DEFAULT 'USER' CHECK (kind IN ('USER', 'RECIPIENT')),
    external_id text,
    username text NOT NULL,
    email text,
    is_email_verified boolean NOT NULL DEFAULT false,
    first_name text,
    last_name text,
    full_name text NOT NULL,
    mobile text,
    provider text NOT NULL DEFAULT 'local',
    domain_account text,
    locale text,
    status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'INVITED')),
    locked_until timestamptz,
    is_technician boolean NOT NULL DEFAULT false,
    is_setup_complete boolean NOT NULL DEFAULT true,
    is_tracking_anonymized boolean NOT NULL DEFAULT false,
    is_marketing_opted_in boolean NOT NULL DEFAULT false,
    last_login_at timestamptz,
    password_changed_at timestamptz,
    password_expiration_policy text NOT NULL DEFAULT 'FOLLOW_SYSTEM'
        CHECK (password_expiration_policy IN ('FOLLOW_SYSTEM', 'NEVER_EXPIRE')),
    organization_id uuid REFERENCES organizations (id) ON DELETE SET NULL,
    managing_organization_id uuid REFERENCES organizations (id) ON DELETE SET NULL,
    default_organization_id uuid REFERENCES organizations (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'Accounts of people. Accounts belong to the installation; organization_id is the home organization.';
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_external_id_key ON users (external_id);
CREATE INDEX users_username_idx ON users (username, id);
CREATE INDEX users_full_name_idx ON users (full_name, id);
CREATE INDEX users_created_at_idx ON users (created_at, id);
CREATE INDEX users_updated_at_idx ON users (updated_at, id);
CREATE INDEX users_organization_idx ON users (organization_id);
CREATE INDEX users_managing_organization_idx ON users (managing_organization_id);
CREATE INDEX users_default_organization_idx ON users (default_organization_id);

CREATE TABLE password_credentials (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE password_credentials IS 'Argon2id hashes, apart from users so that no query of people ever reads one.';

CREATE TABLE sign_in_failures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    address text,
    organization_id uuid,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sign_in_failures IS 'Failed sign-ins of the last day; what slows guessing down, by account, address and organization.';
CREATE INDEX sign_in_failures_account_idx ON sign_in_failures (account, at);
CREATE INDEX sign_in_failures_address_idx ON sign_in_failures (address, at);
CREATE INDEX sign_in_failures_organization_idx ON sign_in_failures (organization_id, at);
CREATE INDEX sign_in_failures_at_idx ON sign_in_failures (at);

CREATE TABLE organization_members (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
);
COMMENT ON TABLE organization_members IS 'Who belongs to an organization. Grants and group memberships refer to it, so that leaving takes them along.';
CREATE INDEX organization_members_user_idx ON organization_members (user_id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id uuid REFERENCES organizations (id) ON DELETE SET NULL,
    token_hash bytea NOT NULL,
    user_agent text,
    address text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE sessions IS 'Signed-in sessions; only the SHA-256 of a token is kept. A revoked session is deleted.';
CREATE UNIQUE INDEX sessions_token_hash_key ON sessions (token_hash);
CREATE INDEX sessions_user_idx ON sessions (user_id, created_at, id);
CREATE INDEX sessions_organization_idx ON sessions (organization_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    secret_hash bytea NOT NULL,
    last_four text NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    last_used_address text,
    rotated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE api_keys IS 'Keys that act with the present rights of their user; only the SHA-256 of the secret is kept.';
CREATE UNIQUE INDEX api_keys_secret_hash_key ON api_keys (secret_hash);
CREATE INDEX api_keys_user_idx ON api_keys (user_id, created_at, id);
CREATE INDEX api_keys_name_idx ON api_keys (name, id);
CREATE INDEX api_keys_created_at_idx ON api_keys (created_at, id);

CREATE TABLE groups (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    key text NOT NULL,
    name text NOT NULL,
    description text,
    type text NOT NULL DEFAULT 'LOCAL' CHECK (type IN ('LOCAL', 'DIRECTORY')),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid REFERENCES users (id) ON DELETE SET NULL,
    UNIQUE (organization_id, id)
);
COMMENT ON TABLE groups IS 'Sets of members of one organization; a grant to a group reaches its members while it is active.';
CREATE UNIQUE INDEX groups_key_key ON groups (organization_id, lower(key));
CREATE INDEX groups_name_idx ON groups (name, id);
CREATE INDEX groups_organization_name_idx ON groups (organization_id, name, id);
CREATE INDEX groups_created_at_idx ON groups (created_at, id);
CREATE INDEX groups_created_by_idx ON groups (created_by);
CREATE INDEX groups_updated_by_idx ON groups (updated_by);

CREATE TABLE group_members (
    organization_id uuid NOT NULL,
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, user_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE
);
COMMENT ON TABLE group_members IS 'Who is in a group; only members of the group''s organization can be.';
CREATE INDEX group_members_group_idx ON group_members (organization_id, group_id);
CREATE INDEX group_members_user_idx ON group_members (organization_id, user_id);
CREATE INDEX group_members_user_only_idx ON group_members (user_id);

CREATE TABLE projects (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    type text NOT NULL DEFAULT 'DEFAULT' CHECK (type IN ('DEFAULT', 'PREVIEW')),
    is_active boolean NOT NULL DEFAULT true,
    upstream_project_id uuid,
    scheduler_timezone text NOT NULL DEFAULT 'UTC',
    require_user_credentials boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid REFERENCES users (id) ON DELETE SET NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, upstream_project_id) REFERENCES projects (organization_id, id) ON DELETE SET NULL (upstream_project_id)
);
COMMENT ON TABLE projects IS 'A project of an organization: one semantic layer and the spaces built on it.';
CREATE UNIQUE INDEX projects_name_key ON projects (organization_id, lower(name));
CREATE INDEX projects_organization_name_idx ON projects (organization_id, name, id);
CREATE INDEX projects_name_idx ON projects (name, id);
CREATE INDEX projects_created_at_idx ON projects (created_at, id);
CREATE INDEX projects_updated_at_idx ON projects (updated_at, id);
CREATE INDEX projects_upstream_idx ON projects (organization_id, upstream_project_id);
CREATE INDEX projects_created_by_idx ON projects (created_by);
CREATE INDEX projects_updated_by_idx ON projects (updated_by);

ALTER TABLE organizations
    ADD FOREIGN KEY (id, default_project_id) REFERENCES projects (organization_id, id) ON DELETE SET NULL (default_project_id);
CREATE INDEX organizations_default_project_idx ON organizations (id, default_project_id);

CREATE TABLE roles (
    id uuid PRIMARY KEY,
    organization_id uuid REFERENCES organizations (id) ON DELETE CASCADE,
    key text NOT NULL,
    name text NOT NULL,
    description text,
    scope text NOT NULL CHECK (scope IN ('TENANT', 'ORGANIZATION', 'PROJECT', 'SPACE')),
    is_built_in boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    all_projects boolean NOT NULL DEFAULT false,
    permissions text[] NOT NULL DEFAULT '{}',
    rank integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (NOT is_built_in OR organization_id IS NULL),
    CHECK (scope = 'TENANT' OR organization_id IS NOT NULL OR is_built_in)
);
COMMENT ON TABLE roles IS 'Named sets of permissions. Built-in and tenant roles belong to no organization. rank orders roles by the number of permissions.';
CREATE UNIQUE INDEX roles_key_key ON roles (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), scope, lower(key));
CREATE INDEX roles_organization_idx ON roles (organization_id, name, id);
CREATE INDEX roles_name_idx ON roles (name, id);
CREATE INDEX roles_created_at_idx ON roles (created_at, id);

CREATE TABLE role_projects (
    organization_id uuid NOT NULL,
    role_id uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    project_id uuid NOT NULL,
    PRIMARY KEY (role_id, project_id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE role_projects IS 'Projects on which a custom project role holds for the users it is assigned to.';
CREATE INDEX role_projects_project_idx ON role_projects (organization_id, project_id);

CREATE TABLE role_assignments (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id uuid NOT NULL REFERENCES roles (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role_id)
);
COMMENT ON TABLE role_assignments IS 'Tenant roles, and custom project roles with projects of their own, given to a user without a scope.';
CREATE INDEX role_assignments_role_idx ON role_assignments (role_id);

CREATE TABLE spaces (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    parent_id uuid,
    name text NOT NULL,
    slug text NOT NULL,
    is_private boolean NOT NULL DEFAULT false,
    path uuid[] NOT NULL,
    grant_path uuid[] NOT NULL,
    is_restricted boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (project_id, id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, parent_id) REFERENCES spaces (project_id, id) ON DELETE CASCADE,
    CHECK (path[cardinality(path)] = id),
    CHECK (grant_path[cardinality(grant_path)] = id)
);
COMMENT ON TABLE spaces IS 'Folders of content, nested. path runs from the root to the space; grant_path from the nearest private ancestor (or the root), the spaces whose grants reach this one; is_restricted tells that a private one cuts off wider grants.';
CREATE UNIQUE INDEX spaces_slug_key ON spaces (project_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), slug);
CREATE INDEX spaces_project_name_idx ON spaces (project_id, name, id);
CREATE INDEX spaces_project_created_at_idx ON spaces (project_id, created_at, id);
CREATE INDEX spaces_organization_idx ON spaces (organization_id, project_id);
CREATE INDEX spaces_parent_idx ON spaces (project_id, parent_id);
CREATE INDEX spaces_parent_name_idx ON spaces (parent_id, name, id);
CREATE INDEX spaces_path_idx ON spaces USING gin (path);
CREATE INDEX spaces_grant_path_idx ON spaces USING gin (grant_path);
CREATE INDEX spaces_created_by_idx ON spaces (created_by);

CREATE TABLE access_grants (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    scope text NOT NULL CHECK (scope IN ('ORGANIZATION', 'PROJECT', 'SPACE')),
    scope_id uuid NOT NULL,
    project_id uuid,
    space_id uuid,
    user_id uuid,
    group_id uuid,
    role_id uuid NOT NULL REFERENCES roles (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    CHECK (num_nonnulls(user_id, group_id) = 1),
    CHECK (CASE scope
        WHEN 'ORGANIZATION' THEN scope_id = organization_id AND project_id IS NULL AND space_id IS NULL
        WHEN 'PROJECT' THEN scope_id = project_id AND space_id IS NULL
        ELSE scope_id = space_id AND project_id IS NOT NULL END)
);
COMMENT ON TABLE access_grants IS 'A role given to a user or a group on an organization, a project or a space. The grant of a user on an organization is the membership.';
CREATE UNIQUE INDEX access_grants_user_key ON access_grants (scope_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX access_grants_group_key ON access_grants (scope_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX access_grants_scope_idx ON access_grants (scope_id, created_at, id);
CREATE INDEX access_grants_user_idx ON access_grants (user_id, created_at, id);
CREATE INDEX access_grants_group_idx ON access_grants (group_id, created_at, id);
CREATE INDEX access_grants_organization_user_idx ON access_grants (organization_id, user_id);
CREATE INDEX access_grants_organization_group_idx ON access_grants (organization_id, group_id);
CREATE INDEX access_grants_project_idx ON access_grants (organization_id, project_id);
CREATE INDEX access_grants_space_idx ON access_grants (organization_id, space_id);
CREATE INDEX access_grants_role_idx ON access_grants (role_id);
CREATE INDEX access_grants_created_by_idx ON access_grants (created_by);

CREATE TABLE dashboards (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    space_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    description text,
    filters jsonb NOT NULL DEFAULT '{}',
    view_count integer NOT NULL DEFAULT 0,
    first_viewed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid REFERENCES users (id) ON DELETE SET NULL,
    UNIQUE (organization_id, id),
    UNIQUE (project_id, slug),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, space_id) REFERENCES spaces (project_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE dashboards IS 'Dashboards: tiles on a grid, in tabs, with filters over all of them.';
CREATE INDEX dashboards_space_name_idx ON dashboards (space_id, name, id);
CREATE INDEX dashboards_space_updated_at_idx ON dashboards (space_id, updated_at, id);
CREATE INDEX dashboards_project_name_idx ON dashboards (project_id, name, id);
CREATE INDEX dashboards_project_updated_at_idx ON dashboards (project_id, updated_at, id);
CREATE INDEX dashboards_project_space_idx ON dashboards (project_id, space_id);
CREATE INDEX dashboards_organization_project_idx ON dashboards (organization_id, project_id);
CREATE INDEX dashboards_created_by_idx ON dashboards (created_by);
CREATE INDEX dashboards_updated_by_idx ON dashboards (updated_by);

CREATE TABLE charts (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    space_id uuid NOT NULL,
    dashboard_id uuid,
    slug text NOT NULL,
    name text NOT NULL,
    description text,
    kind text NOT NULL CHECK (kind IN ('LINE', 'HORIZONTAL_BAR', 'VERTICAL_BAR', 'SCATTER', 'AREA', 'MIXED', 'PIE', 'TABLE', 'BIG_NUMBER', 'FUNNEL', 'CUSTOM')),
    explore_name text NOT NULL,
    view_count integer NOT NULL DEFAULT 0,
    first_viewed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid REFERENCES users (id) ON DELETE SET NULL,
    metric_query jsonb NOT NULL,
    config jsonb NOT NULL,
    pivot_columns text[] NOT NULL DEFAULT '{}',
    column_order text[] NOT NULL DEFAULT '{}',
    UNIQUE (organization_id, id),
    UNIQUE (project_id, slug),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, space_id) REFERENCES spaces (project_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE charts IS 'Saved charts: a metric query and how to draw it. dashboard_id is set where the chart exists only inside one dashboard.';
CREATE INDEX charts_space_name_idx ON charts (space_id, name, id);
CREATE INDEX charts_space_updated_at_idx ON charts (space_id, updated_at, id);
CREATE INDEX charts_project_name_idx ON charts (project_id, name, id);
CREATE INDEX charts_project_updated_at_idx ON charts (project_id, updated_at, id);
CREATE INDEX charts_project_kind_updated_at_idx ON charts (project_id, kind, updated_at, id);
CREATE INDEX charts_project_space_idx ON charts (project_id, space_id);
CREATE INDEX charts_organization_project_idx ON charts (organization_id, project_id);
CREATE INDEX charts_dashboard_idx ON charts (organization_id, dashboard_id);
CREATE INDEX charts_created_by_idx ON charts (created_by);
CREATE INDEX charts_updated_by_idx ON charts (updated_by);

CREATE TABLE dashboard_tabs (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    dashboard_id uuid NOT NULL,
    name text NOT NULL,
    position integer NOT NULL,
    UNIQUE (dashboard_id, id),
    FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE dashboard_tabs IS 'Tabs of a dashboard, in order of position.';
CREATE INDEX dashboard_tabs_dashboard_idx ON dashboard_tabs (organization_id, dashboard_id, position);

CREATE TABLE dashboard_tiles (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    dashboard_id uuid NOT NULL,
    tab_id uuid,
    kind text NOT NULL CHECK (kind IN ('CHART', 'SQL_CHART', 'MARKDOWN', 'LOOM')),
    x integer NOT NULL,
    y integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    title text,
    hide_title boolean NOT NULL DEFAULT false,
    chart_id uuid,
    content text,
    url text,
    position integer NOT NULL,
    FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (dashboard_id, tab_id) REFERENCES dashboard_tabs (dashboard_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, chart_id) REFERENCES charts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE dashboard_tiles IS 'Tiles of a dashboard on a grid of 36 columns.';
CREATE INDEX dashboard_tiles_dashboard_idx ON dashboard_tiles (organization_id, dashboard_id, position);
CREATE INDEX dashboard_tiles_tab_idx ON dashboard_tiles (dashboard_id, tab_id);
CREATE INDEX dashboard_tiles_chart_idx ON dashboard_tiles (organization_id, chart_id);

CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    organization_id uuid REFERENCES organizations (id) ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid REFERENCES users (id) ON DELETE SET NULL,
    api_key_id uuid REFERENCES api_keys (id) ON DELETE SET NULL,
    action text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('SUCCEEDED', 'DENIED', 'FAILED')),
    target_id text,
    changes text[] NOT NULL DEFAULT '{}',
    address text,
    user_agent text,
    request_id text
);
COMMENT ON TABLE audit_events IS 'Who did what, when and from where, denials included. Never updated.';
CREATE INDEX audit_events_organization_idx ON audit_events (organization_id, at, id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, at, id);
CREATE INDEX audit_events_api_key_idx ON audit_events (api_key_id);
CREATE INDEX audit_events_target_idx ON audit_events (target_id, at, id);

CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    response jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
COMMENT ON TABLE idempotency_keys IS 'Answers of mutations sent with an Idempotency-Key, kept for a day.';
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- A custom role may be granted only inside the organization that owns it.
CREATE FUNCTION assert_role_belongs_to_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM roles r
        WHERE r.id = NEW.role_id AND r.organization_id IS NOT NULL AND r.organization_id <> NEW.organization_id
    ) THEN
        RAISE EXCEPTION 'role % belongs to another organization', NEW.role_id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER access_grants_role_tenant BEFORE INSERT OR UPDATE ON access_grants
    FOR EACH ROW EXECUTE FUNCTION assert_role_belongs_to_organization();
CREATE TRIGGER role_projects_role_tenant BEFORE INSERT OR UPDATE ON role_projects
    FOR EACH ROW EXECUTE FUNCTION assert_role_belongs_to_organization();
