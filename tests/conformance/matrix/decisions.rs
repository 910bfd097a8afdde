//! Where our programs differ from Python's on purpose. Our daemon differs nowhere that a client shows, but for
//! its version (DEC-001) and for its errors, which name the place of a mistake.

use super::cell::{Cell, Side, Way};

/// The decision behind a difference, and what is said instead; none if there is none.
pub(crate) fn of(cell: Cell, what: &str) -> Option<(&'static str, String)> {
    if let Some(words) = what.strip_suffix(" of a broken file") {
        return Some(broken_file(cell, words));
    }
    if cell.client == Side::Python {
        return None;
    }
    let (url, nobody) = match cell.way {
        Way::Unix => ("unix://DIR/sock", "no such file"),
        Way::Tcp => ("http://ADDRESS", "refused connection"),
    };
    let row = match what {
        // failure is no success
        "tail -f none" => (
            "DEC-081",
            format!(
                "==> Press Ctrl-C to exit <==\nexit Some(1)\n\
                 stderr: {url}/logtail/none/stdout Cannot read, status code 404\n"
            ),
        ),
        "clear pair:*" => (
            "DEC-081",
            "pair:pair_0: cleared\npair:pair_1: cleared\nexit Some(0)\n".to_owned(),
        ),
        // one line for people instead of an exception
        "status with no password" | "status with wrong password" => (
            "DEC-080",
            "Server requires authentication\nexit Some(1)\n".to_owned(),
        ),
        "avail of nobody" | "reread of nobody" | "reload of nobody" => {
            ("DEC-080", format!("{url} {nobody}\nexit Some(1)\n"))
        }
        _ => return None,
    };
    Some(row)
}

/// What is said of a mistake in a value.
fn broken_file(cell: Cell, words: &str) -> (&'static str, String) {
    let (decision, place) = match cell.daemon {
        Side::Python => (
            "DEC-080",
            "in section 'program:bad' (file: 'supervisord.conf')",
        ),
        Side::Ours => (
            "DEC-013",
            "for option 'autostart' in section 'program:bad' (file: 'supervisord.conf', line 21)",
        ),
    };
    let text = format!("CANT_REREAD: not a valid boolean value: 'perhaps' {place}");
    // our client tells it everywhere as Python's does for `reread`
    let line = if cell.client == Side::Python && words != "reread" {
        format!("error: <class 'xmlrpc.client.Fault'>, <Fault 92: \"{text}\">: file: HERE")
    } else {
        format!("ERROR: {text}")
    };
    (decision, format!("{line}\nexit Some(1)\n"))
}
