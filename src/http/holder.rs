//! Whom a long connection belongs to: asked again for every operation and every event.

use super::{Edge, caller::Caller, facts::Facts, rate::Principal};
use crate::{
    authz::Origin,
    domains::identity::authentication::{Freshness, Pass},
    kernel::Result,
};
use std::{net::IpAddr, sync::Arc};

/// The caller behind a socket or an event stream.
pub(super) struct Holder {
    edge: Arc<Edge>,
    pass: Option<Pass>,
    address: Option<IpAddr>,
    user_agent: Option<String>,
}

impl Holder {
    pub(super) fn new(
        edge: Arc<Edge>,
        pass: Option<Pass>,
        facts: &Facts,
        user_agent: Option<String>,
    ) -> Self {
        Self {
            edge,
            pass,
            address: facts.address,
            user_agent,
        }
    }

    /// The caller with the rights of now; `None` once the session or key has ended.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(super) async fn caller(
        &self,
        request_id: &str,
        freshness: Freshness,
    ) -> Result<Option<Caller>> {
        let origin = Origin {
            address: self.address.map(|address| address.to_string()),
            user_agent: self.user_agent.clone(),
            request_id: request_id.to_owned(),
            // Nothing that is sent here can set a cookie, so a sign-in leaves the session alone.
            by_cookie: false,
        };
        let mut viewer = None;
        if let Some(pass) = &self.pass {
            let app = &self.edge.app;
            let now = app.clock.now();
            let found = app
                .authenticator
                .authenticate(pass, &origin, now, freshness)
                .await?;
            let Some(found) = found else { return Ok(None) };
            viewer = Some(found);
        }
        Ok(Some(Caller {
            principal: Principal::of(viewer.as_deref(), self.address),
            viewer,
            pass: self.pass.clone(),
            has_stale_cookie: false,
            origin,
        }))
    }

    /// Waits until the session or key has ended, for as long as `is_needed` says that it matters.
    pub(super) async fn ended(&self, is_needed: impl Fn() -> bool) {
        loop {
            tokio::time::sleep(self.edge.app.config.sockets.check).await;
            // A database that cannot be reached says nothing about the caller.
            if is_needed() && matches!(self.caller("", Freshness::Recent).await, Ok(None)) {
                return;
            }
        }
    }
}
