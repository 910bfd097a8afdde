//! Where our client differs from Python's on purpose. Our daemon differs nowhere that a client shows, but for
//! its version (DEC-001).

use crate::cell::{Cell, Side, Way};

/// The decision behind a difference, and what is said instead; none if there is none.
pub(crate) fn of(cell: Cell, what: &str) -> Option<(&'static str, String)> {
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
        // as `reread` tells it
        "update of a broken file" | "update all of a broken file" => (
            "DEC-080",
            "ERROR: CANT_REREAD: not a valid boolean value: 'perhaps' in section 'program:bad' \
             (file: 'supervisord.conf')\nexit Some(1)\n"
                .to_owned(),
        ),
        _ => return None,
    };
    Some(row)
}
