//! The dialect of configuration files against its origin: thousands of random files, parsed by us and by Python's
//! `RawConfigParser` with the reference's settings. Also environment lists against `shlex` as
//! 4.4 uses it and, where that fails, as 4.3.0 does (DEC-016), and `%` expressions
//! against Python's own formatting. Without `python3` the tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/random.rs"]
#[allow(dead_code, reason = "each test program uses its part of it")]
mod random;
#[path = "ini_differential/whole.rs"]
mod whole;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use supervisor::config::envlist;
use supervisor::config::expand::{Names, Value, expand};
use supervisor::config::ini::{Document, Page};
use supervisor::config::source::Source;

use random::Random;

/// How many random cases each test has.
const CASES: usize = 5_000;

/// Some of the pieces, one behind the other.
fn text_of(random: &mut Random, pieces: &[&str], most: usize) -> String {
    let count = random.place(most + 1);
    (0..count)
        .map(|_| pieces[random.place(pieces.len())])
        .collect()
}

/// Feeds the cases, as a list of hex strings, to a Python program; its output lines, or none without Python.
fn python(program: &str, cases: &[String]) -> Option<Vec<String>> {
    let mut input = String::new();
    for case in cases {
        for byte in case.bytes() {
            write!(input, "{byte:02x}").unwrap();
        }
        input.push('\n');
    }
    let file = std::env::temp_dir().join(format!(
        "differential-{}-{}",
        std::process::id(),
        cases.len()
    ));
    let name = format!("{}-{:x}", file.display(), program.len());
    std::fs::File::create(&name)
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = Command::new("python3")
        .args(["-c", program, &name])
        .stdin(Stdio::null())
        .env("PYTHONIOENCODING", "utf-8")
        .output();
    std::fs::remove_file(&name).unwrap();
    let Ok(Output {
        status,
        stdout,
        stderr,
    }) = output
    else {
        eprintln!("skipped: there is no python3 to compare with");
        return None;
    };
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let lines: Vec<String> = String::from_utf8(stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), cases.len());
    Some(lines)
}

/// Everything on one line, as `json.dumps` shows it.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn compare(program: &str, cases: &[String], ours: impl Fn(&str) -> String) {
    let Some(lines) = python(program, cases) else {
        return;
    };
    for (case, line) in cases.iter().zip(lines) {
        let theirs: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ours(case), json(&theirs), "{case:?}");
    }
}

const INI: &str = r"
import configparser, io, json, sys
for line in open(sys.argv[1]):
    text = bytes.fromhex(line).decode()
    parser = configparser.RawConfigParser(inline_comment_prefixes=(';', '#'), strict=False)
    try:
        parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), 'utf-8'), 'f')
        result = [[s, [[k, parser.get(s, k)] for k in sorted(parser.options(s))]] for s in parser.sections()]
    except configparser.Error as error:
        result = str(error)
    print(json.dumps(result, ensure_ascii=False))
";

#[test]
fn files() {
    let pieces = [
        "[a]",
        "[b]",
        "[DEFAULT]",
        "[",
        "]",
        "[a",
        "a]",
        "[ a ]",
        "x",
        "y",
        "X",
        "=",
        ":",
        " ",
        "\t",
        "  ",
        "\n",
        "\n",
        "\n",
        "\n ",
        "\n  ",
        "\n\n",
        "\r\n",
        "\r",
        ";",
        "#",
        " ;",
        " #",
        "\t;",
        "'",
        "\"",
        "\\",
        "|",
        "%",
        "1",
        "two words",
        "é",
        "\u{a0}",
        "\u{1f}",
        "\u{feff}",
        "\u{2028}",
        "x=1\n",
        "y = 2\n",
        "\nx:",
        "\n[a]\n",
        "\u{0}",
        "İ",
        "\u{85}",
    ];
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    let cases: Vec<String> = (0..CASES)
        .map(|number| {
            let head = if number % 3 == 0 { "" } else { "[a]\n" };
            head.to_owned() + &text_of(&mut random, &pieces, 30)
        })
        .collect();
    compare(INI, &cases, |text| {
        let (name, text) = ("f".to_owned(), text.to_owned());
        let page = Page {
            source: Source { name, text },
            here: None,
            again: false,
        };
        match Document::parse([Ok(page)]) {
            Err(error) => json(&error.to_string()),
            Ok(document) => {
                let section = |name: &str| {
                    let mut keys = document.keys(name);
                    keys.sort();
                    let pair = |key: String| {
                        let value = document.get(name, &key).unwrap().value;
                        (key, value)
                    };
                    (
                        name.to_owned(),
                        keys.into_iter().map(pair).collect::<Vec<_>>(),
                    )
                };
                json(&document.sections().map(section).collect::<Vec<_>>())
            }
        }
    });
}

const LISTS: &str = r#"
import json, shlex, sys
def pairs(text, posix):
    lexer = shlex.shlex(text, posix=posix)
    lexer.wordchars += '/.+-():'
    tokens = list(lexer)
    result = {}
    for i in range(0, len(tokens), 4):
        part = tokens[i:i + 3]
        if len(part) != 3 or part[1] != '=':
            raise ValueError("Unexpected end of key/value pairs in value '%s'" % text)
        result[part[0]] = part[2] if posix else part[2].strip('\'"')
    return dict(sorted(result.items()))
for line in open(sys.argv[1]):
    text = bytes.fromhex(line).decode()
    try:
        result = pairs(text, True)
    except ValueError as error:
        result = str(error)
        try:
            result = pairs(text, False)
        except ValueError:
            pass
    print(json.dumps(result, ensure_ascii=False))
"#;

#[test]
fn environment_lists() {
    let pieces = [
        "A",
        "B",
        "=",
        "=",
        ",",
        ",",
        "\"",
        "'",
        "\\",
        " ",
        "\t",
        "\n",
        "\r",
        "#",
        ";",
        "$",
        "~",
        "/x",
        "1",
        "é",
        "×",
        "я",
        "A=1,",
        "B=\"x y\"",
        "C='",
        "\".\nD=",
        "don't",
        "()",
        ":",
        "\u{a0}",
    ];
    let mut random = Random::new(0xdead_beef_cafe_f00d);
    let cases: Vec<String> = (0..CASES)
        .map(|_| text_of(&mut random, &pieces, 14))
        .collect();
    compare(LISTS, &cases, |text| match envlist::parse(text) {
        Ok(list) => json(&list.variables),
        Err(error) => json(&error.to_string()),
    });
}

const FORMATS: &str = r"
import json, sys
names = {'a': 'v', 'word': 'wörd\'s', 'n': 7, 'm': -5, 'big': 1234567}
for line in open(sys.argv[1]):
    text = bytes.fromhex(line).decode()
    try:
        result = text % names
    except KeyError as error:
        result = 'names ' + str(error)
    except Exception as error:
        result = 'bad ' + str(error)
    print(json.dumps(result, ensure_ascii=False))
";

#[test]
fn formats() {
    let pieces = [
        "%", "%%", "%(a)", "%(n)", "%(m)", "%(word)", "%(big)", "%(x)", "%(", "(", ")", "s", "d",
        "x", "X", "o", "i", "u", "c", "r", "a", "e", "f", "g", "G", "E", "F", "q", "l", "h", "L",
        ".", "0", "1", "5", "12", "-", "+", " ", "#", "é", "text", "%(a)s", "%(n)02d",
    ];
    let mut names = Names::default().with("a", "v").with("word", "wörd's");
    for (name, number) in [("n", 7), ("m", -5), ("big", 1_234_567)] {
        names.set(name, Value::Number(number));
    }
    let mut random = Random::new(0x0123_4567_89ab_cdef);
    let cases: Vec<String> = (0..CASES)
        .map(|_| text_of(&mut random, &pieces, 7))
        // a bare conversion would show the whole dictionary (CFG-043); our widths have a bound
        .filter(|text| !sees_everything(text) && !has_long_number(text))
        .collect();
    compare(FORMATS, &cases, |text| match expand(text, &names, "x") {
        Ok(text) => json(&text),
        Err(error) => {
            let text = error.to_string();
            let unknown = text.split_once(" contains names (");
            let unknown = unknown.and_then(|parts| parts.1.split_once(") which"));
            let reason = text.rsplit_once(" is badly formatted: ");
            match (unknown, reason) {
                (_, Some((_, reason))) => json(&format!("bad {reason}")),
                (Some((name, _)), None) => json(&format!("names {name}")),
                (None, None) => panic!("{text}"),
            }
        }
    });
}

/// Whether the text has more than four digits in a row.
fn has_long_number(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.into_iter().any(|number| number.len() > 4)
}

/// Whether the text has a conversion to text without a name, before any with one.
fn sees_everything(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            continue;
        }
        if after.starts_with('(') {
            return false;
        }
        let flags = |c: char| c.is_ascii_digit() || "-+ #.".contains(c);
        let conversion = after.trim_start_matches(flags);
        let conversion = conversion
            .strip_prefix(['h', 'l', 'L'])
            .unwrap_or(conversion);
        if conversion.starts_with(['s', 'r', 'a']) {
            return true;
        }
        rest = after;
    }
    false
}
