//! The grammar of files with variables.

use proptest::prelude::*;

use super::{Fault, parse};

#[test]
fn variables() {
    let table: [(&str, &[(&str, &str)]); 16] = [
        ("", &[]),
        ("\n  \n# a comment\n", &[]),
        ("A=1\nB=2", &[("A", "1"), ("B", "2")]),
        ("\u{feff}A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]),
        ("export A=1\nexport\tB=2", &[("A", "1"), ("B", "2")]),
        (
            "exported=1\nexport=2",
            &[("exported", "1"), ("export", "2")],
        ),
        ("  A \t=  x y  ", &[("A", "x y")]),
        ("A=", &[("A", "")]),
        (
            "A=b #c\nB=b#c\nC= #c",
            &[("A", "b"), ("B", "b#c"), ("C", "")],
        ),
        ("A=\"a#b\" # c", &[("A", "a#b")]),
        ("A='a\\n$x' ", &[("A", "a\\n$x")]),
        (r#"A="\n\t\r\"\\\$\x""#, &[("A", "\n\t\r\"\\$\\x")]),
        (
            "A=\"one\ntwo\"\nB='3\r\n4'",
            &[("A", "one\ntwo"), ("B", "3\n4")],
        ),
        (
            "URL=http://x/?a=%20b&c=$d",
            &[("URL", "http://x/?a=%20b&c=$d")],
        ),
        ("A=it's", &[("A", "it's")]),
        ("_a1=x\n_a1=y", &[("_a1", "x"), ("_a1", "y")]),
    ];
    for (text, want) in table {
        let got = parse(text.as_bytes()).expect(text);
        let got: Vec<_> = got.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(got, want, "{text:?}");
    }
}

#[test]
fn faults() {
    let table: [(&[u8], usize, Fault); 10] = [
        (b"A=1\nnonsense\n", 2, Fault::NotAVariable),
        (b"=x", 1, Fault::NotAVariable),
        (b"1A=x", 1, Fault::NotAVariable),
        (b"A-B=x", 1, Fault::NotAVariable),
        (b"A B=x", 1, Fault::NotAVariable),
        (b"\n\nA='x\ny", 3, Fault::Open),
        (b"A=\"x\\", 1, Fault::Open),
        (b"A='x' y", 1, Fault::NotAVariable),
        (b"A=1\nB=\0", 2, Fault::Nul),
        (b"A=1\n\nB=\xff", 3, Fault::NotUtf8),
    ];
    for (bytes, line, fault) in table {
        let error = parse(bytes).expect_err("a fault");
        assert_eq!((error.line, error.fault), (line, fault), "{bytes:?}");
    }
}

proptest! {
    /// What is written in single quotes is read as it is, and nothing makes it panic.
    #[test]
    fn any_value(value in "[^'\0\r]{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let text = format!("A='{value}' # {}", value.replace('\n', " "));
        prop_assert_eq!(parse(text.as_bytes()), Ok(vec![("A".to_owned(), value)]));
        for (name, _) in parse(&bytes).unwrap_or_default() {
            prop_assert!(!name.is_empty() && !name.contains('='));
        }
    }
}
