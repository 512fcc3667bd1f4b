//! What commands print. A reader that has seen enough (`| head`) ends them
//! quietly.

use std::{
    fmt::Arguments,
    io::{ErrorKind, Write as _},
};

/// `println!` for commands.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::screen::line(format_args!($($text)*))
    };
}

/// Prints one line.
pub(super) fn line(text: Arguments<'_>) {
    bytes(format!("{text}\n").as_bytes());
}

/// Prints bytes as they are.
pub(super) fn bytes(text: &[u8]) {
    let mut screen = std::io::stdout().lock();
    match screen.write_all(text).and_then(|()| screen.flush()) {
        Ok(()) => {}
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(cause) => {
            eprintln!("channelhub: standard output: {cause}");
            std::process::exit(1);
        }
    }
}
