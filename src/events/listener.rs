//! The protocol of one event listener: what it writes to stdout, and what that means. Pure (EVT-080 to
//! EVT-094, DEC-071).

use serde::{Deserialize, Serialize};

use super::relay;
use crate::base::level::Level;
use crate::base::repr::text_or_undecodable;
use crate::base::result_handler::ResultHandler;
use crate::base::states::ListenerState;

const READY: &[u8] = b"READY\n";
const RESULT: &[u8] = b"RESULT ";
/// The result that means success; anything else rejects the event (EVT-085, EVT-086).
const OK: &[u8] = b"OK";
/// The longest result that is read, in bytes.
const RESULT_MAX: usize = 1024 * 1024;
/// The longest result line that is waited for; more without a line end is no result line.
const LINE_MAX: usize = 4096;

/// Something that a listener meant by what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerEvent {
    /// Its result is to be printed on the daemon's standard output; [`Self::Processed`] comes next.
    Printed(Vec<u8>),
    /// Its event was processed; BUSY ends.
    Processed,
    /// It rejects its event; BUSY ends.
    Rejected,
    /// The handler fails at its result, which rejects the event as well; BUSY ends.
    Failed,
    /// It wrote this instead of a result line, which rejects its event as well; BUSY ends.
    BadResultLine(String),
    /// Its state changed. After one of the above this is the end of BUSY.
    Changed {
        /// The state before.
        from: ListenerState,
        /// The state now.
        to: ListenerState,
    },
}

impl ListenerEvent {
    /// Appends what the main log says, about the process of that name (LOG-069 to LOG-071).
    pub fn log(&self, name: &str, lines: &mut Vec<(Level, String)>) {
        match self {
            Self::Processed => {
                lines.push((Level::Debug, format!("{name}: event was processed")));
            }
            Self::Printed(_) => {}
            Self::Failed => lines.push((Level::Warn, format!("{name}: event caused an error"))),
            Self::Rejected => lines.push((Level::Warn, format!("{name}: event was rejected"))),
            Self::BadResultLine(line) => {
                lines.push((Level::Warn, format!("{name}: bad result line: '{line}'")));
            }
            Self::Changed { from, to } => {
                let text = format!("{name}: {} -> {}", from.name(), to.name());
                lines.push((Level::Debug, text));
                if *to == ListenerState::Unknown {
                    let text = format!(
                        "{name}: has entered the UNKNOWN state and will no longer receive events, \
                         this usually indicates the process violated the eventlistener protocol"
                    );
                    lines.push((Level::Warn, text));
                }
            }
        }
    }
}

/// One listener as its pool sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    state: ListenerState,
    /// What it wrote and what does not mean anything yet.
    unread: Vec<u8>,
    /// The length of the result that is being read, once its result line was read.
    expected: Option<usize>,
    /// Who judges its results.
    handler: ResultHandler,
}

impl Default for Listener {
    fn default() -> Self {
        Self::new(ResultHandler::default())
    }
}

impl Listener {
    /// A listener that was just started and owes READY.
    pub const fn new(handler: ResultHandler) -> Self {
        Self {
            state: ListenerState::Acknowledged,
            unread: Vec::new(),
            expected: None,
            handler,
        }
    }

    /// Where it is in the protocol.
    pub const fn state(&self) -> ListenerState {
        self.state
    }

    /// It was sent an event. The reference logs no change here (EVT-090).
    pub fn sent(&mut self) {
        self.state = ListenerState::Busy;
    }

    /// Takes what the listener wrote and appends what that means; keeps an unfinished rest.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<ListenerEvent>) {
        if self.state == ListenerState::Unknown {
            return;
        }
        self.unread.extend_from_slice(bytes);
        while self.step(events) {}
    }

    /// Takes one token from what is unread; false if there is none.
    fn step(&mut self, events: &mut Vec<ListenerEvent>) -> bool {
        if let (ListenerState::Busy, Some(length)) = (self.state, self.expected) {
            return self.take_result(length, events);
        }
        if self.unread.is_empty() {
            return false;
        }
        match self.state {
            ListenerState::Acknowledged => self.take_ready(events),
            ListenerState::Busy => self.take_line(events),
            ListenerState::Ready | ListenerState::Unknown => {
                self.change(ListenerState::Unknown, events);
                false
            }
        }
    }

    fn take_ready(&mut self, events: &mut Vec<ListenerEvent>) -> bool {
        if self.unread.len() < READY.len() {
            return false;
        }
        if self.unread.starts_with(READY) {
            self.unread.drain(..READY.len());
            self.change(ListenerState::Ready, events);
        } else {
            self.change(ListenerState::Unknown, events);
        }
        true
    }

    fn take_line(&mut self, events: &mut Vec<ListenerEvent>) -> bool {
        let end = self
            .unread
            .iter()
            .take(LINE_MAX)
            .position(|&byte| byte == b'\n');
        if end.is_none() && self.unread.len() < LINE_MAX {
            return false;
        }
        let line: Vec<u8> = self.unread.drain(..end.unwrap_or(LINE_MAX)).collect();
        self.expected = end.and(line.strip_prefix(RESULT)).and_then(length);
        if self.expected.is_some() {
            self.unread.drain(..1);
        } else {
            let line = text_or_undecodable(&line).into_owned();
            events.push(ListenerEvent::BadResultLine(line));
            self.change(ListenerState::Unknown, events);
        }
        true
    }

    fn take_result(&mut self, length: usize, events: &mut Vec<ListenerEvent>) -> bool {
        let Some(result) = self.unread.get(..length) else {
            return false;
        };
        let mut next = ListenerState::Acknowledged;
        let verdict = match self.handler {
            ResultHandler::Ordinary if result == OK => ListenerEvent::Processed,
            ResultHandler::Ordinary => ListenerEvent::Rejected,
            ResultHandler::Stdout => {
                if let Some(text) = relay::text(result) {
                    events.push(ListenerEvent::Printed(text));
                    ListenerEvent::Processed
                } else {
                    next = ListenerState::Unknown;
                    ListenerEvent::Failed
                }
            }
        };
        events.push(verdict);
        self.unread.drain(..length);
        self.expected = None;
        self.change(next, events);
        true
    }

    fn change(&mut self, to: ListenerState, events: &mut Vec<ListenerEvent>) {
        let from = std::mem::replace(&mut self.state, to);
        if to == ListenerState::Unknown {
            self.unread = Vec::new();
            self.expected = None;
        }
        events.push(ListenerEvent::Changed { from, to });
    }
}

/// The length in a result line, as Python's `int` reads it: blanks around, a sign, underscores between
/// digits (EVT-083). None if it is not one that we read (DEC-071).
fn length(text: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let group = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !digits.split('_').all(group) {
        return None;
    }
    let length: usize = digits.replace('_', "").parse().ok()?;
    (length <= RESULT_MAX && (length == 0 || !negative)).then_some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LINE_MAX, Level, Listener, ListenerEvent, ListenerState, ResultHandler};

    /// What is left of the name of each event: `P`rocessed, `R`ejected, bad `(line)`, or the initials of
    /// the states before and after.
    fn shown(events: &[ListenerEvent]) -> String {
        let initial = |state: &ListenerState| state.name()[..1].to_lowercase();
        let one = |event: &ListenerEvent| match event {
            ListenerEvent::Printed(text) => format!("<{}>", String::from_utf8_lossy(text)),
            ListenerEvent::Failed => "F".to_owned(),
            ListenerEvent::Processed => "P".to_owned(),
            ListenerEvent::Rejected => "R".to_owned(),
            ListenerEvent::BadResultLine(line) => format!("({line})"),
            ListenerEvent::Changed { from, to } => initial(from) + &initial(to),
        };
        events.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn listener(state: ListenerState) -> Listener {
        Listener {
            state,
            ..Listener::default()
        }
    }

    fn feed(state: ListenerState, chunks: &[&[u8]]) -> (String, Listener) {
        let (mut listener, mut events) = (listener(state), Vec::new());
        for chunk in chunks {
            listener.feed(chunk, &mut events);
        }
        (shown(&events), listener)
    }

    #[test]
    fn the_protocol() {
        use ListenerState::{Acknowledged, Busy, Ready, Unknown};
        let table: [(ListenerState, &[u8], &str); 34] = [
            (Acknowledged, b"", ""),
            (Acknowledged, b"READY", ""),
            (Acknowledged, b"nope", ""),
            (Acknowledged, b"READY\n", "ar"),
            (Acknowledged, b"READY\nx", "ar ru"),
            (Acknowledged, b"READY\nREADY\n", "ar ru"),
            (Acknowledged, b"READY!", "au"),
            (Acknowledged, b"hello world\n", "au"),
            (Ready, b"", ""),
            (Ready, b"\n", "ru"),
            (Busy, b"RESULT 2", ""),
            (Busy, b"RESULT 2\n", ""),
            (Busy, b"RESULT 2\nO", ""),
            (Busy, b"RESULT 2\nOK", "P ba"),
            (Busy, b"RESULT 2\nOKREADY\n", "P ba ar"),
            (Busy, b"RESULT 2\nOK\n", "P ba"),
            (Busy, b"RESULT 3\nOK\n", "R ba"),
            (Busy, b"RESULT 4\nFAIL", "R ba"),
            (Busy, b"RESULT 4\nFAILREADY\n", "R ba ar"),
            (Busy, b"RESULT 2\nok", "R ba"),
            (Busy, b"RESULT 0\n", "R ba"),
            (Busy, b"RESULT 0\nREADY\n", "R ba ar"),
            (Busy, b"RESULT  +0_2\t\r\nOK", "P ba"),
            (Busy, b"RESULT -0\n", "R ba"),
            (Busy, b"RESULT -1\nOK", "(RESULT -1) bu"),
            (Busy, b"RESULT 1048577\n", "(RESULT 1048577) bu"),
            (
                Busy,
                b"RESULT 99999999999999999999\n",
                "(RESULT 99999999999999999999) bu",
            ),
            (Busy, b"RESULT 1__0\n", "(RESULT 1__0) bu"),
            (Busy, b"RESULT \n", "(RESULT ) bu"),
            (Busy, b"XXXXXXX2\nOK", "(XXXXXXX2) bu"),
            (Busy, b"READY\n", "(READY) bu"),
            (Busy, b"caf\xc3\n", "(Undecodable: b'caf\\xc3') bu"),
            (Busy, b"\n", "() bu"),
            (Unknown, b"READY\nRESULT 2\nOK", ""),
        ];
        for (state, bytes, wanted) in table {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(feed(state, &[bytes]).0, wanted, "{state:?} {text:?}");
        }
    }

    /// DEC-076, EVT-087.
    #[test]
    fn results_that_are_printed() {
        let table: [(&[u8], &str); 4] = [
            (
                b"RESULT 30\nprocessname:p channel:c\nline\n\nREADY\n",
                "<p c | line\n\n> P ba ar",
            ),
            (b"RESULT 2\nOKREADY\n", "F bu"),
            (b"RESULT 0\n", "F bu"),
            (b"RESULT x\n", "(RESULT x) bu"),
        ];
        for (bytes, wanted) in table {
            let (mut listener, mut events) = (Listener::new(ResultHandler::Stdout), Vec::new());
            listener.state = ListenerState::Busy;
            listener.feed(bytes, &mut events);
            assert_eq!(shown(&events), wanted);
        }
    }

    #[test]
    fn nothing_grows_without_bound() {
        let (events, listener) = feed(ListenerState::Busy, &[b"RESULT 2", &[b' '; LINE_MAX]]);
        assert!(events.ends_with(" bu"), "{events}");
        assert!(listener.unread.is_empty());
        let (_, listener) = feed(ListenerState::Unknown, &[&[b'x'; 100]]);
        assert!(listener.unread.is_empty());
    }

    #[test]
    fn a_round() {
        let (mut listener, mut events) = (Listener::default(), Vec::new());
        listener.feed(b"READY\n", &mut events);
        for _ in 0..3 {
            listener.sent();
            assert_eq!(listener.state(), ListenerState::Busy);
            listener.feed(b"RESULT 2\nOKREADY\n", &mut events);
            assert_eq!(listener.state(), ListenerState::Ready);
        }
        let json = serde_json::to_string(&listener).unwrap();
        assert_eq!(serde_json::from_str::<Listener>(&json).unwrap(), listener);
    }

    #[test]
    fn lines_for_the_main_log() {
        let mut lines = Vec::new();
        let (from, to) = (ListenerState::Busy, ListenerState::Unknown);
        ListenerEvent::BadResultLine("x".into()).log("web", &mut lines);
        ListenerEvent::Changed { from, to }.log("web", &mut lines);
        ListenerEvent::Processed.log("web", &mut lines);
        ListenerEvent::Rejected.log("web", &mut lines);
        let unknown = "web: has entered the UNKNOWN state and will no longer receive events, this usually \
                       indicates the process violated the eventlistener protocol";
        let wanted = [
            (Level::Warn, "web: bad result line: 'x'"),
            (Level::Debug, "web: BUSY -> UNKNOWN"),
            (Level::Warn, unknown),
            (Level::Debug, "web: event was processed"),
            (Level::Warn, "web: event was rejected"),
        ];
        assert_eq!(lines, wanted.map(|(level, text)| (level, text.to_owned())));
    }

    fn talk() -> impl Strategy<Value = Vec<u8>> {
        let words = [
            "READY\n",
            "RESULT 2\nOK",
            "RESULT 4\nFAIL",
            "RESULT 0\n",
            "RESULT ",
            "1\n",
            "\n",
            "x",
        ];
        let words = proptest::sample::select(words.to_vec());
        proptest::collection::vec(words, 0..6).prop_map(|words| words.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn a_split_changes_nothing(talk in talk(), busy: bool) {
            let state = if busy { ListenerState::Busy } else { ListenerState::Acknowledged };
            let whole = feed(state, &[&talk]);
            for at in 0..=talk.len() {
                let (left, right) = talk.split_at(at);
                prop_assert_eq!(&feed(state, &[left, right]), &whole, "at {}", at);
            }
            let bytes: Vec<&[u8]> = talk.chunks(1).collect();
            prop_assert_eq!(&feed(state, &bytes), &whole, "byte by byte");
        }
    }
}
