//! Ways in. Each makes [`crate::arrival::Arrival`]s and hands them to the same
//! gates; what belongs to one way only (framing, time-outs, file moves) stays
//! in its file.

mod acknowledge;
pub mod folder;
pub mod http;
pub(crate) mod packed;
pub mod pull;
pub mod receive;
pub mod sample;
pub mod strict;

use crate::{
    arrival::{Arrival, Unpacked, Way},
    settings::Input,
    trail::Trail,
};
use bytes::Bytes;
use receive::Reception;
use std::sync::Arc;

/// Starts a loop for each channel that the hub itself brings data in for, where
/// none runs yet. Called at start and after each reload.
pub fn start(reception: &Reception) {
    let rooms = reception.rooms();
    for channel in rooms.house().channels() {
        let name = channel.name().to_owned();
        let kind = match channel.settings().input {
            Some(Input::Folder { .. }) => "folder",
            Some(Input::Pull { .. }) => "pull",
            Some(Input::Sample { .. }) => "sample",
            Some(Input::Webhook { .. }) | None => continue,
        };
        let claim = format!("{kind} {name}");
        if !rooms.running.claim(&claim) {
            continue;
        }
        let (inside, running, what) = (reception.clone(), rooms.running.clone(), claim.clone());
        let run = move || {
            let (reception, name) = (inside.clone(), name.clone());
            async move {
                match kind {
                    "folder" => Box::pin(folder::watch(&reception, &name)).await,
                    "pull" => pull::watch(&reception, &name).await,
                    _ => sample::watch(&reception, &name).await,
                }
            }
        };
        rooms.tasks.keep(&rooms.clock, what, run, move || running.release(&claim));
    }
}

/// An arrival that the hub brought in itself.
fn brought(
    reception: &Reception,
    channel: &Arc<crate::app::house::Channel>,
    origin: String,
    bytes: Bytes,
    way: Way,
) -> Arrival {
    Arrival {
        id: uuid::Uuid::now_v7().to_string(),
        channel: Arc::clone(channel),
        origin,
        received_at: reception.rooms().clock.now(),
        bytes,
        way,
        traceparent: None,
        trail: Trail::default(),
        unpacked: Unpacked::default(),
        interchanges: Vec::new(),
    }
}
