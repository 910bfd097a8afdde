//! The server's methods, typed: one function for each that the client calls.

use crate::base::channel::Channel;
use crate::base::fault::code;
use crate::rpc::wire::{self, Borrowed, Value};

use super::error::ClientError;
use super::transport::Endpoint;

/// One process, as `getProcessInfo` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Name of its group.
    pub group: String,
    /// Its own name.
    pub name: String,
    /// Code of its state.
    pub state: i64,
    /// Name of its state.
    pub statename: String,
    /// What `status` shows.
    pub description: String,
    /// 0 if it does not run.
    pub pid: i64,
}

/// A process that runs, for tests of what is made of lists.
#[cfg(test)]
pub(super) fn running(group: &str, name: &str) -> ProcessInfo {
    ProcessInfo {
        group: group.to_owned(),
        name: name.to_owned(),
        state: 20,
        statename: "RUNNING".to_owned(),
        description: String::new(),
        pid: 1,
    }
}

/// What became of one process in a call for several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessResult {
    /// Name of its group.
    pub group: String,
    /// Its own name.
    pub name: String,
    /// 80, or the code of a fault.
    pub status: i64,
    /// `OK`, or the text of the fault.
    pub description: String,
}

impl ProcessResult {
    /// The row that a call for one process is worth; other errors than faults stay errors.
    pub fn of(group: String, name: String, done: Reply<()>) -> Reply<Self> {
        let (status, description) = match done {
            Ok(()) => (code::SUCCESS, String::new()),
            Err(ClientError::Fault(fault)) => (fault.code, fault.text),
            Err(error) => return Err(error),
        };
        Ok(Self {
            group,
            name,
            status,
            description,
        })
    }
}

/// One process of the configuration, as `getAllConfigInfo` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigInfo {
    /// Name of its group.
    pub group: String,
    /// Its own name.
    pub name: String,
    /// The group is active.
    pub in_use: bool,
    /// Starts by itself.
    pub autostart: bool,
    /// Of the group.
    pub group_priority: i64,
    /// Within the group.
    pub process_priority: i64,
}

/// One check of a process, as `ext.getHealth` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInfo {
    /// Name of the process's group.
    pub group: String,
    /// The process's own name.
    pub name: String,
    /// `readiness` or `liveness`.
    pub check: String,
    /// `unknown`, `healthy` or `unhealthy`.
    pub verdict: String,
    /// Why it failed last, if it did.
    pub reason: String,
}

/// The groups that differ between the active and the new configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Only in the new one.
    pub added: Vec<String>,
    /// In both, but different.
    pub changed: Vec<String>,
    /// Only in the active one.
    pub removed: Vec<String>,
}

/// The server, as a list of methods.
#[derive(Debug)]
pub struct Server {
    endpoint: Endpoint,
}

type Reply<T> = Result<T, ClientError>;

impl Server {
    /// Talks through `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// Where it is, as the user wrote it.
    pub fn url(&self) -> &str {
        self.endpoint.url()
    }

    /// Calls a method; `read` makes something of the value of its answer.
    fn call<T>(
        &self,
        method: &str,
        args: &[Value],
        read: impl FnOnce(&Borrowed<'_>) -> Reply<T>,
    ) -> Reply<T> {
        self.call_in("supervisor", method, args, read)
    }

    /// Calls a method of what the reference has not; a server without it is told apart (CLX-004).
    fn call_ext<T>(
        &self,
        method: &'static str,
        args: &[Value],
        read: impl FnOnce(&Borrowed<'_>) -> Reply<T>,
    ) -> Reply<T> {
        match self.call_in("ext", method, args, read) {
            Err(ClientError::Fault(fault)) if fault.code == code::UNKNOWN_METHOD => {
                Err(ClientError::NoMethod(method))
            }
            reply => reply,
        }
    }

    fn call_in<T>(
        &self,
        namespace: &str,
        method: &str,
        args: &[Value],
        read: impl FnOnce(&Borrowed<'_>) -> Reply<T>,
    ) -> Reply<T> {
        let call = wire::encode_call(&format!("{namespace}.{method}"), args);
        let answer = self.endpoint.exchange(&call)?;
        let value = wire::decode_response(&answer)?.map_err(ClientError::Fault)?;
        read(&value)
    }

    /// Calls a method of which the answer says nothing more.
    fn order(&self, method: &str, args: &[Value]) -> Reply<()> {
        self.call(method, args, |_| Ok(()))
    }

    fn call_rows(&self, method: &str, args: &[Value]) -> Reply<Vec<ProcessResult>> {
        self.call(method, args, |value| list(value, "result", row))
    }

    /// The version of the interface.
    pub fn api_version(&self) -> Reply<String> {
        self.call("getVersion", &[], |value| text(value, "version"))
    }

    /// The server's own version.
    pub fn supervisor_version(&self) -> Reply<String> {
        self.call("getSupervisorVersion", &[], |value| text(value, "version"))
    }

    /// The server's process id.
    pub fn pid(&self) -> Reply<i64> {
        self.call("getPID", &[], |value| number(value, "pid"))
    }

    /// Every process, in the server's order.
    pub fn processes(&self) -> Reply<Vec<ProcessInfo>> {
        self.call("getAllProcessInfo", &[], |value| {
            list(value, "processes", process)
        })
    }

    /// One process.
    pub fn process(&self, name: &str) -> Reply<ProcessInfo> {
        self.call("getProcessInfo", &[name.into()], process)
    }

    /// Every process of the configuration.
    pub fn configs(&self) -> Reply<Vec<ConfigInfo>> {
        self.call("getAllConfigInfo", &[], |value| {
            list(value, "configuration", config)
        })
    }

    /// Starts a process and waits for it.
    pub fn start(&self, name: &str) -> Reply<()> {
        self.order("startProcess", &[name.into()])
    }

    /// Starts a group and waits for it.
    pub fn start_group(&self, group: &str) -> Reply<Vec<ProcessResult>> {
        self.call_rows("startProcessGroup", &[group.into()])
    }

    /// Starts everything and waits for it.
    pub fn start_all(&self) -> Reply<Vec<ProcessResult>> {
        self.call_rows("startAllProcesses", &[])
    }

    /// Stops a process and waits for it.
    pub fn stop(&self, name: &str) -> Reply<()> {
        self.order("stopProcess", &[name.into()])
    }

    /// Stops a group and waits for it.
    pub fn stop_group(&self, group: &str) -> Reply<Vec<ProcessResult>> {
        self.call_rows("stopProcessGroup", &[group.into()])
    }

    /// Stops everything and waits for it.
    pub fn stop_all(&self) -> Reply<Vec<ProcessResult>> {
        self.call_rows("stopAllProcesses", &[])
    }

    /// Signals a process.
    pub fn signal(&self, name: &str, signal: &str) -> Reply<()> {
        let args = [name.into(), signal.into()];
        self.order("signalProcess", &args)
    }

    /// Signals a group.
    pub fn signal_group(&self, group: &str, signal: &str) -> Reply<Vec<ProcessResult>> {
        self.call_rows("signalProcessGroup", &[group.into(), signal.into()])
    }

    /// Signals everything.
    pub fn signal_all(&self, signal: &str) -> Reply<Vec<ProcessResult>> {
        self.call_rows("signalAllProcesses", &[signal.into()])
    }

    /// Starts a process whatever it depends on, and waits for it (LIF-049).
    pub fn start_alone(&self, name: &str) -> Reply<()> {
        let args = [name.into(), Value::Bool(true), Value::Bool(false)];
        self.call_ext("startProcess", &args, |_| Ok(()))
    }

    /// Starts the processes of a group whatever they depend on, and waits for them.
    pub fn start_group_alone(&self, group: &str) -> Reply<Vec<ProcessResult>> {
        let name = format!("{group}:*");
        let args = [name.as_str().into(), Value::Bool(true), Value::Bool(false)];
        self.call_ext("startProcess", &args, |value| list(value, "result", row))
    }

    /// Stops a process, or a group as `group:*`, and before it all that depend on it; waits for them (LIF-086).
    pub fn stop_with_dependents(&self, name: &str) -> Reply<Vec<ProcessResult>> {
        let args = [name.into(), Value::Bool(true), Value::Bool(true)];
        self.call_ext("stopProcess", &args, |value| list(value, "result", row))
    }

    /// Has a process read its configuration again (LIF-244).
    pub fn refresh(&self, name: &str) -> Reply<()> {
        self.call_ext("refreshProcess", &[name.into()], |_| Ok(()))
    }

    /// What checks found: those of a process, or all if the name is empty (HLT-102).
    pub fn health(&self, name: &str) -> Reply<Vec<CheckInfo>> {
        self.call_ext("getHealth", &[name.into()], |value| {
            list(value, "checks", check)
        })
    }

    /// Part of a process's log, from `offset` bytes; a negative one counts from the end.
    pub fn read_log(&self, name: &str, channel: Channel, offset: i32) -> Reply<String> {
        let method = match channel {
            Channel::Stdout => "readProcessStdoutLog",
            Channel::Stderr => "readProcessStderrLog",
        };
        let args = [name.into(), Value::Int(offset), Value::Int(0)];
        self.call(method, &args, |value| text(value, "log"))
    }

    /// Part of the main log.
    pub fn read_main_log(&self, offset: i32) -> Reply<String> {
        let args = [Value::Int(offset), Value::Int(0)];
        self.call("readLog", &args, |value| text(value, "log"))
    }

    /// Empties both logs of a process.
    pub fn clear_logs(&self, name: &str) -> Reply<()> {
        self.order("clearProcessLogs", &[name.into()])
    }

    /// Empties the logs of every process.
    pub fn clear_all_logs(&self) -> Reply<Vec<ProcessResult>> {
        self.call_rows("clearAllProcessLogs", &[])
    }

    /// Has the configuration read again, without effect yet.
    pub fn reload_config(&self) -> Reply<Changes> {
        self.call("reloadConfig", &[], changes)
    }

    /// Makes a group of the configuration active.
    pub fn add_group(&self, group: &str) -> Reply<()> {
        self.order("addProcessGroup", &[group.into()])
    }

    /// Takes a stopped group out.
    pub fn remove_group(&self, group: &str) -> Reply<()> {
        self.order("removeProcessGroup", &[group.into()])
    }

    /// Shuts the server down.
    pub fn shutdown(&self) -> Reply<()> {
        self.order("shutdown", &[])
    }

    /// Restarts the server.
    pub fn restart(&self) -> Reply<()> {
        self.order("restart", &[])
    }

    /// Writes to a process's standard input.
    pub fn send_stdin(&self, name: &str, chars: &str) -> Reply<()> {
        let args = [name.into(), chars.into()];
        self.order("sendProcessStdin", &args)
    }
}

fn changes(value: &Borrowed<'_>) -> Reply<Changes> {
    let mut kinds = array(value, "result")?
        .first()
        .map_or(&[][..], items)
        .iter();
    let mut names = || match kinds.next() {
        Some(kind) => list(kind, "groups", |value| text(value, "group")),
        None => Err(ClientError::Answer("result")),
    };
    Ok(Changes {
        added: names()?,
        changed: names()?,
        removed: names()?,
    })
}

fn items<'a, 'b>(value: &'a Borrowed<'b>) -> &'a [Borrowed<'b>] {
    value.as_array().unwrap_or_default()
}

fn array<'a, 'b>(value: &'a Borrowed<'b>, what: &'static str) -> Reply<&'a [Borrowed<'b>]> {
    value.as_array().ok_or(ClientError::Answer(what))
}

fn list<T>(
    value: &Borrowed<'_>,
    what: &'static str,
    read: impl Fn(&Borrowed<'_>) -> Reply<T>,
) -> Reply<Vec<T>> {
    array(value, what)?.iter().map(read).collect()
}

fn text(value: &Borrowed<'_>, what: &'static str) -> Reply<String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or(ClientError::Answer(what))
}

fn number(value: &Borrowed<'_>, what: &'static str) -> Reply<i64> {
    wire::integer(value).ok_or(ClientError::Answer(what))
}

fn member<'a, 'b>(value: &'a Borrowed<'b>, name: &'static str) -> Reply<&'a Borrowed<'b>> {
    value.get(name).ok_or(ClientError::Answer(name))
}

fn text_member(value: &Borrowed<'_>, name: &'static str) -> Reply<String> {
    text(member(value, name)?, name)
}

fn number_member(value: &Borrowed<'_>, name: &'static str) -> Reply<i64> {
    number(member(value, name)?, name)
}

/// A boolean, or a number that stands for one.
fn flag_member(value: &Borrowed<'_>, name: &'static str) -> Reply<bool> {
    match member(value, name)? {
        Value::Bool(flag) => Ok(*flag),
        other => Ok(number(other, name)? != 0),
    }
}

fn process(value: &Borrowed<'_>) -> Reply<ProcessInfo> {
    Ok(ProcessInfo {
        group: text_member(value, "group")?,
        name: text_member(value, "name")?,
        state: number_member(value, "state")?,
        statename: text_member(value, "statename")?,
        description: text_member(value, "description")?,
        pid: number_member(value, "pid")?,
    })
}

fn row(value: &Borrowed<'_>) -> Reply<ProcessResult> {
    Ok(ProcessResult {
        group: text_member(value, "group")?,
        name: text_member(value, "name")?,
        status: number_member(value, "status")?,
        description: text_member(value, "description")?,
    })
}

fn check(value: &Borrowed<'_>) -> Reply<CheckInfo> {
    Ok(CheckInfo {
        group: text_member(value, "group")?,
        name: text_member(value, "name")?,
        check: text_member(value, "check")?,
        verdict: text_member(value, "verdict")?,
        reason: text_member(value, "reason")?,
    })
}

fn config(value: &Borrowed<'_>) -> Reply<ConfigInfo> {
    Ok(ConfigInfo {
        group: text_member(value, "group")?,
        name: text_member(value, "name")?,
        in_use: flag_member(value, "inuse")?,
        autostart: flag_member(value, "autostart")?,
        group_priority: number_member(value, "group_prio")?,
        process_priority: number_member(value, "process_prio")?,
    })
}
