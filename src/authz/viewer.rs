//! The caller of a request.

use super::{Access, Permission, PermissionSet, Place};
use crate::kernel::{
    Error, Result,
    entity::{ApiKeyId, OrganizationId, SessionId, UserId},
};

/// What the caller signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A session.
    Session(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// The server's own work for a user, such as the demo or an import from the command line.
    CommandLine,
}

/// Where a request comes from, for the audit log and rate limits.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Address of the client.
    pub address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// Id of the request.
    pub request_id: String,
    /// Whether the caller's credential came in a cookie, which a new sign-in overwrites.
    pub by_cookie: bool,
}

/// A signed-in caller with the rights of now.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Whose rights.
    pub user: UserId,
    /// How they signed in.
    pub credential: Credential,
    /// The organization they work in.
    pub organization: Option<OrganizationId>,
    /// What they hold.
    pub access: Access,
}

impl Viewer {
    /// What the viewer may do at a place.
    pub fn at(&self, place: &Place) -> PermissionSet {
        self.access.at(place)
    }

    /// What the viewer may do on the installation.
    pub fn on_installation(&self) -> PermissionSet {
        self.access.at(&Place::installation())
    }

    /// Whether the viewer holds a permission on an organization.
    pub fn can_in(&self, organization: OrganizationId, permission: Permission) -> bool {
        self.access
            .at(&Place::organization(organization))
            .contains(permission)
    }

    /// Refuses to hand out what the viewer does not hold at the place.
    ///
    /// # Errors
    /// [`Error::Forbidden`] naming the permissions that are lacking.
    pub fn may_hand_out(&self, permissions: PermissionSet, place: &Place) -> Result<()> {
        let lacking = permissions.without(self.access.at(place));
        if lacking.is_empty() {
            return Ok(());
        }
        Err(Error::Forbidden(
            format!(
                "you cannot give permissions that you lack there: {}",
                lacking.names().join(", ")
            )
            .into(),
        ))
    }
}
