//! Where a warehouse may be: a name is resolved once, every address is checked, and the connection
//! goes to a checked address.

use super::WarehouseError;
use crate::config::Networks;
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

/// Longest host name.
const HOST_MAX: usize = 253;
/// Ports below are services of systems, not of warehouses.
const PORT_MIN: u16 = 1024;

/// Whether a text can be a host: a name or an address, in ASCII.
pub fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= HOST_MAX
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte))
}

/// The addresses of a host, all of which may be used.
///
/// # Errors
/// It has none, or one of them is in a network that the operator does not allow.
pub(super) async fn resolve(
    host: &str,
    port: u16,
    allowed: &Networks,
    patience: Duration,
) -> Result<Vec<IpAddr>, WarehouseError> {
    let unknown = || WarehouseError::CannotConnect(format!("the host {host} is not known"));
    if !is_host(host) {
        return Err(WarehouseError::Refused(
            "the host must be a name or an address".to_owned(),
        ));
    }
    let found = tokio::time::timeout(patience, tokio::net::lookup_host((host, port)))
        .await
        .map_err(|_elapsed| unknown())?
        .map_err(|_unknown| unknown())?;
    let addresses: BTreeSet<IpAddr> = found.map(|address| address.ip().to_canonical()).collect();
    if addresses.is_empty() {
        return Err(unknown());
    }
    for address in &addresses {
        check(*address, port, allowed).map_err(WarehouseError::Refused)?;
    }
    Ok(addresses.into_iter().collect())
}

/// Whether an address may be connected to. The text does not repeat the address, which may be
/// a secret of the network.
fn check(address: IpAddr, port: u16, allowed: &Networks) -> Result<(), String> {
    if allowed.contain(address) {
        return Ok(());
    }
    if !is_public(address) {
        return Err(
            "the host is in a private network; the operator can allow it with \
             CHARTROOM_WAREHOUSE_ALLOWED_NETWORKS"
                .to_owned(),
        );
    }
    if port < PORT_MIN {
        return Err(format!("the port must be at least {PORT_MIN}"));
    }
    Ok(())
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [a, b, ..] = segments;
    // Only what is given out as global unicast, without what leads to IPv4 by another way.
    let global = (0x2000..=0x3fff).contains(&a);
    let documentation = a == 0x2001 && b == 0x0db8 || a == 0x3fff && b < 0x1000;
    let tunnelled = a == 0x2002 || a == 0x2001 && b < 0x0200;
    global && !documentation && !tunnelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.255.0.9",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn names_and_odd_spellings_of_private_addresses_are_refused() {
        let none = Networks::default();
        for host in [
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0",
            "::1",
            "::ffff:127.0.0.1",
            "10.0.0.7",
            "169.254.169.254",
        ] {
            let error = resolve(host, 5432, &none, Duration::from_secs(5))
                .await
                .unwrap_err();
            // Where the system does not read an odd spelling, there is no such host.
            let expected = matches!(
                error,
                WarehouseError::Refused(_) | WarehouseError::CannotConnect(_)
            );
            assert!(expected, "{host}: {error}");
        }
        for host in [
            "",
            "/var/run/postgresql",
            "a b",
            "h\u{f6}st.test",
            "a,b",
            "[::1]",
            "x@y",
        ] {
            let error = resolve(host, 5432, &none, Duration::from_secs(5))
                .await
                .unwrap_err();
            assert!(
                matches!(error, WarehouseError::Refused(_)),
                "{host}: {error}"
            );
        }
    }

    #[tokio::test]
    async fn the_operator_can_allow_a_network() {
        let allowed = Networks::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let patience = Duration::from_secs(5);
        assert_eq!(
            resolve("127.0.0.1", 5432, &allowed, patience)
                .await
                .unwrap(),
            ["127.0.0.1".parse::<IpAddr>().unwrap()]
        );
        assert!(resolve("10.0.0.1", 5432, &allowed, patience).await.is_err());
        let none = Networks::default();
        assert!(resolve("8.8.8.8", 5432, &none, patience).await.is_ok());
        assert!(resolve("8.8.8.8", 22, &none, patience).await.is_err());
    }
}
