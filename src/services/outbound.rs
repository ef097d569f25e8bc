//! The client for requests to other servers.

use std::time::Duration;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request may take in all.
const REQUEST: Duration = Duration::from_secs(15);

/// A client for addresses that the operator has set: with limits of time, without redirects, which
/// could lead elsewhere.
///
/// # Errors
/// The client cannot be set up.
pub fn outbound() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(REQUEST)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("chartroom/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}
