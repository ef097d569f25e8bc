//! The listeners and what they let in: `CHARTROOM_BIND`, `CHARTROOM_ADMIN_BIND`,
//! `CHARTROOM_REQUEST_TIMEOUT_SECONDS`, `CHARTROOM_BODY_LIMIT_BYTES`, `CHARTROOM_UPLOAD_LIMIT_BYTES`,
//! `CHARTROOM_INTROSPECTION`,
//! `CHARTROOM_PLAYGROUND`, `CHARTROOM_CORS_ORIGINS`, `CHARTROOM_TRUSTED_PROXIES`,
//! `CHARTROOM_RATE_LIMIT_…`.

use super::{Environment, Networks, SocketConfig};
use anyhow::bail;
use std::{net::SocketAddr, time::Duration};

/// Who may read the schema by introspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    /// Everybody.
    On,
    /// Whoever is signed in.
    SignedIn,
    /// Nobody; the schema is still published as a file.
    Off,
}

/// Who gets the playground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaygroundMode {
    /// Every browser.
    On,
    /// Browsers with a valid session.
    SignedIn,
    /// Nobody.
    Off,
}

/// What one user, or one address without sign-in, may use a minute. Zero is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests.
    pub requests: u32,
    /// Cost points.
    pub points: u32,
}

/// Settings of the HTTP layer.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Address of the API.
    pub bind: SocketAddr,
    /// Address of the operations listener.
    pub admin_bind: SocketAddr,
    /// Longest run of a request.
    pub request_timeout: Duration,
    /// How long a request body may take to arrive.
    pub body_timeout: Duration,
    /// Largest request body in bytes.
    pub body_limit: usize,
    /// Most bytes of the files of one request, together.
    pub upload_limit: usize,
    /// Most operations in one request.
    pub batch_max: usize,
    /// Who may introspect.
    pub introspection: Introspection,
    /// Who gets the playground.
    pub playground: PlaygroundMode,
    /// Whether the server runs the demo, so that the playground offers its users.
    pub demo: bool,
    /// Origins of other sites that may call with cookies.
    pub cors_origins: Vec<String>,
    /// Proxies whose word on the client's address is taken.
    pub trusted_proxies: Networks,
    /// Use per minute.
    pub rate: RateLimits,
    /// Sockets and event streams.
    pub sockets: SocketConfig,
}

impl HttpConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let address = "an address such as 127.0.0.1:8080";
        let rate = |name, default| {
            let number = environment.number(name, 0, default)?;
            Ok::<_, anyhow::Error>(u32::try_from(number).unwrap_or(u32::MAX))
        };
        let body_limit = environment.number("CHARTROOM_BODY_LIMIT_BYTES", 1024, 2 * 1024 * 1024)?;
        let upload_limit =
            environment.number("CHARTROOM_UPLOAD_LIMIT_BYTES", 1024, 64 * 1024 * 1024)?;
        Ok(Self {
            bind: environment.value("CHARTROOM_BIND", address, ([127, 0, 0, 1], 8080).into())?,
            admin_bind: environment.value(
                "CHARTROOM_ADMIN_BIND",
                address,
                ([127, 0, 0, 1], 8081).into(),
            )?,
            request_timeout: environment.seconds("CHARTROOM_REQUEST_TIMEOUT_SECONDS", 30)?,
            body_timeout: Duration::from_secs(30),
            body_limit: usize::try_from(body_limit).unwrap_or(usize::MAX),
            upload_limit: usize::try_from(upload_limit).unwrap_or(usize::MAX),
            batch_max: 10,
            introspection: introspection(environment)?,
            playground: playground(environment)?,
            demo: false,
            cors_origins: environment.list("CHARTROOM_CORS_ORIGINS", origin)?,
            trusted_proxies: Networks::new(
                environment.list("CHARTROOM_TRUSTED_PROXIES", str::parse)?,
            ),
            rate: RateLimits {
                requests: rate("CHARTROOM_RATE_LIMIT_REQUESTS", 6_000)?,
                points: rate("CHARTROOM_RATE_LIMIT_POINTS", 600_000)?,
            },
            sockets: SocketConfig::from_env(environment)?,
        })
    }

    /// Settings for tests: the defaults, without rate limits.
    ///
    /// # Panics
    /// Never; the defaults are right.
    pub fn for_tests() -> Self {
        let mut config = match Self::from_env(&Environment::default()) {
            Ok(config) => config,
            Err(error) => unreachable!("{error}"),
        };
        config.rate = RateLimits {
            requests: 0,
            points: 0,
        };
        config
    }
}

fn introspection(environment: &Environment) -> anyhow::Result<Introspection> {
    match environment.text("CHARTROOM_INTROSPECTION") {
        None | Some("signed-in") => Ok(Introspection::SignedIn),
        Some("on") => Ok(Introspection::On),
        Some("off") => Ok(Introspection::Off),
        Some(other) => {
            bail!("CHARTROOM_INTROSPECTION: expected `on`, `signed-in` or `off`, got `{other}`")
        }
    }
}

fn playground(environment: &Environment) -> anyhow::Result<PlaygroundMode> {
    match environment.text("CHARTROOM_PLAYGROUND") {
        None | Some("on") => Ok(PlaygroundMode::On),
        Some("signed-in") => Ok(PlaygroundMode::SignedIn),
        Some("off") => Ok(PlaygroundMode::Off),
        Some(other) => {
            bail!("CHARTROOM_PLAYGROUND: expected `on`, `signed-in` or `off`, got `{other}`")
        }
    }
}

/// An origin as browsers send it: scheme and authority in lower case, nothing else.
fn origin(text: &str) -> anyhow::Result<String> {
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let fits = authority.is_some_and(|authority| {
        !authority.is_empty()
            && authority.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte)
            })
    });
    if !fits {
        bail!("expected an exact origin such as https://app.example.com, without path or wildcard");
    }
    Ok(text.to_owned())
}
