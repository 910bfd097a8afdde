//! Two daemons and two clients: Python's `supervisorctl` drives our daemon, ours drives Python's, each
//! also its own, through the Unix socket and through TCP with a password.
//!
//! All cells run the same commands one after another; what a client prints and its exit status must be the
//! same as when Python talks to Python, less what is named as a decision of ours. Python's `xmlrpc.client`
//! calls every method of both daemons and compares values and types.
//! Python's Supervisor comes from `tests/fetch-reference.sh`; without it the tests skip.

mod cell;
mod commands;
mod decisions;
mod methods;
mod normal;

use std::sync::OnceLock;

use cell::{Cell, Entry, Side, Way};

/// What Python says to Python; asked for once.
fn standard(way: Way) -> Option<&'static [Entry]> {
    static UNIX: OnceLock<Option<Vec<Entry>>> = OnceLock::new();
    static TCP: OnceLock<Option<Vec<Entry>>> = OnceLock::new();
    let place = match way {
        Way::Unix => &UNIX,
        Way::Tcp => &TCP,
    };
    let cell = Cell {
        daemon: Side::Python,
        client: Side::Python,
        way,
    };
    place.get_or_init(|| commands::run(cell)).as_deref()
}

/// Runs a cell and compares it with what Python says to Python.
fn compare(daemon: Side, client: Side, way: Way) {
    let cell = Cell {
        daemon,
        client,
        way,
    };
    if crate::common::foreign_programs().is_some() {
        return crate::common::not_in_this_run("compares our own programs with Python's");
    }
    let (Some(wanted), Some(got)) = (standard(way), commands::run(cell)) else {
        return crate::common::skip("needs Python's Supervisor; run tests/fetch-reference.sh");
    };
    let mut wrong = Vec::new();
    for (wanted, got) in wanted.iter().zip(&got) {
        assert_eq!(wanted.what, got.what);
        let decided = decisions::of(cell, &got.what);
        if let Some((decision, said)) = decided {
            assert_eq!(got.said, said, "{cell:?}: {}, {decision}", got.what);
        } else if wanted.said != got.said {
            wrong.push(format!(
                "$ {}\n{}---- and not\n{}",
                got.what, got.said, wanted.said
            ));
        }
    }
    assert_eq!(wanted.len(), got.len());
    assert!(wrong.is_empty(), "{cell:?}\n{}", wrong.join("\n"));
}

#[test]
fn python_client_our_daemon_unix() {
    compare(Side::Ours, Side::Python, Way::Unix);
}

#[test]
fn python_client_our_daemon_tcp() {
    compare(Side::Ours, Side::Python, Way::Tcp);
}

#[test]
fn our_client_python_daemon_unix() {
    compare(Side::Python, Side::Ours, Way::Unix);
}

#[test]
fn our_client_python_daemon_tcp() {
    compare(Side::Python, Side::Ours, Way::Tcp);
}

#[test]
fn our_client_our_daemon_unix() {
    compare(Side::Ours, Side::Ours, Way::Unix);
}

#[test]
fn our_client_our_daemon_tcp() {
    compare(Side::Ours, Side::Ours, Way::Tcp);
}
