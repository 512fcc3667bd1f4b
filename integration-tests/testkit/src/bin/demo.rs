//! `make demo`: the main job on real input, shown on a terminal.

use clap::Parser as _;
use std::process::ExitCode;
use testkit::demo::{Options, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(code) => code,
        Err(fail) => {
            eprintln!("the demo failed: {fail}");
            ExitCode::FAILURE
        }
    }
}
