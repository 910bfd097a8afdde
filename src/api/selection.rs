//! Some of the processes, as a list of names and patterns says (API-065 to API-067, CLX-040, CLX-041).

use crate::base::fault::Fault;
use crate::base::names::namespec;
use crate::supervisor::Supervisor;
use crate::supervisor::member::{Member, ProcessId};

/// Words of a list at most.
const MOST_WORDS: usize = 1024;

/// Patterns among them at most: each is tried with every process.
const MOST_PATTERNS: usize = 32;

/// Those that a list selects, in the order of status, each once. A word that selects none is `BAD_NAME`.
pub fn select<'a>(supervisor: &'a Supervisor, list: &str) -> Result<Vec<&'a Member>, Fault> {
    let words: Vec<&str> = list.split(',').map(str::trim).collect();
    if words.len() > MOST_WORDS {
        return Err(Fault::IncorrectParameters(None));
    }
    let all: Vec<_> = supervisor.by_name().collect();
    let mut chosen = vec![false; all.len()];
    let mut patterns = 0;
    for word in words {
        let wanted = Wanted::of(supervisor, word);
        if let Wanted::Pattern(_) = wanted {
            patterns += 1;
        }
        if patterns > MOST_PATTERNS {
            return Err(Fault::IncorrectParameters(None));
        }
        let mut any = false;
        for (member, chosen) in all.iter().zip(&mut chosen) {
            if wanted.is(member) {
                any = true;
                *chosen = true;
            }
        }
        if !any {
            return Err(Fault::BadName(word.to_owned()));
        }
    }
    let chosen = all.into_iter().zip(chosen).filter(|(_, chosen)| *chosen);
    Ok(chosen.map(|(member, _)| member).collect())
}

/// What one word means.
enum Wanted<'a> {
    All,
    /// One process.
    Process(ProcessId),
    /// All of a group.
    Group(&'a str),
    Pattern(Pattern),
}

impl<'a> Wanted<'a> {
    /// What exists by exactly that name wins (CLX-041).
    fn of(supervisor: &Supervisor, word: &'a str) -> Self {
        let group = word.strip_suffix(":*").unwrap_or(word);
        if let Ok(member) = supervisor.find_process(word) {
            Self::Process(member.id)
        } else if supervisor.group(group).is_some() {
            Self::Group(group)
        } else if word == "all" || word == "*" {
            Self::All
        } else {
            Self::Pattern(Pattern::new(word))
        }
    }

    fn is(&self, member: &Member) -> bool {
        match self {
            Self::All => true,
            Self::Process(id) => *id == member.id,
            Self::Group(group) => *group == &*member.group,
            Self::Pattern(pattern) => pattern.matches(&member.group, &member.process.name),
        }
    }
}

/// A pattern for names of processes, as fnmatch has them. One without `*`, `?` and `[` matches what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Of the group, if there is a colon.
    group: Option<glob::Pattern>,
    /// Of the process; without a colon of the namespec, too.
    name: glob::Pattern,
}

impl Pattern {
    /// Reads a pattern, which anything is.
    pub fn new(text: &str) -> Self {
        match text.split_once(':') {
            Some((group, name)) => Self {
                group: Some(compile(group)),
                name: compile(name),
            },
            None => Self {
                group: None,
                name: compile(text),
            },
        }
    }

    /// Whether a process is meant.
    pub fn matches(&self, group: &str, name: &str) -> bool {
        match &self.group {
            Some(of_group) => of_group.matches(group) && self.name.matches(name),
            None => self.name.matches(name) || self.name.matches(&namespec(group, name)),
        }
    }
}

/// A run of stars is one star, and a bracket that nobody closes is a bracket.
fn compile(text: &str) -> glob::Pattern {
    let mut simple = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '*' || !simple.ends_with('*') {
            simple.push(character);
        }
    }
    glob::Pattern::new(&simple).unwrap_or_else(|_| {
        let literal = glob::Pattern::escape(text);
        glob::Pattern::new(&literal).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn clx_040_patterns() {
        let table = [
            // word, group, name, selected
            ("x*", "g", "xy", true),
            ("g:x?", "g", "xy", true),
            ("g:x?", "h", "xy", false),
            ("g*", "g", "x", true),
            ("*:x", "h", "x", true),
            ("w[ab]", "wa", "wa", true),
            ("w[!a]", "wa", "wa", false),
            ("w[a-c]", "wb", "wb", true),
            ("W*", "wb", "wb", false),
            ("x**", "g", "xyz", true),
            ("x[", "x[", "x[", true),
            ("x[*", "x[*", "x[*", true),
            (r"a\*", "g", r"a\b", true),
            ("x", "g", "x", true),
            ("", "g", "x", false),
        ];
        for (word, group, name, selected) in table {
            let pattern = Pattern::new(word);
            assert_eq!(
                pattern.matches(group, name),
                selected,
                "{word} {group}:{name}"
            );
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = Pattern::new(&"*a".repeat(5000));
        assert!(!pattern.matches(&"a".repeat(3000), &"ab".repeat(3000)));
    }
}
