//! Requests to a server on a Unix socket, whose site answers like one without programs.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use supervisor::api::caller::Caller;
use supervisor::api::readiness::Readiness;
use supervisor::api::selector::Selector;
use supervisor::base::calendar::LocalTime;
use supervisor::base::clock::{Mono, Now, Wall};
use supervisor::base::fault::Fault;
use supervisor::base::level::Level;
use supervisor::config::{Ownership, Server, ServerAddress};
use supervisor::http::{Limits, Listener, Overview, Pacer, Servers, Site};
use supervisor::logs::follow::Followers;
use supervisor::logs::place::LogPath;
use supervisor::rpc::reply::Reply;
use supervisor::rpc::wire::Call;
use supervisor::supervisor::answer::Outcome;
use supervisor::supervisor::member::Channel;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers every call, has no logs, and keeps what it is told to log.
#[derive(Clone, Default)]
pub(crate) struct FakeSite(Rc<RefCell<Vec<String>>>);

impl Site for FakeSite {
    async fn call(&self, _: &Caller, call: Call, _: &Pacer) -> Result<Reply, Fault> {
        Ok(call.method.into())
    }

    async fn start(&self, _: &Caller, _: Selector) -> Result<Outcome, Fault> {
        Err(Fault::UnknownMethod)
    }

    async fn stop(&self, _: &Caller, _: Selector) -> Result<Outcome, Fault> {
        Err(Fault::UnknownMethod)
    }

    fn clear_logs(&self, _: &Caller, _: &str) -> Result<(), Fault> {
        Err(Fault::UnknownMethod)
    }

    fn knows(&self, _: &Caller, _: &str) -> bool {
        false
    }

    fn end_of_log(&self, _: &Caller, name: &str, _: Channel, _: u32) -> Result<Vec<u8>, Fault> {
        Err(Fault::BadName(name.to_owned()))
    }

    fn overview(&self, _: &Caller) -> Result<Overview, Fault> {
        Ok(Overview::default())
    }

    fn readiness(&self, _: &Caller, _: Option<&str>) -> Result<Readiness, Fault> {
        Ok(Readiness {
            ready: true,
            counted: 0,
            not_ready: Vec::new(),
        })
    }

    fn main_log(&self) -> Option<LogPath> {
        None
    }

    fn process_log(&self, _: &str, _: Channel) -> Option<LogPath> {
        None
    }

    fn log(&self, _: Level, message: fmt::Arguments<'_>) {
        self.0.borrow_mut().push(message.to_string());
    }

    fn now(&self) -> Now {
        Now {
            mono: Mono(1),
            wall: Wall(1_795_348_095_000_000_000),
        }
    }

    fn local_time(&self, _: Wall) -> LocalTime {
        LocalTime::default()
    }
}

/// A server and the runtime that it lives in.
pub(crate) struct Fixture {
    runtime: LocalRuntime,
    socket: PathBuf,
    site: FakeSite,
    _servers: Servers<FakeSite>,
}

impl Fixture {
    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .expect("a runtime");
        let socket = std::env::temp_dir().join(format!("supervisor-fuzz-{}", std::process::id()));
        // left by an earlier one of that id
        let _ = std::fs::remove_file(&socket);
        let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let server = Server {
            section: "unix_http_server".to_owned(),
            address: ServerAddress::Unix {
                file: socket.clone(),
                chmod: 0o700,
                chown: Ownership::default(),
            },
            credentials: None,
            allowed_hosts: Vec::new(),
        };
        let site = FakeSite::default();
        let open = async {
            Servers::open(
                &site,
                vec![(server, Listener::Unix(listener))],
                &[],
                Limits::default(),
                &Followers::default(),
            )
        };
        let servers = runtime.block_on(open).expect("a server");
        Self {
            runtime,
            socket,
            site,
            _servers: servers,
        }
    }

    /// Sends the bytes and nothing more, and reads all that comes back.
    fn exchange(&self, data: &[u8]) -> Vec<u8> {
        let exchange = async {
            let mut stream = UnixStream::connect(&self.socket).await.expect("the server");
            let (mut reader, mut writer) = stream.split();
            let write = async {
                // a server that has heard enough closes early
                let _ = writer.write_all(data).await;
                let _ = writer.shutdown().await;
            };
            let mut answer = Vec::new();
            let read = reader.read_to_end(&mut answer);
            let ((), read) = tokio::join!(write, read);
            // a reset is as good as an end
            drop(read);
            answer
        };
        let exchange = async { tokio::time::timeout(PATIENCE, exchange).await };
        self.runtime
            .block_on(exchange)
            .expect("an end of the answer")
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // somebody may have removed it
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Any bytes as requests: every answer is HTTP, and no log line carries a control character.
pub(crate) fn request(data: &[u8]) {
    super::targets::SERVER.with_borrow_mut(|fixture| {
        let fixture = fixture.get_or_insert_with(Fixture::new);
        let answer = fixture.exchange(data);
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1."),
            "{:?}",
            String::from_utf8_lossy(&answer)
        );
        for line in fixture.site.0.take() {
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    });
}
