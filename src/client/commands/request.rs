//! What can be asked for, as values: what a line of words becomes before anything is done.

use crate::base::channel::Channel;

use super::Command;

/// A command and what it shall do.
#[derive(Debug)]
pub struct Request {
    /// The command's row.
    pub command: &'static Command,
    /// What it shall do, or why its words make no sense: the server may have to be asked first in both cases.
    pub action: Result<Action, Misuse>,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Asks the server, and has something to tell.
    Call(Call),
    /// Shows a log as it grows, until somebody ends that.
    Follow(Log),
    /// Puts a process of this name into the foreground.
    Foreground(String),
    /// Talks to the server with this URL from now on.
    Open(String),
    /// Tells about commands: of all, if nothing is named.
    Help(String),
    /// Ends the shell.
    Leave,
}

/// What is asked of the server. Names are namespecs, and `all` among them means everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// How processes are; of all without names.
    Status(Vec<String>),
    /// Their pids; the server's own without names.
    Pid(Vec<String>),
    /// Starts them.
    Start {
        /// Who is started.
        names: Vec<String>,
        /// They wait for what they depend on, and have it started (LIF-049).
        deps: bool,
    },
    /// Stops them.
    Stop {
        /// Who is stopped.
        names: Vec<String>,
        /// Whatever depends on them stops before them (LIF-086).
        dependents: bool,
    },
    /// Stops them all, then starts them all.
    Restart {
        /// Who is restarted.
        names: Vec<String>,
        /// Whatever depends on them is restarted, too (LIF-086).
        dependents: bool,
    },
    /// Signals them.
    Signal {
        /// As the user wrote it.
        signal: String,
        /// Who gets it.
        names: Vec<String>,
    },
    /// The last bytes of a log; a negative number is a place to begin at (CTL-122).
    Tail {
        /// Which log.
        log: Log,
        /// How many, as wide as they can be written.
        bytes: i64,
    },
    /// Has them read their configuration again (LIF-244).
    Refresh(Vec<String>),
    /// What their checks found (HLT-103).
    Health(Vec<String>),
    /// Empties logs.
    Clear(Vec<String>),
    /// The processes of the configuration.
    Available,
    /// Has the configuration read, without effect yet.
    Reread,
    /// Reads the configuration and follows it: in these groups, or all.
    Update(Vec<String>),
    /// Makes groups active.
    Add(Vec<String>),
    /// Takes groups out.
    Remove(Vec<String>),
    /// The server's version.
    Version,
    /// Ends the server.
    Shutdown,
    /// Ends the server and starts it again.
    Reload,
}

impl Call {
    /// What is asked before this is done, where somebody can answer (CTL-150, CTL-152).
    pub fn question(&self) -> Option<&'static str> {
        match self {
            Self::Shutdown => Some("Really shut the remote supervisord process down y/N? "),
            Self::Reload => Some("Really restart the remote supervisord process y/N? "),
            _ => None,
        }
    }
}

/// A log of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// Its own.
    Main,
    /// One of a process.
    Of {
        /// The process's namespec.
        process: String,
        /// Which of its outputs.
        channel: Channel,
    },
}

impl Log {
    /// Where the server streams it.
    pub fn path(&self) -> String {
        match self {
            Self::Main => "/mainlogtail".to_owned(),
            Self::Of { process, channel } => format!("/logtail/{process}/{}", channel.name()),
        }
    }

    /// What errors call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Main => "supervisord",
            Self::Of { process, .. } => process,
        }
    }
}

/// Words that make no sense behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misuse {
    /// What is wrong, as it is printed.
    pub line: String,
    /// The exit status.
    pub status: u8,
    /// The command's help follows.
    pub shows_help: bool,
}
