//! The answer of the authorization endpoint, when it comes to this machine (RFC 8252
//! section 7.3).

use crate::cli::Failure;
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// Longest request line and headers that are read.
const REQUEST_BYTES_MAX: usize = 16 << 10;
/// Longest wait for a browser to send what it began.
const READ_WAIT_MAX: Duration = Duration::from_secs(10);

/// Waits for one browser.
pub(super) struct Redirect {
    listener: TcpListener,
    path: String,
}

impl Redirect {
    /// Listens where the far side sends the browser; `None` when that is no address
    /// of this machine that can be listened at, and the code must be brought by hand.
    pub(super) fn listen(to: &str) -> Result<Option<Self>, Failure> {
        let Ok(url) = to.parse::<reqwest::Url>() else { return Ok(None) };
        let host = url.host_str().unwrap_or_default();
        let is_here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        if url.scheme() != "http" || !is_here {
            return Ok(None);
        }
        let ip = if host == "[::1]" { "[::1]" } else { "127.0.0.1" };
        let address = format!("{ip}:{}", url.port_or_known_default().unwrap_or(80));
        let listener = TcpListener::bind(&address)
            .map_err(|cause| format!("cannot listen at {address} (redirect_uri): {cause}"))?;
        Ok(Some(Self { listener, path: url.path().to_owned() }))
    }

    pub(super) fn address(&self) -> String {
        let address = self.listener.local_addr().map(|it: SocketAddr| it.to_string());
        address.unwrap_or_default()
    }

    /// The code that comes with `state`. Whatever else comes is turned away.
    pub(super) fn code(&self, state: &str) -> Result<String, Failure> {
        loop {
            let (mut stream, _) = self.listener.accept().map_err(|cause| cause.to_string())?;
            let Some(target) = target(&mut stream) else { continue };
            match answer(&target, &self.path, state) {
                None => reply(&mut stream, "404 Not Found", "This is not what is waited for."),
                Some(outcome) => {
                    let text = match &outcome {
                        Ok(_) => "Done. You may close this page.",
                        Err(_) => "It was refused there. You may close this page.",
                    };
                    reply(&mut stream, "200 OK", text);
                    return outcome;
                }
            }
        }
    }
}

/// Path and query of a request; `None` when there is none.
fn target(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(READ_WAIT_MAX)).ok()?;
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|it| it == b"\r\n\r\n") && request.len() < REQUEST_BYTES_MAX {
        match stream.read(&mut buffer).ok()? {
            0 => break,
            read => request.extend_from_slice(buffer.get(..read)?),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let mut words = text.lines().next()?.split(' ');
    (words.next() == Some("GET")).then(|| words.next().map(str::to_owned))?
}

/// What a request says; `None` when it is not the one that is waited for.
fn answer(target: &str, path: &str, state: &str) -> Option<Result<String, Failure>> {
    let (asked, query) = target.split_once('?')?;
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if asked != path || find("state").as_deref() != Some(state) {
        return None;
    }
    Some(match (find("code"), find("error")) {
        (Some(code), None) => Ok(code),
        (_, error) => Err(format!("it was refused there: {}", error.unwrap_or_default())),
    })
}

fn reply(stream: &mut TcpStream, status: &str, text: &str) {
    let length = text.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // A browser that is gone has sent what it had.
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_with_the_state_counts() {
        let asked = |target| answer(target, "/back", "s1");
        assert_eq!(asked("/back?code=a%2Fb&state=s1"), Some(Ok("a/b".to_owned())));
        assert!(asked("/back?error=access_denied&state=s1").is_some_and(|it| it.is_err()));
        for other in ["/back?code=a", "/back?code=a&state=s2", "/?code=a&state=s1", "/favicon.ico"]
        {
            assert_eq!(asked(other), None, "{other}");
        }
    }

    #[test]
    fn an_address_elsewhere_is_not_listened_at() {
        for elsewhere in
            ["urn:ietf:wg:oauth:2.0:oob", "https://example.jp/back", "http://192.0.2.1/"]
        {
            assert!(Redirect::listen(elsewhere).expect("no fault").is_none(), "{elsewhere}");
        }
        assert!(Redirect::listen("http://127.0.0.1:0/").expect("a free port").is_some());
    }
}
