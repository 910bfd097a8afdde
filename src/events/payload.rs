//! How an event looks on a listener's stdin: a header line and a payload. The only place that knows the
//! format (EVT-003 to EVT-022, EVT-060 to EVT-066).

use super::event::{Event, Health, Output, Source, StateChange};
use crate::base::event_names::EventName;
use crate::base::pid::Pid;
use crate::base::repr::text_or_undecodable;
use crate::base::states::ProcessState;

/// What the header says besides the length.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The identifier of this supervisor (EVT-061).
    pub server: &'a str,
    /// The event's number (EVT-062).
    pub serial: u64,
    /// The pool's name.
    pub pool: &'a str,
    /// The event's number within the pool (EVT-063).
    pub pool_serial: u64,
    /// The type of event.
    pub name: EventName,
}

/// Header and payload. The length counts characters, because listeners read text (DEC-073).
pub fn envelope(header: &Header<'_>, payload: &str) -> String {
    let Header {
        server,
        serial,
        pool,
        pool_serial,
        name,
    } = header;
    let (name, len) = (name.name(), payload.chars().count());
    format!(
        "ver:3.0 server:{server} serial:{serial} pool:{pool} poolserial:{pool_serial} \
         eventname:{name} len:{len}\n{payload}"
    )
}

/// The payload of an event.
pub fn payload(event: &Event) -> String {
    match event {
        Event::ProcessState(source, change) => process_state(source, change),
        Event::ProcessLog(source, output) => {
            let channel = format!(" channel:{}", output.channel.name());
            process_output(source, output, &channel)
        }
        Event::ProcessCommunication(source, output) => process_output(source, output, ""),
        Event::RemoteCommunication { kind, data } => format!("type:{kind}\n{data}"),
        Event::SupervisorRunning | Event::SupervisorStopping => String::new(),
        Event::Tick { when, .. } => format!("when:{when}"),
        Event::GroupAdded(name) | Event::GroupRemoved(name) => format!("groupname:{name}\n"),
        Event::ProcessHealth(source, health) => process_health(source, *health),
    }
}

fn process_state(source: &Source, change: &StateChange) -> String {
    let pid = pid(change.pid);
    let more = match change.to {
        ProcessState::Starting | ProcessState::Backoff => format!(" tries:{}", change.tries),
        ProcessState::Exited => format!(" expected:{} pid:{pid}", u8::from(change.expected)),
        ProcessState::Running | ProcessState::Stopping | ProcessState::Stopped => {
            format!(" pid:{pid}")
        }
        ProcessState::Fatal | ProcessState::Unknown => String::new(),
    };
    format!("{} from_state:{}{more}", names(source), change.from)
}

fn process_output(source: &Source, output: &Output, channel: &str) -> String {
    let data = text_or_undecodable(&output.data);
    format!("{} pid:{}{channel}\n{data}", names(source), pid(output.pid))
}

/// HLT-107.
fn process_health(source: &Source, health: Health) -> String {
    let Health {
        check,
        verdict,
        failures,
    } = health;
    let (check, verdict) = (check.name(), verdict.name());
    format!(
        "{} check:{check} verdict:{verdict} failures:{failures}",
        names(source)
    )
}

fn names(source: &Source) -> String {
    format!("processname:{} groupname:{}", source.process, source.group)
}

/// The pid as listeners see it: 0 if there is no child (EVT-008).
fn pid(pid: Option<Pid>) -> i32 {
    pid.map_or(0, Pid::number)
}

#[cfg(test)]
mod tests {
    use super::super::event::{Event, Output, Source, StateChange};
    use super::super::tick::Period;
    use super::{Header, envelope, payload};
    use crate::base::channel::Channel;
    use crate::base::event_names::EventName;
    use crate::base::pid::Pid;
    use crate::base::states::ProcessState::{
        self, Backoff, Exited, Fatal, Running, Starting, Stopped, Stopping, Unknown,
    };

    fn source() -> Source {
        Source {
            process: "web_00".into(),
            group: "web".into(),
        }
    }

    fn state(from: ProcessState, to: ProcessState, expected: bool, pid: i32) -> Event {
        let pid = Pid::new(pid);
        Event::ProcessState(
            source(),
            StateChange {
                from,
                to,
                tries: 2,
                expected,
                pid,
            },
        )
    }

    fn output(channel: Channel, data: &[u8]) -> Output {
        Output {
            channel,
            pid: Pid::new(7),
            data: data.to_vec(),
        }
    }

    #[test]
    fn state_changes() {
        let table = [
            (
                state(Stopped, Starting, true, 0),
                "STARTING",
                "from_state:STOPPED tries:2",
            ),
            (
                state(Starting, Running, true, 7),
                "RUNNING",
                "from_state:STARTING pid:7",
            ),
            (
                state(Starting, Backoff, true, 7),
                "BACKOFF",
                "from_state:STARTING tries:2",
            ),
            (
                state(Running, Stopping, true, 7),
                "STOPPING",
                "from_state:RUNNING pid:7",
            ),
            (
                state(Running, Exited, true, 7),
                "EXITED",
                "from_state:RUNNING expected:1 pid:7",
            ),
            (
                state(Running, Exited, false, 7),
                "EXITED",
                "from_state:RUNNING expected:0 pid:7",
            ),
            (
                state(Stopping, Stopped, true, 7),
                "STOPPED",
                "from_state:STOPPING pid:7",
            ),
            (
                state(Backoff, Stopped, true, 0),
                "STOPPED",
                "from_state:BACKOFF pid:0",
            ),
            (
                state(Backoff, Fatal, true, 7),
                "FATAL",
                "from_state:BACKOFF",
            ),
            (
                state(Stopping, Unknown, true, 7),
                "UNKNOWN",
                "from_state:STOPPING",
            ),
        ];
        for (event, name, rest) in table {
            assert_eq!(event.name().name(), format!("PROCESS_STATE_{name}"));
            let wanted = format!("processname:web_00 groupname:web {rest}");
            assert_eq!(payload(&event), wanted, "{name}");
        }
    }

    #[test]
    fn everything_else() {
        let remote = |kind: &str, data: &str| Event::RemoteCommunication {
            kind: kind.into(),
            data: data.into(),
        };
        let table = [
            (
                Event::ProcessLog(source(), output(Channel::Stdout, "naïve\n".as_bytes())),
                EventName::ProcessLogStdout,
                "processname:web_00 groupname:web pid:7 channel:stdout\nnaïve\n",
            ),
            (
                Event::ProcessLog(source(), output(Channel::Stderr, b"caf\xc3 it's")),
                EventName::ProcessLogStderr,
                "processname:web_00 groupname:web pid:7 channel:stderr\n\
                 Undecodable: b\"caf\\xc3 it's\"",
            ),
            (
                Event::ProcessCommunication(source(), output(Channel::Stdout, b"hello")),
                EventName::ProcessCommunicationStdout,
                "processname:web_00 groupname:web pid:7\nhello",
            ),
            (
                Event::ProcessCommunication(source(), output(Channel::Stderr, b"")),
                EventName::ProcessCommunicationStderr,
                "processname:web_00 groupname:web pid:7\n",
            ),
            (
                remote("a\nb", "c"),
                EventName::RemoteCommunication,
                "type:a\nb\nc",
            ),
            (
                Event::SupervisorRunning,
                EventName::SupervisorStateChangeRunning,
                "",
            ),
            (
                Event::SupervisorStopping,
                EventName::SupervisorStateChangeStopping,
                "",
            ),
            (
                Event::Tick {
                    period: Period::Minute,
                    when: 1_732_275_060,
                },
                EventName::Tick60,
                "when:1732275060",
            ),
            (
                Event::GroupAdded("web".into()),
                EventName::ProcessGroupAdded,
                "groupname:web\n",
            ),
            (
                Event::GroupRemoved("web".into()),
                EventName::ProcessGroupRemoved,
                "groupname:web\n",
            ),
        ];
        for (event, name, wanted) in table {
            assert_eq!((event.name(), payload(&event).as_str()), (name, wanted));
        }
    }

    #[test]
    fn the_length_counts_characters() {
        let header = Header {
            server: "supervisor",
            serial: 21,
            pool: "listener",
            pool_serial: 10,
            name: EventName::ProcessLogStdout,
        };
        let start = "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 \
                     eventname:PROCESS_LOG_STDOUT len:";
        for (payload, len) in [("", 0), ("abc\n", 4), ("naïve €", 7)] {
            assert_eq!(
                envelope(&header, payload),
                format!("{start}{len}\n{payload}")
            );
        }
    }
}
