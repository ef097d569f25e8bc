//! A project or a space of which effective access is asked.

use crate::{
    authz::{Permission, Place},
    domains::{content::space::SpaceRow, project::project::ProjectRow},
    kernel::entity::{OrganizationId, ProjectId, SpaceId},
};
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};
use uuid::Uuid;

/// A project or a space of which effective access is asked.
#[derive(Debug, Clone)]
pub struct Target(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: Uuid,
    organization: OrganizationId,
    project: ProjectId,
    place: Place,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}
impl Eq for Target {}
impl Hash for Target {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl From<&ProjectRow> for Target {
    fn from(row: &ProjectRow) -> Self {
        Self(Arc::new(Inner {
            id: row.id.uuid(),
            organization: row.organization_id,
            project: row.id,
            place: Place::project(row.organization_id, row.id),
        }))
    }
}

impl From<&SpaceRow> for Target {
    fn from(row: &SpaceRow) -> Self {
        Self(Arc::new(Inner {
            id: row.id.uuid(),
            organization: row.organization_id,
            project: row.project_id,
            place: Place {
                spaces: row.grant_path.clone(),
                restricted: row.is_restricted,
                ..Place::project(row.organization_id, row.project_id)
            },
        }))
    }
}

impl Target {
    pub(super) fn id(&self) -> Uuid {
        self.0.id
    }

    pub(super) fn organization(&self) -> OrganizationId {
        self.0.organization
    }

    pub(super) fn project(&self) -> ProjectId {
        self.0.project
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// The permission that opens it.
    pub(super) fn opens(&self) -> Permission {
        if self.0.place.spaces.is_empty() {
            Permission::ProjectView
        } else {
            Permission::SpaceView
        }
    }

    /// The place of a space whose grants reach the target: nothing private lies between the two, so
    /// it is as restricted as the target.
    pub(super) fn place_above(&self, space: SpaceId) -> Option<Place> {
        let depth = self.0.place.spaces.iter().position(|id| *id == space)?;
        let spaces = self
            .0
            .place
            .spaces
            .iter()
            .take(depth.saturating_add(1))
            .copied()
            .collect();
        Some(Place {
            spaces,
            ..self.0.place.clone()
        })
    }
}
