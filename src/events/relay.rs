//! What the result handler of `supervisor-stdout` prints (DEC-076). Its listener gives each event of output back as
//! the result, and the handler prints who said what.

/// The text to be printed for a result; none for one that the handler fails at.
pub(super) fn text(result: &[u8]) -> Option<Vec<u8>> {
    let at = result.iter().position(|&byte| byte == b'\n')?;
    let (line, data) = (&result[..at], &result[at + 1..]);
    let (mut process, mut channel) = (None, None);
    let blank = |byte: &u8| is_space(*byte);
    for token in line.split(blank).filter(|token| !token.is_empty()) {
        let mut halves = token.split(|&byte| byte == b':');
        match (halves.next(), halves.next(), halves.next()) {
            (Some(b"processname"), Some(value), None) => process = Some(value),
            (Some(b"channel"), Some(value), None) => channel = Some(value),
            (Some(_), Some(_), None) => {}
            _ => return None,
        }
    }
    Some([process?, b" ", channel?, b" | ", data].concat())
}

/// What Python 2's `print text,` does to its output: no line end is added, and where a text did not end with one, a
/// blank comes before the next.
#[derive(Debug, Default)]
pub struct Printer {
    blank: bool,
}

impl Printer {
    /// What is written for `text`.
    pub fn print(&mut self, text: &[u8]) -> Vec<u8> {
        let before: &[u8] = if self.blank { b" " } else { b"" };
        let last = text.last().copied();
        self.blank = last.is_none_or(|byte| byte == b' ' || !is_space(byte));
        [before, text].concat()
    }
}

/// Blanks as C and Python see them.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::{Printer, text};

    #[test]
    fn results() {
        let table: [(&[u8], Option<&[u8]>); 12] = [
            (
                b"processname:web groupname:web pid:7 channel:stdout\nhello\n",
                Some(b"web stdout | hello\n"),
            ),
            (
                b"processname:web groupname:web pid:7 channel:stderr\na\nb\xff\nc",
                Some(b"web stderr | a\nb\xff\nc"),
            ),
            (b"processname:a channel:b\n", Some(b"a b | ")),
            (
                b"channel:b\x0b\tprocessname:a processname:c \nx",
                Some(b"c b | x"),
            ),
            (b"processname: channel:\nx", Some(b"  | x")),
            (b"OK", None),
            (b"", None),
            (b"\nx", None),
            (b"processname:a\nno channel", None),
            (b"processname:a channel:b c\nno pair", None),
            (b"processname:a channel:b when:1:2\ntwo colons", None),
            (b"processname:a channel:b", None),
        ];
        for (result, wanted) in table {
            let shown = String::from_utf8_lossy(result);
            assert_eq!(text(result).as_deref(), wanted, "{shown:?}");
        }
    }

    #[test]
    fn blanks_as_python_2_has_them() {
        let mut printer = Printer::default();
        let shown: Vec<u8> = ["a\n", "b", "c ", "d\t", "e\r", "f\n", "g"]
            .iter()
            .flat_map(|text| printer.print(text.as_bytes()))
            .collect();
        assert_eq!(shown, b"a\nb c  d\te\rf\ng");
    }
}
