//! Everything that one configuration needs, from log to groups: set up before the daemon goes to the
//! background, and again at each restart (DMN-001).

use std::rc::Rc;

use crate::base::level::Level;
use crate::config::{Config, ConfigError, MainLog, Supervisord, url_for_children};
use crate::events::pool::Serials;
use crate::logs::activity::{self, Activity, Destination, Settings};
use crate::logs::auto;
use crate::logs::file::Rotation;
use crate::logs::syslog::DEV_LOG;
use crate::supervisor::Supervisor;
use crate::supervisor::owner::Owner;
use crate::supervisor::ports::GroupError;
use crate::sys;
use crate::sys::limits::{self, Limit, LimitError};
use crate::sys::privileges::{PrivilegeError, become_user};
use crate::sys::sockets::ServerError;
use crate::sys::spawn::Spawner;

use super::fastcgi::FcgiSockets;
use super::host;
use super::launch::Launcher;
use super::server_sockets::ServerSockets;
use super::shared::Shared;
use super::surroundings::Reader;

/// What runs by one configuration.
pub(super) struct Instance {
    pub(super) settings: Supervisord,
    pub(super) shared: Rc<Shared>,
    pub(super) owner: Owner,
    pub(super) listeners: ServerSockets,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// The user cannot be taken on.
    #[error(transparent)]
    User(#[from] PrivilegeError),
    /// A limit cannot be raised.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A server cannot be opened.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The main log cannot be opened (LOG-082).
    #[error("cannot open the log file {path}: {error}")]
    Log {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A group cannot be made active.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The configuration broke while everything was stopped.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system refused to let the daemon work at all.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

impl StartError {
    /// The exit status (DMN-020, DMN-021).
    pub(super) const fn status(&self) -> u8 {
        match self {
            Self::User(_) | Self::Limit(_) | Self::Server(_) | Self::Config(_) => 2,
            Self::Log { .. } | Self::Group(_) | Self::System(_) => 1,
        }
    }
}

impl StartError {
    /// Whether there was no main log yet that could hear of it.
    pub(super) const fn is_before_log(&self) -> bool {
        matches!(self, Self::User(_) | Self::Limit(_) | Self::Log { .. })
    }
}

impl Instance {
    /// Sets everything up. `before` is where the events of the instance before end; at a restart
    /// limits stay as they are (DMN-044).
    pub(super) fn set_up(
        mut config: Config,
        reader: &Rc<Reader>,
        activity: &Activity,
        spawner: &Rc<Spawner>,
        before: Option<Serials>,
    ) -> Result<Self, StartError> {
        let mut later = Vec::from_iter(take_user(&config.supervisord)?);
        if before.is_none() {
            later.extend(raise_limits(&config.supervisord)?);
            // for us alone: a thousand programs take some thousand files, and are no reason to ask for more
            if let Some(before) = limits::open_as_many_as_allowed() {
                spawner.limit_open_files(before);
            }
        }
        // the order of the reference: what reading gave comes before what was done with it (LOG-015)
        for notice in std::mem::take(&mut config.notices) {
            activity::log(notice.level, &notice.text);
        }
        for line in later {
            activity::log(Level::Info, &line);
        }
        open_log(&config.supervisord, activity)?;
        // a second daemon must stop here, before it touches the logs of the first (DEC-030)
        let listeners = ServerSockets::open(&config)?;
        let settings = config.supervisord.clone();
        if !settings.nocleanup {
            for warning in auto::clean_up(
                &settings.childlogdir,
                &settings.identifier,
                sys::files::is_used_by_others,
            ) {
                activity::log(Level::Warn, &warning);
            }
        }
        // most descriptors are for what runs
        let descriptors = limits::soft(Limit::Files);
        activity.writers().keep_idle_at_most(descriptors / 4);
        let shared = Rc::new(Shared::new());
        let launcher = Launcher {
            shared: shared.clone(),
            spawner: spawner.clone(),
            reader: Rc::clone(reader),
            server_url: url_for_children(&config.servers),
            strip_ansi: settings.strip_ansi,
            echo: settings.loglevel <= Level::Debug,
            sockets: FcgiSockets::new(Rc::clone(&reader.surroundings.aside)),
            writers: activity.writers(),
        };
        let ports = host::ports(&shared, launcher, &settings, activity, reader);
        let interfaces = config.rpc_interfaces.clone();
        let serials = before.unwrap_or_default();
        let mut supervisor = Supervisor::new(config, ports, serials);
        supervisor.add_all()?;
        announce(&listeners, &interfaces);
        let owner = Owner::new(supervisor, sys::clock::now);
        shared.set_owner(Some(owner.clone()));
        Ok(Self {
            settings,
            shared,
            owner,
            listeners,
        })
    }
}

/// DMN-049 to DMN-052. Gives the line for the log, if it is not the first one anyway.
fn take_user(settings: &Supervisord) -> Result<Option<String>, PrivilegeError> {
    if let Some(user) = &settings.user {
        become_user(user.uid)?;
        return Ok(Some(format!("Set uid to user {} succeeded", user.uid)));
    } else if sys::accounts::current_uid() == 0 {
        let text = "Supervisor is running as root.  Privileges were not dropped because no user is \
                    specified in the config file.  If you intend to run as root, you can set \
                    user=root in the config file to avoid this message.";
        activity::log(Level::Critical, text);
    }
    Ok(None)
}

/// DMN-055 to DMN-058. Gives the lines for the log.
fn raise_limits(settings: &Supervisord) -> Result<Vec<String>, LimitError> {
    let mut lines = Vec::new();
    for (limit, wanted) in [
        (Limit::Files, settings.minfds),
        (Limit::Processes, settings.minprocs),
    ] {
        if let Some(raised) = limits::raise(limit, wanted)? {
            lines.push(raised.to_string());
        }
    }
    Ok(lines)
}

fn open_log(settings: &Supervisord, activity: &Activity) -> Result<(), StartError> {
    let destination = match &settings.logfile {
        MainLog::File(path) => {
            let (maxbytes, backups) = (settings.logfile_maxbytes, settings.logfile_backups);
            Destination::File(path.clone(), Rotation { maxbytes, backups })
        }
        MainLog::Syslog => Destination::Syslog(DEV_LOG.into()),
    };
    let echo = settings.nodaemon && !settings.silent;
    let opened = activity.open(&Settings {
        destination,
        level: settings.loglevel,
        echo,
    });
    opened.map_err(|error| StartError::Log {
        path: match &settings.logfile {
            MainLog::File(path) => path.to_string_lossy().into_owned(),
            MainLog::Syslog => DEV_LOG.to_owned(),
        },
        error,
    })
}

/// LOG-026, LOG-027.
fn announce(listeners: &ServerSockets, interfaces: &[String]) {
    for (server, _) in &listeners.open {
        for name in interfaces {
            activity::log(Level::Info, &format!("RPC interface '{name}' initialized"));
        }
        if server.credentials.is_none() {
            let text = format!(
                "Server '{}' running without any HTTP authentication checking",
                server.section
            );
            activity::log(Level::Critical, &text);
        }
    }
}
