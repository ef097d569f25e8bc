//! The pages of effective access of all projects and spaces of a level, together.

use super::{
    EffectiveAccess, EffectiveAccessFilter, Target,
    filter::SourceFilter,
    lens::Lens,
    object::Entry,
    store::{self, Person},
    world::{Facts, Reachable, Reached, World},
};
use crate::{
    authz::{Permission, System, View, Viewer},
    db::{Conn, Fragment, ListQuery},
    domains::{
        access::{group::GroupRow, role::RoleRow},
        identity::user::UserRow,
    },
    gql::{
        Batch, Connection, OrderDirection, OrderField, OrderTerms, PageArgs, Scope, ScopeExt as _,
        field_place, search,
    },
    kernel::{Result, entity, entity::UserId},
};
use async_graphql::Context;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// The order of effective access: by username, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByUsername;

impl OrderField for ByUsername {
    const LIST: &'static str = "effectiveAccess";
    const TIE: (&'static str, &'static str) = ("users.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("lower(users.username)", "::text")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// One page, one row longer than asked where there are more, in the direction of the query.
struct Page {
    rows: Vec<(EffectiveAccess, Option<Vec<String>>)>,
    total: i64,
}

struct Pages {
    query: ListQuery,
    with_cursors: bool,
    people: Fragment,
    sources: SourceFilter,
}

/// Who can open a project or a space, and why. All of a level are answered together.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn effective_access_of(
    ctx: &Context<'_>,
    target: Target,
    filter: Option<&EffectiveAccessFilter>,
    page: &PageArgs,
) -> Result<Connection<EffectiveAccess>> {
    let none: [(ByUsername, _); 0] = [];
    let order = OrderTerms::new(&none);
    let query = page.query(ctx, Fragment::yes(), &order)?;
    let batch = || {
        let text = filter.and_then(|filter| filter.search.as_ref());
        let columns = search(&["users.username", "users.full_name", "users.email"]);
        let viewer = ctx.scope().viewer()?;
        Ok(Pages {
            query: query.clone(),
            with_cursors: wants_cursors(ctx),
            people: text.map_or_else(|| Ok(Fragment::yes()), |text| columns(text, viewer))?,
            sources: filter.map_or_else(|| Ok(SourceFilter::default()), SourceFilter::new)?,
        })
    };
    let page = ctx
        .scope()
        .lanes
        .load(field_place(ctx), batch, target)
        .await?;
    let (rows, total) = page.map_or((Vec::new(), 0), |page| (page.rows.clone(), page.total));
    let count = Box::new(
        move |_| -> futures_util::future::BoxFuture<'static, Result<i64>> {
            Box::pin(std::future::ready(Ok(total)))
        },
    );
    Ok(Connection::new(&query, &order, rows, count))
}

fn wants_cursors(ctx: &Context<'_>) -> bool {
    let look = ctx.look_ahead();
    look.field("edges").field("cursor").exists() || look.field("pageInfo").exists()
}

impl Batch for Pages {
    type Key = Target;
    type Value = Arc<Page>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        targets: Vec<Target>,
    ) -> Result<HashMap<Target, Arc<Page>>> {
        let viewer = scope.viewer()?.clone();
        let conn = scope.conn().await?;
        let conn = conn.get()?;
        let mut world = World::new(facts(conn, &viewer, &targets, self.people.clone()).await?);
        let reachable: Vec<Reachable> = targets.iter().map(|target| world.reach(target)).collect();
        let cuts: Vec<(Vec<Reached>, usize)> = targets
            .iter()
            .zip(&reachable)
            .map(|(target, reachable)| {
                self.cut(&world, &Lens::new(&world, &viewer, target), reachable)
            })
            .collect();
        let on_page: HashSet<UserId> = cuts
            .iter()
            .flat_map(|(rows, _)| rows)
            .filter_map(|reached| Some(world.people.get(reached.who)?.id))
            .collect();
        let visible = viewer.visible::<entity::User, View>();
        let users = store::users(conn, &visible, on_page.into_iter().collect()).await?;
        let users: HashMap<UserId, Arc<UserRow>> = users
            .into_iter()
            .map(|row| (row.id, Arc::new(row)))
            .collect();
        let mut pages = HashMap::with_capacity(targets.len());
        for ((target, reachable), (rows, total)) in targets.iter().zip(&reachable).zip(&cuts) {
            let lens = Lens::new(&world, &viewer, target);
            let rows = rows.iter().filter_map(|reached| {
                let person = world.people.get(reached.who)?;
                let entry = Entry {
                    user: users.get(&person.id)?.clone(),
                    role: lens.highest(reachable, reached)?,
                    permissions: reached.permissions,
                    sources: lens.sources(reachable, reached),
                };
                let keys = self.with_cursors.then(|| keys(person));
                Some((EffectiveAccess(Arc::new(entry)), keys))
            });
            let page = Page {
                rows: rows.collect(),
                total: i64::try_from(*total).unwrap_or(i64::MAX),
            };
            pages.insert(target.clone(), Arc::new(page));
        }
        prime(&scope, &world, &viewer, users)?;
        Ok(pages)
    }
}

fn keys(person: &Person) -> Vec<String> {
    vec![person.name.clone(), person.id.uuid().to_string()]
}

impl Pages {
    /// The page of a target, in the direction of the query, and how many there are on all pages.
    fn cut(&self, world: &World, lens: &Lens<'_>, reachable: &Reachable) -> (Vec<Reached>, usize) {
        let all: Vec<&Reached> = reachable
            .people
            .iter()
            .filter(|reached| lens.passes(reachable, reached, &self.sources))
            .collect();
        let place = |reached: &Reached| {
            world
                .people
                .get(reached.who)
                .map(|person| (person.name.as_str(), person.id.uuid()))
        };
        let bound = |keys: &Option<Vec<String>>| match keys.as_deref() {
            Some([name, id]) => Some((name.clone(), Uuid::try_parse(id).unwrap_or_default())),
            _ => None,
        };
        let (after, before) = (bound(&self.query.after), bound(&self.query.before));
        let inside = all.iter().filter(|reached| {
            let Some((name, id)) = place(reached) else {
                return false;
            };
            after
                .as_ref()
                .is_none_or(|(n, i)| (name, id) > (n.as_str(), *i))
                && before
                    .as_ref()
                    .is_none_or(|(n, i)| (name, id) < (n.as_str(), *i))
        });
        let limit = usize::try_from(self.query.limit)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        let rows = if self.query.backward {
            inside.rev().take(limit).map(|reached| **reached).collect()
        } else {
            inside.take(limit).map(|reached| **reached).collect()
        };
        (rows, all.len())
    }
}

/// Reads everything that decides about the targets.
async fn facts(
    conn: &Conn,
    viewer: &Arc<Viewer>,
    targets: &[Target],
    condition: Fragment,
) -> Result<Facts> {
    let system = System::new("who can open what, for everybody at once");
    let organizations: HashSet<_> = targets.iter().map(Target::organization).collect();
    let projects: HashSet<_> = targets.iter().map(Target::project).collect();
    let spaces: HashSet<_> = targets
        .iter()
        .flat_map(|target| &target.place().spaces)
        .collect();
    let scopes: Vec<Uuid> = organizations
        .iter()
        .map(|id| id.uuid())
        .chain(projects.iter().map(|id| id.uuid()))
        .chain(spaces.iter().map(|id| id.uuid()))
        .collect();
    let organizations: Vec<_> = organizations.into_iter().collect();
    let projects: Vec<_> = projects.into_iter().collect();
    let (grants, assignments) = futures_util::try_join!(
        store::grants(conn, system, &scopes),
        store::assignments(conn, system, &organizations, &projects),
    )?;
    let groups: HashSet<_> = grants.iter().filter_map(|grant| grant.group_id).collect();
    let groups: Vec<_> = groups.into_iter().collect();
    let roles: HashSet<_> = grants
        .iter()
        .map(|grant| grant.role_id)
        .chain(assignments.iter().map(|assignment| assignment.role))
        .collect();
    let roles: Vec<_> = roles.into_iter().collect();
    let (groups, roles) = futures_util::try_join!(
        store::groups(conn, system, &groups),
        store::roles(conn, system, &roles),
    )?;
    let candidates: HashSet<UserId> = grants
        .iter()
        .filter_map(|grant| grant.user_id)
        .chain(assignments.iter().map(|assignment| assignment.user))
        .chain(
            groups
                .iter()
                .flat_map(|(_, members)| members.iter().copied()),
        )
        .collect();
    let visible = viewer.visible::<entity::User, View>();
    let candidates = candidates.into_iter().collect();
    let people = store::people(conn, &visible, candidates, condition).await?;
    Ok(Facts {
        grants,
        assignments,
        groups,
        roles,
        people,
    })
}

/// Gives the loaders what was read, as far as the viewer may see it.
fn prime(
    scope: &Arc<Scope>,
    world: &World,
    viewer: &Viewer,
    users: HashMap<UserId, Arc<UserRow>>,
) -> Result<()> {
    scope.lanes.prime_by_id::<UserRow>(users)?;
    let roles = world.role_rows().filter(|row| {
        row.is_built_in
            || row
                .organization_id
                .is_some_and(|id| viewer.access.organizations.contains(&id))
    });
    scope
        .lanes
        .prime_by_id::<RoleRow>(roles.map(|row| (row.id, row.clone())))?;
    let groups = world.group_rows().filter(|row| {
        viewer.access.groups.contains(&row.id)
            || viewer.can_in(row.organization_id, Permission::GroupView)
    });
    scope
        .lanes
        .prime_by_id::<GroupRow>(groups.map(|row| (row.id, row.clone())))
}
