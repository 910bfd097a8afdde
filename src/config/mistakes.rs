//! Mistakes that the reference passes over in silence: unknown sections and options, what stands there twice, comments
//! that cut a quotation. They change nothing; the main log hears of them (DEC-013).

use std::borrow::Cow;

use super::foreign;
use super::inherit;
use super::ini::{DEFAULT, Document};
use super::kinds::Kind;
use super::notices::Notices;
use crate::base::level::Level;

/// Tells of each mistake, in the order of the files.
pub(super) fn tell(document: &Document, notices: &mut Notices) {
    let known = Kind::ALL.map(|kind| {
        let names = kind.options().into_iter().flat_map(|row| {
            row.aliases
                .iter()
                .map(|alias| (*alias).into())
                .chain([row.name])
        });
        (kind, names.collect::<Vec<Cow<'static, str>>>())
    });
    for section in document.sections() {
        let kind = if inherit::is_default(section) {
            Some(Kind::Program)
        } else {
            Kind::of(section)
        };
        let Some(kind) = kind else {
            unknown_section(document, section, notices);
            continue;
        };
        if kind.is_open() {
            continue;
        }
        // what a group says counts for its members, too (LIF-312)
        let speaks_for = |other: &Kind| {
            *other == kind
                || (kind == Kind::Group && *other == Kind::Program)
                || (section == inherit::LISTENERS && *other == Kind::EventListener)
        };
        let names = known.iter().filter(|(other, _)| speaks_for(other));
        let names: Vec<&str> = names
            .flat_map(|(_, names)| names.iter().map(AsRef::as_ref))
            .collect();
        unknown_options(document, section, &names, notices);
    }
    for (section, option, [before, again]) in document.repeats() {
        if Kind::of(section).is_none() && section != DEFAULT {
            continue;
        }
        let what = match option {
            Some(option) => format!("option {option} of [{section}]"),
            None => format!("section [{section}]"),
        };
        let ((file, line), (here, at)) = (before, again);
        // the files to include were taken before (CFG-069)
        if section == "include" && file != here {
            let text = format!("In {here}, line {at}, {what} has no effect in an included file");
            notices.hint(Level::Warn, text);
            continue;
        }
        let text = format!(
            "In {here}, line {at}, {what} stands also in {file}, line {line}; the later values win"
        );
        notices.hint(Level::Warn, text);
    }
    for (section, key, file, line, expression) in document.nameless() {
        if Kind::of(section).is_some() {
            let text = format!(
                "In {file}, line {line}, {expression} in {key} of [{section}] names nothing and stays as it is; a \
                 percent sign is written %%"
            );
            notices.hint(Level::Warn, text);
        }
    }
    for cut in document.cuts() {
        let (file, line, kept) = (&cut.file, cut.line, &cut.kept);
        let text = format!(
            "In {file}, line {line}, a comment begins within quotes; what counts is: {kept}"
        );
        notices.hint(Level::Warn, text);
    }
}

fn unknown_section(document: &Document, section: &str, notices: &mut Notices) {
    let (file, line) = document.origin(section).unwrap_or_default();
    let (word, name) = section.split_once(':').unwrap_or((section, "NAME"));
    if foreign::is_section(word) {
        return;
    }
    let place = format!("In {file}, line {line}, section [{section}]");
    let known = Kind::ALL.map(|kind| kind.prefix().trim_end_matches(':'));
    let near = nearest(word.trim(), &known).and_then(Kind::of_word);
    let hint = match near.map(Kind::prefix) {
        Some(prefix) if prefix.ends_with(':') => format!("; did you mean [{prefix}{name}]?"),
        Some(prefix) => format!("; did you mean [{prefix}]?"),
        None => String::new(),
    };
    notices.hint(Level::Warn, format!("{place} is unknown and ignored{hint}"));
}

fn unknown_options(document: &Document, section: &str, known: &[&str], notices: &mut Notices) {
    for (key, file, line) in document.own_keys(section) {
        if known.contains(&key) || foreign::is_option(key) {
            continue;
        }
        let place = format!("In {file}, line {line}, option {key} of [{section}]");
        if let Some(instead) = foreign::wish(section, key) {
            notices.hint(Level::Error, format!("{place} has no effect: {instead}"));
            continue;
        }
        let hint = match nearest(key, known) {
            Some(near) => format!("; did you mean {near}?"),
            None => String::new(),
        };
        notices.hint(Level::Warn, format!("{place} is unknown and ignored{hint}"));
    }
}

/// The word among `known` that `word` was probably meant to be: at most two letters away, short words one.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).clamp(1, 2);
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
        // never more than two letters
        assert_eq!(nearest("enviromnt", &known), Some("environment"));
        assert_eq!(nearest("envirmnt", &known), None);
        assert_eq!(nearest("supvisors", &["supervisord"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), &known), None);
    }

    /// The lines that a text behind `[supervisord]` gives, and their levels.
    fn said(text: &str) -> Vec<(Level, String)> {
        let config = Place::new().load_more(text).unwrap();
        let notices = config.notices.into_iter();
        notices.map(|notice| (notice.level, notice.text)).collect()
    }

    #[test]
    fn names_of_others_and_wishes() {
        let text = "[program:x]\ncommand=1\ndependent_startup=true\n\
                    dependent_startup_inherit_priority=true\n\
                    x-owner=me\n_note=1\ndepends=y\nrestart=always\n[supvisors]\nrules_files=r.xml\n\
                    [x-mine]\n[_mine:y]\n[supvisord]\n[program-default]\n";
        let lines = said(text);
        let starts = [
            (
                Level::Error,
                "In s.conf, line 8, option depends of [program:x] has no effect: use depends_on=",
            ),
            (
                Level::Error,
                "In s.conf, line 9, option restart of [program:x] has no effect: use autorestart=",
            ),
            (
                Level::Warn,
                "In s.conf, line 14, section [supvisord] is unknown and ignored; did you mean [supervisord]?",
            ),
        ];
        assert_eq!(lines.len(), starts.len(), "{lines:?}");
        for ((level, text), (want, start)) in lines.iter().zip(starts) {
            assert!(*level == want && text.starts_with(start), "{lines:?}");
        }
    }

    #[test]
    fn expressions_without_a_name() {
        let text = "[program:x]\ncommand=date +%s\nenvironment=A=\"%%s\"\n[x-mine]\na=%s\n";
        let want = "In s.conf, line 3, %s in command of [program:x] names nothing and stays as it is; a percent sign \
                    is written %%";
        assert_eq!(said(text), [(Level::Warn, want.to_owned())]);
    }

    #[test]
    fn what_stands_there_twice() {
        let text = "[program:x]\ncommand=1\nautostart=true\nCommand=2\n[group:g]\nprograms=x\n\
                    [program:x]\nautostart=false\nautostart=true\n[DEFAULT]\numask=022\n[DEFAULT]\numask=022\n\
                    [x-mine]\na=1\na=2\n[x-mine]\n";
        let want = [
            "In s.conf, line 5, option command of [program:x] stands also in s.conf, line 3; the later values win",
            "In s.conf, line 8, section [program:x] stands also in s.conf, line 2; the later values win",
            "In s.conf, line 10, option autostart of [program:x] stands also in s.conf, line 9; the later values win",
            "In s.conf, line 13, section [DEFAULT] stands also in s.conf, line 11; the later values win",
        ];
        assert_eq!(said(text), want.map(|text| (Level::Warn, text.to_owned())));
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
