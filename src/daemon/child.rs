//! A child in our care: its pipes, and the tasks that read its output. It is taken into care when it is made, and
//! could be again by a daemon that finds it running.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use tokio::task::{JoinHandle, spawn_local};

use crate::base::states::ProcessState;
use crate::logs::sink::{Sink as _, Sinks};
use crate::supervisor::member::ProcessId;
use crate::supervisor::output::Output;

use super::channel::{Channel, ChannelOptions, ChannelState, ReadySearch};
use super::notices::Notices;
use super::pump;
use super::shared::Shared;
use super::stdin::Stdin;

/// A child that was started: its channels and their tasks.
pub(super) struct Child {
    channels: Vec<(Rc<Channel>, JoinHandle<()>)>,
    stdin: Option<Rc<Stdin>>,
    /// Where it says how it is, if it does.
    notices: Option<Box<Notices>>,
}

/// An output pipe of a child, and all that is to be known to go on reading it.
pub(super) struct OpenOutput {
    /// Our end, which does not block.
    pub(super) pipe: OwnedFd,
    pub(super) options: ChannelOptions,
    pub(super) state: ChannelState,
    /// Where it goes.
    pub(super) sinks: Sinks,
    /// What is looked for in it while the process starts.
    pub(super) search: Option<Rc<ReadySearch>>,
}

impl Child {
    /// Takes the pipes of a child into care. `stdin` is our end of its standard input.
    pub(super) fn attend(
        shared: &Rc<Shared>,
        id: ProcessId,
        stdin: Option<OwnedFd>,
        outputs: impl IntoIterator<Item = OpenOutput>,
    ) -> io::Result<Self> {
        let mut child = Self {
            channels: Vec::new(),
            stdin: stdin.map(|fd| Rc::new(Stdin::new(fd, shared.clone()))),
            notices: None,
        };
        for output in outputs {
            let channel = Rc::new(Channel::new(output)?);
            let task = spawn_local(pump::pump(shared.clone(), id, channel.clone()));
            child.channels.push((channel, task));
        }
        Ok(child)
    }

    /// Takes its notify socket into care.
    pub(super) fn listen(&mut self, notices: Option<Notices>) {
        self.notices = notices.map(Box::new);
    }

    /// Its stdin, if it has one.
    pub(super) fn stdin(&self) -> Option<&Rc<Stdin>> {
        self.stdin.as_ref()
    }

    /// Does it to the logs of every channel; the first error is the answer.
    pub(super) fn each_log(&self, act: impl Fn(&Channel) -> io::Result<()>) -> io::Result<()> {
        self.channels
            .iter()
            .map(|(channel, _)| act(channel))
            .fold(Ok(()), Result::and)
    }

    /// The child was reaped: takes its last words and closes everything (PROC-099).
    pub(super) fn drain(self, shared: &Shared, state: ProcessState) -> Vec<Output> {
        let mut outputs = self.notices.as_deref().map_or(Vec::new(), Notices::drain);
        for (channel, task) in &self.channels {
            task.abort();
            let turn = shared.with_buffer(|buffer| channel.drain(buffer));
            channel.say_closed(state);
            outputs.extend(turn.outputs);
            // what is held shows in the flush below
            let _ = pump::report(turn.outcome);
            let mut sinks = channel.take_sinks();
            if pump::report(sinks.flush()).held > 0 {
                spawn_local(pump::empty(sinks));
            }
        }
        self.abandon();
        outputs
    }

    /// There is no child, or not any more.
    pub(super) fn abandon(self) {
        for (_, task) in &self.channels {
            task.abort();
        }
        if let Some(stdin) = self.stdin {
            stdin.close();
        }
    }
}
