//! What is known of a request before anything is decided: its id, its client, its trace.

use crate::config::HttpConfig;
use axum::http::{HeaderMap, HeaderName, Request, Uri, header, request::Parts, uri::Authority};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// The header that names a request, in both directions.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Address of whoever opened the connection. The listener adds it to each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The facts of one request.
#[derive(Debug)]
pub(super) struct Facts {
    /// Id of the request: the client's own if it is sane, else a new one.
    pub(super) id: String,
    /// Address of the client, behind trusted proxies.
    pub(super) address: Option<IpAddr>,
    /// Whether the client speaks TLS, as far as a trusted proxy says so.
    pub(super) is_tls: bool,
    /// Whether the server was called by a loopback name.
    pub(super) is_loopback_host: bool,
    /// The trace that the request belongs to.
    pub(super) trace: Option<String>,
    /// When it arrived.
    pub(super) started: Instant,
}

impl Facts {
    /// The same facts, for work that outlives the request.
    pub(super) fn same(&self) -> Self {
        Self {
            id: self.id.clone(),
            address: self.address,
            is_tls: self.is_tls,
            is_loopback_host: self.is_loopback_host,
            trace: self.trace.clone(),
            started: self.started,
        }
    }

    /// The same request, whose time begins now that its files have arrived.
    pub(super) fn begun_now(&self) -> Self {
        Self {
            started: Instant::now(),
            ..self.same()
        }
    }

    /// The facts of one more operation on the connection that a request began.
    pub(super) fn again(&self, ids: &RequestIds) -> Self {
        Self {
            id: ids.next(),
            started: Instant::now(),
            ..self.same()
        }
    }

    /// Reads the facts from a request's head.
    pub(super) fn of<B>(request: &Request<B>, config: &HttpConfig, ids: &RequestIds) -> Arc<Self> {
        let peer = request
            .extensions()
            .get::<Peer>()
            .map(|peer| peer.0.ip().to_canonical());
        let behind_proxy = peer.is_some_and(|peer| config.trusted_proxies.contain(peer));
        let headers = request.headers();
        let proto = text(headers, &FORWARDED_PROTO).filter(|_| behind_proxy);
        Arc::new(Self {
            id: incoming_id(headers).map_or_else(|| ids.next(), str::to_owned),
            address: if behind_proxy {
                forwarded(headers, config).or(peer)
            } else {
                peer
            },
            is_tls: proto.is_some_and(|proto| {
                proto
                    .rsplit(',')
                    .next()
                    .is_some_and(|last| last.trim() == "https")
            }),
            is_loopback_host: called(request.uri(), headers).is_some_and(is_loopback),
            trace: text(headers, &TRACEPARENT)
                .and_then(trace_id)
                .map(str::to_owned),
            started: Instant::now(),
        })
    }
}

/// Makes request ids: a random beginning for each process, then a count.
#[derive(Debug)]
pub(super) struct RequestIds {
    process: String,
    count: AtomicU64,
}

impl RequestIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "tells processes apart; nothing depends on it"
    )]
    pub(super) fn new() -> Self {
        let random = uuid::Uuid::now_v7().simple().to_string();
        let process = random.get(20..).unwrap_or_default().to_owned();
        Self {
            process,
            count: AtomicU64::new(1),
        }
    }

    fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{}-{count:06x}", self.process)
    }
}

/// The authority that the client called.
pub(super) fn host(parts: &Parts) -> Option<&str> {
    called(&parts.uri, &parts.headers)
}

fn called<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority()
        .map(Authority::as_str)
        .or_else(|| text(headers, &header::HOST))
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn is_loopback(authority: &str) -> bool {
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Ids end up in logs, so only short and harmless ones are taken over.
fn incoming_id(headers: &HeaderMap) -> Option<&str> {
    let id = text(headers, &REQUEST_ID)?;
    let sane = (8..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    sane.then_some(id)
}

/// The last address of `X-Forwarded-For` that is no trusted proxy: whatever stands before it, the
/// client may have written itself.
fn forwarded(headers: &HeaderMap, config: &HttpConfig) -> Option<IpAddr> {
    let mut client = None;
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let parts = lines
        .iter()
        .rev()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.rsplit(',').map(str::trim));
    for part in parts {
        let Some(address) = address(part) else { break };
        client = Some(address);
        if !config.trusted_proxies.contain(address) {
            break;
        }
    }
    client
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().ok();
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

/// The trace id of a W3C `traceparent`.
fn trace_id(text: &str) -> Option<&str> {
    let mut parts = text.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next()?;
    let hex = |part: &str, length| {
        part.len() == length
            && part
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let real = hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && hex(parent, 16)
        && trace.bytes().any(|byte| byte != b'0');
    real.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Networks;

    fn facts(peer: &str, headers: &[(&str, &str)]) -> Arc<Facts> {
        let mut config = HttpConfig::for_tests();
        config.trusted_proxies = Networks::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let mut request = Request::get("/graphql");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        request
            .extensions_mut()
            .insert(Peer(format!("{peer}:9").parse().unwrap()));
        Facts::of(&request, &config, &RequestIds::new())
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        let forged = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-proto", "https"),
        ];
        let direct = facts("203.0.113.9", &forged);
        assert_eq!(direct.address.unwrap().to_string(), "203.0.113.9");
        assert!(!direct.is_tls);
        let chain = [
            ("x-forwarded-for", "198.51.100.1, 192.0.2.7, 10.2.2.2"),
            forged[1],
        ];
        let proxied = facts("10.1.1.1", &chain);
        assert_eq!(proxied.address.unwrap().to_string(), "192.0.2.7");
        assert!(proxied.is_tls);
    }

    #[test]
    fn sane_ids_and_traces_are_taken_over() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
        let given = facts(
            "10.1.1.1",
            &[
                ("x-request-id", "client-0001"),
                ("traceparent", &traceparent),
            ],
        );
        assert_eq!(given.id, "client-0001");
        assert_eq!(given.trace.as_deref(), Some(trace));
        for bad in ["short", "with space in it", &"x".repeat(65)] {
            assert_ne!(facts("10.1.1.1", &[("x-request-id", bad)]).id, bad);
        }
        for bad in ["00-0-0-0", "zz", &traceparent.replace('4', "G")] {
            assert_eq!(facts("10.1.1.1", &[("traceparent", bad)]).trace, None);
        }
    }

    #[test]
    fn loopback_names_are_recognised() {
        for name in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "127.8.8.8",
            "[::1]:8080",
        ] {
            assert!(is_loopback(name), "{name}");
        }
        for name in [
            "localhost.example.test",
            "10.0.0.1",
            "example.test:80",
            "[fd00::1]",
            "",
        ] {
            assert!(!is_loopback(name), "{name}");
        }
    }
}
