//! The least of HTTP/1.1 that tests need: a client that sends what it is told, and a server that asks a function.
//! Knows heads and `Content-Length`, nothing else.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a test waits for the other side; longer than any time-out that is tested.
const PATIENCE: Duration = Duration::from_secs(90);

/// A request or an answer.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The first line.
    pub first: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The status of an answer, 0 when there is none.
    pub fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The path of a request.
    pub fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Reads one message; None when the other side has closed.
    ///
    /// # Errors
    /// The connection broke or what came is no HTTP.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Message>> {
        let Some(mut message) = Message::head(from)? else { return Ok(None) };
        message.read_body(from)?;
        Ok(Some(message))
    }

    /// Reads one message's first line and headers; None when the other side has closed.
    ///
    /// # Errors
    /// As [`Message::read`].
    pub fn head(from: &mut impl BufRead) -> io::Result<Option<Message>> {
        let mut message = Message::default();
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        message.first = line.trim_end().to_owned();
        loop {
            line.clear();
            if from.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(Some(message)) };
            message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// How long the body is that the head announces.
    pub fn body_bytes(&self) -> usize {
        self.header("content-length").and_then(|len| len.parse().ok()).unwrap_or(0)
    }

    /// Reads the body that belongs to a head.
    ///
    /// # Errors
    /// The connection broke.
    pub fn read_body(&mut self, from: &mut impl Read) -> io::Result<()> {
        self.body = vec![0; self.body_bytes()];
        from.read_exact(&mut self.body)
    }
}

/// A connection to a server; made anew when it is gone.
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client that connects when it is first used.
    pub fn new(address: SocketAddr) -> Client {
        Client { address, connection: None }
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// No connection, or it broke.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Message> {
        let head = self.head(method, path, headers, body.len());
        let result = self.exchange(head.as_bytes(), body);
        if result.as_ref().map_or(true, |answer| answer.header("connection") == Some("close")) {
            self.connection = None;
        }
        result
    }

    /// Posts only so many bytes of a body and breaks the connection off.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn break_off(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        sent: usize,
    ) -> io::Result<()> {
        let head = self.head("POST", path, headers, body.len());
        let connection = self.connect()?.get_mut();
        let written =
            connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(&body[..sent]));
        self.connection = None;
        written
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], body_bytes: usize) -> String {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {body_bytes}\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }

    fn connect(&mut self) -> io::Result<&mut BufReader<TcpStream>> {
        if self.connection.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            self.connection = Some(BufReader::new(stream));
        }
        self.connection.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn exchange(&mut self, head: &[u8], body: &[u8]) -> io::Result<Message> {
        let connection = self.connect()?;
        connection.get_mut().write_all(head)?;
        // A server may answer and close before it has read a body that it refuses.
        let written = connection.get_mut().write_all(body);
        match Message::read(connection) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(written.err().unwrap_or_else(|| io::ErrorKind::ConnectionReset.into())),
            Err(error) => Err(error),
        }
    }
}

/// A server on a thread per connection, until it is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What a server answers: a status and a body.
pub type Answer = (u16, Vec<u8>);

impl Server {
    /// Listens on `address`, which may have port 0.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn start(
        address: SocketAddr,
        answer: impl Fn(Message) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Server> {
        Server::with(address, move |stream| converse(stream, &answer))
    }

    /// Listens on `address` and gives every connection to a function, on a thread of its own.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn with(
        address: SocketAddr,
        serve: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let streams = Arc::new(Mutex::new(Vec::new()));
        let serve = Arc::new(serve);
        let (stopped, known) = (stop.clone(), streams.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if let Ok(copy) = stream.try_clone() {
                    known.lock().unwrap_or_else(PoisonError::into_inner).push(copy);
                }
                let _ = stream.set_nodelay(true);
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
        });
        Ok(Server { address, stop, streams, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.streams.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Answers requests until the other side closes or breaks off.
fn converse(stream: TcpStream, answer: &impl Fn(Message) -> Answer) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = Message::read(&mut stream) {
        let (status, body) = answer(request);
        let mut bytes = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(&body);
        if stream.get_mut().write_all(&bytes).is_err() {
            return;
        }
    }
}
