//! Who calls, found out once per request.

use super::{
    Edge,
    credentials::{self, Credentials},
    facts::Facts,
    failure::Failure,
    rate::Principal,
};
use crate::{
    authz::{Origin, Viewer},
    domains::identity::authentication::Freshness,
    kernel::Secret,
};
use axum::http::{header, request::Parts};
use std::sync::Arc;

/// Longest `User-Agent` that is kept.
const USER_AGENT_CHARS: usize = 256;

/// The caller of a request.
pub(super) struct Caller {
    /// Who, if signed in.
    pub(super) viewer: Option<Arc<Viewer>>,
    /// With which token.
    pub(super) token: Option<Secret>,
    /// Whether a cookie came that is good for nothing any more.
    pub(super) has_stale_cookie: bool,
    /// Where the request comes from.
    pub(super) origin: Origin,
    /// Whose budget is used.
    pub(super) principal: Principal,
}

impl Caller {
    /// Finds out who is behind the credentials.
    ///
    /// A bad `Authorization` is an error. A stale cookie is not: whoever has one must still be able
    /// to sign in.
    pub(super) async fn find(
        edge: &Edge,
        parts: &Parts,
        facts: &Facts,
        credentials: Credentials,
        freshness: Freshness,
    ) -> Result<Self, Failure> {
        let origin = Origin {
            address: facts.address.map(|address| address.to_string()),
            user_agent: user_agent(parts),
            request_id: facts.id.clone(),
            by_cookie: matches!(credentials, Credentials::Cookie(_)),
        };
        let by_header = matches!(credentials, Credentials::Bearer(_));
        let mut viewer = None;
        if let Some(token) = credentials.token() {
            let now = edge.app.clock.now();
            viewer = edge
                .app
                .authenticator
                .authenticate(token, &origin, now, freshness)
                .await
                .map_err(|error| Failure::of(&error, &facts.id))?;
        }
        let principal = Principal::of(viewer.as_deref(), facts.address);
        edge.rate.request(&principal)?;
        if viewer.is_none() && by_header {
            return Err(credentials::unauthenticated());
        }
        let has_stale_cookie = viewer.is_none() && !matches!(credentials, Credentials::None);
        let token = match credentials {
            Credentials::Bearer(token) | Credentials::Cookie(token) => Some(token),
            Credentials::None | Credentials::BadCookie => None,
        };
        Ok(Self {
            viewer,
            token,
            has_stale_cookie,
            origin,
            principal,
        })
    }
}

fn user_agent(parts: &Parts) -> Option<String> {
    let text = parts.headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(USER_AGENT_CHARS).collect())
}
