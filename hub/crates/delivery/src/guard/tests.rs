//! Addresses that may be dialled and those that may not, in every spelling.

use super::*;
use crate::client::{Client, NoAnswer, Waits};
use std::time::Duration;

#[test]
fn only_public_unicast_addresses_are_public() {
    for address in [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:200::1",
        "2400::1",
        "::ffff:8.8.8.8",
    ] {
        assert!(is_public(address.parse().expect("an address")), "{address}");
    }
    for address in [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "4000::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(address.parse().expect("an address")), "{address}");
    }
}

#[test]
fn a_channel_may_allow_a_network_and_no_more() {
    let networks = Networks::parse(&["127.0.0.0/8", "10.1.0.0/16", "fd00::/8"]).expect("networks");
    let allows = |text: &str| networks.check("host", text.parse().expect("an address")).is_ok();
    for address in ["127.9.9.9", "10.1.255.1", "::ffff:10.1.0.1", "fd00::1", "8.8.8.8"] {
        assert!(allows(address), "{address}");
    }
    for address in ["10.2.0.1", "::1", "fc00::1", "192.168.0.1", "169.254.169.254"] {
        assert!(!allows(address), "{address}");
    }
    let all = Networks::parse(&["0.0.0.0/0"]).expect("a network");
    assert!(all.check("host", "10.0.0.1".parse().expect("an address")).is_ok());
}

#[test]
fn what_is_not_a_network_is_refused() {
    for bad in
        ["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "::/129", "x/8", "10.0.0/8"]
    {
        assert_eq!(Networks::parse(&[bad]), Err(NotANetwork(bad.to_owned())));
    }
    let network: Network = "10.1.0.0/16".parse().expect("a network");
    assert_eq!(network.to_string(), "10.1.0.0/16");
}

#[test]
fn every_spelling_of_loopback_is_refused_before_anything_is_sent() {
    let waits = Waits::within(Duration::from_secs(1));
    let client = Client::new(Networks::default(), waits).expect("a client");
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "１２７.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "user:pass@127.0.0.1",
        "127.0.0.1.",
    ] {
        let url = reqwest::Url::parse(&format!("http://{host}:8080/x")).expect("a URL");
        let fault = client.check(&url).expect_err(host);
        assert!(matches!(fault, NoAnswer::Denied(_)), "{host}: {fault}");
    }
    for other in ["ftp://example.com/", "file:///etc/passwd", "data:text/plain,x"] {
        let url = reqwest::Url::parse(other).expect("a URL");
        assert!(matches!(client.check(&url), Err(NoAnswer::NotHttp { .. })), "{other}");
    }
    let public = reqwest::Url::parse("https://8.8.8.8/").expect("a URL");
    assert!(client.check(&public).is_ok());
}
