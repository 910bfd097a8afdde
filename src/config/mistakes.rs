//! Mistakes that the reference passes over in silence: unknown sections and options, and comments that cut a quotation.
//! They change nothing; the main log hears of them (DEC-013).

use super::ini::Document;
use super::notices::Notices;
use super::options::Kind;
use crate::base::level::Level;

/// Tells of each mistake, in the order of the files.
pub(super) fn tell(document: &Document, notices: &mut Notices) {
    for line in all(document) {
        notices.hint(Level::Warn, line);
    }
}

fn all(document: &Document) -> Vec<String> {
    let mut lines = Vec::new();
    let known = Kind::ALL.map(|kind| {
        let names = kind.options().into_iter().map(|row| row.name);
        (kind, names.collect::<Vec<_>>())
    });
    for section in document.sections() {
        let Some(kind) = Kind::of(section) else {
            lines.push(unknown_section(document, section));
            continue;
        };
        let names = known.iter().find(|(other, _)| *other == kind);
        if let (Some((_, names)), false) = (names, kind.is_open()) {
            lines.extend(unknown_options(document, section, names));
        }
    }
    lines.extend(document.cuts().iter().map(|cut| {
        let (file, line, kept) = (&cut.file, cut.line, &cut.kept);
        format!("In {file}, line {line}, a comment begins within quotes; what counts is: {kept}")
    }));
    lines
}

fn unknown_section(document: &Document, section: &str) -> String {
    let (file, line) = document.origin(section).unwrap_or_default();
    let (word, name) = section.split_once(':').unwrap_or((section, "NAME"));
    let known = Kind::ALL.map(|kind| kind.prefix().trim_end_matches(':'));
    let near = nearest(word.trim(), &known).and_then(Kind::of_word);
    let hint = match near.map(Kind::prefix) {
        Some(prefix) if prefix.ends_with(':') => format!("; did you mean [{prefix}{name}]?"),
        Some(prefix) => format!("; did you mean [{prefix}]?"),
        None => String::new(),
    };
    format!("In {file}, line {line}, section [{section}] is unknown and ignored{hint}")
}

fn unknown_options(document: &Document, section: &str, known: &[&str]) -> Vec<String> {
    let own = document.own_keys(section);
    own.into_iter()
        .filter(|(key, _, _)| !known.contains(key))
        .map(|(key, file, line)| {
            let hint = match nearest(key, known) {
                Some(near) => format!("; did you mean {near}?"),
                None => String::new(),
            };
            format!(
                "In {file}, line {line}, option {key} of [{section}] is unknown and ignored{hint}"
            )
        })
        .collect()
}

/// The word among `known` that `word` was probably meant to be.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be inserted, removed or replaced. Words that are much longer than any option are
/// not compared.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX);
            let replaced = cell(&row, j) + usize::from(letter != other);
            let changed = cell(&row, j + 1).min(cell(&next, j)) + 1;
            next.push(replaced.min(changed));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};
    use crate::base::level::Level;
    use crate::config::testing::Place;

    #[test]
    fn distances() {
        let table = [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("naïve", "naive", 1),
        ];
        for (a, b, want) in table {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
        let known = ["command", "environment", "user"];
        assert_eq!(nearest("comand", &known), Some("command"));
        assert_eq!(nearest("Usr", &known), Some("user"));
        assert_eq!(nearest("nonsense", &known), None);
        assert_eq!(nearest(&"x".repeat(100_000), &known), None);
    }

    #[test]
    fn lines_for_the_log() {
        let place = Place::new();
        let text = "[program:x]\ncommand=/bin/sh -c 'a ; b'\nautostrat=false\nfoo=1\n\
                    [Progam:y]\n[nonsense]\n[rpcinterface]\n\
                    [rpcinterface:supervisor]\n\
                    supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n";
        let config = place.load_more(text).unwrap();
        assert!(
            config
                .notices
                .iter()
                .all(|notice| notice.level == Level::Warn)
        );
        let lines: Vec<&str> = config
            .notices
            .iter()
            .map(|notice| notice.text.as_str())
            .collect();
        let want = [
            "In s.conf, line 4, option autostrat of [program:x] is unknown and ignored; did you mean \
             autostart?",
            "In s.conf, line 5, option foo of [program:x] is unknown and ignored",
            "In s.conf, line 6, section [Progam:y] is unknown and ignored; did you mean [program:y]?",
            "In s.conf, line 7, section [nonsense] is unknown and ignored",
            "In s.conf, line 8, section [rpcinterface] is unknown and ignored; did you mean \
             [rpcinterface:NAME]?",
            "In s.conf, line 3, a comment begins within quotes; what counts is: command=/bin/sh -c 'a",
        ];
        assert_eq!(lines, want);
    }
}
