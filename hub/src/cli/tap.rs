//! `channelhub tap`: what happens at each step, live.

use super::{Failure, block_on, client::Hub, screen};
use std::process::ExitCode;

/// Watch records at each step of a running hub, live. One JSON document a line.
#[derive(Debug, clap::Args)]
pub(super) struct Tap {
    #[command(flatten)]
    hub: Hub,
    /// Only this channel.
    #[arg(long)]
    channel: Option<String>,
    /// Only this step: arrived, decoded, mapped, set_aside, committed, refused, attempt.
    #[arg(long)]
    step: Option<String>,
    /// End after so many lines.
    #[arg(long, value_name = "LINES")]
    count: Option<usize>,
}

impl Tap {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let client = self.hub.client()?;
        let pairs = [("channel", self.channel), ("step", self.step)];
        let given = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        block_on(async {
            let mut response = client.open(&format!("/api/v1/tap?{query}")).await?;
            eprintln!("watching; ctrl-C ends");
            let mut left = self.count.unwrap_or(usize::MAX);
            while left > 0 {
                // A hub that is killed leaves a stream without its end: it has ended all
                // the same.
                let Ok(Some(bytes)) = response.chunk().await else {
                    eprintln!("the hub has ended");
                    return Ok(match self.count {
                        None => ExitCode::SUCCESS,
                        Some(_) => ExitCode::FAILURE,
                    });
                };
                for line in bytes.split_inclusive(|it| *it == b'\n') {
                    screen::bytes(line);
                    if line.ends_with(b"\n") {
                        left = left.saturating_sub(1);
                    }
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
