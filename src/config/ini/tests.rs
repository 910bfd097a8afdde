//! Tables of the dialect: one row per rule of config.md, section 2.

use super::lines::settle_here;
use super::{Document, Page};
use crate::config::error::ConfigError;
use crate::config::source::Source;

fn page(name: &str, text: &str) -> Page {
    let (name, text) = (name.to_owned(), text.to_owned());
    let source = Source { name, text };
    Page {
        source,
        here: None,
        again: false,
    }
}

fn parse(text: &str) -> Result<Document, ConfigError> {
    Document::parse([Ok(page("f", text))])
}

/// Every section and option of the document in one line.
fn flat(document: &Document) -> String {
    let mut out = String::new();
    for section in document.sections() {
        out.extend(["[", section, "]"]);
        for key in document.keys(section) {
            let value = format!("{:?}", document.get(section, &key).unwrap().value);
            out.extend([" ", &key, "=", &value]);
        }
    }
    out
}

/// What is not wanted is checked and forgotten.
#[test]
fn only_some_sections() {
    let only = |text: &str| Document::parse_only([Ok(page("f", text))], |name| name == "a");
    let text = "[DEFAULT]\nd=1\n[b]\nx=1\n  more\n[a]\nx=2\n more\n[b]\ny=3\n";
    let document = only(text).unwrap();
    assert_eq!(flat(&document), "[a] x=\"2\\nmore\" d=\"1\"");
    for bad in ["[b]\nx\n", "[b]\n=1\n", "x=1\n[a]\n"] {
        let (some, all) = (only(bad).unwrap_err(), parse(bad).unwrap_err());
        assert_eq!(some.to_string(), all.to_string());
    }
}

#[test]
fn lines() {
    let table = [
        ("", ""),
        ("# only\n ; comments\n\n", ""),
        ("[a]\nx=1\r\ny = 2 \rz:3", r#"[a] x="1" y="2" z="3""#),
        // CFG-014
        ("[a] junk\nx=1\n", r#"[a] x="1""#),
        ("[a]]\n[]]\n[[b]\n", "[a]][]][[b]"),
        ("[ a ]\n[A]\n[a]\n", "[ a ][A][a]"),
        // CFG-015, CFG-026
        ("[a]\nx=1\n [b]\n", r#"[a] x="1\n[b]""#),
        ("  [a]\n  x=1\n [b]\n", r#"[a] x="1"[b]"#),
        ("[a]\n [b]\n", "[a][b]"),
        // CFG-016 to CFG-019
        ("[a]\nTwo Words.x : y=z\n", r#"[a] two words.x="y=z""#),
        ("[a]\nx=\ny='q' \"r\"\n", r#"[a] x="" y="'q' \"r\"""#),
        ("[a]\n[x=1\n|y=2\n", r#"[a] [x="1" |y="2""#),
        // CFG-022, CFG-023
        ("[a]\nx=1\n ; no\n# no\n  2\n", r#"[a] x="1\n2""#),
        (
            "[a]\nx=1;two\ny=#two\nz= ;two\n",
            r##"[a] x="1;two" y="#two" z="""##,
        ),
        (
            "[a]\nx=1 ;two\ny=1\t#two\nz=1\u{a0};two\n",
            r#"[a] x="1" y="1" z="1""#,
        ),
        ("[a]\nrem=1\n", r#"[a] rem="1""#),
        ("[a]\nx=sh -c 'a ; b'\n", r#"[a] x="sh -c 'a""#),
        // CFG-024
        (
            "[a]\nx=b;c ;d #e\ny=b#c;d ;e\n",
            r#"[a] x="b;c ;d" y="b#c;d""#,
        ),
        // CFG-025
        ("[a;b] ;c\n", "[a;b]"),
        // CFG-027
        ("[a]\nx=\n  1\n\n  2\n\n\n[b]\n", r#"[a] x="\n1\n\n2"[b]"#),
        ("[a]\nx=1\n  |2\n  [3\n", r#"[a] x="1\n|2\n[3""#),
        // CFG-028
        ("[a]\nx=1\\\ny=2\n", r#"[a] x="1\\" y="2""#),
        // CFG-029
        ("[a]\nx=1\ny=1\n[b]\n[a]\nx=2\n", r#"[a] x="2" y="1"[b]"#),
        // CFG-030
        ("[DEFAULT]\nx=1\n[a]\n[b]\nx=2\n", r#"[a] x="1"[b] x="2""#),
        ("[default]\nx=1\n", r#"[default] x="1""#),
    ];
    for (text, want) in table {
        assert_eq!(flat(&parse(text).unwrap()), want, "{text:?}");
    }
}

#[test]
fn errors() {
    let table = [
        (
            "a=1\n[b]\n",
            "File contains no section headers.\nfile: 'f', line: 1\n'a=1\\n'",
        ),
        (
            "\n[a ;b]\n",
            "File contains no section headers.\nfile: 'f', line: 2\n'[a ;b]\\n'",
        ),
        (
            "\u{feff}[a]\n",
            "File contains no section headers.\nfile: 'f', line: 1\n'\\ufeff[a]\\n'",
        ),
        (
            "[]",
            "File contains no section headers.\nfile: 'f', line: 1\n'[]'",
        ),
        (
            "[a]\nfoo\n[b]\n=it's\n",
            "Source contains parsing errors: 'f'\n\t[line  2]: 'foo\\n'\n\t[line  4]: \"=it's\\n\"",
        ),
        // a bad line leaves the option open, and sets the indentation
        (
            "[a]\nx=1\nfoo\n  bar\n",
            "Source contains parsing errors: 'f'\n\t[line  3]: 'foo\\n'",
        ),
    ];
    for (text, want) in table {
        let error = parse(text).map_err(|error| error.to_string());
        assert_eq!(error.map(|_| ()), Err(want.to_owned()), "{text:?}");
    }
}

#[test]
fn several_files() {
    let pages = [
        page("main", "[a]\nx=1\ny=1\n"),
        page("more", "[b]\n[a]\nY=2\n[DEFAULT]\nz=9\n"),
    ];
    let document = Document::parse(pages.map(Ok)).unwrap();
    assert_eq!(flat(&document), r#"[a] x="1" y="2" z="9"[b] z="9""#);
    assert_eq!(document.origin("b"), Some(("more", 1)));
    assert_eq!(document.origin("a"), Some(("main", 1)));
    let keys = document.own_keys("a");
    assert_eq!(keys, [("x", "main", 2), ("y", "more", 3)]);
    assert!(document.get("DEFAULT", "z").is_none());
    assert!(document.get("nothing", "z").is_none());
    let bad = Document::parse([page("main", "[a]\n"), page("more", "x=1")].map(Ok));
    assert!(matches!(bad, Err(ConfigError::NoHeader { file, .. }) if file == "more"));
}

#[test]
fn quotations_that_comments_cut() {
    let text = "[a]\nx=sh -c 'a ; b'\ny='a ; b'\nz='a' ; it's\nw=it's ;fine\n";
    let document = parse(text).unwrap();
    let cuts: Vec<usize> = document.cuts().iter().map(|cut| cut.line).collect();
    assert_eq!(cuts, [2, 3]);
    assert_eq!(document.cuts()[0].kept, "x=sh -c 'a");
}

#[test]
fn here_is_settled_before_expansion() {
    let table = [
        ("%(here)s/x", "/50%%/x"),
        ("%%(here)s", "%%(here)s"),
        ("%%%(here)s%", "%%/50%%%"),
        ("%(here)10s %(x)s", "%(here)10s %(x)s"),
        ("plain", "plain"),
    ];
    for (value, want) in table {
        assert_eq!(settle_here(value, "/50%"), want, "{value}");
    }
}
