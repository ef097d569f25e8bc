//! What a request signs in with, and the defence against requests from other sites.

use super::{
    cors,
    facts::{self, Facts},
    failure::Failure,
    negotiate::{self, Events},
};
use crate::{
    config::HttpConfig,
    gql::ErrorCode,
    kernel::{Secret, SecretKind},
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

/// The cookie over TLS. The prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`.
const SECURE_COOKIE: &str = "__Host-chartroom";
/// The cookie on a loopback address without TLS.
const LOOPBACK_COOKIE: &str = "chartroom_session";
/// A cookie outlives no session: sessions end after 14 days at the latest.
const COOKIE_SECONDS: u32 = 14 * 24 * 60 * 60;

/// Headers that other sites cannot send without asking first (a CORS preflight).
const PREFLIGHT_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-chartroom-csrf"),
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request signs in with.
#[derive(Debug)]
pub(super) enum Credentials {
    /// Nothing.
    None,
    /// A token in the header `Authorization`.
    Bearer(Secret),
    /// A session token in a cookie.
    Cookie(Secret),
    /// A cookie that is no token; it is ignored, and cleared.
    BadCookie,
}

impl Credentials {
    /// Reads the credentials, and refuses what another site may have sent.
    pub(super) fn of(parts: &Parts, facts: &Facts, config: &HttpConfig) -> Result<Self, Failure> {
        if let Some(token) = authorization(&parts.headers)? {
            return Ok(Self::Bearer(token));
        }
        if cookie(&parts.headers, facts).is_none() {
            return Ok(Self::None);
        }
        refuse_other_sites(parts, config)?;
        Ok(cookie_token(&parts.headers, facts).map_or(Self::BadCookie, Self::Cookie))
    }

    /// The token, if there is one.
    pub(super) const fn token(&self) -> Option<&Secret> {
        match self {
            Self::Bearer(token) | Self::Cookie(token) => Some(token),
            Self::None | Self::BadCookie => None,
        }
    }
}

/// The token in the header `Authorization`, if there is one.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<Secret>, Failure> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let token = bearer(value).filter(|_| values.next().is_none());
    token.map(Some).ok_or_else(unauthenticated)
}

/// The token is unknown, expired, revoked or mistyped.
pub(super) fn unauthenticated() -> Failure {
    Failure::new(
        StatusCode::UNAUTHORIZED,
        ErrorCode::Unauthenticated,
        "the token is not valid: it is mistyped, unknown, expired or revoked",
    )
    .with(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"chartroom\", error=\"invalid_token\""),
    )
}

fn bearer(value: &HeaderValue) -> Option<Secret> {
    bearer_text(value.to_str().ok()?)
}

/// The session token or API key in `Bearer …`.
pub(super) fn bearer_text(text: &str) -> Option<Secret> {
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Secret::parse(token.trim()))?
        .filter(|token| token.kind() != SecretKind::SocketTicket)
}

/// The session token of the cookie, whoever made the browser send it.
pub(super) fn cookie_token(headers: &HeaderMap, facts: &Facts) -> Option<Secret> {
    Secret::parse(cookie(headers, facts)?).filter(|token| token.kind() == SecretKind::Session)
}

/// The value of the session cookie that fits the connection.
fn cookie<'a>(headers: &'a HeaderMap, facts: &Facts) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut weak = None;
    for (name, value) in pairs {
        match name {
            SECURE_COOKIE => return Some(value),
            LOOPBACK_COOKIE if facts.is_loopback_host && !facts.is_tls => weak = Some(value),
            _ => {}
        }
    }
    weak
}

/// Browsers add cookies to requests of any site. Only a page of ours or of an allowed origin can
/// add a header, and only such a page has a matching `Origin`.
fn refuse_other_sites(parts: &Parts, config: &HttpConfig) -> Result<(), Failure> {
    let headers = &parts.headers;
    let refused = |why: &'static str| {
        Err(Failure::new(
            StatusCode::FORBIDDEN,
            ErrorCode::CsrfRefused,
            why,
        ))
    };
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            let own = facts::host(parts).is_some_and(|host| cors::is_own(origin, host));
            if !own && !cors::is_allowed(origin, config) {
                return refused("a session cookie does not work from another origin");
            }
        }
        None => {
            let site = facts::text(headers, &FETCH_SITE);
            if matches!(site, Some("cross-site" | "same-site")) {
                return refused("a session cookie does not work from another site");
            }
        }
    }
    let has_own_header = PREFLIGHT_HEADERS
        .iter()
        .any(|name| headers.contains_key(name));
    if !has_own_header && !is_own_event_source(parts) {
        return refused(
            "a session cookie needs the header `X-Chartroom-CSRF` (with any value) beside it",
        );
    }
    Ok(())
}

/// An `EventSource` cannot send headers of its own, and cannot lie about the page that opened it.
fn is_own_event_source(parts: &Parts) -> bool {
    parts.method == Method::GET
        && facts::text(&parts.headers, &FETCH_SITE) == Some("same-origin")
        && negotiate::events(&parts.headers) == Events::Always
}

/// The cookie that signs in, or with no token the one that ends the session.
pub(super) fn set_cookie(token: Option<&str>, facts: &Facts) -> Option<HeaderValue> {
    let on_loopback = facts.is_loopback_host && !facts.is_tls;
    let (name, secure) = if on_loopback {
        (LOOPBACK_COOKIE, "")
    } else {
        (SECURE_COOKIE, "; Secure")
    };
    let (value, age) = token.map_or(("", 0), |token| (token, COOKIE_SECONDS));
    let text = format!("{name}={value}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{secure}");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
