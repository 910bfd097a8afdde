//! The manual says what the tables say: every option in `docs/configuration.md` and in the man page, every
//! command in `docs/commands.md`, in the man page and in the completions. The tests that it names exist, and the ids
//! that code and texts cite are explained.
//!
//! `BLESS=1 cargo test --test manual` writes the option lists into the files anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use supervisor::client::commands;
use supervisor::config::kinds::Kind;
use supervisor::config::options::Row;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Puts what `list` makes of each kind's options between that kind's marks, in the whole text.
fn filled(text: &str, [begin, begin_end, end]: [&str; 3], list: fn(&[Row]) -> String) -> String {
    let mut text = text.to_owned();
    for kind in Kind::ALL {
        let mark = format!("{begin}{}{begin_end}\n", kind.prefix());
        let start = text.find(&mark).unwrap_or_else(|| panic!("no {mark}")) + mark.len();
        let stop = start + text[start..].find(end).expect("an end mark");
        text.replace_range(start..stop, &list(&kind.options()));
    }
    text
}

/// Compares a file with what it should be, or writes it.
fn check(name: &str, marks: [&str; 3], list: fn(&[Row]) -> String) {
    let found = read(name);
    let wanted = filled(&found, marks, list);
    if std::env::var_os("BLESS").is_some() {
        fs::write(path(name), wanted).expect("the file can be written");
    } else {
        assert!(
            found == wanted,
            "{name} differs from the tables; run: BLESS=1 cargo test --test manual"
        );
    }
}

#[test]
fn every_option_in_the_manual() {
    let list = |rows: &[Row]| {
        let line = |row: &Row| {
            let default = match row.default {
                Some("") => "empty".to_owned(),
                Some(text) => format!("`{text}`"),
                None => "–".to_owned(),
            };
            let also = row.aliases.join("`, `");
            let also = match also.as_str() {
                "" => String::new(),
                names => format!("; also `{names}`"),
            };
            format!("| `{}` | {default} | {}{also} |\n", row.name, row.about)
        };
        let lines: String = rows.iter().map(line).collect();
        format!("\n| option | default | meaning |\n| --- | --- | --- |\n{lines}\n")
    };
    check(
        "docs/configuration.md",
        ["<!-- options: ", " -->", "<!-- end -->"],
        list,
    );
}

#[test]
fn every_option_in_the_man_page() {
    let list = |rows: &[Row]| {
        let item = |row: &Row| {
            let default = row.default.map(|text| format!(" = {}", roff(text)));
            let name = &row.name;
            let about = roff(&row.about);
            let also = match row.aliases.join(", ").as_str() {
                "" => String::new(),
                names => format!("; also {names}"),
            };
            format!(
                ".It Cm {name}{}\n{about}{also}\n",
                default.unwrap_or_default()
            )
        };
        rows.iter().map(item).collect()
    };
    check(
        "docs/man/supervisord.conf.5",
        [".\\\" options: ", "", ".\\\" end"],
        list,
    );
}

/// Text for a line of the man page.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[test]
fn every_command_everywhere() {
    let names = commands::names();
    assert!(names.len() > 15, "{names:?}");
    let page = read("docs/man/supervisorctl.1");
    let (_, actions) = page.split_once(".Sh ACTIONS").expect("the actions");
    let manual = read("docs/commands.md");
    let more = commands::more_names();
    for name in names.iter().chain(&more).chain(&["help"]) {
        let in_page = actions.lines().any(|line| {
            line.starts_with(".It Cm ") && line.split([' ', ',']).any(|word| word == *name)
        });
        assert!(in_page, "supervisorctl.1 says nothing of {name}");
        assert!(
            manual.contains(&format!("`{name}")),
            "commands.md says nothing of {name}"
        );
        for file in ["supervisorctl", "_supervisorctl", "supervisorctl.fish"] {
            let text = read(&format!("docs/completions/{file}"));
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(
                words.any(|word| word == *name),
                "{file} says nothing of {name}"
            );
        }
    }
}

/// The text of all Rust files in a folder and the folders in it.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let texts = paths.map(|path| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(end) if end == "rs" => fs::read_to_string(&path).expect("a source"),
        _ => String::new(),
    });
    texts.collect()
}

#[test]
fn every_test_that_is_named_as_evidence_exists() {
    let code = sources(&path("src")) + &sources(&path("tests"));
    let text = read("docs/reliability.md");
    let mut named = 0;
    for row in text.lines().filter(|line| line.starts_with('|')) {
        // the last cell, and in it what stands between backquotes and could be a function
        let cell = row.trim_end_matches([' ', '|']).rsplit("| ").next();
        let words = cell.expect("a cell").split('`').skip(1).step_by(2);
        let is_name = |word: &&str| word.contains('_') && !word.contains(['/', '.', '=', ' ']);
        for word in words.filter(is_name) {
            let wanted = match word.strip_suffix('…') {
                Some(beginning) => format!("fn {beginning}"),
                None => format!("fn {word}("),
            };
            assert!(code.contains(&wanted), "no test {word}: {row}");
            named += 1;
        }
    }
    assert!(named > 30, "only {named} names were found");
}

/// The ids in a text: an area, a number, and a letter that may follow (`CTL-031`, `CTL-F07`, `DEC-021a`).
fn ids(text: &str) -> BTreeSet<(&str, &str)> {
    let mut ids = BTreeSet::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for word in text.split(|c| !is_part(c)) {
        let Some((area, number)) = word.split_once('-') else {
            continue;
        };
        let digits = number.strip_prefix('F').unwrap_or(number);
        let digits = digits
            .strip_suffix(|c: char| c.is_ascii_lowercase())
            .unwrap_or(digits);
        if matches!(area.len(), 3 | 4)
            && area.bytes().all(|byte| byte.is_ascii_uppercase())
            && matches!(digits.len(), 2 | 3)
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            ids.insert((area, number));
        }
    }
    ids
}

#[test]
fn every_id_that_is_cited_is_explained() {
    let list = read("docs/decisions.md");
    let mut texts = sources(&path("src")) + &sources(&path("tests"));
    let docs = fs::read_dir(path("docs")).expect("the manual");
    let pages = docs.map(|entry| entry.expect("an entry").path());
    for page in pages.filter(|page| page.extension().is_some_and(|end| end == "md")) {
        texts += &fs::read_to_string(page).expect("a page");
    }
    for file in ["README.md", "CHANGELOG.md", "tests/parity-deviations.txt"] {
        texts += &read(file);
    }
    let cited = ids(&texts);
    assert!(cited.len() > 300, "only {} ids", cited.len());
    for (area, number) in cited {
        let explained = match area {
            "DEC" => list.contains(&format!("| DEC-{number} | ")),
            _ => list
                .lines()
                .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
                .any(|cell| cell.split(", ").any(|known| known == area)),
        };
        assert!(
            explained,
            "docs/decisions.md says nothing of {area}-{number}"
        );
    }
}

#[test]
fn every_deviation_has_its_decision() {
    let rows = read("tests/parity-deviations.txt");
    let rows = rows.lines().filter(|row| !row.starts_with('#'));
    for row in rows {
        let (_, reason) = row.split_once(' ').expect("a name and a reason");
        let (id, why) = reason.split_once(": ").expect("an id and words");
        // what a fact of ours adds to the reference is seen by those that compare lists of all there is
        let is_known = id.starts_with("DEC-") || id == "API-223";
        assert!(is_known && !why.is_empty(), "{row}");
    }
}
