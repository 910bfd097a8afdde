//! What a program of `type=notify` says on its notify socket (LIF-120 to LIF-124).

use std::io;
use std::rc::Rc;

use tokio::io::Ready;
use tokio::io::unix::AsyncFd;
use tokio::task::{JoinHandle, spawn_local, yield_now};

use crate::base::level::Level;
use crate::logs::activity;
use crate::process::notice::Notice;
use crate::supervisor::member::ProcessId;
use crate::supervisor::output::Output;
use crate::sys::accounts::current_uid;
use crate::sys::notify_socket::{LONGEST, Message, NotifySocket};

use super::shared::Shared;

/// How many messages one wake-up takes (LIF-124).
const PER_TURN: usize = 64;

/// How many messages of a child that ended are taken yet: more than the system keeps for a socket by itself.
const LAST_WORDS: usize = 1024;

/// The notify socket of one life. It goes with the child, so that nothing of an earlier life arrives (LIF-121).
pub(super) struct Notices {
    inbox: Rc<Inbox>,
    task: JoinHandle<()>,
}

struct Inbox {
    /// The process, for log lines.
    name: String,
    /// Whom the program runs as.
    uid: u32,
    socket: AsyncFd<NotifySocket>,
}

impl Notices {
    /// Opens the socket for a child of that namespec and user that is about to be made; gives the value of its `NOTIFY_SOCKET`.
    pub(super) fn open(
        shared: &Rc<Shared>,
        id: ProcessId,
        name: String,
        uid: Option<u32>,
    ) -> io::Result<(Self, String)> {
        let socket = NotifySocket::open()?;
        let address = socket.address();
        let inbox = Rc::new(Inbox {
            name,
            uid: uid.unwrap_or_else(current_uid),
            socket: socket.watched()?,
        });
        let task = spawn_local(listen(Rc::clone(shared), id, Rc::clone(&inbox)));
        Ok((Self { inbox, task }, address))
    }

    /// The child was reaped: what it said last.
    pub(super) fn drain(&self) -> Vec<Output> {
        self.task.abort();
        let (notices, _) = self.inbox.take(LAST_WORDS);
        notices.into_iter().map(Output::Notice).collect()
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs until it is aborted.
async fn listen(shared: Rc<Shared>, id: ProcessId, inbox: Rc<Inbox>) {
    loop {
        let Ok(mut ready) = inbox.socket.readable().await else {
            return;
        };
        let (notices, emptied) = inbox.take(PER_TURN);
        if emptied {
            ready.clear_ready_matching(Ready::READABLE);
        }
        drop(ready);
        if !notices.is_empty() {
            shared.with(|supervisor, now| {
                for notice in notices {
                    supervisor.heard(id, Output::Notice(notice), now);
                }
            });
        }
        yield_now().await;
    }
}

impl Inbox {
    /// Takes what came, at most so many messages. Says whether nothing is left.
    fn take(&self, most: usize) -> (Vec<Notice>, bool) {
        let mut notices = Vec::new();
        let mut buffer = [0; LONGEST];
        for _ in 0..most {
            match self.socket.get_ref().receive(&mut buffer) {
                Ok(Message::Bytes { length, uid }) => match uid {
                    Some(uid) if self.counts(uid) => {
                        let message = buffer.get(..length).unwrap_or_default();
                        notices.extend(Notice::read(message));
                    }
                    Some(uid) => self.ignore(&format!("notification of uid {uid} ignored")),
                    None => self.ignore("notification of nobody ignored"),
                },
                Ok(Message::TooLong) => {
                    self.ignore(&format!(
                        "notification of more than {LONGEST} bytes ignored"
                    ));
                }
                Ok(Message::None) | Err(_) => return (notices, true),
            }
        }
        (notices, false)
    }

    /// Whether it is heeded what that user says (LIF-123).
    fn counts(&self, uid: u32) -> bool {
        uid == 0 || uid == self.uid || uid == current_uid()
    }

    fn ignore(&self, why: &str) {
        activity::log(Level::Debug, &format!("{}: {why}", self.name));
    }
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use tokio::runtime::Builder;

    use super::{Inbox, Notice, NotifySocket, PER_TURN, current_uid};

    #[test]
    fn lif_123_124_who_is_heeded_and_how_much_at_a_time() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let socket = NotifySocket::open().unwrap();
        let name = socket.address()[1..].to_owned();
        let inbox = Inbox {
            name: "api".to_owned(),
            uid: 3_999_999,
            socket: socket.watched().unwrap(),
        };
        for (uid, counts) in [
            (0, true),
            (current_uid(), true),
            (3_999_999, true),
            (3_999_998, false),
        ] {
            assert_eq!(inbox.counts(uid), counts, "{uid}");
        }
        assert_eq!(inbox.take(PER_TURN), (vec![], true));
        let sender = UnixDatagram::unbound().unwrap();
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        sender.connect_addr(&address).unwrap();
        for _ in 0..3 {
            sender.send(b"READY=1\nRELOADING=1").unwrap();
        }
        let two = [Notice::Ready, Notice::Reloading];
        assert_eq!(inbox.take(2), ([&two[..], &two[..]].concat(), false));
        assert_eq!(inbox.take(2), (two.to_vec(), true));
        assert_eq!(PER_TURN, 64);
    }
}
