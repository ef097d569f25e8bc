-- Models of projects: what was uploaded, the explores made of it, and the attributes of users that
-- explores ask for.

CREATE TABLE deployments (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    source text NOT NULL CHECK (source IN ('DBT', 'EXPLORES')),
    status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'COMPILED', 'FAILED')),
    is_strict boolean NOT NULL DEFAULT false,
    dbt_version text,
    explore_count integer,
    error_count integer,
    error text,
    job_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    compiled_at timestamptz,
    UNIQUE (organization_id, id),
    UNIQUE (project_id, id),
    CHECK ((status = 'COMPILED') = (compiled_at IS NOT NULL)),
    CHECK ((status = 'COMPILED') = (explore_count IS NOT NULL AND error_count IS NOT NULL)),
    CHECK ((status = 'FAILED') = (error IS NOT NULL)),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE deployments IS 'Models that were given to a project, newest last. The explores of a compiled one never change.';
CREATE INDEX deployments_project_idx ON deployments (organization_id, project_id, created_at, id);
CREATE INDEX deployments_project_created_at_idx ON deployments (project_id, created_at, id);
CREATE INDEX deployments_job_idx ON deployments (job_id);
CREATE INDEX deployments_created_by_idx ON deployments (created_by);

CREATE TABLE deployment_files (
    organization_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('MANIFEST', 'CATALOG', 'CONFIG', 'EXPLORES')),
    content bytea NOT NULL,
    PRIMARY KEY (deployment_id, kind),
    FOREIGN KEY (organization_id, deployment_id) REFERENCES deployments (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE deployment_files IS 'Uploaded files, compressed with gzip, until they are compiled.';
CREATE INDEX deployment_files_deployment_idx ON deployment_files (organization_id, deployment_id);
ALTER TABLE deployment_files ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE explores (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    name text NOT NULL,
    label text NOT NULL,
    description text,
    groups text[] NOT NULL,
    tags text[] NOT NULL,
    base_table text NOT NULL,
    source_path text,
    is_usable boolean NOT NULL,
    error_count integer NOT NULL,
    access jsonb NOT NULL,
    definition text NOT NULL,
    UNIQUE (deployment_id, name),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, deployment_id) REFERENCES deployments (project_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE explores IS 'Compiled explores of a deployment. access are the attributes that its base table asks for. definition is JSON as text: jsonb would forget the order of fields.';
CREATE INDEX explores_project_idx ON explores (organization_id, project_id);
CREATE INDEX explores_deployment_idx ON explores (project_id, deployment_id);
CREATE INDEX explores_deployment_label_idx ON explores (deployment_id, label, id);

CREATE TABLE active_deployments (
    project_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    deployment_id uuid NOT NULL,
    activated_at timestamptz NOT NULL DEFAULT now(),
    activated_by uuid REFERENCES users (id) ON DELETE SET NULL,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, deployment_id) REFERENCES deployments (project_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE active_deployments IS 'The deployment whose explores a project shows and queries.';
CREATE INDEX active_deployments_project_idx ON active_deployments (organization_id, project_id);
CREATE INDEX active_deployments_deployment_idx ON active_deployments (project_id, deployment_id);
CREATE INDEX active_deployments_activated_by_idx ON active_deployments (activated_by);

CREATE TABLE user_attributes (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text,
    default_value text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id)
);
COMMENT ON TABLE user_attributes IS 'Named facts about users that models ask for: who may use a field, which rows there are.';
CREATE UNIQUE INDEX user_attributes_name_key ON user_attributes (organization_id, name);

CREATE TABLE user_attribute_users (
    organization_id uuid NOT NULL,
    attribute_id uuid NOT NULL,
    user_id uuid NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (attribute_id, user_id, value),
    FOREIGN KEY (organization_id, attribute_id) REFERENCES user_attributes (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE
);
COMMENT ON TABLE user_attribute_users IS 'Values of an attribute for a user.';
CREATE INDEX user_attribute_users_attribute_idx ON user_attribute_users (organization_id, attribute_id);
CREATE INDEX user_attribute_users_user_idx ON user_attribute_users (organization_id, user_id);

CREATE TABLE user_attribute_groups (
    organization_id uuid NOT NULL,
    attribute_id uuid NOT NULL,
    group_id uuid NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (attribute_id, group_id, value),
    FOREIGN KEY (organization_id, attribute_id) REFERENCES user_attributes (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE user_attribute_groups IS 'Values of an attribute for the members of a group, while it is active.';
CREATE INDEX user_attribute_groups_attribute_idx ON user_attribute_groups (organization_id, attribute_id);
CREATE INDEX user_attribute_groups_group_idx ON user_attribute_groups (organization_id, group_id);

-- The values of each attribute of an organization that a user has: their own and those of their
-- active groups, else the default. An attribute without any is left out.
CREATE FUNCTION user_attribute_values(organization uuid, member uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(a.name, coalesce(own.held, jsonb_build_array(a.default_value))), '{}')
    FROM user_attributes a
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(DISTINCT given.value) AS held
        FROM (
            SELECT x.value FROM user_attribute_users x
            WHERE x.attribute_id = a.id AND x.user_id = member
            UNION ALL
            SELECT x.value FROM user_attribute_groups x
            JOIN group_members m ON m.group_id = x.group_id AND m.user_id = member
            JOIN groups g ON g.id = x.group_id AND g.is_active
            WHERE x.attribute_id = a.id
        ) given
    ) own
    WHERE a.organization_id = organization AND (own.held IS NOT NULL OR a.default_value IS NOT NULL)
$$;

-- Whether a user has the attributes that rules ask for: each rule is {"all": {attribute: [values]}} or
-- {"any": …}, and each must hold.
CREATE FUNCTION attributes_allow(rules jsonb, organization uuid, member uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(bool_and(
        CASE WHEN rule.one ? 'all' THEN NOT EXISTS (
            SELECT FROM jsonb_each(rule.one->'all') AS need(name, wanted)
            WHERE NOT coalesce(held.facts->need.name ?| ARRAY(SELECT jsonb_array_elements_text(need.wanted)), false))
        ELSE EXISTS (
            SELECT FROM jsonb_each(rule.one->'any') AS need(name, wanted)
            WHERE held.facts->need.name ?| ARRAY(SELECT jsonb_array_elements_text(need.wanted)))
        END), true)
    FROM jsonb_array_elements(rules) AS rule(one)
    CROSS JOIN (SELECT user_attribute_values(organization, member) AS facts OFFSET 0) held
$$;
