//! The path of one arrival, on one page. Start reading here.
//!
//! Gates (shed, admit, quota) are tower layers around this function: a layer may
//! delay or refuse. Only this function transforms, and it only goes forward:
//! each step takes the last step's output by value.
//!
//! ```text
//! ingress ─► Arrival ─► [shed ─► admit ─► quota] ─► Admitted
//!   ─► decode ─► Decoded ─► validate ─► Valid ─► map ─► Mapped ─► commit ─► Answer
//! ```

mod again;
mod answers;
mod commit;
pub(crate) mod decode;
mod interchanges;
mod map;
mod validate;

use crate::{
    app::Rooms,
    arrival::Answer,
    gates::{
        admit::{AdmitLayer, Admitted},
        quota::QuotaLayer,
        shed::ShedLayer,
    },
    ingress::receive::Stack,
    problem::Refusal,
};
use canon::entry::Boundary;
use std::sync::Arc;
use tower::{ServiceBuilder, service_fn, util::BoxCloneSyncService};

/// Gates and walk, top to bottom in running order.
#[must_use]
pub fn stack(rooms: &Arc<Rooms>) -> Stack {
    let inside = Arc::clone(rooms);
    let stack = ServiceBuilder::new()
        .layer(ShedLayer::new(rooms.in_flight_max))
        .layer(AdmitLayer::new(Arc::clone(&rooms.clock)))
        .layer(QuotaLayer)
        .service(service_fn(move |admitted: Admitted| {
            let rooms = Arc::clone(&inside);
            async move { walk(&rooms, admitted).await }
        }));
    BoxCloneSyncService::new(stack)
}

/// From an admitted arrival to its commit.
///
/// # Errors
///
/// Any refusal. Before the commit nothing has happened, so the same bytes may
/// be sent again wherever the refusal says so.
pub async fn walk(rooms: &Rooms, admitted: Admitted) -> Result<Answer, Refusal> {
    let trail = admitted.arrival().trail.clone();

    let decoded = trail.cross(Boundary::Decode, decode::decode(rooms, admitted).await)?;
    if let Some(answer) = decoded.known {
        return Ok(answer);
    }
    let valid = trail.cross(Boundary::Validate, validate::validate(rooms, decoded).await)?;
    let mapped = trail.cross(Boundary::Map, map::map(rooms, valid).await)?;

    // The line. Before it: no side effect but the trail. After it: nothing is
    // lost, and route and deliver run from the journal, not from this call.
    commit::commit(rooms, mapped, &trail).await
}
