//! The task of one output channel: reads when there is something, writes to the sinks, tells the supervisor
//! what it has to hear. Plain log bytes never reach the supervisor.

use std::convert::Infallible;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::base::clock::Mono;
use crate::logs::activity::{self, Activity};
use crate::logs::sink::{LINE_PAUSE, Outcome, Sink, Sinks};
use crate::supervisor::member::ProcessId;
use crate::sys;

use super::channel::Channel;
use super::shared::Shared;
use super::width::{CALM, Width};

/// How much one channel may read before the others get their turn.
const PER_TURN: usize = 256 * 1024;

/// How soon a reader that does not keep up is tried again.
const CONGESTED: Duration = Duration::from_millis(20);

/// How soon a log that cannot be written is tried again.
const HELD: Duration = Duration::from_secs(1);

/// How long a reader lets a child that writes little at a time go on before it looks again: to wake for each
/// line costs more than the line.
const GATHER: Duration = Duration::from_millis(1);

/// A child that has said nothing for so long is not in the middle of something.
const PAUSE: Duration = Duration::from_millis(4);

/// Says when to let output gather.
struct Gatherer {
    last: Mono,
    width: Width,
}

impl Gatherer {
    const fn new(width: Width) -> Self {
        Self {
            last: Mono(0),
            width,
        }
    }

    /// Whether to look away for a while, after a visit that gave `bytes`. What comes after a pause is read at
    /// once, and so is all that is there at a visit. `resize` sets the pipe's size, if it can. A child that would fill
    /// the largest pipe meanwhile writes much at a time, and is best read all the while.
    fn gathers(&mut self, bytes: usize, now: Mono, resize: impl Fn(usize) -> bool) -> bool {
        let since = now.since(self.last);
        self.last = now;
        let rate = bytes as u128 / since.as_micros().max(1);
        let pauses = bytes == 0 || since >= PAUSE;
        // what gathered in a pause says nothing
        let counts = if pauses { 0 } else { bytes };
        self.width
            .notice(counts, if pauses { 0 } else { rate }, now, resize);
        !pauses && rate < self.width.limit()
    }
}

/// Runs until the channel is closed.
pub(super) async fn pump(shared: Rc<Shared>, id: ProcessId, channel: Rc<Channel>) {
    let mut pending = Pending::Nothing;
    let mut gatherer = Gatherer::new(Width::new(Rc::clone(&shared.allowance)));
    loop {
        let ready = match pending.pause() {
            None if gatherer.width.is_wide() => {
                let ready = tokio::time::timeout(CALM, channel.pipe.readable()).await;
                let Ok(ready) = ready else {
                    gatherer.width.give_back(|size| channel.pipe.resize(size));
                    continue;
                };
                ready
            }
            None => channel.pipe.readable().await,
            Some(pause) => {
                let ready = tokio::time::timeout(pause, channel.pipe.readable()).await;
                ready.unwrap_or_else(|_| {
                    pending = Pending::of(&report(channel.pass(pause)));
                    Ok(())
                })
            }
        };
        if ready.is_err() || channel.is_closed() {
            return;
        }
        let mut congested = channel.is_congested();
        let Visit {
            bytes,
            emptied,
            outcome,
        } = if congested {
            Visit::default()
        } else {
            read(&shared, id, &channel)
        };
        if let Some(outcome) = outcome {
            pending = Pending::of(&outcome);
            congested = outcome.congested;
        }
        // the child waits, not its log: nothing more is read until the reader of the log caught up
        let mut waited = Duration::ZERO;
        while congested {
            sleep(CONGESTED).await;
            waited += CONGESTED;
            let outcome = report(channel.pass(waited));
            pending = Pending::of(&outcome);
            congested = outcome.congested && !channel.is_closed();
        }
        let gathers = channel.may_gather()
            && emptied
            && gatherer.gathers(bytes, sys::clock::now().mono, |size| {
                channel.pipe.resize(size)
            });
        let watched = channel.pipe.watch(!gathers);
        // without the runtime's help it has to be looked at now and then
        if gathers || !watched {
            sleep(GATHER).await;
        } else if !emptied {
            tokio::task::yield_now().await;
        }
    }
}

/// What a channel has to come back for, whether its child writes or not.
#[derive(Clone, Copy)]
enum Pending {
    Nothing,
    /// The beginning of a line.
    Line,
    /// Bytes that could not be written.
    Held,
}

impl Pending {
    const fn of(outcome: &Outcome) -> Self {
        if outcome.unfinished {
            Self::Line
        } else if outcome.held > 0 {
            Self::Held
        } else {
            Self::Nothing
        }
    }

    /// How soon.
    const fn pause(self) -> Option<Duration> {
        match self {
            Self::Nothing => None,
            Self::Line => Some(LINE_PAUSE),
            Self::Held => Some(HELD),
        }
    }
}

/// What a visit to the pipe gave.
#[derive(Default)]
struct Visit {
    bytes: usize,
    /// Nothing is left in the pipe.
    emptied: bool,
    /// What the last write gave; none if there was nothing to write.
    outcome: Option<Outcome>,
}

/// Reads up to one turn's share.
fn read(shared: &Shared, id: ProcessId, channel: &Channel) -> Visit {
    let mut visit = Visit::default();
    loop {
        let (turn, size) = shared.with_buffer(|buffer| (channel.read(buffer), buffer.len()));
        for output in turn.outputs {
            shared.with(|supervisor, now| supervisor.heard(id, output, now));
        }
        if turn.closed
            && let Some(state) = shared
                .with(|supervisor, _| supervisor.state_of(id))
                .flatten()
        {
            channel.say_closed(state);
        }
        visit.bytes += turn.read;
        // what the child writes from now on is for the next visit, or there would be no end of small reads
        visit.emptied = turn.read < size && !turn.closed;
        if turn.read == 0 && !turn.closed {
            return visit;
        }
        let outcome = report(turn.outcome);
        let congested = outcome.congested;
        visit.outcome = Some(outcome);
        if visit.emptied || turn.closed || congested || visit.bytes >= PER_TURN {
            return visit;
        }
    }
}

/// Writes the complaints of sinks to the main log.
pub(super) fn report(mut outcome: Outcome) -> Outcome {
    for trouble in outcome.troubles.drain(..) {
        activity::log(trouble.level(), &trouble.to_string());
    }
    outcome
}

/// Writes what the main log could not take at once, however long that takes, so that its lines do not have to
/// wait for the next one.
pub(super) async fn keep_main_log(log: &Activity) -> Infallible {
    loop {
        poll_fn(|context| log.poll_held(context)).await;
        let mut waited = Duration::ZERO;
        while log.flush() > 0 {
            sleep(HELD).await;
            waited += HELD;
            log.pass(waited);
        }
    }
}

/// Writes what the sinks of a closed channel hold yet, however long that takes.
pub(super) async fn empty(mut sinks: Sinks) {
    let mut waited = Duration::ZERO;
    loop {
        let outcome = report(sinks.pass(waited));
        if outcome.held == 0 {
            return;
        }
        let pause = if outcome.congested { CONGESTED } else { HELD };
        sleep(pause).await;
        waited += pause;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;
    use std::pin::pin;
    use std::rc::Rc;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    use tokio::io::unix::AsyncFd;
    use tokio::runtime::Builder;

    use super::{Channel, Gatherer, Mono, ProcessId, Shared, Sinks, Width, pump};
    use crate::base::scratch::Scratch;
    use crate::daemon::channel::{ChannelOptions, ChannelState};
    use crate::daemon::child::OpenOutput;
    use crate::logs::file::Rotation;
    use crate::logs::place::LogPath;
    use crate::logs::writers::Writers;
    use crate::supervisor::member::Channel as Which;

    /// A channel that only writes a log.
    fn channel(fd: OwnedFd, log: &Scratch) -> Channel {
        let options = ChannelOptions {
            name: "cat".to_owned(),
            which: Which::Stdout,
            strip_ansi: false,
            capture_maxbytes: 0,
            events: false,
            protocol: false,
            echo: false,
        };
        let place = LogPath::named(log.file("log"));
        let mut sinks = Sinks::default();
        sinks.add(Writers::default().open(place, Rotation::default()).unwrap());
        Channel::new(OpenOutput {
            pipe: fd,
            state: ChannelState::at_start(&options),
            options,
            sinks,
            search: None,
        })
        .unwrap()
    }

    #[test]
    fn a_pipe_that_cannot_be_watched_is_read_all_the_same_and_lets_others_go_on() {
        let scratch = Scratch::new();
        let (reader, mut writer) = std::io::pipe().unwrap();
        let reader = OwnedFd::from(reader);
        fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        let (paused, told) = mpsc::channel();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let log = &scratch;
        let read = async move {
            let channel = Rc::new(channel(reader, log));
            // the runtime takes a descriptor once: what has its number stands in its way
            assert!(!channel.pipe.watch(false));
            #[expect(
                deprecated,
                reason = "it does not own the descriptor, which is the point"
            )]
            let obstacle = AsyncFd::new(channel.pipe.number()).unwrap();
            assert!(!channel.pipe.watch(true));
            let mut pump = pin!(pump(
                Rc::new(Shared::new()),
                ProcessId(1),
                Rc::clone(&channel)
            ));
            tokio::select! {
                biased;
                () = &mut pump => panic!("there is nothing to end it yet"),
                () = std::future::ready(()) => paused.send(()).expect("it lets others go on"),
            }
            pump.await;
            drop(obstacle);
        };
        thread::scope(|scope| {
            // where the pump goes round and round, the end of the output ends it, and the test fails
            scope.spawn(move || match told.recv_timeout(Duration::from_secs(30)) {
                Ok(()) => writer.write_all(b"words\n").unwrap(),
                Err(_) => drop(writer),
            });
            runtime.block_on(read);
        });
        assert_eq!(scratch.read("log"), b"words\n");
    }

    #[test]
    fn output_gathers_behind_a_child_that_writes_little_at_a_time() {
        let table = [
            // microseconds since the visit before, bytes, whether it looks away
            (1_000_000, 100, false),
            (10, 100, true),
            (2_000, 40_000, true),
            (10, 65_536, false),
            (2_000, 0, false),
            (3_999, 100, true),
            (4_000, 100, false),
        ];
        let mut gatherer = Gatherer::new(Width::new(Shared::new().allowance));
        let mut now = 0;
        for (pause, bytes, looks_away) in table {
            now += pause * 1000;
            let resize = |_| panic!("it is wide enough");
            let gathers = match bytes {
                65_536 => gatherer.gathers(bytes, Mono(now), |_| false),
                _ => gatherer.gathers(bytes, Mono(now), resize),
            };
            assert_eq!(gathers, looks_away, "{pause} {bytes}");
        }
    }

    #[test]
    fn a_brisk_child_needs_a_wide_pipe() {
        for wide in [true, false] {
            let mut gatherer = Gatherer::new(Width::new(Shared::new().allowance));
            let mut looked_away = Vec::new();
            for visit in 1..=4 {
                let now = Mono(visit * 1_000_000);
                looked_away.push(gatherer.gathers(200_000, now, |_| wide));
            }
            // the second visit gets it the widest pipe
            assert_eq!(looked_away, [false, wide, wide, wide]);
        }
    }
}
