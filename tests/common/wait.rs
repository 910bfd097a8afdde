//! Waiting for conditions. The only place in the tests that lets time pass.

use std::time::{Duration, Instant};

/// How long a condition may take before the test fails. Generous: a busy machine is no failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The time of the monotonic clock, for measuring what a test is about.
#[expect(
    clippy::disallowed_methods,
    reason = "a test measures from outside, it has no `Now` to be passed"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Lets other processes run for a moment between two looks at a condition.
#[expect(
    clippy::disallowed_methods,
    reason = "what a foreign process does announces itself to nobody; this is the one place that polls"
)]
pub(crate) fn breathe() {
    std::thread::sleep(Duration::from_millis(5));
}

/// Lets `span` pass, for the one kind of test that watches something not happen.
pub(crate) fn watch(span: Duration) {
    let start = now();
    while start.elapsed() < span {
        breathe();
    }
}

/// Looks until `look` finds something, and returns it; panics with `what` at the deadline.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "waited {DEADLINE:?} in vain for {what}"
        );
        breathe();
    }
}

/// Looks until `condition` holds; panics with `what` at the deadline.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}
