//! Serves one folder on loopback, for `cargo xtask demo` and the page's tests. Knows files, not what they are for.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A request's head may be so long, in bytes.
const HEAD_BYTES_MAX: u64 = 16 << 10;
/// A client that says nothing for so long is left.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// A listening server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    folder: Arc<Path>,
}

impl Server {
    /// Listens on a port of 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken, or the folder is none.
    pub fn new(folder: PathBuf, port: u16) -> io::Result<Self> {
        if !folder.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("{} is no folder", folder.display()),
            ));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        Ok(Server { listener, folder: folder.into() })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests for as long as the process lives, each connection on a thread of its own.
    pub fn run(self) {
        for stream in self.listener.incoming().filter_map(Result::ok) {
            let folder = Arc::clone(&self.folder);
            thread::spawn(move || {
                // A client that breaks off concerns nobody else.
                let _ = answer(&stream, &folder);
            });
        }
    }
}

fn answer(stream: &TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    let mut head = BufReader::new(io::Read::take(stream, HEAD_BYTES_MAX));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, kind, body) = match method {
        "GET" | "HEAD" => match file(target).and_then(|name| Some((name, fs::read(folder.join(name)).ok()?)))
        {
            Some((name, body)) => ("200 OK", kind(name), body),
            None => ("404 Not Found", "text/plain", b"not found\n".to_vec()),
        },
        _ => ("405 Method Not Allowed", "text/plain", b"only GET\n".to_vec()),
    };
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )?;
    if method == "GET" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// The file that a request names: one plain name, because the folder has no folders.
fn file(target: &str) -> Option<&str> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let name = if path.is_empty() { "index.html" } else { path };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (!name.starts_with('.') && name.bytes().all(plain)).then_some(name)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn only_plain_names_in_the_folder_are_files() {
        for (target, name) in
            [("/", Some("index.html")), ("/a.js?x", Some("a.js")), ("/a_b-c.wasm", Some("a_b-c.wasm"))]
        {
            assert_eq!(file(target), name, "{target}");
        }
        for target in ["", "a.js", "/../a", "/.git", "/a/b", "//a", "/a%2fb", "/c:\\x"] {
            assert_eq!(file(target), None, "{target}");
        }
    }
}
