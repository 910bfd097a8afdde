//! FastCGI sockets: one for each section and group, made with its first process and closed with its last
//! (PROC-111 to PROC-117).

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use crate::base::errno::Errno;
use crate::base::level::Level;
use crate::config::GroupConfig;
use crate::logs::activity;
use crate::process::policy::FcgiSocket;
use crate::supervisor::member::ProcessId;
use crate::supervisor::ports::Launch;
use crate::sys::aside::Aside;
use crate::sys::sockets::{
    self, FcgiError, FcgiListener, ResolveError, SocketFile, create_fastcgi,
};

/// Group and URL: what the processes that share a socket have in common.
type Key = (Rc<str>, String);

/// The open sockets, and the files that they leave behind for later ones.
pub(super) struct FcgiSockets {
    aside: Rc<Aside>,
    /// What names of hosts stood for when they were looked up last.
    hosts: HashMap<String, SocketAddr>,
    open: HashMap<Key, Open>,
    /// Files of Unix sockets; they stay while the daemon lives and go with it (PROC-113, DEC-026).
    files: HashMap<Key, SocketFile>,
}

struct Open {
    listener: Rc<FcgiListener>,
    users: HashSet<ProcessId>,
    /// The main log knows of it: a start that fails on its way says nothing of sockets (DEC-029).
    announced: bool,
}

/// A socket as a child's stdin.
#[derive(Debug)]
pub(super) struct Stdin(Rc<FcgiListener>);

impl AsFd for Stdin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl FcgiSockets {
    /// `aside` asks for names of hosts.
    pub(super) fn new(aside: Rc<Aside>) -> Self {
        Self {
            aside,
            hosts: HashMap::new(),
            open: HashMap::new(),
            files: HashMap::new(),
        }
    }

    /// Makes each socket of a group once and closes it again, so that one that cannot be made is noticed
    /// when the group is added (PROC-112).
    pub(super) fn check(&mut self, group: &GroupConfig) -> Result<(), FcgiError> {
        let mut checked: Vec<&FcgiSocket> = Vec::new();
        for socket in group
            .processes
            .iter()
            .filter_map(|process| process.socket.as_ref())
        {
            if !checked.iter().any(|other| other.url == socket.url) {
                checked.push(socket);
                say_creating(&socket.url);
                let key = (Rc::from(group.name.as_str()), socket.url.clone());
                drop(self.create(&key, socket)?);
                say_closing(&socket.url);
            }
        }
        Ok(())
    }

    /// The socket of a process that is about to start, if it has one.
    pub(super) fn acquire(&mut self, launch: &Launch) -> Result<Option<Stdin>, Errno> {
        let Some(socket) = &launch.config.socket else {
            return Ok(None);
        };
        let key = (launch.group.clone(), socket.url.clone());
        if !self.open.contains_key(&key) {
            let listener = self.create(&key, socket).map_err(|error| {
                activity::log(Level::Critical, &error.to_string());
                Errno(libc::EADDRNOTAVAIL)
            })?;
            let open = Open {
                listener: Rc::new(listener),
                users: HashSet::new(),
                announced: false,
            };
            self.open.insert(key.clone(), open);
        }
        Ok(self.open.get_mut(&key).map(|open| {
            open.users.insert(launch.id);
            Stdin(open.listener.clone())
        }))
    }

    /// Nothing but the fork is left of the start of a process that acquired its socket.
    pub(super) fn announce(&mut self, launch: &Launch) {
        let Some(socket) = &launch.config.socket else {
            return;
        };
        let key = (launch.group.clone(), socket.url.clone());
        if let Some(open) = self.open.get_mut(&key)
            && !std::mem::replace(&mut open.announced, true)
        {
            say_creating(&socket.url);
        }
    }

    /// That process is gone, or did not come about.
    pub(super) fn release(&mut self, id: ProcessId) {
        self.open.retain(|(_, url), open| {
            let used = open.users.remove(&id);
            let close = used && open.users.is_empty();
            if close && open.announced {
                say_closing(url);
            }
            !close
        });
    }

    fn create(&mut self, key: &Key, socket: &FcgiSocket) -> Result<FcgiListener, FcgiError> {
        let mut listener = create_fastcgi(socket, |host, port| self.address(host, port))?;
        if let Some(file) = listener.file.take() {
            self.files.insert(key.clone(), file);
        }
        Ok(listener)
    }
}

impl FcgiSockets {
    /// The address of a host. Where the answer takes its time it is the one that the name had before.
    fn address(&mut self, host: &str, port: u16) -> Result<SocketAddr, ResolveError> {
        let name = host.to_owned();
        let question = move || sockets::resolve(&name, port);
        if host.is_empty() || host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
            return question();
        }
        match self.aside.ask(host.as_bytes(), question) {
            Some(Ok(address)) => {
                self.hosts.insert(host.to_owned(), address);
                Ok(address)
            }
            Some(Err(error)) => Err(error),
            None => {
                let known = self.hosts.get(host).ok_or(ResolveError::Late)?;
                Ok(SocketAddr::new(known.ip(), port))
            }
        }
    }
}

fn say_creating(url: &str) {
    activity::log(Level::Info, &format!("Creating socket {url}"));
}

fn say_closing(url: &str) {
    activity::log(Level::Info, &format!("Closing socket {url}"));
}
