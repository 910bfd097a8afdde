//! Children that a program has beside its own: hooks, stop commands, checks by command. They get the program's user,
//! place and environment, read nothing, and what they say goes into the program's log or into the reason of a failure.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use tokio::task::{JoinHandle, spawn_local};

use crate::logs::sink::{Sink as _, Sinks};
use crate::sys::pipes::Read;

use super::output_pipe::OutputPipe;
use super::pump;
use super::shared::Shared;

/// How much of a run's output goes into the log of the program (LIF-256).
const LOGGED: usize = 64 * 1024;

/// How much of the end of its output is kept (HLT-041).
const KEPT: usize = 200;

/// How much may be left in the pipe of one that ended: no pipe holds more without privilege.
const LAST_WORDS: usize = 1024 * 1024;

/// A helper child that was not reaped.
pub(super) struct Helper {
    output: Rc<Output>,
    task: JoinHandle<()>,
}

/// Where it goes what a helper says.
pub(super) enum Destination {
    /// Into these, within a bound.
    Log(Sinks),
    /// Nowhere; its end is kept.
    Kept,
}

struct Output {
    pipe: OutputPipe,
    heard: RefCell<Heard>,
}

/// What was heard so far.
struct Heard {
    destination: Destination,
    /// How much of it came.
    bytes: usize,
    end: VecDeque<u8>,
}

impl Helper {
    /// Takes the pipe of a helper into care; our end, which does not block.
    pub(super) fn attend(
        shared: &Rc<Shared>,
        pipe: OwnedFd,
        destination: Destination,
    ) -> io::Result<Self> {
        let output = Rc::new(Output {
            pipe: OutputPipe::watched(pipe)?,
            heard: RefCell::new(Heard {
                destination,
                bytes: 0,
                end: VecDeque::new(),
            }),
        });
        let task = spawn_local(listen(Rc::clone(shared), Rc::clone(&output)));
        Ok(Self { output, task })
    }

    /// The helper was reaped: takes its last words and closes everything. Gives the end of what it said, if it was to
    /// be kept. What a child of its own says from now on is lost.
    pub(super) fn release(self, shared: &Shared) -> Vec<u8> {
        self.task.abort();
        let mut read = 0;
        while read < LAST_WORDS {
            match shared.with_buffer(|buffer| self.output.take(buffer)) {
                Read::Bytes(count) => read += count,
                Read::Empty | Read::Closed => break,
            }
        }
        let mut heard = self.output.heard.borrow_mut();
        let end = heard.end.drain(..).collect();
        let destination = std::mem::replace(&mut heard.destination, Destination::Kept);
        if let Destination::Log(mut sinks) = destination
            && pump::report(sinks.finish()).held > 0
        {
            spawn_local(pump::empty(sinks));
        }
        end
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs until nobody can say anything more.
async fn listen(shared: Rc<Shared>, output: Rc<Output>) {
    loop {
        if output.pipe.readable().await.is_err() {
            return;
        }
        if shared.with_buffer(|buffer| output.take(buffer)) == Read::Closed {
            return;
        }
        tokio::task::yield_now().await;
    }
}

impl Output {
    fn take(&self, buffer: &mut [u8]) -> Read {
        let found = self.pipe.read_noticed(buffer);
        if let Read::Bytes(count) = found {
            self.heard.borrow_mut().hear(&buffer[..count]);
        }
        found
    }
}

impl Heard {
    fn hear(&mut self, bytes: &[u8]) {
        match &mut self.destination {
            Destination::Log(sinks) => {
                // a program that says more goes on, but is not listened to
                let room = LOGGED.saturating_sub(self.bytes);
                let logged = &bytes[..bytes.len().min(room)];
                if !logged.is_empty() {
                    // what is held shows at the end
                    let _ = pump::report(sinks.write(logged));
                }
            }
            Destination::Kept => {
                let skipped = bytes.len().saturating_sub(KEPT);
                self.end.extend(&bytes[skipped..]);
                let excess = self.end.len().saturating_sub(KEPT);
                self.end.drain(..excess);
            }
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{Destination, Heard, KEPT, LOGGED, Sinks};
    use crate::base::scratch::Scratch;
    use crate::logs::file::Rotation;
    use crate::logs::place::LogPath;
    use crate::logs::writers::Writers;

    fn heard(destination: Destination, pieces: &[&[u8]]) -> Heard {
        let mut heard = Heard {
            destination,
            bytes: 0,
            end: VecDeque::new(),
        };
        for piece in pieces {
            heard.hear(piece);
        }
        heard
    }

    #[test]
    fn hlt_041_the_last_bytes_are_kept() {
        let long: Vec<u8> = (0..1000_u32).map(|number| (number % 251) as u8).collect();
        let table: [&[&[u8]]; 5] = [
            &[b""],
            &[b"one\n", b"two\n"],
            &[&long],
            &[&long[..150], &long[150..160], &long[160..]],
            &[&long[..500], b"last"],
        ];
        for pieces in table {
            let all = pieces.concat();
            let kept: Vec<u8> = heard(Destination::Kept, pieces).end.into();
            assert_eq!(kept, all[all.len().saturating_sub(KEPT)..]);
        }
    }

    #[test]
    fn lif_256_a_run_has_a_bound_in_the_log() {
        let scratch = Scratch::new();
        let log = Writers::default().open(LogPath::named(scratch.file("log")), Rotation::default());
        let mut sinks = Sinks::new();
        sinks.add(log.unwrap());
        let pieces = [vec![b'x'; 60_000], vec![b'y'; 60_000]];
        let heard = heard(Destination::Log(sinks), &[&pieces[0], &pieces[1]]);
        let log = scratch.read("log");
        assert_eq!((log.len(), heard.bytes), (LOGGED, 120_000));
        assert!(log.ends_with(b"y") && heard.end.is_empty());
    }
}
