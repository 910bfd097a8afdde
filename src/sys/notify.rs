//! The socket on which a service manager wants to hear how the service is: what `sd_notify(3)` writes to.
//!
//! Named by `NOTIFY_SOCKET`; one datagram a message. Nobody listening is not our trouble.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// What the manager puts into the environment for us alone; programs do not get it.
pub const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The way to the service manager.
#[derive(Debug)]
pub struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Manager {
    /// The manager that the environment names; none if it names none, or by an address of another kind.
    pub fn of_environment() -> Option<Self> {
        Self::at(&std::env::var_os("NOTIFY_SOCKET")?).ok()
    }

    /// A path, or an abstract name after `@`.
    fn at(name: &OsStr) -> io::Result<Self> {
        let address = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(name)?,
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        let socket = UnixDatagram::unbound()?;
        // a manager that does not read must not hold us up
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address })
    }

    /// Sends lines of `NAME=value`. False if there is no room for them now. A manager that is gone has heard
    /// everything.
    pub fn tell(&self, lines: &str) -> bool {
        loop {
            match self.socket.send_to_addr(lines.as_bytes(), &self.address) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) => return false,
                Ok(_) | Err(_) => return true,
            }
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

/// How often the manager wants a sign of life from this process: half of the time after which it would give
/// us up. None if it does not ask, or asks another process.
pub fn watchdog() -> Option<Duration> {
    let variable = |name| std::env::var(name).ok();
    interval(
        variable("WATCHDOG_USEC")?.as_str(),
        variable("WATCHDOG_PID").as_deref(),
        std::process::id(),
    )
}

fn interval(usec: &str, pid: Option<&str>, own: u32) -> Option<Duration> {
    let usec: u64 = usec.parse().ok()?;
    let ours = pid.is_none_or(|pid| pid.parse() == Ok(own));
    (ours && usec > 1).then(|| Duration::from_micros(usec / 2))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    use super::{Manager, interval};

    #[test]
    fn messages_arrive_at_paths_and_abstract_names() {
        let name = format!("supervisor-notify-{}", std::process::id());
        let path = std::env::temp_dir().join(&name);
        let at_path = UnixDatagram::bind(&path).unwrap();
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let abstract_name = UnixDatagram::bind_addr(&address).unwrap();
        let named = format!("@{name}");
        for (receiver, name) in [
            (&at_path, path.as_os_str()),
            (&abstract_name, OsStr::new(&named)),
        ] {
            assert!(Manager::at(name).unwrap().tell("READY=1\nSTATUS=x"));
            let mut buffer = [0; 64];
            let length = receiver.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], b"READY=1\nSTATUS=x", "{name:?}");
        }
        std::fs::remove_file(&path).unwrap();
        // nobody there any more
        assert!(Manager::at(path.as_os_str()).unwrap().tell("STOPPING=1"));
    }

    #[test]
    fn a_manager_that_does_not_read_is_not_waited_for() {
        let name = format!("supervisor-notify-full-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let receiver = UnixDatagram::bind_addr(&address).unwrap();
        let manager = Manager::at(OsStr::new(&format!("@{name}"))).unwrap();
        let sent = (0..100_000)
            .take_while(|_| manager.tell("STATUS=x"))
            .count();
        assert!((1..100_000).contains(&sent), "{sent}");
        receiver.recv(&mut [0; 64]).unwrap();
        assert!(manager.tell("STATUS=y"), "there is room again");
    }

    #[test]
    fn other_addresses_are_none() {
        let long = format!("/{}", "x".repeat(200));
        for name in ["", "relative", "vsock:2:1234", &long] {
            assert!(Manager::at(OsStr::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn signs_of_life() {
        let table = [
            ("20000000", None, Some(10_000_000)),
            ("20000000", Some("7"), Some(10_000_000)),
            ("20000000", Some("8"), None),
            ("20000000", Some("x"), None),
            ("3", None, Some(1)),
            ("1", None, None),
            ("0", None, None),
            ("", None, None),
            ("-1", None, None),
        ];
        for (usec, pid, expected) in table {
            let expected = expected.map(Duration::from_micros);
            assert_eq!(interval(usec, pid, 7), expected, "{usec} {pid:?}");
        }
    }
}
