//! What a caller signed in with: until when it is good, and the caller behind it as of now.

use super::{Access, AsOf, Credential, Permission, Viewer};
use crate::{
    db::{Conn, Fragment, sql},
    kernel::{Result, entity::OrganizationId},
};
use chrono::{DateTime, Utc};
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;
use std::sync::Arc;

/// The condition on a session `s` of a user `u` that can be used.
///
/// A session ends 12 hours after its last use and at its `expires_at`.
pub fn live_session(now: DateTime<Utc>) -> Fragment {
    sql(
        "s.expires_at > ? AND s.last_used_at > ? - interval '12 hours' \
         AND u.status = 'ACTIVE' AND u.kind = 'USER'",
        [now.into(), now.into()],
    )
}

/// The condition on an API key `k` of a user `u` that can be used. The user must hold
/// `API_KEY_USE`, too: [`Access::may_use_keys`].
pub fn live_api_key(now: DateTime<Utc>) -> Fragment {
    sql(
        "(k.expires_at IS NULL OR k.expires_at > ?) AND u.status = 'ACTIVE' AND u.kind = 'USER'",
        [now.into()],
    )
}

impl Access {
    /// Whether API keys of the user work.
    pub fn may_use_keys(&self) -> bool {
        let keys = self.reach(Permission::ApiKeyUse);
        keys.everywhere || !keys.organizations.is_empty()
    }

    /// The first of the wanted organizations that the user still belongs to, or else any.
    pub fn working_organization(&self, wanted: &[OrganizationId]) -> Option<OrganizationId> {
        let member = |id: &&OrganizationId| self.organizations.contains(*id);
        wanted
            .iter()
            .find(member)
            .or_else(|| self.organizations.iter().min())
            .copied()
    }
}

/// Selects `id`, `wanted`, `preferred` and `home` of the user behind a credential that can be used; `None`
/// for the server's own work.
fn user_behind(credential: Credential, now: DateTime<Utc>) -> Option<Fragment> {
    let (text, id, live) = match credential {
        Credential::Session(id) => (
            "SELECT u.id, s.organization_id AS wanted, \
             u.default_organization_id AS preferred, u.organization_id AS home \
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ? AND ",
            id.into(),
            live_session(now),
        ),
        Credential::ApiKey(id) => (
            "SELECT u.id, NULL::uuid AS wanted, \
             u.default_organization_id AS preferred, u.organization_id AS home \
             FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ? AND ",
            id.into(),
            live_api_key(now),
        ),
        Credential::CommandLine => return None,
    };
    Some(sql(text, [id]).with(live))
}

impl Viewer {
    /// Who is behind a credential, with the rights of now; `None` if it is not good, or the user may no
    /// longer use API keys.
    ///
    /// # Errors
    /// The database fails.
    pub async fn read(
        conn: &Conn,
        credential: Credential,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>> {
        let Some(me) = user_behind(credential, now) else {
            return Ok(None);
        };
        let Some((user, access, wanted)) = Access::load_caller(conn, me).await? else {
            return Ok(None);
        };
        if matches!(credential, Credential::ApiKey(_)) && !access.may_use_keys() {
            return Ok(None);
        }
        Ok(Some(Self {
            user,
            credential,
            organization: access.working_organization(&wanted),
            access,
        }))
    }

    /// The same caller as of now; `None` if what they signed in with is not good any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn renewed(
        self: &Arc<Self>,
        conn: &Conn,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Self>>> {
        if self.credential == Credential::CommandLine {
            let access = Access::load(conn, self.user).await?;
            let viewer = Self {
                access,
                ..(**self).clone()
            };
            return Ok(Some(Arc::new(viewer)));
        }
        if self.holds(conn, now).await? {
            return Ok(Some(self.clone()));
        }
        Ok(Self::read(conn, self.credential, now).await?.map(Arc::new))
    }

    /// The condition that the credential is still good, and no rights were changed since the viewer's were
    /// read: a few rows found by their keys, instead of all that gives rights. `None` if only reading
    /// them again can tell.
    pub(super) fn unchanged(&self, now: DateTime<Utc>) -> Option<Fragment> {
        let unchanged = self.access.as_of.as_ref().and_then(AsOf::holds)?;
        let me = user_behind(self.credential, now)?;
        let good = sql("EXISTS (", []).with(me).then(")", []);
        Some(good.and(unchanged))
    }

    async fn holds(&self, mut conn: &Conn, now: DateTime<Utc>) -> Result<bool> {
        let Some(unchanged) = self.unchanged(now) else {
            return Ok(false);
        };
        let holds = sql("SELECT ", [])
            .with(unchanged)
            .statement::<Bool>()
            .get_result(&mut conn)
            .await?;
        Ok(holds)
    }
}
