//! Which of several roles at one place is the highest.

use crate::{
    authz::{Access, HeldScope, Holding, Permission, PermissionSet, Place, RoleScope, Viewer},
    kernel::entity::RoleId,
};

/// The permissions that have an effect on a kind of place: what makes a role high there.
pub(super) fn effective_on(place: &Place) -> PermissionSet {
    if place.spaces.is_empty() {
        return PermissionSet::all().fitting(RoleScope::Project);
    }
    let all: PermissionSet = [Permission::SpaceViewAll].into_iter().collect();
    PermissionSet::all().fitting(RoleScope::Space).union(all)
}

/// What is in both sets.
pub(super) const fn both(a: PermissionSet, b: PermissionSet) -> PermissionSet {
    a.without(a.without(b))
}

/// How high a role is at a place; compare with that of another role at the same place.
///
/// What counts first is how much of it has an effect there, so that full access to a space is
/// higher than looking at all of the organization; then how much it carries, then how near it was
/// granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Height {
    effective: u32,
    carried: u32,
    nearness: u8,
    /// Only to have one answer where all else is equal.
    role: std::cmp::Reverse<RoleId>,
}

impl Height {
    pub(super) fn new(
        effective: PermissionSet,
        granted: PermissionSet,
        nearness: u8,
        role: RoleId,
    ) -> Self {
        Self {
            effective: both(granted, effective).len(),
            carried: granted.len(),
            nearness,
            role: std::cmp::Reverse(role),
        }
    }
}

/// The roles that make up what somebody may do at a place.
fn held_at<'a>(access: &'a Access, place: &Place) -> Vec<&'a Holding> {
    let narrow = |holding: &Holding| matches!(holding.scope, HeldScope::Space(..));
    let reaches = |holding: &&Holding| match holding.scope {
        HeldScope::Tenant => true,
        HeldScope::Organization(o) => place.organization == Some(o),
        HeldScope::AllProjects(o) => place.organization == Some(o) && place.project.is_some(),
        HeldScope::Project(_, p) => place.project == Some(p),
        HeldScope::Space(_, _, s) => place.spaces.contains(&s),
    };
    let mut held: Vec<_> = access.holdings.iter().filter(reaches).collect();
    let past_restriction = !place.restricted
        || held
            .iter()
            .any(|held| !narrow(held) && held.permissions.contains(Permission::SpaceViewAll));
    held.retain(|holding| past_restriction || narrow(holding));
    held
}

/// The highest role that the viewer holds at a place, by whatever path.
pub fn viewer_role_at(viewer: &Viewer, place: &Place) -> Option<RoleId> {
    let effective = effective_on(place);
    held_at(&viewer.access, place)
        .into_iter()
        .filter(|holding| !both(holding.permissions, effective).is_empty())
        .max_by_key(|holding| {
            let nearness = match holding.scope {
                HeldScope::Tenant => 0,
                HeldScope::Organization(_) => 1,
                HeldScope::AllProjects(_) => 2,
                HeldScope::Project(..) => 3,
                HeldScope::Space(..) => 4,
            };
            Height::new(effective, holding.permissions, nearness, holding.role)
        })
        .map(|holding| holding.role)
}
