//! `channelhub tap`: what happens at each step, live.

use super::{Config, Failure, block_on, client::Client, screen};
use std::process::ExitCode;

/// Watch records at each step of a running hub, live. One JSON document a line.
#[derive(Debug, clap::Args)]
pub(super) struct Tap {
    #[command(flatten)]
    config: Config,
    /// Only this channel.
    #[arg(long)]
    channel: Option<String>,
    /// Only this step: arrived, decoded, mapped, set_aside, committed, refused, attempt.
    #[arg(long)]
    step: Option<String>,
    /// Address of the hub, when it does not listen where hub.yaml says.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// End after so many lines.
    #[arg(long, value_name = "LINES")]
    count: Option<usize>,
}

impl Tap {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let client = Client::new(&self.config.config, self.url)?;
        let pairs = [("channel", self.channel), ("step", self.step)];
        let given = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        block_on(async {
            let mut response = client.open(&format!("/api/v1/tap?{query}")).await?;
            eprintln!("watching; ctrl-C ends");
            let mut left = self.count.unwrap_or(usize::MAX);
            while let Some(bytes) = response.chunk().await.map_err(|it| it.to_string())? {
                for line in bytes.split_inclusive(|it| *it == b'\n') {
                    screen::bytes(line);
                    if line.ends_with(b"\n") {
                        left = left.saturating_sub(1);
                    }
                }
                if left == 0 {
                    break;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
