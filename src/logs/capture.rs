//! The scanner of capture mode: what a program says between two tokens is a message to event listeners and
//! no log; pure (LOG-114 to LOG-123, EVT-140 to EVT-145).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

const BEGIN: &[u8] = b"<!--XSUPERVISOR:BEGIN-->";
const END: &[u8] = b"<!--XSUPERVISOR:END-->";

/// One piece of a channel's output. Tokens are never part of any.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Ordinary output, never empty.
    Log(&'a [u8]),
    /// All that was said between a pair of tokens, or its last `maxbytes` bytes; may be empty.
    Communication(Vec<u8>),
}

/// Tells log output and captured text apart, wherever the reads cut them. Holds back only what can still
/// become a token (DEC-031).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanner {
    /// How much captured text is kept, in bytes.
    maxbytes: usize,
    /// Between BEGIN and END.
    capturing: bool,
    /// How many bytes of the token that we look for have been seen and are not given out.
    matched: usize,
    captured: VecDeque<u8>,
}

impl Scanner {
    /// A scanner outside of any capture. With `maxbytes` 0 capture mode is off and tokens are ordinary text
    /// (LOG-123).
    pub const fn new(maxbytes: usize) -> Self {
        Self {
            maxbytes,
            capturing: false,
            matched: 0,
            captured: VecDeque::new(),
        }
    }

    /// Takes what was read and gives out the pieces that are complete, in order.
    pub fn feed(&mut self, chunk: &[u8], out: &mut impl FnMut(Piece<'_>)) {
        if self.maxbytes == 0 {
            return log(chunk, out);
        }
        if self.matched == 0 {
            return self.scan(chunk, out);
        }
        let joined = [self.matched_part(), chunk].concat();
        self.matched = 0;
        self.scan(&joined, out);
    }

    /// The end of the output: what was held back is log after all, an unfinished capture is dropped
    /// (LOG-119, LOG-120). Starts afresh.
    pub fn finish(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        if !self.capturing {
            log(self.matched_part(), out);
        }
        *self = Self::new(self.maxbytes);
    }

    /// Forgets what has been captured so far; a capture goes on (LOG-105).
    pub fn clear(&mut self) {
        self.captured.clear();
    }

    fn scan(&mut self, chunk: &[u8], out: &mut impl FnMut(Piece<'_>)) {
        let mut rest = chunk;
        while let Some(at) = find(rest, self.token()) {
            let (before, from) = rest.split_at(at);
            rest = from.get(self.token().len()..).unwrap_or_default();
            self.take(before, out);
            if self.capturing {
                out(Piece::Communication(
                    std::mem::take(&mut self.captured).into(),
                ));
            }
            self.capturing = !self.capturing;
        }
        self.matched = begun(rest, self.token());
        let certain = rest.len() - self.matched;
        self.take(rest.get(..certain).unwrap_or_default(), out);
    }

    fn take(&mut self, text: &[u8], out: &mut impl FnMut(Piece<'_>)) {
        if !self.capturing {
            return log(text, out);
        }
        let skip = text.len().saturating_sub(self.maxbytes);
        self.captured.extend(text.iter().skip(skip));
        let excess = self.captured.len().saturating_sub(self.maxbytes);
        self.captured.drain(..excess);
    }

    const fn token(&self) -> &'static [u8] {
        if self.capturing { END } else { BEGIN }
    }

    fn matched_part(&self) -> &'static [u8] {
        self.token().get(..self.matched).unwrap_or_default()
    }
}

fn log(text: &[u8], out: &mut impl FnMut(Piece<'_>)) {
    if !text.is_empty() {
        out(Piece::Log(text));
    }
}

/// Where `token` begins in `text`.
fn find(text: &[u8], token: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        at += rest.iter().position(|&byte| byte == b'<')?;
        if text.get(at..)?.starts_with(token) {
            return Some(at);
        }
        at += 1;
    }
}

/// How long a beginning of `token` the text ends with. Only the last `<` can start it, as the token has one.
fn begun(text: &[u8], token: &[u8]) -> usize {
    let reach = text.len().saturating_sub(token.len() - 1);
    let end = text.get(reach..).unwrap_or_default();
    let last = end.iter().rposition(|&byte| byte == b'<');
    last.and_then(|at| end.get(at..))
        .filter(|tail| token.starts_with(tail))
        .map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::{Piece, Scanner};

    const B: &str = "<!--XSUPERVISOR:BEGIN-->";
    const E: &str = "<!--XSUPERVISOR:END-->";

    /// The log text with a `{n}` where the n-th communication came, and the communications.
    #[derive(Debug, Default, PartialEq, Eq, Clone)]
    struct Seen {
        log: String,
        communications: Vec<String>,
    }

    impl Seen {
        fn add(&mut self, piece: Piece<'_>) {
            match piece {
                Piece::Log(text) => {
                    assert!(!text.is_empty());
                    self.log += std::str::from_utf8(text).unwrap();
                }
                Piece::Communication(text) => {
                    write!(self.log, "{{{}}}", self.communications.len()).unwrap();
                    self.communications.push(String::from_utf8(text).unwrap());
                }
            }
        }
    }

    fn scan(maxbytes: usize, chunks: &[&str]) -> Seen {
        let mut scanner = Scanner::new(maxbytes);
        let mut seen = Seen::default();
        for chunk in chunks {
            scanner.feed(chunk.as_bytes(), &mut |piece| seen.add(piece));
        }
        scanner.finish(&mut |piece| seen.add(piece));
        assert_eq!(scanner, Scanner::new(maxbytes), "finish starts afresh");
        seen
    }

    #[test]
    fn pairs_of_tokens() {
        let table: [(&str, String, &str, &[&str]); 10] = [
            ("plain", "some text\n".into(), "some text\n", &[]),
            (
                "pair",
                format!("before{B}inside{E}after\n"),
                "before{0}after\n",
                &["inside"],
            ),
            ("two", format!("{B}a{E}{B}b{E}"), "{0}{1}", &["a", "b"]),
            ("empty", format!("{B}{E}"), "{0}", &[""]),
            (
                "nested",
                format!("{B}a{B}b{E}c"),
                "{0}c",
                &["a<!--XSUPERVISOR:BEGIN-->b"],
            ),
            (
                "end only",
                format!("a{E}b"),
                "a<!--XSUPERVISOR:END-->b",
                &[],
            ),
            ("no end", format!("a{B}lost"), "a", &[]),
            ("prefix", "a<!--XSUPER".into(), "a<!--XSUPER", &[]),
            (
                "almost",
                "<<!--XSUPERVISOR:BEGIN->".into(),
                "<<!--XSUPERVISOR:BEGIN->",
                &[],
            ),
            ("stutter", format!("<!--<{B}x{E}"), "<!--<{0}", &["x"]),
        ];
        for (name, text, log, communications) in table {
            let seen = scan(100, &[&text]);
            assert_eq!(seen.log, log, "{name}");
            assert_eq!(seen.communications, communications, "{name}");
        }
    }

    #[test]
    fn only_a_possible_token_is_held_back() {
        let mut scanner = Scanner::new(100);
        let mut seen = Seen::default();
        for (chunk, so_far) in [
            ("hi\n", "hi\n"),
            ("a<", "hi\na"),
            ("!", "hi\na"),
            ("x", "hi\na<!x"),
        ] {
            scanner.feed(chunk.as_bytes(), &mut |piece| seen.add(piece));
            assert_eq!(seen.log, so_far, "{chunk}");
        }
    }

    #[test]
    fn the_last_bytes_are_kept() {
        let table = [
            (5, vec!["abc", "def"], "bcdef"),
            (5, vec!["abcdefghi"], "efghi"),
            (5, vec!["ab", "cdefghi"], "efghi"),
            (6, vec!["abc", "def"], "abcdef"),
        ];
        for (maxbytes, parts, wanted) in table {
            let mut chunks = vec![B];
            chunks.extend(&parts);
            chunks.push(E);
            assert_eq!(
                scan(maxbytes, &chunks).communications,
                [wanted],
                "{parts:?}"
            );
        }
    }

    #[test]
    fn off_means_tokens_are_text() {
        let text = format!("a{B}b{E}c");
        assert_eq!(scan(0, &[&text]).log, text);
    }

    #[test]
    fn clearing_forgets_and_goes_on() {
        let mut scanner = Scanner::new(100);
        let mut seen = Seen::default();
        scanner.feed(format!("{B}old").as_bytes(), &mut |piece| seen.add(piece));
        scanner.clear();
        scanner.feed(format!("new{E}").as_bytes(), &mut |piece| seen.add(piece));
        assert_eq!(seen.communications, ["new"]);
    }

    #[test]
    fn state_survives_an_upgrade() {
        let mut scanner = Scanner::new(100);
        scanner.feed(format!("{B}kept<!--X").as_bytes(), &mut |piece| {
            panic!("{piece:?}")
        });
        let json = serde_json::to_string(&scanner).unwrap();
        assert_eq!(serde_json::from_str::<Scanner>(&json).unwrap(), scanner);
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(B.to_owned()),
            Just(E.to_owned()),
            "[<!\\-X]{0,6}",
            (0..B.len()).prop_map(|length| B[..length].to_owned()),
            "[a-c\\n]{0,10}",
        ]
    }

    proptest! {
        #[test]
        fn a_split_changes_nothing(
            pieces in proptest::collection::vec(piece(), 0..8),
            maxbytes in 0..40_usize,
        ) {
            let text = pieces.concat();
            let whole = scan(maxbytes, &[&text]);
            for at in 0..=text.len() {
                let (left, right) = text.split_at(at);
                prop_assert_eq!(&scan(maxbytes, &[left, right]), &whole, "at {}", at);
            }
            let bytes: Vec<String> = text.chars().map(String::from).collect();
            let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
            prop_assert_eq!(&scan(maxbytes, &bytes), &whole, "byte by byte");
        }
    }
}
