//! A port for a hub that comes back to it after a restart.

use std::{
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Range,
};

use crate::{Fail, Result};

/// Below what systems give to outgoing connections (Linux: from 32768 on), so that
/// no connection of another test takes it while the hub is down.
const PORTS: Range<u16> = 15_000..32_000;

/// How many are tried before there is none.
const TRIES: u64 = 100;

/// An address of this machine at which nobody listens; another one at each call.
///
/// # Errors
/// When none of many is free.
pub(super) fn free() -> Result<SocketAddr> {
    let (chance, width) = (RandomState::new(), u64::from(PORTS.end - PORTS.start));
    (0..TRIES)
        .filter_map(|each| u16::try_from(chance.hash_one(each) % width).ok())
        .map(|step| SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + step)))
        .find(|address| TcpListener::bind(address).is_ok())
        .ok_or_else(|| Fail::new("no port is free".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_outside_of_what_outgoing_connections_get() -> Result<()> {
        for _ in 0..50 {
            assert!(PORTS.contains(&free()?.port()));
        }
        Ok(())
    }

    #[test]
    fn hubs_prepared_at_once_get_different_ones() -> Result<()> {
        let ports: Vec<u16> = (0..20).map(|_| free().map(|it| it.port())).collect::<Result<_>>()?;
        let mut distinct = ports.clone();
        distinct.sort_unstable();
        distinct.dedup();
        // Of 17,000: a few may meet by chance, half of them do not.
        assert!(distinct.len() > 10, "{ports:?}");
        Ok(())
    }
}
