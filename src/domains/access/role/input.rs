//! What is wrong with the input of createRole and updateRole, before anything is looked up.

use crate::{
    authz::{Permission, PermissionSet, RoleScope},
    gql::{Refusal, Tx, UserErrorCode, UserErrors},
    kernel::{entity::ProjectId, text},
};
use async_graphql::ID;

/// The permissions of an input, if a role of this scope can carry them.
pub(super) fn fitting(
    errors: &mut UserErrors,
    scope: RoleScope,
    given: &[Permission],
) -> PermissionSet {
    let set: PermissionSet = given.iter().copied().collect();
    let astray = set.without(set.fitting(scope));
    if !astray.is_empty() {
        let names = astray.names().join(", ");
        errors.add(
            UserErrorCode::Invalid,
            "permissions",
            format!("a role of scope {} cannot carry {names}", scope.as_str()),
        );
    }
    set
}

/// Projects are named by project roles only, and either all or some.
pub(super) fn only_for_projects(
    errors: &mut UserErrors,
    scope: RoleScope,
    all: Option<bool>,
    ids: Option<&[ID]>,
) {
    let named = ids.is_some_and(|ids| !ids.is_empty());
    let mut refuse = |path: &str, text: &str| errors.add(UserErrorCode::Invalid, path, text);
    if scope != RoleScope::Project {
        let text = "only roles of scope PROJECT hold on projects of their own";
        if all == Some(true) {
            refuse("allProjects", text);
        }
        if named {
            refuse("projectIds", text);
        }
    } else if all == Some(true) && named {
        refuse("projectIds", "leave this out where allProjects is true");
    }
}

pub(super) fn project_ids(
    tx: &Tx<'_>,
    errors: &mut UserErrors,
    ids: Option<&[ID]>,
) -> Option<Vec<ProjectId>> {
    let (ids, maximum) = (ids?, tx.scope.limits.bulk_max);
    if ids.len() > maximum {
        let text = format!("at most {maximum} projects can be named, got {}", ids.len());
        errors.add(UserErrorCode::LimitExceeded, "projectIds", text);
        return None;
    }
    let ids = ids.iter().enumerate();
    Some(
        ids.map(|(n, id)| errors.id(&format!("projectIds.{n}"), id))
            .collect(),
    )
}

/// Roles of the installation belong to no organization, all others to one.
pub(super) fn owner_given(errors: &mut UserErrors, scope: RoleScope, given: bool) {
    match (scope, given) {
        (RoleScope::Tenant, true) => errors.add(
            UserErrorCode::Invalid,
            "organizationId",
            "a role of scope TENANT belongs to the installation; leave this out",
        ),
        (RoleScope::Organization | RoleScope::Project | RoleScope::Space, false) => errors.add(
            UserErrorCode::Required,
            "organizationId",
            "name the organization that will own the role",
        ),
        _ => {}
    }
}

/// The key of the input if it is free; else one from the name, with a number where others have it.
pub(super) fn free_key(
    given: Option<String>,
    name: &str,
    taken: &[String],
) -> Result<String, Refusal> {
    if let Some(key) = given {
        if taken.contains(&key.to_lowercase()) {
            let text = "a role of this scope has this key already";
            return Err(Refusal::user(UserErrorCode::AlreadyExists, "key", text));
        }
        return Ok(key);
    }
    let slug = text::slug(name);
    let numbered = (2..).map(|n| format!("{slug}-{n}"));
    let free = std::iter::once(slug.clone())
        .chain(numbered)
        .find(|key| !taken.contains(key));
    Ok(free.unwrap_or(slug))
}
