//! How far systems sign what they send. The schemes and the test vectors are
//! those of each platform's own documentation.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

/// HMAC-SHA256 of the body, base64: Shopify, WooCommerce, LINE, Mautic.
#[must_use]
pub fn hmac_base64(secret: &[u8], body: &[u8]) -> String {
    BASE64.encode(hmac(secret, &[body]))
}

/// HMAC-SHA256 of the body, lower-case hex: EC-CUBE.
#[must_use]
pub fn hmac_hex(secret: &[u8], body: &[u8]) -> String {
    hex::encode(hmac(secret, &[body]))
}

/// HMAC-SHA256 of `{timestamp}.{body}`, as `t=…,v1=…` in hex: Stripe, ACP.
#[must_use]
pub fn timestamped_hex(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    let signature = hmac(secret, &[timestamp.as_bytes(), b".", body]);
    format!("t={timestamp},v1={}", hex::encode(signature))
}

/// HMAC-SHA256 of `{id}.{timestamp}.{body}`, as `v1,…` in base64: Standard
/// Webhooks 1.0.0. `secret` is the key itself, without `whsec_` and base64.
#[must_use]
pub fn standard_webhooks(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    format!("v1,{}", BASE64.encode(hmac(secret, &parts)))
}

/// The key inside a Standard Webhooks secret `whsec_…`.
#[must_use]
pub fn whsec_key(secret: &str) -> Option<Vec<u8>> {
    BASE64.decode(secret.strip_prefix("whsec_")?).ok()
}

fn hmac(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"test_secret_0123456789";
    const BODY: &[u8] = br##"{"id":820982911946154508,"name":"#1001","total_price":"1980"}"##;

    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        let plain = "RYVYGQ4fHBbY8lHMbYGPTSX6IxAYq404PoDYOOL30w4=";
        assert_eq!(hmac_base64(SECRET, BODY), plain);
        let hex = "458558190e1f1c16d8f251cc6d818f4d25fa231018ab8d383e80d838e2f7d30e";
        assert_eq!(hmac_hex(SECRET, BODY), hex);
        let stripe = "171c1757fc7ebc091de0de9c2247c4f6879a418178e59bba6c01463d740c336a";
        assert_eq!(
            timestamped_hex(SECRET, "1767225600", BODY),
            format!("t=1767225600,v1={stripe}")
        );
        let key = whsec_key("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
        assert_eq!(
            key.map(|key| standard_webhooks(&key, id, "1767225600", BODY)).as_deref(),
            Some("v1,pP98o4BuMFIGW5EZyujOTgPadFNlrtVPtB17+l+PPtU=")
        );
    }
}
