//! `channelhub serve`: the daemon, from start to orderly stop.

use super::{Config, Failure, screen::count};
use crate::{
    again::replay,
    api::{self, ask::App},
    app::{
        Rooms,
        clock::SystemClock,
        keep::{self, Keep},
        reload::{self, Read},
    },
    dispatch,
    ingress::{self, receive::Reception},
    observe::logs,
    settings::HubSettings,
    walk,
};
use canon::{
    clock::Clock,
    entry::{Act, Deed},
};
use journal::{Draft, failpoint};
use std::{net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::net::TcpListener;
use tracing::{info, warn};

/// Run the hub until it is told to stop (ctrl-C, SIGTERM).
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    config: Config,
    /// Listen here instead of where hub.yaml says; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Go on with a journal that was changed while no hub ran, as it is. The ledger
    /// keeps that somebody said so.
    #[arg(long)]
    accept_change: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let read = reload::read(&self.config.config, None, &mut |it, source| {
            eprintln!("{}", it.render(source));
        })
        .map_err(|faults| {
            format!("{} in {}", count(faults, "fault"), self.config.config.display())
        })?;
        // Before the runtime and after it: the exporter of spans has a thread of
        // its own and may not be started or ended inside.
        let hub = &read.settings.hub;
        let _logs = logs::start(&hub.log, hub.otlp_endpoint.as_deref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|cause| format!("cannot start: {cause}"))?;
        runtime.block_on(self.serve(read))
    }

    async fn serve(self, read: Read) -> Result<ExitCode, Failure> {
        let Read { settings, house, stamps } = read;
        let hub = settings.hub.clone();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let address = self.listen.unwrap_or(hub.listen);
        let listener = TcpListener::bind(address)
            .await
            .map_err(|cause| format!("cannot listen on {address}: {cause}"))?;
        let rooms = Rooms::open(&settings, house, clock, self.accept_change)
            .map_err(|it| it.to_string())?;
        let started = Deed::Started {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            accepted_change: rooms.journal.accepted_change().map(str::to_owned),
        };
        note(&rooms, started).await?;
        rooms.journal.change_told().map_err(|it| it.to_string())?;
        reload::declare(&rooms, &rooms.house()).await.map_err(|it| it.to_string())?;

        let reception = Reception::new(Arc::clone(&rooms), walk::stack(&rooms));
        ingress::start(&reception);
        dispatch::start(&rooms);
        replay::start(&rooms);
        rooms.tasks.spawn(reception.clone().tell_counts());
        let keep = Keep { raw: hub.keep_raw, dedupe_keys: hub.keep_dedupe_keys };
        rooms.tasks.spawn(keep::watch(Arc::clone(&rooms), keep));
        let config = self.config.config.clone();
        let folders = hub.packages.clone();
        let (watched, again) = (Arc::clone(&rooms), reception.clone());
        rooms.tasks.spawn(reload::watch(watched, config, folders, stamps, move || {
            ingress::start(&again);
            dispatch::start(again.rooms());
        }));

        let router = api::router(App { rooms: Arc::clone(&rooms) }, reception);
        let address = listener.local_addr().map_err(|it| it.to_string())?;
        write_address(&hub, address);
        info!(version = env!("CARGO_PKG_VERSION"), "listening on http://{address}");
        let (signal, tasks) = (stop_signal()?, rooms.tasks.clone());
        let stop = async move {
            signal.await;
            failpoint::pass("shutdown.told");
            // Folders, pulls and watchers end now, not after the last request.
            tasks.stop();
        };
        let drain = hub.drain_wait_max;
        ingress::http::serve(listener, router, stop, drain, &rooms.clock).await;

        info!("stopping: finishing what was taken");
        // Listens from now on: the first signal has been heard already.
        let again = stop_signal()?;
        tokio::select! {
            () = rooms.tasks.finish() => {}
            () = again => {
                warn!("told to stop again: leaving at once; nothing acknowledged is lost");
                return Ok(ExitCode::FAILURE);
            }
        }
        failpoint::pass("shutdown.finished");
        note(&rooms, Deed::Stopped).await?;
        rooms.folds.finish().await;
        rooms.journal.close().await.map_err(|it| it.to_string())?;
        failpoint::pass("shutdown.closed");
        // Only a hint for commands on this machine; gone already is as good.
        let _gone = std::fs::remove_file(hub.data.join("listening"));
        info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

async fn note(rooms: &Rooms, act: Deed) -> Result<(), Failure> {
    let act = Box::new(Act { actor: "hub".into(), act });
    rooms.journal.append(Draft::Act(act)).await.map(|_| ()).map_err(|it| it.to_string())
}

/// Tells commands on this machine where the hub listens.
fn write_address(hub: &HubSettings, address: SocketAddr) {
    if let Err(cause) = std::fs::write(hub.data.join("listening"), format!("http://{address}\n")) {
        warn!(%cause, "other commands will use the address in hub.yaml");
    }
}

/// Ready when the process is told to stop.
fn stop_signal() -> Result<impl Future<Output = ()> + Send, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(|it| it.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|it| it.to_string())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
