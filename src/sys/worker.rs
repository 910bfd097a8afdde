//! Threads for what can block: names of hosts, looks at files (BEY-011).
//!
//! The rules: a thread begins with a job, holds no state of ours, makes no child, and ends when it had nothing to do
//! for a while. Each kind of job has its own threads and its own bound, so that no kind waits for another. A job that
//! hangs is left behind, within a bound, so that those after it get their turn.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::base::clock::Mono;

use super::clock;
use super::spawn::Blocked;

/// How long a thread waits for another job.
const REST: Duration = Duration::from_secs(10);

/// How long a job may take before another one is begun beside it.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How many jobs that take longer do not count.
const OVERDUE: usize = 4;

/// What looks names up can be code of any kind.
const STACK: usize = 512 * 1024;

/// Something to be done on the side.
pub type Job = Box<dyn FnOnce() + Send>;

/// Does the jobs of one kind. Clones are handles to the same.
#[derive(Clone)]
pub struct Worker {
    kind: &'static str,
    /// How many jobs are done at a time.
    most: usize,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// There is a job for who rests.
    news: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    resting: usize,
    /// Since when each job is under way.
    running: Vec<(u64, Mono)>,
    next: u64,
}

impl Worker {
    /// For jobs of that kind, at most so many at a time. Nothing is there yet.
    pub fn new(kind: &'static str, most: usize) -> Self {
        Self {
            kind,
            most,
            inner: Arc::default(),
        }
    }

    /// Has the job done, after those that wait already. Where no thread can be had it is dropped.
    pub fn hand_over(&self, job: Job) {
        self.inner.state().waiting.push_back(job);
        self.see_to_it();
    }

    /// Makes another thread if jobs wait and it may be. To be called again after [`PATIENCE`] by who waits for a job.
    pub fn see_to_it(&self) {
        let mut state = self.inner.state();
        let room = state.counted(clock::now().mono) + state.resting < self.most;
        if state.waiting.len() <= state.resting || !room {
            self.inner.news.notify_one();
            return;
        }
        state.resting += 1;
        drop(state);
        if self.begin().is_err() {
            let mut state = self.inner.state();
            state.resting -= 1;
            if state.resting == 0 && state.running.is_empty() {
                // there is nobody to do them
                let jobs = std::mem::take(&mut state.waiting);
                drop(state);
                drop(jobs);
            }
        }
    }

    fn begin(&self) -> io::Result<()> {
        let inner = Arc::clone(&self.inner);
        // signals are for the thread that owns everything
        let _blocked = Blocked::everything();
        thread::Builder::new()
            .name(self.kind.to_owned())
            .stack_size(STACK)
            .spawn(move || inner.work())?;
        Ok(())
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, most, .. } = self;
        write!(f, "Worker({kind}, {most})")
    }
}

impl State {
    /// How many jobs under way count.
    fn counted(&self, now: Mono) -> usize {
        let overdue = self.running.iter();
        let overdue = overdue.filter(|(_, since)| now.since(*since) >= PATIENCE);
        self.running.len() - overdue.count().min(OVERDUE)
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread's life: it rests, works, rests, and ends when nothing came.
    fn work(&self) {
        loop {
            let state = self.state();
            let idle = |state: &mut State| state.waiting.is_empty();
            let waited = self.news.wait_timeout_while(state, REST, idle);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.resting -= 1;
            let Some(job) = state.waiting.pop_front() else {
                return;
            };
            let number = state.next;
            state.next += 1;
            state.running.push((number, clock::now().mono));
            drop(state);
            let done = Done(self, number);
            job();
            drop(done);
        }
    }
}

/// A job is over, however that came.
struct Done<'a>(&'a Inner, u64);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running.retain(|(number, _)| *number != self.1);
        if !thread::panicking() {
            state.resting += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::{Mono, OVERDUE, PATIENCE, State, Worker};

    /// Has a job done that ends when the sender is gone, and tells when it begins.
    fn job(worker: &Worker, name: usize, begun: &Sender<usize>) -> Sender<()> {
        let (go_on, waits) = mpsc::channel::<()>();
        let begun = begun.clone();
        worker.hand_over(Box::new(move || {
            let _ = begun.send(name);
            let _ = waits.recv();
        }));
        go_on
    }

    fn names(begun: &Receiver<usize>, count: usize) -> Vec<usize> {
        let mut names: Vec<_> = begun.iter().take(count).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn bey_011_so_many_at_a_time_and_the_others_in_turn() {
        let worker = Worker::new("test", 2);
        let (begins, begun) = mpsc::channel();
        let mut holders: Vec<_> = (0..5).map(|name| job(&worker, name, &begins)).collect();
        assert_eq!(names(&begun, 2), [0, 1]);
        assert!(begun.try_recv().is_err());
        drop(holders.remove(0));
        assert_eq!(names(&begun, 1), [2]);
        drop(holders);
        assert_eq!(names(&begun, 2), [3, 4]);
        // the threads are there for more
        let last = job(&worker, 5, &begins);
        assert_eq!(names(&begun, 1), [5]);
        drop(last);
    }

    #[test]
    fn bey_011_jobs_that_hang_do_not_count_within_a_bound() {
        let late = Mono(0) + PATIENCE;
        let running = |old, fresh| State {
            running: (0..old)
                .map(|number| (number, Mono(0)))
                .chain((0..fresh).map(|number| (number, late)))
                .collect(),
            ..State::default()
        };
        for (old, fresh, counted) in [(0, 0, 0), (1, 0, 0), (0, 3, 3), (4, 1, 1), (6, 1, 3)] {
            assert_eq!(running(old, fresh).counted(late), counted, "{old} {fresh}");
        }
        assert_eq!(OVERDUE, 4);
    }
}
