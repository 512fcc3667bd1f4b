//! A far system for tests: a real server on this machine that answers by a script.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{
    client::{Client, Waits},
    guard::Networks,
};

/// One request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What the far side does with one request.
pub(crate) enum Said {
    /// Status, headers with their line ends, body.
    Http(u16, &'static str, String),
    /// Never answers.
    Nothing,
    /// Closes the connection.
    Close,
}

/// The server. It stops when it is dropped.
pub(crate) struct FarSide {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl FarSide {
    /// Answers request number `n` (from 0) with `script(n, request)`.
    pub(crate) fn answering(script: impl Fn(usize, &Seen) -> Said + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (seen, stops) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let thread = thread::spawn({
            let (seen, stops) = (Arc::clone(&seen), Arc::clone(&stops));
            move || {
                // Connections that are never answered stay open until the end.
                let mut open = Vec::new();
                for stream in listener.incoming().map_while(Result::ok) {
                    if stops.load(Ordering::SeqCst) {
                        break;
                    }
                    open.extend(serve(stream, &seen, &script));
                }
            }
        });
        Self { address, seen, stops, thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

impl Drop for FarSide {
    fn drop(&mut self) {
        self.stops.store(true, Ordering::SeqCst);
        let _wakes_it = TcpStream::connect(self.address);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_some_and(|it| it.is_ok()), "the far side panicked");
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<Seen>>,
    script: &impl Fn(usize, &Seen) -> Said,
) -> Option<TcpStream> {
    let request = read(&stream)?;
    let number = {
        let mut seen = seen.lock().expect("not poisoned");
        seen.push(request.clone());
        seen.len() - 1
    };
    match script(number, &request) {
        Said::Nothing => return Some(stream),
        Said::Close => {}
        Said::Http(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let mut stream = &stream;
            // The client may have gone: that is for the test to notice.
            let _sent =
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    }
    None
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    };
    let mut seen = Seen { line: line()?, ..Seen::default() };
    while let Some((name, value)) = line()?.split_once(':') {
        seen.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = seen.header("content-length").map_or(0, |it| it.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).expect("UTF-8");
    Some(seen)
}

/// A client that may reach this machine.
pub(crate) fn client() -> Client {
    client_within(Duration::from_secs(30))
}

pub(crate) fn client_within(wait: Duration) -> Client {
    let networks = Networks::parse(&["127.0.0.0/8", "::1/128"]).expect("networks");
    Client::new(networks, Waits::within(wait)).expect("a client")
}
