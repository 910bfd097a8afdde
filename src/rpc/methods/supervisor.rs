//! `supervisor.*` as Python's Supervisor has it (RPC-100).

use super::Handler::{Act, Look};
use super::{GROUP, Method, NAME, Param, ROWS, TRUE, WAIT, method};
use crate::api::verb::Verb;
use crate::rpc::{config, logs, processes, state, stdin};

const SIGNAL: Param = ("string", "signal", "A signal's name or number");
const OFFSET: Param = ("int", "offset", "First byte; negative counts from the end");
const LENGTH: Param = ("int", "length", "Number of bytes; 0 is up to the end");
const TAIL_OFFSET: Param = ("int", "offset", "The offset that the last call returned");
const TAIL_LENGTH: Param = ("int", "length", "Number of bytes at most");

const LOG: (&str, &str) = ("string", "the bytes as text; what is no UTF-8 is replaced");
const TAIL: (&str, &str) = ("array", "text, new offset, and whether bytes were left out");

/// Every method of the `supervisor` namespace, sorted by name (RPC-100).
pub(super) static METHODS: &[Method] = &[
    method!(
        "supervisor.addProcessGroup",
        Verb::AddGroup,
        &[GROUP],
        1,
        TRUE,
        Act(config::add_group),
        "Makes a group of the configuration that was read last active."
    ),
    method!(
        "supervisor.clearAllProcessLogs",
        Verb::ClearLogs,
        &[],
        0,
        ROWS,
        Act(logs::clear_all),
        "Empties the logs of every process."
    ),
    method!(
        "supervisor.clearLog",
        Verb::ClearMainLog,
        &[],
        0,
        TRUE,
        Act(logs::clear_main),
        "Empties the main log."
    ),
    method!(
        "supervisor.clearProcessLog",
        Verb::ClearLogs,
        &[NAME],
        1,
        TRUE,
        Act(logs::clear),
        "An older name of supervisor.clearProcessLogs."
    ),
    method!(
        "supervisor.clearProcessLogs",
        Verb::ClearLogs,
        &[NAME],
        1,
        TRUE,
        Act(logs::clear),
        "Empties both logs of a process."
    ),
    method!(
        "supervisor.getAPIVersion",
        Verb::ApiVersion,
        &[],
        0,
        ("string", "the version"),
        Look(state::api_version),
        "Tells the version of this interface."
    ),
    method!(
        "supervisor.getAllConfigInfo",
        Verb::Configuration,
        &[],
        0,
        ("array", "a struct for each process"),
        Look(config::all_info),
        "Tells how every process is configured, by the configuration that was read last."
    ),
    method!(
        "supervisor.getAllProcessInfo",
        Verb::Processes,
        &[],
        0,
        ("array", "a struct for each process"),
        Look(processes::all_info),
        "Tells the state of every process."
    ),
    method!(
        "supervisor.getIdentification",
        Verb::Identification,
        &[],
        0,
        ("string", "the identifier"),
        Look(state::identification),
        "Tells the identifier of this supervisor, as configured."
    ),
    method!(
        "supervisor.getPID",
        Verb::Pid,
        &[],
        0,
        ("int", "the process id"),
        Look(state::pid),
        "Tells the process id of the daemon."
    ),
    method!(
        "supervisor.getProcessInfo",
        Verb::Process,
        &[NAME],
        1,
        ("struct", "what is known of the process"),
        Look(processes::info),
        "Tells the state of one process."
    ),
    method!(
        "supervisor.getState",
        Verb::State,
        &[],
        0,
        ("struct", "statecode and statename"),
        Look(state::state),
        "Tells the state of the supervisor as a whole."
    ),
    method!(
        "supervisor.getSupervisorVersion",
        Verb::SupervisorVersion,
        &[],
        0,
        ("string", "the version"),
        Look(state::supervisor_version),
        "Tells the version of the daemon."
    ),
    method!(
        "supervisor.getVersion",
        Verb::ApiVersion,
        &[],
        0,
        ("string", "the version"),
        Look(state::api_version),
        "An older name of supervisor.getAPIVersion."
    ),
    method!(
        "supervisor.readLog",
        Verb::ReadMainLog,
        &[OFFSET, LENGTH],
        2,
        LOG,
        Look(logs::read_main),
        "Reads a piece of the main log."
    ),
    method!(
        "supervisor.readMainLog",
        Verb::ReadMainLog,
        &[OFFSET, LENGTH],
        2,
        LOG,
        Look(logs::read_main),
        "An older name of supervisor.readLog."
    ),
    method!(
        "supervisor.readProcessLog",
        Verb::ReadLog,
        &[NAME, OFFSET, LENGTH],
        3,
        LOG,
        Look(logs::read_stdout),
        "An older name of supervisor.readProcessStdoutLog."
    ),
    method!(
        "supervisor.readProcessStderrLog",
        Verb::ReadLog,
        &[NAME, OFFSET, LENGTH],
        3,
        LOG,
        Look(logs::read_stderr),
        "Reads a piece of a process's stderr log."
    ),
    method!(
        "supervisor.readProcessStdoutLog",
        Verb::ReadLog,
        &[NAME, OFFSET, LENGTH],
        3,
        LOG,
        Look(logs::read_stdout),
        "Reads a piece of a process's stdout log."
    ),
    method!(
        "supervisor.reloadConfig",
        Verb::Reread,
        &[],
        0,
        (
            "array",
            "one list of three: added, changed and removed groups"
        ),
        Act(config::reload),
        "Reads the configuration again and tells what differs from the active groups."
    ),
    method!(
        "supervisor.removeProcessGroup",
        Verb::RemoveGroup,
        &[GROUP],
        1,
        TRUE,
        Act(config::remove_group),
        "Takes a group out; all its processes must be stopped."
    ),
    method!(
        "supervisor.restart",
        Verb::Restart,
        &[],
        0,
        TRUE,
        Act(state::restart),
        "Stops everything, reads the configuration and starts anew."
    ),
    method!(
        "supervisor.sendProcessStdin",
        Verb::SendStdin,
        &[NAME, ("string", "chars", "What to write")],
        2,
        TRUE,
        Act(stdin::send_stdin),
        "Writes text to a process's stdin."
    ),
    method!(
        "supervisor.sendRemoteCommEvent",
        Verb::SendEvent,
        &[
            ("string", "type", "A word for the listeners"),
            ("string", "data", "Anything"),
        ],
        2,
        TRUE,
        Act(stdin::send_event),
        "Sends an event to the listeners that want REMOTE_COMMUNICATION."
    ),
    method!(
        "supervisor.shutdown",
        Verb::Shutdown,
        &[],
        0,
        TRUE,
        Act(state::shutdown),
        "Stops everything and ends the daemon."
    ),
    method!(
        "supervisor.signalAllProcesses",
        Verb::Signal,
        &[SIGNAL],
        1,
        ROWS,
        Act(processes::signal_all),
        "Sends a signal to every process."
    ),
    method!(
        "supervisor.signalProcess",
        Verb::Signal,
        &[NAME, SIGNAL],
        2,
        TRUE,
        Act(processes::signal_process),
        "Sends a signal to a process, or to every process of a group by `group:*`."
    ),
    method!(
        "supervisor.signalProcessGroup",
        Verb::Signal,
        &[GROUP, SIGNAL],
        2,
        ROWS,
        Act(processes::signal_group),
        "Sends a signal to every process of a group."
    ),
    method!(
        "supervisor.startAllProcesses",
        Verb::Start,
        &[WAIT],
        0,
        ROWS,
        Act(processes::start_all),
        "Starts every process that does not run."
    ),
    method!(
        "supervisor.startProcess",
        Verb::Start,
        &[NAME, WAIT],
        1,
        TRUE,
        Act(processes::start_process),
        "Starts a process, or every process of a group by `group:*`."
    ),
    method!(
        "supervisor.startProcessGroup",
        Verb::Start,
        &[GROUP, WAIT],
        1,
        ROWS,
        Act(processes::start_group),
        "Starts every process of a group that does not run."
    ),
    method!(
        "supervisor.stopAllProcesses",
        Verb::Stop,
        &[WAIT],
        0,
        ROWS,
        Act(processes::stop_all),
        "Stops every process that runs."
    ),
    method!(
        "supervisor.stopProcess",
        Verb::Stop,
        &[NAME, WAIT],
        1,
        TRUE,
        Act(processes::stop_process),
        "Stops a process, or every process of a group by `group:*`."
    ),
    method!(
        "supervisor.stopProcessGroup",
        Verb::Stop,
        &[GROUP, WAIT],
        1,
        ROWS,
        Act(processes::stop_group),
        "Stops every process of a group that runs."
    ),
    method!(
        "supervisor.tailProcessLog",
        Verb::TailLog,
        &[NAME, TAIL_OFFSET, TAIL_LENGTH],
        3,
        TAIL,
        Look(logs::tail_stdout),
        "An older name of supervisor.tailProcessStdoutLog."
    ),
    method!(
        "supervisor.tailProcessStderrLog",
        Verb::TailLog,
        &[NAME, TAIL_OFFSET, TAIL_LENGTH],
        3,
        TAIL,
        Look(logs::tail_stderr),
        "Reads the end of a process's stderr log."
    ),
    method!(
        "supervisor.tailProcessStdoutLog",
        Verb::TailLog,
        &[NAME, TAIL_OFFSET, TAIL_LENGTH],
        3,
        TAIL,
        Look(logs::tail_stdout),
        "Reads the end of a process's stdout log."
    ),
];
