//! Makes a failing input smaller, as long as it fails.

/// Attempts at most.
const ATTEMPTS_MAX: u32 = 4000;

/// Takes pieces out, halves first, while `fails` holds.
pub(crate) fn shrink(input: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    // Each attempt that fails would print; the first one did.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let small = smaller(input.to_vec(), fails);
    std::panic::set_hook(hook);
    small
}

fn smaller(mut input: Vec<u8>, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut attempts = 0;
    let mut piece = (input.len() / 2).max(1);
    loop {
        let mut at = 0;
        let before = input.len();
        while at < input.len() && attempts < ATTEMPTS_MAX {
            attempts += 1;
            let end = (at + piece).min(input.len());
            let shorter: Vec<u8> =
                input.iter().take(at).chain(input.iter().skip(end)).copied().collect();
            if fails(&shorter) {
                input = shorter;
            } else {
                at = end;
            }
        }
        let settled = piece == 1 && input.len() == before;
        if settled || attempts >= ATTEMPTS_MAX || input.is_empty() {
            return input;
        }
        piece = (piece / 2).max(1);
    }
}
