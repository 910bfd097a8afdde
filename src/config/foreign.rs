//! Names in configuration files that are none of ours: those of listeners, plug-ins and other programs, which are no
//! mistakes, and wishes that many people believe in and that have no effect (DEC-013).
//!
//! An option that is built later leaves its row here; a test says so.

use super::kinds::Kind;

/// Options that something else reads from the file. An asterisk at the end stands for anything.
const OPTIONS: [&str; 7] = [
    // notes of people and generators
    "x-*",
    "_*",
    // supervisord-dependent-startup
    "dependent_startup_inherit_priority",
    // supvisors
    "supvisors_*",
    // supervisor-joblogger
    "maxruntime",
    "dbpath",
    // supervisor_quick, supervisor_cache, superlance and others that read theirs by a prefix
    "plugin.*",
];

/// Sections, up to a colon, that something else reads from the file.
const SECTIONS: [&str; 17] = [
    "x-*",
    "_*",
    "supvisors",
    "dependent_startup",
    "superlance",
    "superhooks",
    "superfsmon",
    "multivisor",
    "cesi",
    "nodervisor",
    "polyvisor",
    "laforge",
    "twiddler",
    "supervisor_twiddler",
    "supervisor_cache",
    "supervisor_checks",
    "supervisor-alert",
];

/// Wishes: options that are found in many files and have no effect, and what to use.
type Wishes = &'static [(&'static [&'static str], &'static str)];

const OF_PROGRAMS: Wishes = &[
    (
        &[
            "dependson",
            "depends",
            "dependencies",
            "requires",
            "after",
            "wait_for",
        ],
        "use depends_on=",
    ),
    (
        &[
            "crontab",
            "cron_schedule",
            "schedule",
            "interval",
            "startintervalsecs",
        ],
        "use cron= with the five fields of a crontab, or cron=@every 5m",
    ),
    (
        &["critical", "exit_on_failure"],
        "use essential=fatal or essential=exit",
    ),
    (
        &[
            "restart",
            "restart_policy",
            "auto_restart",
            "always_restart",
        ],
        "use autorestart= with true, false or unexpected",
    ),
    (
        &[
            "retries",
            "max_retries",
            "maxretries",
            "max_restarts",
            "restart_limit",
        ],
        "use startretries= for the tries of a start that fails, start_limit_burst= for all starts",
    ),
    (
        &[
            "restart_delay",
            "restartdelay",
            "restart_sec",
            "restartsecs",
            "restartintervalsec",
        ],
        "use restartpause= for the pause after an end, backoff_delay= for that after a failed start",
    ),
    (
        &["delay", "start_delay", "startdelaysecs", "autostart_delay"],
        "use startdelay=",
    ),
    (
        &[
            "timeout",
            "stop_timeout",
            "stoptimeout",
            "kill_timeout",
            "graceful_timeout",
        ],
        "use stopwaitsecs= for the seconds from the stop signal to SIGKILL",
    ),
    (&["env", "envvars"], "use environment="),
    (
        &[
            "cwd",
            "chdir",
            "workdir",
            "working_dir",
            "working_directory",
            "workingdirectory",
        ],
        "use directory=",
    ),
    (&["uid", "run_as", "runas"], "use user="),
    (&["gid", "group"], "the groups are those of user="),
    (&["exec", "cmd", "execstart", "script"], "use command="),
    (
        &["args", "arguments"],
        "write them behind the program in command=",
    ),
    (&["instances", "replicas", "processes"], "use numprocs="),
    (&["disabled"], "use enabled="),
    (&["oneshot"], "use type=oneshot"),
    (
        &["stop_command", "stop_cmd", "reload_command"],
        "use stopcommand= or reloadcommand=",
    ),
    (
        &["prestart", "pre_start"],
        "use pre_start_hook= and its neighbours",
    ),
    (
        &["healthcheck", "health_check"],
        "use liveness_check_script= or readiness_check_script=",
    ),
    (
        &[
            "memory_limit",
            "max_memory",
            "mem_limit",
            "memory_max",
            "max_memory_restart",
        ],
        "use an eventlistener such as memmon of superlance, or ulimit in a script as command",
    ),
    (
        &["nice", "ulimit", "limits"],
        "start the command with nice, or with ulimit in a script",
    ),
    (
        &[
            "logfile",
            "log_file",
            "log",
            "stdout",
            "stdout_log",
            "stdout_file",
            "log_stdout",
        ],
        "use stdout_logfile=",
    ),
    (
        &["stderr", "stderr_log", "stderr_file", "log_stderr"],
        "use stderr_logfile=",
    ),
    (
        &["logfile_maxbytes", "logfile_backups"],
        "use stdout_logfile_maxbytes= and stdout_logfile_backups=",
    ),
];

const OF_THE_DAEMON: Wishes = &[
    (
        &["http_port", "port"],
        "use port= in [inet_http_server], or file= in [unix_http_server]",
    ),
    (
        &["http_username", "http_password", "username", "password"],
        "use username= and password= in the section of the server",
    ),
    (
        &["sockchmod", "sockchown", "chmod", "chown"],
        "use chmod= and chown= in [unix_http_server]",
    ),
    (&["include", "files"], "use files= in [include]"),
];

/// Whether the option is known to be somebody else's.
pub(super) fn is_option(name: &str) -> bool {
    OPTIONS.iter().any(|pattern| matches(pattern, name))
}

/// Whether the section whose name begins with that word is known to be somebody else's.
pub(super) fn is_section(word: &str) -> bool {
    SECTIONS.iter().any(|pattern| matches(pattern, word))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// What to use instead of an option that has no effect, if it is known what is wanted.
pub(super) fn wish(section: &str, option: &str) -> Option<&'static str> {
    match Kind::of(section)? {
        Kind::Program | Kind::EventListener | Kind::FcgiProgram => granted(OF_PROGRAMS, option),
        Kind::Supervisord => granted(OF_THE_DAEMON, option),
        _ => None,
    }
}

fn granted(wishes: Wishes, name: &str) -> Option<&'static str> {
    let row = wishes.iter().find(|(names, _)| names.contains(&name));
    row.map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::{Kind, is_option, is_section, wish};

    #[test]
    fn what_is_whose() {
        for name in ["dependent_startup_inherit_priority", "x-owner", "_note"] {
            assert!(is_option(name), "{name}");
        }
        for name in ["depends_on", "dependent_startup", "autostrat", "x"] {
            assert!(!is_option(name), "{name}");
        }
        assert!(is_section("supvisors") && is_section("x-mine") && !is_section("supvisor"));
        assert!(wish("program:x", "depends").is_some() && wish("group:x", "depends").is_none());
    }

    #[test]
    fn none_of_them_is_an_option_of_ours() {
        for kind in Kind::ALL {
            let section = format!("{}x", kind.prefix());
            for row in kind.options() {
                let name = row.name.as_ref();
                assert!(
                    !is_option(name) && wish(&section, name).is_none(),
                    "{section} {name}"
                );
                assert!(wish(kind.prefix(), name).is_none(), "{section} {name}");
            }
            let word = kind.prefix().trim_end_matches(':');
            assert!(!is_section(word), "{word}");
        }
    }
}
