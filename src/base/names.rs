//! Namespecs: how users name one process or a whole group.

use std::fmt;

/// What a user wrote to name a process or all processes of a group (RPC-070).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespec {
    /// The group's name.
    pub group: String,
    /// The process's name; none means every process of the group.
    pub process: Option<String>,
}

impl Namespec {
    /// Splits at the first colon: `g:p` is process p of group g; `g:*` and `g:` mean all of g; without a
    /// colon `x` is process x of group x (RPC-070).
    pub fn parse(text: &str) -> Self {
        let (group, process) = text.split_once(':').unwrap_or((text, text));
        let process = (!process.is_empty() && process != "*").then(|| process.to_owned());
        // `x` without a colon names the process x even when x is `*` or empty
        let process = if text.contains(':') {
            process
        } else {
            Some(text.to_owned())
        };
        Self {
            group: group.to_owned(),
            process,
        }
    }
}

impl fmt::Display for Namespec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some(process) => f.write_str(&namespec(&self.group, process)),
            None => write!(f, "{}:*", self.group),
        }
    }
}

/// How a process is printed: its bare name when the group has the same, else `group:name` (RPC-075).
pub fn namespec(group: &str, process: &str) -> String {
    if group == process {
        process.to_owned()
    } else {
        format!("{group}:{process}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Namespec, namespec};

    #[test]
    fn parses() {
        let table = [
            ("web", "web", Some("web")),
            ("web:web_00", "web", Some("web_00")),
            ("web:*", "web", None),
            ("web:", "web", None),
            ("a:b:c", "a", Some("b:c")),
            ("", "", Some("")),
            (":", "", None),
            ("*", "*", Some("*")),
            (":x", "", Some("x")),
        ];
        for (text, group, process) in table {
            let spec = Namespec::parse(text);
            assert_eq!(
                (spec.group.as_str(), spec.process.as_deref()),
                (group, process),
                "{text}"
            );
        }
    }

    #[test]
    fn prints() {
        assert_eq!(namespec("cat", "cat"), "cat");
        assert_eq!(namespec("web", "web_00"), "web:web_00");
        assert_eq!(Namespec::parse("web:").to_string(), "web:*");
    }
}
