//! Some of the processes, as a list of names and patterns says (API-065 to API-067, CLX-040, CLX-041).

use glob::Pattern;

use crate::base::fault::Fault;
use crate::base::names::namespec;
use crate::supervisor::Supervisor;
use crate::supervisor::member::Member;

/// Those that a list selects, in the order of status, each once. A word that selects none is `BAD_NAME`.
pub fn select<'a>(supervisor: &'a Supervisor, list: &str) -> Result<Vec<&'a Member>, Fault> {
    let all: Vec<_> = supervisor.by_name().collect();
    let mut chosen = vec![false; all.len()];
    for word in list.split(',').map(str::trim) {
        let wanted = Wanted::of(supervisor, word);
        let mut any = false;
        for (member, chosen) in all.iter().zip(&mut chosen) {
            if wanted.is(&member.group, &member.process.name) {
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
#[derive(Debug, PartialEq)]
enum Wanted<'a> {
    /// All.
    All,
    /// One process, by its namespec.
    Process(&'a str),
    /// All of a group.
    Group(&'a str),
    /// What a pattern matches: of the group, of the process.
    Within(Pattern, Pattern),
    /// What a pattern matches: the namespec or the name.
    Named(Pattern),
}

impl<'a> Wanted<'a> {
    /// What exists by exactly that name wins (CLX-041).
    fn of(supervisor: &Supervisor, word: &'a str) -> Self {
        let exact = supervisor.find_process(word).is_ok();
        let group = word.strip_suffix(":*").unwrap_or(word);
        if exact {
            Self::Process(word)
        } else if supervisor.group(group).is_some() {
            Self::Group(group)
        } else {
            Self::pattern(word)
        }
    }

    fn pattern(word: &'a str) -> Self {
        if word == "all" || word == "*" {
            return Self::All;
        }
        let within = word.split_once(':');
        let within = within.and_then(|(group, name)| Some((compile(group)?, compile(name)?)));
        match (within, compile(word)) {
            (Some((group, name)), _) => Self::Within(group, name),
            (None, Some(pattern)) if !word.contains(':') => Self::Named(pattern),
            _ => Self::Process(word),
        }
    }

    fn is(&self, group: &str, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Process(spec) => *spec == namespec(group, name) || is_both(spec, group, name),
            Self::Group(wanted) => *wanted == group,
            Self::Within(of_group, of_name) => of_group.matches(group) && of_name.matches(name),
            Self::Named(pattern) => {
                pattern.matches(name) || pattern.matches(&namespec(group, name))
            }
        }
    }
}

/// `x:x` is another way to write `x`.
fn is_both(spec: &str, group: &str, name: &str) -> bool {
    spec.split_once(':') == Some((group, name))
}

/// A pattern as fnmatch reads it: a run of stars is one, and a bracket that nobody closes is a bracket.
fn compile(text: &str) -> Option<Pattern> {
    let mut simple = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '*' || !simple.ends_with('*') {
            simple.push(character);
        }
    }
    Pattern::new(&simple).ok()
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn clx_040_patterns() {
        let table = [
            // word, group, name, selected
            ("all", "g", "x", true),
            ("*", "g", "x", true),
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
            (r"a\*", "g", r"a\b", true),
            ("", "g", "x", false),
        ];
        for (word, group, name, selected) in table {
            let wanted = Wanted::pattern(word);
            assert_eq!(wanted.is(group, name), selected, "{word} {group}:{name}");
        }
    }
}
