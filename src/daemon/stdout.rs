//! The daemon's standard output for what listeners' results print (DEC-076). Nobody waits for its reader: what does
//! not go at once is held within the bound of every log, and a task of its own writes it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::events::relay::Printer;
use crate::logs::sink::{LINE_PAUSE, Outcome, Sink};
use crate::logs::writers::{Branch, Writers};

use super::pump;

/// How soon a reader that does not keep up is tried again.
const CONGESTED: Duration = Duration::from_millis(20);

/// How soon an output that cannot be written is tried again.
const HELD: Duration = Duration::from_secs(1);

/// Standard output, opened when something is printed for the first time.
pub(super) struct StandardOutput {
    writers: Writers,
    open: Option<Rc<Open>>,
}

struct Open {
    branch: RefCell<Branch>,
    printer: RefCell<Printer>,
    /// A task writes what is held.
    writing: Cell<bool>,
    /// Something was printed since that task looked last.
    fresh: Cell<bool>,
}

impl StandardOutput {
    pub(super) const fn new(writers: Writers) -> Self {
        Self {
            writers,
            open: None,
        }
    }

    /// Prints `text`. Without a standard output there is nobody to tell.
    pub(super) fn print(&mut self, text: &[u8]) {
        if self.open.is_none()
            && let Ok(branch) = self.writers.stdout()
        {
            self.open = Some(Rc::new(Open {
                branch: RefCell::new(branch),
                printer: RefCell::default(),
                writing: Cell::new(false),
                fresh: Cell::new(false),
            }));
        }
        let Some(open) = &self.open else {
            return;
        };
        let text = open.printer.borrow_mut().print(text);
        let outcome = pump::report(open.branch.borrow_mut().write(&text));
        open.fresh.set(true);
        if waits(&outcome) && !open.writing.replace(true) {
            spawn_local(Rc::clone(open).write(outcome));
        }
    }
}

impl Drop for StandardOutput {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            // the last line may have no end; what nobody reads even now is gone
            let _ = pump::report(open.branch.borrow_mut().finish());
        }
    }
}

const fn waits(outcome: &Outcome) -> bool {
    outcome.held > 0 || outcome.unfinished
}

impl Open {
    async fn write(self: Rc<Self>, mut outcome: Outcome) {
        let mut waited = Duration::ZERO;
        while waits(&outcome) {
            let pause = match outcome {
                Outcome {
                    congested: true, ..
                } => CONGESTED,
                Outcome {
                    unfinished: true, ..
                } => LINE_PAUSE,
                _ => HELD,
            };
            sleep(pause).await;
            waited = if self.fresh.replace(false) {
                pause
            } else {
                waited + pause
            };
            outcome = pump::report(self.branch.borrow_mut().pass(waited));
        }
        self.writing.set(false);
    }
}
