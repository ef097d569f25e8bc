//! The batch behind `Organization.member`: one principal in many organizations.

use super::{OrganizationMembershipRow, store, store::Member};
use crate::{
    authz::View,
    domains::access::PrincipalRef,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{Result, entity, entity::OrganizationId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

struct Memberships {
    principal: PrincipalRef,
}

impl Batch for Memberships {
    type Key = OrganizationId;
    type Value = Arc<OrganizationMembershipRow>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<OrganizationId>,
    ) -> Result<HashMap<OrganizationId, Self::Value>> {
        let viewer = scope.viewer()?;
        let conn = scope.conn().await?;
        let conn = conn.get()?;
        let member = match &self.principal {
            PrincipalRef::User(user) => match user.find(conn, viewer).await? {
                Some(user) => Member::User(user),
                None => return Ok(HashMap::new()),
            },
            PrincipalRef::Group(group) => Member::Group(group),
        };
        let visible = viewer.visible::<entity::Organization, View>();
        let rows = store::memberships(conn, &visible, &keys, &member).await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.organization_id, Arc::new(row)))
            .collect())
    }
}

/// The membership of a principal in an organization, as far as the viewer may see it. Batched over
/// the organizations of one place in the document.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn membership_of(
    ctx: &Context<'_>,
    organization: OrganizationId,
    principal: PrincipalRef,
) -> Result<Option<Arc<OrganizationMembershipRow>>> {
    let place = std::ptr::from_ref(ctx.item).addr();
    let batch = || Ok(Memberships { principal });
    ctx.scope().lanes.load(place, batch, organization).await
}
