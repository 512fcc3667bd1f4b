//! `channelhub problem CODE`: the page of a problem code.

use super::Failure;
use crate::problem::pages;
use std::process::ExitCode;

/// Explain a problem code.
#[derive(Debug, clap::Args)]
pub(super) struct Problem {
    /// The code, as in `code` of a problem document; none: list all.
    code: Option<String>,
}

impl Problem {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Some(code) = self.code else {
            for (code, page) in pages::PAGES {
                let title = page.lines().next().unwrap_or_default();
                say!("{:<22}{}", code, title.trim_start_matches("# ").trim_start_matches(code));
            }
            return Ok(ExitCode::SUCCESS);
        };
        match pages::markdown(&code) {
            Some(page) => {
                say!("{page}");
                Ok(ExitCode::SUCCESS)
            }
            None => {
                let known = pages::PAGES.iter().map(|(known, _)| *known);
                let near = codec::diagnostic::nearest(&code, known);
                let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
                Err(format!("there is no problem code {code:?}{hint}"))
            }
        }
    }
}
