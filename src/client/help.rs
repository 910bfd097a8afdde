//! What `help` prints (CTL-070 to CTL-072).

use super::render;

/// The width that the overview is laid out for, in characters.
const WIDTH: usize = 79;

/// The overview of all commands: a header, a ruler and the names in columns.
pub fn overview(names: &[&str]) -> String {
    let header = "default commands (type help <topic>):";
    let ruler = "=".repeat(header.len());
    let rows = render::columns(names, WIDTH).join("\n");
    format!("\n{header}\n{ruler}\n{rows}\n")
}

/// The commands that the reference has not (CLX-006).
pub fn more(names: &[&str]) -> String {
    let header = "more commands (type help <topic>):";
    let ruler = "=".repeat(header.len());
    let rows = render::columns(names, WIDTH).join("\n");
    format!("{header}\n{ruler}\n{rows}\n")
}

/// No such topic (CTL-071).
pub fn nothing_on(topic: &str) -> String {
    format!("*** No help on {}", render::escaped(topic))
}

pub(super) const HELP: &str = "help\t\tPrint a list of available actions\n\
    help <action>\tPrint help for <action>";

pub(super) const ADD: &str = "add <name> [...]\tActivates any updates in config for process/group";

pub(super) const AVAIL: &str = "avail\t\t\tDisplay all configured processes";

pub(super) const CLEAR: &str = "clear <name>\t\tClear a process' log files.\n\
    clear <name> <name>\tClear multiple process' log files\n\
    clear all\t\tClear all process' log files";

pub(super) const EXIT: &str = "exit\tExit the supervisor shell.";

pub(super) const FG: &str = "fg <process>\tConnect to a process in foreground mode\n\
    \t\tCtrl-C to exit";

pub(super) const HEALTH: &str = "health <name>\t\tShow what the checks of a process found\n\
    health <gname>:*\tShow what the checks of a group found\n\
    health\t\t\tShow what all checks found; the exit status is 1 if one is unhealthy";

pub(super) const MAINTAIL: &str = "maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)\n\
    maintail -100\tlast 100 *bytes* of supervisord main log file\n\
    maintail\tlast 1600 *bytes* of supervisor main log file\n";

pub(super) const OPEN: &str = "open <url>\tConnect to a remote supervisord process.\n\
    \t\t(for UNIX domain socket, use unix:///socket/path)";

pub(super) const PID: &str = "pid\t\t\tGet the PID of supervisord.\n\
    pid <name>\t\tGet the PID of a single child process by name.\n\
    pid all\t\t\tGet the PID of every child process, one per line.";

pub(super) const QUIT: &str = "quit\tExit the supervisor shell.";

pub(super) const REFRESH: &str = "refresh <name>\t\tHave a process read its configuration again\n\
    \t\t\t(by its reloadsignal or reloadcommand)\n\
    refresh <gname>:*\tHave all processes in a group do so\n\
    refresh <name> <name>\tHave multiple processes or groups do so";

pub(super) const RELOAD: &str = "reload \t\tRestart the remote supervisord.";

pub(super) const REMOVE: &str = "remove <name> [...]\tRemoves process/group from active config";

pub(super) const REREAD: &str =
    "reread \t\t\tReload the daemon's configuration files without add/remove";

pub(super) const RESTART: &str = "restart <name>\t\tRestart a process\n\
    restart <gname>:*\tRestart all processes in a group\n\
    restart <name> <name>\tRestart multiple processes or groups\n\
    restart all\t\tRestart all processes\n\
    Note: restart does not reread config files. For that, see reread and update.";

pub(super) const MORE_RESTART: &str =
    "restart --with-dependents <name>\tRestart a process and all that depend on it";

pub(super) const SHUTDOWN: &str = "shutdown \tShut the remote supervisord down.";

pub(super) const SIGNAL: &str = "signal <signal name> <name>\t\tSignal a process\n\
    signal <signal name> <gname>:*\t\tSignal all processes in a group\n\
    signal <signal name> <name> <name>\tSignal multiple processes or groups\n\
    signal <signal name> all\t\tSignal all processes";

pub(super) const START: &str = "start <name>\t\tStart a process\n\
    start <gname>:*\t\tStart all processes in a group\n\
    start <name> <name>\tStart multiple processes or groups\n\
    start all\t\tStart all processes";

pub(super) const MORE_START: &str =
    "start --no-deps <name>\tStart a process at once, whatever it depends on";

pub(super) const STATUS: &str = "status <name>\t\tGet status for a single process\n\
    status <gname>:*\tGet status for all processes in a group\n\
    status <name> <name>\tGet status for multiple named processes\n\
    status\t\t\tGet all process status info";

pub(super) const STOP: &str = "stop <name>\t\tStop a process\n\
    stop <gname>:*\t\tStop all processes in a group\n\
    stop <name> <name>\tStop multiple processes or groups\n\
    stop all\t\tStop all processes";

pub(super) const MORE_STOP: &str =
    "stop --with-dependents <name>\tStop a process and, before it, all that depend on it";

pub(super) const TAIL: &str = "tail [-f] <name> [stdout|stderr] (default stdout)\n\
    Ex:\n\
    tail -f <name>\t\tContinuous tail of named process stdout\n\
    \t\t\tCtrl-C to exit.\n\
    tail -100 <name>\tlast 100 *bytes* of process stdout\n\
    tail <name> stderr\tlast 1600 *bytes* of process stderr";

pub(super) const UPDATE: &str = "update\t\t\tReload config and add/remove as necessary, and will restart affected programs\n\
    update all\t\tReload config and add/remove as necessary, and will restart affected programs\n\
    update <gname> [...]\tUpdate specific groups";

pub(super) const VERSION: &str = "version\t\t\tShow the version of the remote supervisord process";

#[cfg(test)]
mod tests {
    use crate::client::commands;

    #[test]
    fn ctl_070_the_overview() {
        assert_eq!(
            super::overview(&commands::names()),
            concat!(
                "\n",
                "default commands (type help <topic>):\n",
                "=====================================\n",
                "add    exit      open  reload  restart   start   tail   \n",
                "avail  fg        pid   remove  shutdown  status  update \n",
                "clear  maintail  quit  reread  signal    stop    version\n",
            )
        );
    }

    #[test]
    fn tabs_survive_the_line_joins() {
        assert!(super::FG.ends_with("mode\n\t\tCtrl-C to exit"));
        assert!(super::TAIL.contains("stdout\n\t\t\tCtrl-C"));
    }
}
