//! Checks over the network, in the loop: nothing here waits for anybody but as a task (HLT-020 to HLT-028, HLT-044).

#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{sleep, timeout};

use crate::base::errno::Errno;
use crate::base::span;
use crate::process::lifecycle::check::{Data, Probe, Request};
use crate::process::probe::{self, Answer};
use crate::supervisor::ports::{self, CheckId};
use crate::sys::sockets;

use super::shared::Shared;
use super::workers::Workers;

/// The largest file that is sent (HLT-025).
const LARGEST: u64 = 1024 * 1024;

/// How soon a socket is tried again at which others wait.
const AGAIN: Duration = Duration::from_millis(50);

/// How much of an answer is read at once.
const CHUNK: usize = 4096;

/// The checks that are under way.
pub(super) struct Checks {
    shared: Rc<Shared>,
    prober: Rc<Prober>,
    running: Rc<RefCell<HashMap<CheckId, AbortHandle>>>,
}

/// Why a check failed; the texts are the reasons that users see (HLT-061).
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("timed out after {} seconds", span::seconds(*.0))]
    TimedOut(Duration),
    #[error("connection refused")]
    Refused,
    #[error("cannot resolve {0}")]
    Unresolved(String),
    #[error("status {0}")]
    Status(u16),
    #[error("not HTTP")]
    NotHttp,
    #[error("tls: {0}")]
    Tls(String),
    #[error("cannot read {}: {why}", .path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("{0}")]
    System(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if let Some(why) = tls::reason(&error) {
            return Self::Tls(why);
        }
        match error.raw_os_error() {
            Some(number) => Errno(number).into(),
            None => Self::System(error.to_string()),
        }
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno(libc::ECONNREFUSED) => Self::Refused,
            errno => Self::System(errno.description()),
        }
    }
}

impl Checks {
    pub(super) fn new(shared: Rc<Shared>, workers: Rc<Workers>) -> Self {
        Self {
            shared,
            prober: Rc::new(Prober {
                tls: tls::Clients::default(),
                workers,
            }),
            running: Rc::default(),
        }
    }
}

impl ports::Checks for Checks {
    fn begin(&mut self, check: CheckId, probe: &Probe, patience: Duration) {
        let (shared, prober) = (Rc::clone(&self.shared), Rc::clone(&self.prober));
        let running = Rc::clone(&self.running);
        let probe = probe.clone();
        let task = spawn_local(async move {
            let asked = timeout(patience, prober.ask(&probe)).await;
            let result = asked.unwrap_or(Err(Failure::TimedOut(patience)));
            running.borrow_mut().remove(&check);
            let result = result.map_err(|failure| failure.to_string());
            shared.with(|supervisor, now| supervisor.checked(check, result, now));
        });
        self.running.borrow_mut().insert(check, task.abort_handle());
    }

    fn cancel(&mut self, check: CheckId) {
        if let Some(task) = self.running.borrow_mut().remove(&check) {
            task.abort();
        }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        for (_, task) in self.running.borrow_mut().drain() {
            task.abort();
        }
    }
}

/// Asks once, however long it takes.
struct Prober {
    workers: Rc<Workers>,
    tls: tls::Clients,
}

impl Prober {
    async fn ask(&self, probe: &Probe) -> Result<(), Failure> {
        match probe {
            Probe::Tcp { host, port } => self.connect(host, *port).await.map(drop),
            Probe::Unix(path) => self.connect_unix(path).await,
            Probe::Http(request) => self.request(request).await,
        }
    }

    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let addresses = if let Ok(address) = host.parse::<IpAddr>() {
            vec![SocketAddr::new(address, port)]
        } else {
            let found = self.workers.resolve(host, port).await;
            found.map_err(|_| Failure::Unresolved(host.to_owned()))?
        };
        let mut failure = Failure::Unresolved(host.to_owned());
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    /// The way to the socket may lead through a file system that hangs.
    async fn connect_unix(&self, path: &Path) -> Result<(), Failure> {
        loop {
            let path = path.to_owned();
            let connected = self.workers.look(move || Ok(sockets::can_connect(&path)));
            match connected.await? {
                // others wait there, as we do
                Err(Errno(libc::EAGAIN)) => sleep(AGAIN).await,
                connected => return connected.map_err(Failure::from),
            }
        }
    }

    async fn request(&self, request: &Request) -> Result<(), Failure> {
        let body = match &request.data {
            None => None,
            Some(Data::Text(text)) => Some(text.clone().into_bytes()),
            Some(Data::File(path)) => Some(self.read(path).await?),
        };
        let bytes = probe::request(request, body.as_deref());
        if request.tls {
            let client = self.tls.client(request, &self.workers).await?;
            let stream = self.connect(&request.host, request.port).await?;
            exchange(client.connect(&request.host, stream).await?, &bytes).await
        } else {
            let stream = self.connect(&request.host, request.port).await?;
            exchange(stream, &bytes).await
        }
    }

    async fn read(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let file = path.to_owned();
        let read = self.workers.look(move || read(&file)).await;
        read.map_err(|error| unreadable(path, &error))
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut content = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    Ok(content)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let why = match error.raw_os_error() {
        Some(number) => Errno(number).description(),
        None => error.to_string(),
    };
    let path = path.to_owned();
    Failure::Unreadable { path, why }
}

/// Sends the request and judges the head of the answer.
async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
) -> Result<(), Failure> {
    // one that answers before it has read everything may have closed its end; the answer tells
    let sent = stream.write_all(request).await;
    let sent = if sent.is_ok() {
        stream.flush().await
    } else {
        sent
    };
    let mut received = Vec::new();
    loop {
        match Answer::read(&received) {
            Answer::Status(status) if Answer::is_good(status) => return Ok(()),
            Answer::Status(status) => return Err(Failure::Status(status)),
            Answer::NotHttp => return Err(Failure::NotHttp),
            Answer::More => {}
        }
        received.reserve(CHUNK);
        match stream.read_buf(&mut received).await {
            Ok(0) if received.is_empty() && sent.is_err() => return Ok(sent?),
            Ok(0) => return Err(Failure::NotHttp),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
