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

/// How many of something: `1 fault`, `2 faults`, `3 entries`.
pub(super) fn count(number: impl TryInto<u64>, what: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
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

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn one_is_one() {
        let words = [(0, "fault"), (1, "fault"), (1, "entry"), (2, "entry")];
        let said = words.map(|(number, what)| count(number, what));
        assert_eq!(said, ["0 faults", "1 fault", "1 entry", "2 entries"]);
    }
}
