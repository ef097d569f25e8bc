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
    domains::identity::authentication::{Freshness, Pass},
};
use axum::http::{header, request::Parts};
use std::sync::Arc;

/// Longest `User-Agent` that is kept.
const USER_AGENT_CHARS: usize = 256;

/// The caller of a request.
pub(super) struct Caller {
    /// Who, if signed in.
    pub(super) viewer: Option<Arc<Viewer>>,
    /// By which token.
    pub(super) pass: Option<Pass>,
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
        let pass = credentials.token().map(Pass::from);
        let mut viewer = None;
        if let Some(pass) = &pass {
            let now = edge.app.clock.now();
            viewer = edge
                .app
                .authenticator
                .authenticate(pass, &origin, now, freshness)
                .await
                .map_err(|error| Failure::of(&error, &facts.id))?;
        }
        let principal = Principal::of(viewer.as_deref(), facts.address);
        edge.rate.request(&principal)?;
        if viewer.is_none() && by_header {
            return Err(credentials::unauthenticated());
        }
        let has_stale_cookie = viewer.is_none() && !matches!(credentials, Credentials::None);
        Ok(Self {
            viewer,
            pass,
            has_stale_cookie,
            origin,
            principal,
        })
    }
}

/// The client's `User-Agent`, cut to a sane length.
pub(super) fn user_agent(parts: &Parts) -> Option<String> {
    let text = parts.headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(USER_AGENT_CHARS).collect())
}
