//! Listeners: they accept, and hand every connection to a task of its own.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::rc::Rc;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::{JoinHandle, spawn_local, yield_now};
use tokio::time::sleep;

use super::Limits;
use super::connection::Connection;
use super::handler::Handler;
use super::open_connections::OpenConnections;
use super::pace::Turns;
use super::page::{Pages, Token};
use super::refusal::Refusals;
use super::site::Site;
use super::socket::Stream;
use super::throttle::Throttle;
use crate::base::level::Level;
use crate::config::Server;
use crate::logs::follow::Followers;

/// A bound socket that listens.
#[derive(Debug)]
pub enum Listener {
    /// Of an `[inet_http_server]`.
    Tcp(std::net::TcpListener),
    /// Of a `[unix_http_server]`.
    Unix(StdUnixListener),
}

/// How long a listener that cannot accept waits before it tries again.
const PAUSE: Duration = Duration::from_millis(100);

/// How often it tries at once after a connection had to go.
const AT_ONCE: u8 = 3;

/// All HTTP servers of the daemon. Dropping it leaves them running; [`Servers::close`] ends them.
pub struct Servers<S: Site> {
    accepting: Vec<(Rc<Handler<S>>, JoinHandle<()>)>,
    connections: Rc<OpenConnections>,
}

impl<S: Site> Servers<S> {
    /// Starts serving, on a machine of these names; `followers` tells of logs that got something. Needs a tokio runtime that is local to the thread; fails if a
    /// socket cannot be handed to it.
    pub fn open(
        site: &S,
        listeners: Vec<(Server, Listener)>,
        machine: &[String],
        limits: Limits,
        followers: &Followers,
    ) -> io::Result<Self> {
        let connections = Rc::new(OpenConnections::default());
        let limits = Rc::new(limits);
        let token = Token::random();
        if let Err(error) = &token {
            site.log(
                Level::Warn,
                format_args!("no random bytes, the web page cannot confirm actions: {error}"),
            );
        }
        let pages = Rc::new(Pages::new(token.ok(), site.now().wall));
        let refusals = Rc::new(Refusals::default());
        let turns = Rc::new(Turns::default());
        let mut accepting = Vec::with_capacity(listeners.len());
        for (server, listener) in listeners {
            let listener = Bound::new(listener)?;
            let known = (&refusals, machine);
            let handler = Handler::new(
                site.clone(),
                server,
                &limits,
                (&connections, &turns),
                &pages,
                known,
                followers,
            );
            let handler = Rc::new(handler);
            let number = accepting.len();
            let accept = accept(
                listener,
                number,
                Rc::clone(&handler),
                Rc::clone(&connections),
            );
            accepting.push((handler, spawn_local(accept)));
        }
        Ok(Self {
            accepting,
            connections,
        })
    }

    /// Lets the server that was opened as number `at` listen on another socket from now on. Its connections
    /// stay.
    pub fn replace(&mut self, at: usize, listener: Listener) -> io::Result<()> {
        let listener = Bound::new(listener)?;
        if let Some((handler, task)) = self.accepting.get_mut(at) {
            task.abort();
            let connections = Rc::clone(&self.connections);
            *task = spawn_local(accept(listener, at, Rc::clone(handler), connections));
        }
        Ok(())
    }

    /// Closes all listeners and connections. Answers that are ready go out first; streams and calls that
    /// still wait are cut (HTTP-098, RPC-084).
    pub async fn close(self) {
        for (_, task) in &self.accepting {
            task.abort();
        }
        for (_, task) in self.accepting {
            // it was cancelled
            let _ = task.await;
        }
        // connections whose answer became ready in this turn get theirs to write it
        yield_now().await;
        self.connections.clear().await;
    }
}

enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Bound {
    fn new(listener: Listener) -> io::Result<Self> {
        match listener {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener).map(Self::Tcp)
            }
            Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                UnixListener::from_std(listener).map(Self::Unix)
            }
        }
    }

    /// The next client, and how access lines name it (HTTP-049).
    async fn accept(&self) -> io::Result<(Stream, String)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                // who comes over IPv4 is called so, whatever the listener speaks
                let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                Ok((Stream::Tcp(stream), peer.to_string()))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), "localhost:0".to_owned()))
            }
        }
    }
}

impl Bound {
    /// It is a Unix socket.
    const fn is_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    /// Whether a client waits to be accepted.
    fn is_awaited(&self) -> bool {
        let listener = match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        };
        let mut question = [PollFd::new(listener, PollFlags::POLLIN)];
        // who cannot ask assumes the worse
        poll(&mut question, PollTimeout::ZERO) != Ok(0)
    }
}

async fn accept<S: Site>(
    listener: Bound,
    number: usize,
    handler: Rc<Handler<S>>,
    connections: Rc<OpenConnections>,
) {
    let throttle = Throttle::default();
    let complain = |what: std::fmt::Arguments<'_>| {
        if throttle.pass(handler.site.now().mono).is_some() {
            let section = &handler.section;
            handler
                .site
                .log(Level::Error, format_args!("Server '{section}': {what}"));
        }
    };
    let mut in_vain = 0;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connection = Connection::new(stream, peer, number);
                let run = Rc::clone(&connection).run(Rc::clone(&handler));
                connections.take(connection, handler.limits.connections, run);
                in_vain = 0;
            }
            Err(error) if is_the_client(&error) => {}
            Err(error) => {
                // the system finds that it has no descriptor before it finds that nobody waits for one
                let made_room = listener.is_awaited() && {
                    complain(format_args!("cannot accept a connection: {error}"));
                    connections.make_room(listener.is_local())
                };
                if made_room && in_vain < AT_ONCE {
                    // or a crowd at another server would be there first
                    in_vain += 1;
                    yield_now().await;
                } else {
                    in_vain = 0;
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// The client was gone before it was accepted; nothing is wrong here.
fn is_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::NotConnected
    )
}
