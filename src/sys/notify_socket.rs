//! A socket on which programs say how they are, as `sd_notify(3)` writes it: datagrams at an abstract name, each with
//! the credentials of its sender from the kernel (LIF-120 to LIF-124).

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IoSliceMut, Read as _};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, UnixCredentials,
    bind, recvmsg, setsockopt, socket, sockopt,
};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::fds::own;

/// The longest message that counts (LIF-124).
pub const LONGEST: usize = 4096;

/// How many descriptors can come along with one message; the kernel sends no more.
const DESCRIPTORS: usize = 253;

/// The socket of one life of one program.
#[derive(Debug)]
pub struct NotifySocket {
    socket: OwnedFd,
    name: String,
}

/// What was found at the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A message of so many bytes.
    Bytes {
        /// How many.
        length: usize,
        /// Whose it is; none if the kernel does not say.
        uid: Option<u32>,
    },
    /// One that is longer than what counts.
    TooLong,
    /// None is there now.
    None,
}

impl NotifySocket {
    /// Opens one under a name that nobody can guess.
    pub fn open() -> io::Result<Self> {
        let mut random = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut random)?;
        let mut name = format!("supervisor/{}/", std::process::id());
        for byte in random {
            // writing to a string cannot fail
            let _ = write!(name, "{byte:02x}");
        }
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
        // before there is a name, so that no message comes without
        setsockopt(&socket, sockopt::PassCred, &true)?;
        bind(
            socket.as_raw_fd(),
            &UnixAddr::new_abstract(name.as_bytes())?,
        )?;
        Ok(Self { socket, name })
    }

    /// The value of `NOTIFY_SOCKET`.
    pub fn address(&self) -> String {
        format!("@{}", self.name)
    }

    /// Has the runtime, which must be around, say when there is a message.
    pub fn watched(self) -> io::Result<AsyncFd<Self>> {
        // SAFETY: the socket is open and the same until `self` is dropped, and the `AsyncFd` owns it.
        Ok(unsafe { AsyncFd::register_with_interest(self, Interest::READABLE) }?)
    }

    /// Takes the next message, without waiting. Descriptors that come along are closed, which is what a sender waits
    /// for that wants to know whether it was heard.
    pub fn receive(&self, buffer: &mut [u8; LONGEST]) -> io::Result<Message> {
        let mut control = cmsg_space!(UnixCredentials, [RawFd; DESCRIPTORS]);
        let mut pieces = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC | MsgFlags::MSG_DONTWAIT;
        let number = self.socket.as_raw_fd();
        let received = recvmsg::<UnixAddr>(number, &mut pieces, Some(&mut control), flags);
        let received = match received {
            Ok(received) => received,
            Err(nix::errno::Errno::EAGAIN) => return Ok(Message::None),
            Err(errno) => return Err(errno.into()),
        };
        let mut uid = None;
        for message in received.cmsgs().into_iter().flatten() {
            match message {
                ControlMessageOwned::ScmCredentials(sender) => uid = Some(sender.uid()),
                ControlMessageOwned::ScmRights(numbers) => {
                    numbers.into_iter().map(own).for_each(drop);
                }
                _ => {}
            }
        }
        if received.flags.contains(MsgFlags::MSG_TRUNC) {
            return Ok(Message::TooLong);
        }
        let length = received.bytes;
        Ok(Message::Bytes { length, uid })
    }
}

impl AsRawFd for NotifySocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{IoSlice, Read as _};
    use std::os::fd::AsRawFd;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};

    use super::{LONGEST, Message, NotifySocket};

    fn sender(socket: &NotifySocket) -> UnixDatagram {
        let sender = UnixDatagram::unbound().unwrap();
        let address = SocketAddr::from_abstract_name(&socket.name).unwrap();
        sender.connect_addr(&address).unwrap();
        sender
    }

    #[test]
    fn lif_123_messages_come_with_the_uid_of_their_sender() {
        let socket = NotifySocket::open().unwrap();
        let mut buffer = [0; LONGEST];
        assert_eq!(socket.receive(&mut buffer).unwrap(), Message::None);
        let sender = sender(&socket);
        sender.send(b"READY=1").unwrap();
        sender.send(b"").unwrap();
        let uid = Some(nix::unistd::getuid().as_raw());
        let message = socket.receive(&mut buffer).unwrap();
        assert_eq!(message, Message::Bytes { length: 7, uid });
        assert_eq!(&buffer[..7], b"READY=1");
        let message = socket.receive(&mut buffer).unwrap();
        assert_eq!(message, Message::Bytes { length: 0, uid });
        assert_eq!(socket.receive(&mut buffer).unwrap(), Message::None);
    }

    #[test]
    fn lif_124_longer_ones_are_known_as_such() {
        let socket = NotifySocket::open().unwrap();
        let sender = sender(&socket);
        let mut buffer = [0; LONGEST];
        sender.send(&[b'x'; LONGEST + 1]).unwrap();
        sender.send(&[b'y'; LONGEST]).unwrap();
        assert_eq!(socket.receive(&mut buffer).unwrap(), Message::TooLong);
        let whole = socket.receive(&mut buffer).unwrap();
        assert!(matches!(
            whole,
            Message::Bytes {
                length: LONGEST,
                ..
            }
        ));
    }

    #[test]
    fn lif_124_descriptors_that_come_along_are_closed() {
        let socket = NotifySocket::open().unwrap();
        let sender = sender(&socket);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let fds = [writer.as_raw_fd(); 100];
        sendmsg::<UnixAddr>(
            sender.as_raw_fd(),
            &[IoSlice::new(b"BARRIER=1")],
            &[ControlMessage::ScmRights(&fds)],
            MsgFlags::empty(),
            None,
        )
        .unwrap();
        drop(writer);
        let message = socket.receive(&mut [0; LONGEST]).unwrap();
        assert!(matches!(message, Message::Bytes { length: 9, .. }));
        // the end comes only if nobody has the other end any more
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn lif_120_the_name_is_abstract_and_new_each_time() {
        let (one, two) = (NotifySocket::open().unwrap(), NotifySocket::open().unwrap());
        let address = one.address();
        let start = format!("@supervisor/{}/", std::process::id());
        let random = address.strip_prefix(&start).unwrap();
        assert_eq!(random.len(), 32);
        assert!(random.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one.address(), two.address());
    }
}
