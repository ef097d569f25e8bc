//! Which entries of effective access to list.

use super::AccessSourceKind;
use crate::{
    gql::{IdFilter, enum_filter, id_argument},
    kernel::{
        Entity, Id, Result, entity,
        entity::{GroupId, RoleId},
    },
};
use async_graphql::InputObject;

enum_filter! { AccessSourceKindFilter on AccessSourceKind }

/// Which entries of effective access to list. Several conditions must all hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct EffectiveAccessFilter {
    /// Whose username, full name or mail address contains this text.
    pub search: Option<String>,
    /// With a source that gives this role.
    pub role_id: Option<IdFilter>,
    /// With access through this group.
    pub group_id: Option<IdFilter>,
    /// With a source of this kind.
    pub source_kind: Option<AccessSourceKindFilter>,
}

/// The conditions on sources, ready to be asked of many entries.
#[derive(Debug, Default)]
pub(super) struct SourceFilter {
    role: Condition<RoleId>,
    group: Condition<GroupId>,
    kind: Condition<AccessSourceKind>,
}

/// Operators on a set of values: some value must match, or none may.
#[derive(Debug)]
struct Condition<T> {
    some: Vec<Vec<T>>,
    none: Vec<T>,
    is_empty: Option<bool>,
}

impl<T> Default for Condition<T> {
    fn default() -> Self {
        Self {
            some: Vec::new(),
            none: Vec::new(),
            is_empty: None,
        }
    }
}

impl<T: PartialEq> Condition<T> {
    fn holds(&self, values: &[T]) -> bool {
        self.some
            .iter()
            .all(|wanted| values.iter().any(|value| wanted.contains(value)))
            && !values.iter().any(|value| self.none.contains(value))
            && self.is_empty.is_none_or(|empty| values.is_empty() == empty)
    }

    fn is_trivial(&self) -> bool {
        self.some.is_empty() && self.none.is_empty() && self.is_empty.is_none()
    }
}

fn of_ids<E: Entity>(argument: &str, filter: &IdFilter) -> Result<Condition<Id<E>>> {
    let of = filter.read(|id| id_argument::<E>("", id));
    let of = of.map_err(|error| error.under(argument))?;
    let mut condition = Condition {
        is_empty: of.is_null,
        ..Condition::default()
    };
    condition.some.extend(of.eq.map(|id| vec![id]));
    condition.some.extend(of.within);
    condition.none.extend(of.ne);
    condition.none.extend(of.not_in.into_iter().flatten());
    Ok(condition)
}

impl SourceFilter {
    /// The conditions of an input.
    ///
    /// # Errors
    /// An id of another kind.
    pub(super) fn new(filter: &EffectiveAccessFilter) -> Result<Self> {
        let mut all = Self::default();
        if let Some(role) = &filter.role_id {
            all.role = of_ids::<entity::Role>("filter.roleId", role)?;
        }
        if let Some(group) = &filter.group_id {
            all.group = of_ids::<entity::Group>("filter.groupId", group)?;
        }
        if let Some(kind) = &filter.source_kind {
            all.kind.some.extend(kind.eq.map(|kind| vec![kind]));
            all.kind.some.extend(kind.within.clone());
            all.kind.none.extend(kind.ne);
            all.kind.none.extend(kind.not_in.iter().flatten());
        }
        Ok(all)
    }

    /// Whether every entry passes.
    pub(super) fn is_trivial(&self) -> bool {
        self.role.is_trivial() && self.group.is_trivial() && self.kind.is_trivial()
    }

    /// Whether an entry with these sources passes.
    pub(super) fn holds(
        &self,
        roles: &[RoleId],
        groups: &[GroupId],
        kinds: &[AccessSourceKind],
    ) -> bool {
        self.role.holds(roles) && self.group.holds(groups) && self.kind.holds(kinds)
    }
}
