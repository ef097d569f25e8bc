-- The synthetic database of the benchmark: 20 organizations × `bench.scale`, all of it made from row
-- numbers and their hashes, so that every run and every machine has the same rows.
--
-- Numbers run from 0. Per organization: 250 users, 15 groups. Per 20 organizations: 50 projects,
-- of which the first organization has 25 (so that a page of 20 is full) and the others one or two.
-- Per project: 20 spaces, a tree five deep. Per space: 20 charts, 5 dashboards of 6 tiles.

CREATE FUNCTION pg_temp.hash(kind text, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || substr(md5(kind || ':' || n), 1, 8))::bit(32)::bigint
$$;

-- A UUID of version 7 whose time grows with the number, as ids made by the server do.
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1735689600000 + n * 1000), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid
    FROM md5(kind || ':' || n) AS h
$$;

CREATE FUNCTION pg_temp.numbers(per_scale int) RETURNS SETOF bigint LANGUAGE sql AS $$
    SELECT generate_series(0, per_scale * current_setting('bench.scale')::bigint - 1)
$$;

-- The organization of a project.
CREATE FUNCTION pg_temp.owner(project bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT project / 50 * 20 + CASE WHEN project % 50 < 25 THEN 0 ELSE 1 + (project % 50 - 25) % 19 END
$$;

-- Some user of an organization.
CREATE FUNCTION pg_temp.someone(organization bigint, kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.id('user', organization * 250 + pg_temp.hash(kind, n) % 250)
$$;

CREATE FUNCTION pg_temp.role(in_scope text, with_key text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT id FROM roles WHERE is_built_in AND scope = in_scope AND key = with_key
$$;

-- Space k of a project, from 1 to 20, lies in space k / 2. Space 19 is private everywhere, space 6
-- (with 12 and 13 in it) in every fifth project.
CREATE FUNCTION pg_temp.is_private(project bigint, k bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT k = 19 OR (k = 6 AND project % 5 = 4)
$$;

INSERT INTO organizations (id, name, display_name)
SELECT pg_temp.id('organization', n), 'organization-' || lpad(n::text, 5, '0'), 'Organization ' || n
FROM pg_temp.numbers(20) n;

INSERT INTO users (id, username, email, first_name, last_name, full_name, organization_id, managing_organization_id, default_organization_id)
SELECT pg_temp.id('user', n), 'user-' || lpad(n::text, 6, '0'), 'user-' || n || '@bench.test',
       first, last, first || ' ' || last, organization, organization, organization
FROM (
    SELECT n, pg_temp.id('organization', n / 250) AS organization,
           (ARRAY['Ada','Blaise','Chien','Dorothy','Edsger','Frances','Grace','Hedy','Ivan','Joan'])[1 + pg_temp.hash('first', n) % 10] AS first,
           (ARRAY['Lovelace','Pascal','Wu','Hodgkin','Dijkstra','Allen','Hopper','Lamarr','Sutherland','Clarke'])[1 + pg_temp.hash('last', n) % 10] || ' ' || n AS last
    FROM pg_temp.numbers(5000) n
) u;

INSERT INTO organization_members (organization_id, user_id)
SELECT organization_id, id FROM users;

INSERT INTO groups (id, organization_id, key, name)
SELECT pg_temp.id('group', n), pg_temp.id('organization', n / 15), 'group-' || n, 'Group ' || lpad(n::text, 5, '0')
FROM pg_temp.numbers(300) n;

-- Everybody is in one group, every other user in a second one.
INSERT INTO group_members (organization_id, group_id, user_id)
SELECT pg_temp.id('organization', n / 250), pg_temp.id('group', n / 250 * 15 + (pg_temp.hash('member', n) + step) % 15), pg_temp.id('user', n)
FROM pg_temp.numbers(5000) n,
     LATERAL (SELECT 0 AS step UNION ALL SELECT 1 + pg_temp.hash('again', n) % 14 WHERE n % 2 = 0) steps;

INSERT INTO projects (id, organization_id, name, description, created_by, updated_by)
SELECT pg_temp.id('project', n), pg_temp.id('organization', pg_temp.owner(n)), 'Project ' || lpad(n::text, 5, '0'),
       'What project ' || n || ' is for', pg_temp.someone(pg_temp.owner(n), 'project', n), pg_temp.someone(pg_temp.owner(n), 'project', n)
FROM pg_temp.numbers(50) n;

INSERT INTO spaces (id, organization_id, project_id, parent_id, name, slug, is_private, path, grant_path, is_restricted, created_by)
SELECT pg_temp.id('space', p * 20 + k), pg_temp.id('organization', pg_temp.owner(p)), pg_temp.id('project', p),
       CASE WHEN k > 1 THEN pg_temp.id('space', p * 20 + k / 2) END,
       'Space ' || lpad(k::text, 2, '0'), 'space-' || k, pg_temp.is_private(p, k),
       above.path, above.path[coalesce(above.private_at, 1):], above.private_at IS NOT NULL,
       pg_temp.someone(pg_temp.owner(p), 'space', p * 20 + k)
FROM pg_temp.numbers(50) p, generate_series(1::bigint, 20) k,
     LATERAL (
         -- From the root down to the space itself, numbered from 1.
         SELECT array_agg(pg_temp.id('space', p * 20 + ancestor) ORDER BY place) AS path,
                max(place) FILTER (WHERE pg_temp.is_private(p, ancestor)) AS private_at
         FROM (
             SELECT k >> step AS ancestor, row_number() OVER (ORDER BY step DESC)::int AS place
             FROM generate_series(0, 4) step WHERE k >> step >= 1
         ) line
     ) above;

INSERT INTO charts (id, organization_id, project_id, space_id, slug, name, description, kind, explore_name, view_count, created_at, created_by, updated_at, updated_by, metric_query, config)
SELECT pg_temp.id('chart', n), pg_temp.id('organization', organization), pg_temp.id('project', project), pg_temp.id('space', project * 20 + n / 20 % 20 + 1),
       'chart-' || n,
       (ARRAY['Revenue','Orders','Customers','Churn','Margin','Stock','Visits','Returns','Costs','Forecast'])[1 + h % 10] || ' by '
           || (ARRAY['month','week','region','store','channel','product','segment'])[1 + h / 10 % 7] || ' ' || lpad(n::text, 6, '0'),
       'What chart ' || n || ' shows',
       -- Six of ten are lines, so that a project has a list of 240 to page through.
       (ARRAY['LINE','LINE','LINE','LINE','LINE','LINE','TABLE','BIG_NUMBER','VERTICAL_BAR','PIE'])[1 + pg_temp.hash('kind', n) % 10],
       'orders', h % 1000,
       timestamptz '2026-01-01Z' + n * interval '1 minute', pg_temp.someone(organization, 'chart', n),
       timestamptz '2026-01-01Z' + pg_temp.hash('updated', n) % 20000000 * interval '1 second', pg_temp.someone(organization, 'chart', n),
       jsonb_build_object('exploreName', 'orders', 'dimensions', jsonb_build_array('orders_status', 'orders_month'),
           'metrics', jsonb_build_array('orders_count', 'orders_revenue'), 'filters', jsonb_build_object(),
           'sorts', jsonb_build_array(jsonb_build_object('fieldId', 'orders_month', 'descending', true)), 'limit', 500, 'tableCalculations', jsonb_build_array()),
       jsonb_build_object('type', 'cartesian', 'layout', jsonb_build_object('xField', 'orders_month', 'yField', jsonb_build_array('orders_count')),
           'notes', repeat(md5(n::text), 16))
FROM (
    SELECT n, n / 400 AS project, pg_temp.owner(n / 400) AS organization, pg_temp.hash('chart', n) AS h
    FROM pg_temp.numbers(20000) n
) c;

INSERT INTO dashboards (id, organization_id, project_id, space_id, slug, name, description, created_by, updated_at, updated_by)
SELECT pg_temp.id('dashboard', n), pg_temp.id('organization', pg_temp.owner(n / 100)), pg_temp.id('project', n / 100), pg_temp.id('space', n / 100 * 20 + n / 5 % 20 + 1),
       'dashboard-' || n, 'Dashboard ' || lpad(n::text, 6, '0'), 'What dashboard ' || n || ' shows',
       pg_temp.someone(pg_temp.owner(n / 100), 'dashboard', n),
       timestamptz '2026-01-01Z' + pg_temp.hash('dashboard', n) % 20000000 * interval '1 second', pg_temp.someone(pg_temp.owner(n / 100), 'dashboard', n)
FROM pg_temp.numbers(5000) n;

-- Five of six tiles show a chart of the dashboard's space, the last is text.
INSERT INTO dashboard_tiles (id, organization_id, dashboard_id, kind, x, y, width, height, title, chart_id, content, position)
SELECT pg_temp.id('tile', n * 6 + t), pg_temp.id('organization', pg_temp.owner(n / 100)), pg_temp.id('dashboard', n),
       CASE WHEN t < 5 THEN 'CHART' ELSE 'MARKDOWN' END, t % 2 * 18, t / 2 * 6, 18, 6, 'Tile ' || t,
       CASE WHEN t < 5 THEN pg_temp.id('chart', n / 5 * 20 + pg_temp.hash('tile', n * 6 + t) % 20) END,
       CASE WHEN t = 5 THEN 'Read from left to right.' END, t
FROM pg_temp.numbers(5000) n, generate_series(0::bigint, 5) t;

-- Grants. Everybody has a role on the organization: one administrator, one editor, ten viewers,
-- else members, who see only what is granted beyond. Each group has one too: the first as viewer.
-- Then some of both on projects and spaces: about fifty people per space can open it.
CREATE TEMP TABLE given (scope text, scope_id uuid, organization bigint, project bigint, space bigint, member bigint, team bigint, role text);

INSERT INTO given
SELECT 'ORGANIZATION', pg_temp.id('organization', n / 250), n / 250, NULL, NULL, n, NULL,
       CASE WHEN n % 250 = 0 THEN 'admin' WHEN n % 250 = 1 THEN 'editor' WHEN n % 250 < 12 THEN 'viewer' ELSE 'member' END
FROM pg_temp.numbers(5000) n;
INSERT INTO given
SELECT 'ORGANIZATION', pg_temp.id('organization', n / 15), n / 15, NULL, NULL, NULL, n, CASE n % 15 WHEN 0 THEN 'viewer' ELSE 'member' END
FROM pg_temp.numbers(300) n;
INSERT INTO given
SELECT 'PROJECT', pg_temp.id('project', p), pg_temp.owner(p), p, NULL, NULL, pg_temp.owner(p) * 15 + 1 + p % 14, 'interactive_viewer'
FROM pg_temp.numbers(50) p WHERE p % 4 = 3;
INSERT INTO given
SELECT 'PROJECT', pg_temp.id('project', p), pg_temp.owner(p), p, NULL, pg_temp.owner(p) * 250 + 10 + (p * 5 + i) % 240, NULL,
       CASE i WHEN 0 THEN 'admin' WHEN 1 THEN 'developer' ELSE 'editor' END
FROM pg_temp.numbers(50) p, generate_series(0::bigint, 2) i;
INSERT INTO given
SELECT 'SPACE', pg_temp.id('space', p * 20 + k), pg_temp.owner(p), p, p * 20 + k, NULL, pg_temp.owner(p) * 15 + 1 + (p + k) % 14, 'editor'
FROM pg_temp.numbers(50) p, generate_series(3::bigint, 20, 7) k;
INSERT INTO given
SELECT 'SPACE', pg_temp.id('space', p * 20 + k), pg_temp.owner(p), p, p * 20 + k, pg_temp.owner(p) * 250 + 10 + pg_temp.hash('given', p * 40 + k * 2 + i) % 240, NULL,
       CASE i WHEN 0 THEN 'admin' ELSE 'viewer' END
FROM pg_temp.numbers(50) p, generate_series(1::bigint, 20, 2) k, generate_series(0::bigint, 1) i;

INSERT INTO access_grants (id, organization_id, scope, scope_id, project_id, space_id, user_id, group_id, role_id)
SELECT pg_temp.id('grant', row_number() OVER (ORDER BY scope, scope_id, member, team)), pg_temp.id('organization', organization), scope, scope_id,
       CASE WHEN project IS NOT NULL THEN pg_temp.id('project', project) END, CASE WHEN space IS NOT NULL THEN pg_temp.id('space', space) END,
       CASE WHEN member IS NOT NULL THEN pg_temp.id('user', member) END, CASE WHEN team IS NOT NULL THEN pg_temp.id('group', team) END,
       pg_temp.role(scope, given.role)
FROM given
-- The hash may name a person twice on one scope.
ON CONFLICT DO NOTHING;
