//! The server from outside: real sockets, and a site that answers a few calls.

mod actions;
mod admission;
mod limits;
mod open_connections;
mod pages;
mod probes;
mod requests;
mod tails;

use std::cell::RefCell;
use std::fmt;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::time::timeout;

use super::{Limits, Listener, Overview, Pacer, Servers, Site};
use crate::api::caller::Caller;
use crate::api::readiness::Readiness;
use crate::api::selector::Selector;
use crate::base::calendar::LocalTime;
use crate::base::clock::{Mono, Now, Wall};
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::scratch::Scratch;
use crate::config::{Credentials, Ownership, Server, ServerAddress};
use crate::logs::follow::Followers;
use crate::logs::place::LogPath;
use crate::rpc::reply::Reply;
use crate::rpc::wire::{Call, Value};
use crate::supervisor::answer::Outcome;
use crate::supervisor::member::Channel;

/// No test waits longer for one thing.
const PATIENCE: Duration = Duration::from_secs(20);

/// Stands for the supervisor.
#[derive(Clone, Default)]
struct FakeSite(Rc<RefCell<FakeState>>);

#[derive(Default)]
struct FakeState {
    lines: Vec<(Level, String)>,
    main_log: Option<LogPath>,
    process_log: Option<LogPath>,
    /// What the page had done: verb and for whom.
    performed: Vec<String>,
    /// The supervisor goes down.
    down: bool,
}

impl Site for FakeSite {
    async fn call(&self, _: &Caller, call: Call, _: &Pacer) -> Result<Reply, Fault> {
        match call.method.as_str() {
            "echo" => Ok(call
                .args
                .into_iter()
                .filter_map(text)
                .collect::<String>()
                .into()),
            "count" => Ok(Reply::Int(
                i64::try_from(call.args.len()).unwrap_or(i64::MAX),
            )),
            "long" => Ok("x".repeat(8 * 1024 * 1024).into()),
            "wait" => pending().await,
            _ => Err(Fault::UnknownMethod),
        }
    }

    async fn start(&self, _: &Caller, whom: Selector) -> Result<Outcome, Fault> {
        self.note("start", &whom);
        pages::start(whom)
    }

    async fn stop(&self, _: &Caller, whom: Selector) -> Result<Outcome, Fault> {
        self.note("stop", &whom);
        pages::stop(whom)
    }

    fn clear_logs(&self, _: &Caller, name: &str) -> Result<(), Fault> {
        self.note("clear", &name);
        pages::clear_logs(name)
    }

    fn knows(&self, _: &Caller, name: &str) -> bool {
        self.note("know", &name);
        pages::knows(name)
    }

    fn end_of_log(
        &self,
        _: &Caller,
        name: &str,
        channel: Channel,
        length: u32,
    ) -> Result<Vec<u8>, Fault> {
        self.note("read", &(name, channel.name(), length));
        pages::end_of_log(name, channel)
    }

    fn overview(&self, _: &Caller) -> Result<Overview, Fault> {
        if self.0.borrow().down {
            Err(Fault::ShutdownState)
        } else {
            Ok(pages::overview())
        }
    }

    fn local_time(&self, _: Wall) -> LocalTime {
        pages::TIME
    }

    fn readiness(&self, _: &Caller, select: Option<&str>) -> Result<Readiness, Fault> {
        pages::readiness(select)
    }

    fn main_log(&self) -> Option<LogPath> {
        self.0.borrow().main_log.clone()
    }

    /// Knows the stdout of `cat`.
    fn process_log(&self, namespec: &str, channel: Channel) -> Option<LogPath> {
        let known = namespec == "cat" && channel == Channel::Stdout;
        self.0.borrow().process_log.clone().filter(|_| known)
    }

    fn log(&self, level: Level, message: fmt::Arguments<'_>) {
        self.0.borrow_mut().lines.push((level, message.to_string()));
    }

    fn now(&self) -> Now {
        Now {
            mono: Mono(1),
            wall: Wall(1_795_348_095_000_000_000),
        }
    }
}

impl FakeSite {
    fn note(&self, verb: &str, whom: &impl fmt::Debug) {
        let performed = &mut self.0.borrow_mut().performed;
        performed.push(format!("{verb} {whom:?}"));
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A server on a Unix socket of its own.
struct Fixture {
    folder: Scratch,
    site: FakeSite,
    servers: Option<Servers<FakeSite>>,
}

impl Fixture {
    fn new(limits: Limits) -> Self {
        Self::with(limits, None, &[])
    }

    fn locked(password: &str) -> Self {
        Self::locked_with(password, Limits::default())
    }

    fn locked_with(password: &str, limits: Limits) -> Self {
        let (username, password) = ("user".to_owned(), password.to_owned());
        Self::with(limits, Some(Credentials { username, password }), &[])
    }

    fn with(limits: Limits, credentials: Option<Credentials>, hosts: &[&str]) -> Self {
        let folder = Scratch::new();
        let file = folder.file("socket");
        let listener =
            std::os::unix::net::UnixListener::bind(&file).expect("a socket for the test");
        let server = Server {
            section: "unix_http_server".to_owned(),
            address: ServerAddress::Unix {
                file,
                chmod: 0o700,
                chown: Ownership::default(),
            },
            credentials,
            allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        };
        let site = FakeSite::default();
        {
            let mut state = site.0.borrow_mut();
            state.main_log = Some(LogPath::named(folder.file("main.log")));
            state.process_log = Some(LogPath::named(folder.file("cat.log")));
        }
        let listeners = vec![(server, Listener::Unix(listener))];
        let servers = Servers::open(&site, listeners, &[], limits, &Followers::default())
            .expect("the server starts");
        Self {
            folder,
            site,
            servers: Some(servers),
        }
    }

    async fn client(&self) -> Client {
        let stream = UnixStream::connect(self.folder.file("socket"))
            .await
            .expect("the server accepts");
        Client {
            stream,
            buffer: Vec::new(),
        }
    }

    /// The answer to one request on a connection of its own.
    async fn ask(&self, request: &str) -> Answer {
        let mut client = self.client().await;
        client.send(request).await;
        client.answer().await
    }

    /// All that comes until the server closes.
    async fn ask_to_end(&self, request: &str) -> String {
        let mut client = self.client().await;
        client.send(request).await;
        client.rest().await
    }

    fn logged(&self, level: Level, part: &str) -> bool {
        let state = self.site.0.borrow();
        state
            .lines
            .iter()
            .any(|(at, line)| *at == level && line.contains(part))
    }
}

struct Client {
    stream: UnixStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Client {
    async fn send(&mut self, bytes: &str) {
        self.stream
            .write_all(bytes.as_bytes())
            .await
            .expect("the server reads");
    }

    /// Reads more; false at the end.
    async fn more(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer));
        let length = read.await.expect("the server says something in time");
        // a reset is an end, too
        length.unwrap_or(0) > 0
    }

    /// One complete answer with a Content-Length.
    async fn answer(&mut self) -> Answer {
        loop {
            if let Some(answer) = self.take_answer() {
                return answer;
            }
            assert!(
                self.more().await,
                "only {:?}",
                String::from_utf8_lossy(&self.buffer)
            );
        }
    }

    fn take_answer(&mut self) -> Option<Answer> {
        let end = self
            .buffer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")?
            + 4;
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let length = head
            .split("Content-Length: ")
            .nth(1)?
            .split("\r\n")
            .next()?
            .parse::<usize>()
            .ok()?;
        let body = String::from_utf8_lossy(self.buffer.get(end..end + length)?).into_owned();
        self.buffer.drain(..end + length);
        let status = head.get(9..12)?.parse().ok()?;
        Some(Answer { status, head, body })
    }

    /// Reads until `part` has come; gives all up to it.
    async fn until(&mut self, part: &str) -> String {
        loop {
            let text = String::from_utf8_lossy(&self.buffer).into_owned();
            if let Some(place) = text.find(part) {
                self.buffer.drain(..place + part.len());
                return text[..place + part.len()].to_owned();
            }
            assert!(self.more().await, "{part:?} never came after {text:?}");
        }
    }

    /// Reads until the server closes.
    async fn rest(&mut self) -> String {
        while self.more().await {}
        String::from_utf8_lossy(&self.buffer).into_owned()
    }
}

/// Runs a test on a runtime like the daemon's.
fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default());
    runtime.expect("a runtime").block_on(test);
}

/// A request with a body.
fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

/// The body of a call whose arguments are strings.
fn call(method: &str, args: &[&str]) -> String {
    let args: Vec<Value> = args
        .iter()
        .map(|arg| Value::String((*arg).to_owned()))
        .collect();
    String::from_utf8(crate::rpc::wire::encode_call(method, &args)).expect("XML is text")
}
