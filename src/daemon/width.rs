//! How wide output pipes are: as the system makes them, wider while they prove busy, and given back.
//!
//! Pages of pipes are a quota of the user, who has other programs: where it is used up, every new pipe holds next to
//! nothing. So only busy pipes are widened, all together within an allowance, and a calm one is narrow again.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::base::clock::Mono;
use crate::sys::pipes;

/// The sizes of a pipe, from the usual one to the largest without privilege, and what a child may write within a
/// microsecond, in bytes, without filling it between two looks.
const STEPS: [(usize, u128); 3] = [(64 * 1024, 25), (256 * 1024, 100), (1024 * 1024, 400)];

/// How long a pipe stays wide for nothing.
pub(super) const CALM: Duration = Duration::from_secs(10);

/// What all pipes together may have beyond their usual size, in bytes.
pub(super) struct Allowance(Cell<usize>);

impl Allowance {
    /// What this user can spare.
    pub(super) fn of_user() -> Rc<Self> {
        Rc::new(Self(Cell::new(pipes::spare_capacity())))
    }

    /// Takes so much, if it is there.
    fn take(&self, bytes: usize) -> bool {
        let rest = self.0.get().checked_sub(bytes);
        rest.inspect(|rest| self.0.set(*rest)).is_some()
    }

    fn put_back(&self, bytes: usize) {
        self.0.set(self.0.get() + bytes);
    }
}

/// The width of one pipe.
pub(super) struct Width {
    allowance: Rc<Allowance>,
    step: usize,
    /// It could not be widened any more.
    refused: bool,
    /// When it was last seen to need its width.
    busy: Mono,
}

impl Width {
    pub(super) const fn new(allowance: Rc<Allowance>) -> Self {
        Self {
            allowance,
            step: 0,
            refused: false,
            busy: Mono(0),
        }
    }

    /// How many bytes a microsecond may bring without filling the pipe between two looks.
    pub(super) fn limit(&self) -> u128 {
        STEPS.get(self.step).map_or(0, |(_, limit)| *limit)
    }

    /// It is wider than usual.
    pub(super) const fn is_wide(&self) -> bool {
        self.step > 0
    }

    /// Looks at a visit that gave `bytes` at `rate` a microsecond, and sets the width by it. `resize` makes the pipe
    /// so large, if it can.
    pub(super) fn notice(
        &mut self,
        bytes: usize,
        rate: u128,
        now: Mono,
        resize: impl Fn(usize) -> bool,
    ) {
        let (usual, slow) = STEPS[0];
        if rate >= slow || bytes >= usual / 4 * 3 {
            self.busy = now;
        }
        let size = STEPS.get(self.step).map_or(0, |(size, _)| *size);
        // one that writes faster than the widest pipe could take is read all the while, with what is usual for that
        let brisk = rate >= self.limit() && rate < STEPS[2].1;
        let full = self.step == 0 && bytes >= size / 4 * 3;
        if (brisk || full) && !self.refused {
            self.widen(size, resize);
        } else if now.since(self.busy) >= CALM {
            self.give_back(resize);
        }
    }

    fn widen(&mut self, size: usize, resize: impl Fn(usize) -> bool) {
        let Some((next, _)) = STEPS.get(self.step + 1) else {
            return;
        };
        let more = next - size;
        if !self.allowance.take(more) {
            return;
        }
        if resize(*next) {
            self.step += 1;
        } else {
            // over the quota it keeps its size, which is slower and nothing else
            self.allowance.put_back(more);
            self.refused = true;
        }
    }

    /// Makes the pipe as it was. One that holds too much stays wide for now.
    pub(super) fn give_back(&mut self, resize: impl Fn(usize) -> bool) {
        if self.is_wide() && resize(STEPS[0].0) {
            self.forget();
            self.refused = false;
        }
    }

    fn forget(&mut self) {
        let size = STEPS.get(self.step).map_or(0, |(size, _)| *size);
        self.allowance.put_back(size - STEPS[0].0);
        self.step = 0;
    }
}

impl Drop for Width {
    /// The pipe goes with its child.
    fn drop(&mut self) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use super::{Allowance, CALM, Mono, Width};

    const SECOND: u64 = 1_000_000_000;
    const KIB: usize = 1024;

    #[test]
    fn a_busy_pipe_becomes_wider_and_a_calm_one_narrow_again() {
        let sizes = RefCell::new(Vec::new());
        let resize = |size| {
            sizes.borrow_mut().push(size / KIB);
            true
        };
        let allowance = Rc::new(Allowance(Cell::new(2048 * KIB)));
        let mut width = Width::new(Rc::clone(&allowance));
        let table = [
            // seconds, bytes, rate, the size in KiB after that
            (0, 100, 1, 64),
            (1, 65_536, 10, 256),
            (2, 30_000, 30, 256),
            (3, 150_000, 150, 1024),
            (4, 1_000_000, 500, 1024),
            (13, 100, 1, 1024),
            (14, 100, 1, 64),
            (15, 60_000, 1000, 256),
            (16, 100_000, 1000, 256),
        ];
        for (second, bytes, rate, size) in table {
            width.notice(bytes, rate, Mono(second * SECOND), resize);
            let now = sizes.borrow().last().copied().unwrap_or(64);
            assert_eq!(now, size, "after {second} s");
        }
        assert_eq!(CALM.as_secs(), 10);
        drop(width);
        assert_eq!(allowance.0.get(), 2048 * KIB);
    }

    #[test]
    fn all_together_keep_to_the_allowance() {
        let allowance = Rc::new(Allowance(Cell::new(500 * KIB)));
        let mut widths: Vec<_> = (0..4).map(|_| Width::new(Rc::clone(&allowance))).collect();
        for width in &mut widths {
            width.notice(65_536, 1000, Mono(SECOND), |_| true);
        }
        let wide = |widths: &[Width]| widths.iter().filter(|width| width.is_wide()).count();
        assert_eq!(wide(&widths), 2);
        // what one gives back another one can have
        widths[0].give_back(|_| true);
        widths[3].notice(65_536, 1000, Mono(SECOND), |_| true);
        assert!(widths[3].is_wide());
        // where the system refuses, nothing is used up
        widths.truncate(1);
        widths[0].notice(65_536, 1000, Mono(SECOND), |_| false);
        assert_eq!((wide(&widths), allowance.0.get()), (0, 500 * KIB));
    }

    #[test]
    fn one_that_is_too_full_stays_wide() {
        let mut width = Width::new(Rc::new(Allowance(Cell::new(500 * KIB))));
        width.notice(65_536, 1000, Mono(SECOND), |_| true);
        width.give_back(|_| false);
        assert!(width.is_wide());
    }
}
