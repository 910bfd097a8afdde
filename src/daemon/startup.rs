//! From the command line to the loop, and what comes out at the end.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};

use crate::base::level::Level;
use crate::base::states::SupervisorState;
use crate::base::version;
use crate::base::visible::escaped;
use crate::config::cli::{DaemonArgs, DaemonCommand};
use crate::config::envfile;
use crate::config::{Config, Notice, ROOT_SEARCHES, Supervisord};
use crate::events::pool::Serials;
use crate::logs::activity::{self, Activity};
use crate::supervisor::Supervisor;
use crate::sys;
use crate::sys::daemonize::{self, Detached};
use crate::sys::fds::ReservedFds;
use crate::sys::signals::Received;
use crate::sys::spawn::Spawner;

use super::pidfile::{Pidfile, PidfileError};
use super::pump::keep_main_log;
use super::run::run;
use super::servers::RunningServers;
use super::service_status::ServiceStatus;
use super::setup::{Instance, StartError};
use super::surroundings::{Reader, Surroundings};

/// The program `supervisord`.
pub fn main() -> ExitCode {
    sys::memory::return_large_blocks();
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let program = words
        .first()
        .cloned()
        .unwrap_or_else(|| "supervisord".to_owned());
    let mut surroundings = Surroundings::look(&program);
    let command = DaemonArgs::parse(&words, &surroundings.world(Duration::ZERO));
    match command {
        Ok(DaemonCommand::Help(text)) => print(&text),
        Ok(DaemonCommand::Version) => print(&format!("{}\n", version::SUPERVISOR_VERSION)),
        Ok(DaemonCommand::Run(args)) => {
            for file in &args.env_files {
                match envfile::read(Path::new(file)) {
                    Ok(variables) => surroundings.add(variables),
                    Err(reason) => return usage(&reason.to_string(), &program),
                }
            }
            start(Reader { surroundings, args }, &program)
        }
        Err(error) => usage(&error.to_string(), &program),
    }
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A usage error: two lines and status 2.
fn usage(text: &str, program: &str) -> ExitCode {
    complain(&usage_lines(text, program));
    ExitCode::from(2)
}

fn usage_lines(text: &str, program: &str) -> String {
    format!("Error: {text}\nFor help, use {program} -h\n")
}

fn complain(text: &str) {
    // without a stderr there is nobody to tell
    let _ = io::stderr().write_all(text.as_bytes());
}

fn start(reader: Reader, program: &str) -> ExitCode {
    sys::fds::keep_strays_from_programs();
    if let Err(errno) = sys::signals::prepare() {
        complain(&format!("cannot ignore SIGPIPE: {}\n", errno.description()));
        return ExitCode::FAILURE;
    }
    let spawner = Rc::new(Spawner::new(ReservedFds::reserve()));
    if reader.args.file.is_none() && sys::accounts::current_uid() == 0 {
        complain(&if io::stderr().is_terminal() {
            format!("Warning: {ROOT_SEARCHES}\n")
        } else {
            // tools match on the form of a Python warning: file, line, category (CFG-007)
            format!("{}:{}: UserWarning: {ROOT_SEARCHES}\n", file!(), line!())
        });
    }
    let config = match reader.read_first() {
        Ok(config) => config,
        Err(refusal) => {
            complain(&hints(&refusal.notices));
            return usage(&refusal.to_string(), program);
        }
    };
    let found = hints(&config.notices);
    let activity = Activity::new(sys::clock::LOCAL);
    if let Err(error) = activity.install() {
        complain(&format!("cannot install the log: {error}\n"));
        return ExitCode::FAILURE;
    }
    let daemon = Daemon {
        reader: Rc::new(reader),
        activity,
        spawner,
        program: program.to_owned(),
    };
    match daemon.set_up(config, None) {
        Ok(instance) => daemon.detach(instance),
        Err(error) => {
            // they are in the log, if there is one
            if error.is_before_log() {
                complain(&found);
            }
            daemon.fail(&error)
        }
    }
}

/// What may be the reason of a failed start, for the terminal.
fn hints(notices: &[Notice]) -> String {
    let warnings = notices.iter().filter(|notice| notice.level >= Level::Warn);
    let lines = warnings.map(|notice| format!("Warning: {}\n", escaped(&notice.text)));
    lines.collect()
}

/// What outlives restarts.
struct Daemon {
    reader: Rc<Reader>,
    activity: Activity,
    spawner: Rc<Spawner>,
    program: String,
}

impl Daemon {
    /// Says why it does not start, on stderr, and gives the exit status.
    fn fail(&self, error: &StartError) -> ExitCode {
        complain(&self.failure(error));
        ExitCode::from(error.status())
    }

    fn failure(&self, error: &StartError) -> String {
        match error.status() {
            2 => usage_lines(&error.to_string(), &self.program),
            _ => format!("Error: {error}\n"),
        }
    }

    fn set_up(&self, config: Config, before: Option<Serials>) -> Result<Instance, StartError> {
        Instance::set_up(config, &self.reader, &self.activity, &self.spawner, before)
    }

    /// Goes to the background unless told otherwise, and runs.
    fn detach(self, instance: Instance) -> ExitCode {
        if instance.settings.nodaemon {
            return self.block_on(instance, None);
        }
        match daemonize::detach() {
            Ok(detached) => {
                go_to_background(&instance.settings, &detached);
                self.block_on(instance, Some(detached))
            }
            Err(errno) => {
                complain(&format!("cannot fork: {}\n", errno.description()));
                ExitCode::FAILURE
            }
        }
    }

    fn block_on(self, instance: Instance, detached: Option<Detached>) -> ExitCode {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default());
        let result = match runtime {
            Ok(runtime) => runtime.block_on(self.serve(instance, detached)),
            Err(error) => Err(StartError::System(error)),
        };
        match result {
            Ok(status) => ExitCode::from(status),
            Err(error) => {
                activity::log(Level::Critical, &error.to_string());
                self.fail(&error)
            }
        }
    }

    /// Runs one instance after another until a shutdown; returns the exit status.
    async fn serve(
        &self,
        instance: Instance,
        detached: Option<Detached>,
    ) -> Result<u8, StartError> {
        let mut signals = Received::install()?;
        let mut service = ServiceStatus::of_environment();
        service.keep_alive();
        // from here on clients wait for us, and nothing forks us any more
        self.reader.surroundings.aside.begin();
        let mut instance = instance;
        let mut detached = detached;
        loop {
            let Instance {
                settings,
                shared,
                owner,
                listeners,
            } = instance;
            let mut servers =
                RunningServers::open(&owner, listeners, self.activity.writers().followers())?;
            let pidfile = write_pidfile(&settings);
            if let Some(detached) = detached.take() {
                detached.ready();
            }
            let ended_for = tokio::select! {
                ended_for = run(&owner, &shared, &mut signals, &mut service) => ended_for,
                never = servers.keep(shared.leaving.notified()) => match never {},
                never = keep_main_log(&self.activity) => match never {},
            };
            servers.close().await;
            if let Some(pidfile) = pidfile {
                pidfile.remove();
            }
            let (spare, serials) =
                owner.with(|supervisor, _| (supervisor.spare_config(), supervisor.serials()));
            let status = owner.peek(Supervisor::exit_status);
            shared.set_owner(None);
            drop(owner);
            if ended_for != SupervisorState::Restarting {
                if let Some(status) = status {
                    activity::log(Level::Info, &format!("exiting with status {status}"));
                }
                self.activity.flush();
                return Ok(status.unwrap_or(0));
            }
            self.activity.close();
            // it was good when the restart was asked for; if it broke since, that one counts (DEC-012)
            let config = match (self.reader.read(), spare) {
                (Ok(config), _) => config,
                (Err(refusal), Some(spare)) => {
                    log_hints(&refusal.notices);
                    let text = format!("the configuration cannot be read any more: {refusal}");
                    activity::log(Level::Critical, &text);
                    spare
                }
                (Err(refusal), None) => {
                    log_hints(&refusal.notices);
                    return Err(StartError::Config(*refusal.error));
                }
            };
            instance = self.set_up(config, Some(serials))?;
        }
    }
}

fn log_hints(notices: &[Notice]) {
    for notice in notices.iter().filter(|notice| notice.hint) {
        activity::log(notice.level, &notice.text);
    }
}

/// DMN-007: the order of the child's steps.
fn go_to_background(settings: &Supervisord, detached: &Detached) {
    // the parent waits for us (DEC-040); the line keeps its place (LOG-032)
    activity::log(Level::Blather, "supervisord forked; parent exiting");
    activity::log(Level::Info, "daemonizing the supervisord process");
    if let Some(directory) = &settings.directory {
        let shown = directory.display();
        match std::env::set_current_dir(directory) {
            Ok(()) => activity::log(Level::Info, &format!("set current directory: '{shown}'")),
            Err(error) => {
                let text = format!("can't chdir into '{shown}': {error}");
                activity::log(Level::Critical, &text);
            }
        }
    }
    if let Err(errno) = detached.leave_terminal(settings.umask) {
        let text = format!("cannot leave the terminal: {}", errno.description());
        activity::log(Level::Critical, &text);
    }
}

fn write_pidfile(settings: &Supervisord) -> Option<Pidfile> {
    let written = settings
        .pidfile
        .as_ref()
        .map(|path| (path, Pidfile::write(path)));
    let pidfile = match written {
        None => None,
        Some((_, Ok(pidfile))) => Some(pidfile),
        Some((path, Err(error))) => {
            let mut text = format!("could not write pidfile {}", path.display());
            // the line of the reference, which says no reason, but where it would wait or write on (DMN-015)
            if !matches!(error, PidfileError::System(_)) {
                text.extend([": ", &error.to_string()]);
            }
            activity::log(Level::Critical, &text);
            return None;
        }
    };
    let text = format!("supervisord started with pid {}", std::process::id());
    activity::log(Level::Info, &text);
    if settings.container {
        activity::log(Level::Info, "container preset is on");
    }
    pidfile
}
