//! `channelhub health`: for health checks of containers, which have no curl.

use super::{Failure, block_on, client::Address};
use std::{process::ExitCode, time::Duration};

/// Longest wait for the answer.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Ask a running hub whether it is ready; exit code 0 when it is.
#[derive(Debug, clap::Args)]
pub(super) struct Health {
    #[command(flatten)]
    address: Address,
}

impl Health {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let url = format!("{}/readyz", self.address.get()?);
        block_on(async {
            let http = reqwest::Client::builder().no_proxy().timeout(WAIT_MAX).build();
            let answer = http.map_err(|it| it.to_string())?.get(&url).send().await;
            let answer = answer.map_err(|cause| format!("{url}: {cause}"))?;
            let ready = answer.status().is_success();
            say!("{}", answer.text().await.unwrap_or_default());
            Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}
