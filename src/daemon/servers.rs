//! The HTTP servers while they run. A Unix socket whose file was removed or replaced is made anew, so that the
//! daemon cannot be locked out of its own control by a clean-up of somebody else.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::time::{sleep, timeout};

use crate::base::level::Level;
use crate::config::{Server, ServerAddress};
use crate::http::{Limits, Listener, Servers};
use crate::logs::activity;
use crate::logs::follow::Followers;
use crate::supervisor::owner::Owner;
use crate::sys::host::names;
use crate::sys::sockets::{ServerError, SocketFile, listen_unix_again};
use crate::sys::watch;

use super::server_sockets::ServerSockets;

/// How soon a socket that cannot be made is tried again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// How long after its loss a socket is made anew: whoever removes its folder shall find that empty, and a fight
/// over the name shall cost little.
const SETTLE: Duration = Duration::from_millis(100);

/// Open servers and the files that lead to them.
pub(super) struct RunningServers {
    servers: Servers<Owner>,
    unix: Vec<UnixServer>,
    /// Says when a file may have lost its name. Kept to the end: see [`watch::Names::forget`].
    watch: Option<(watch::Names, Receiver)>,
}

/// A server on a Unix socket.
struct UnixServer {
    /// Its number among the servers.
    at: usize,
    server: Server,
    file: SocketFile,
    /// That it cannot be made anew has been said.
    complained: bool,
}

impl RunningServers {
    /// Starts serving.
    pub(super) fn open(
        owner: &Owner,
        listeners: ServerSockets,
        followers: &Followers,
    ) -> io::Result<Self> {
        let ServerSockets { open, files } = listeners;
        let unix = files.into_iter().filter_map(|(at, file)| {
            let server = open.get(at)?.0.clone();
            let complained = false;
            Some(UnixServer {
                at,
                server,
                file,
                complained,
            })
        });
        let unix = unix.collect();
        let servers = Servers::open(owner, open, &names(), Limits::default(), followers)?;
        Ok(Self {
            servers,
            unix,
            watch: None,
        })
    }

    /// Looks after the files and makes anew what is gone, for as long as it is polled. When `leaving` comes, the
    /// system is not asked to tell of losses any more, so that there is no waiting for it in the end.
    pub(super) async fn keep(&mut self, leaving: impl Future<Output = ()>) -> Infallible {
        if self.unix.is_empty() {
            return pending().await;
        }
        tokio::select! {
            never = self.watch_over() => match never {},
            () = leaving => {}
        }
        if let Some((names, _)) = &self.watch {
            names.forget();
        }
        loop {
            sleep(PAUSES.0).await;
            self.renew();
        }
    }

    /// Sleeps while nothing happens to the files.
    async fn watch_over(&mut self) -> Infallible {
        let (first, most) = PAUSES;
        let mut pause = first;
        let mut warned = false;
        loop {
            // before the look, so that nothing happens unseen in between
            let watch = self.watch();
            if let Err(error) = &watch
                && !std::mem::replace(&mut warned, true)
            {
                let text = format!("cannot watch over the files of Unix sockets: {error}");
                activity::log(Level::Warn, &text);
            }
            self.watch = watch.ok();
            if !self.all_there() {
                sleep(SETTLE).await;
                if self.renew() {
                    // the new ones want to be watched
                    pause = first;
                    continue;
                }
            }
            let all_there = self.all_there();
            match &self.watch {
                Some((_, news)) if all_there => {
                    // an error would come again at once; the pause of the next round bounds that
                    if news.readable().await.is_err() {
                        sleep(most).await;
                    }
                }
                Some((_, news)) => {
                    // whichever comes first is a reason to look
                    let _ = timeout(pause, news.readable()).await;
                    pause = most.min(pause * 2);
                }
                None if all_there => return pending().await,
                None => {
                    sleep(pause).await;
                    pause = most.min(pause * 2);
                }
            }
        }
    }

    /// Ends everything and removes the files.
    pub(super) async fn close(self) {
        self.servers.close().await;
    }

    fn all_there(&self) -> bool {
        self.unix.iter().all(|server| server.file.is_there())
    }

    fn watch(&self) -> io::Result<(watch::Names, Receiver)> {
        let watched = self.unix.iter().filter(|server| server.file.is_there());
        let names = watch::names_of(watched.map(|server| server.file.path()));
        let names = names.map_err(|errno| io::Error::from_raw_os_error(errno.0))?;
        // no pipe, but read in the same way
        let news = Receiver::from_owned_fd_unchecked(names.news()?)?;
        Ok((names, news))
    }

    /// Makes what is gone; true if there was something to make and it went well.
    fn renew(&mut self) -> bool {
        let mut renewed = false;
        let servers = &mut self.servers;
        for server in self
            .unix
            .iter_mut()
            .filter(|server| !server.file.is_there())
        {
            let shown = server.file.path().display().to_string();
            match server.renew(servers) {
                Ok(()) => {
                    server.complained = false;
                    renewed = true;
                    let text = format!("socket {shown} was gone and has been made anew");
                    activity::log(Level::Warn, &text);
                }
                Err(error) if !server.complained => {
                    server.complained = true;
                    let text = format!("socket {shown} is gone and cannot be made anew: {error}");
                    activity::log(Level::Critical, &text);
                }
                Err(_) => {}
            }
        }
        renewed
    }
}

impl UnixServer {
    fn renew(&mut self, servers: &mut Servers<Owner>) -> Result<(), ServerError> {
        let ServerAddress::Unix { file, chmod, chown } = &self.server.address else {
            return Ok(());
        };
        let path: &Path = file;
        let made = listen_unix_again(path, *chmod, (chown.uid, chown.gid))?;
        servers.replace(self.at, Listener::Unix(made.listener))?;
        self.file = made.file;
        Ok(())
    }
}
