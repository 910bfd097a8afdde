//! Tables of the `%` formatting; every row was compared with Python.

use proptest::prelude::{any, prop, proptest};

use super::{Names, Value, expand, nameless};

fn names() -> Names<'static> {
    let mut names = Names::default().with("a", "v").with("word", "wörd");
    names.set("n", Value::Number(7));
    names.set("m", Value::Number(-5));
    names.set("big", Value::Number(1_000_000));
    names
}

#[test]
fn good() {
    let table = [
        ("", ""),
        ("100%%", "100%"),
        ("%(a)s", "v"),
        ("x%(a)sy%(n)d", "xvy7"),
        (
            "%(n)02d %(n)x %(n)#x %(n)#X %(n)o %(n)#o",
            "07 7 0x7 0X7 7 0o7",
        ),
        (
            "%(n)+05d|%(n) d|%(n)-5d|%(n)5.3d|%(m)05d",
            "+0007| 7|7    |  007|-0005",
        ),
        ("%(a)5s|%(a)-5s|%(a).0s|%(word).2s", "    v|v    ||wö"),
        (
            "%(a)r %(word)a %(n)r %(n)a %(n)5s",
            "'v' 'w\\xf6rd' 7 7     7",
        ),
        ("%(a)c%(a)ls%(n)ld", "vv7"),
        (
            "%(n)f %(n)e %(n)g %(n)8.2f",
            "7.000000 7.000000e+00 7     7.00",
        ),
        ("%(n).0f %(n)#.0f %(n)E %(n)F", "7 7. 7.000000E+00 7.000000"),
        (
            "%(big)g %(big).3g %(big)#g %(m)08.1f",
            "1e+06 1e+06 1.00000e+06 -00005.0",
        ),
        ("%(n)u%(n)i", "77"),
    ];
    for (format, want) in table {
        assert_eq!(expand(format, &names(), "x").unwrap(), want, "{format}");
    }
}

#[test]
fn bad() {
    let table = [
        ("%", "incomplete format"),
        ("%(a)", "incomplete format"),
        ("%(a)5", "incomplete format"),
        ("%(a).", "incomplete format"),
        ("%5", "incomplete format"),
        ("%(a", "incomplete format key"),
        ("%(a(b)", "incomplete format key"),
        ("%s %s", "not enough arguments for format string"),
        ("%s%(a)s%r", "not enough arguments for format string"),
        ("%*s", "* wants int"),
        ("%(a)*s", "* wants int"),
        ("%(a)s%*s", "not enough arguments for format string"),
        ("%(a)s %H", "not enough arguments for format string"),
        ("%(a)s %s", "not enough arguments for format string"),
        ("%(n)*d", "not enough arguments for format string"),
        (
            "é%(a)q",
            "unsupported format character 'q' (0x71) at index 5",
        ),
        ("%5%", "unsupported format character '%' (0x25) at index 2"),
        (
            "%(a)%",
            "unsupported format character '%' (0x25) at index 4",
        ),
        ("%é", "unsupported format character '?' (0xe9) at index 1"),
        ("%\n", "unsupported format character '?' (0xa) at index 1"),
        (
            "%(n)hhd",
            "unsupported format character 'h' (0x68) at index 5",
        ),
        ("%x", "%x format: an integer is required, not dict"),
        ("%i", "%i format: a real number is required, not dict"),
        ("%f", "must be real number, not dict"),
        ("%c", "%c requires int or char"),
        ("%(word)c", "%c requires int or char"),
        ("%(m)c", "%c arg not in range(0x110000)"),
        ("%(a)d", "%d format: a real number is required, not str"),
        ("%(a)x", "%x format: an integer is required, not str"),
        ("%(a)f", "must be real number, not str"),
        ("%(n)99999999999999999999d", "width too big"),
        ("%(n).99999999999999999999d", "precision too big"),
    ];
    for (format, reason) in table {
        let error = expand(format, &names(), "program:x.command").unwrap_err();
        let shown = crate::base::repr::repr(format);
        let want =
            format!("Format string {shown} for 'program:x.command' is badly formatted: {reason}");
        assert_eq!(error.to_string(), want, "{format}");
    }
}

#[test]
fn without_a_name() {
    let table = [
        ("date +%s", Some("%s")),
        ("100% sure, %%s", Some("% s")),
        ("%%%-5.2lrx", Some("%-5.2lr")),
        ("%%s", None),
        ("100%%", None),
        ("%(a)s%%", None),
        ("", None),
    ];
    for (format, want) in table {
        assert_eq!(nameless(format), want, "{format}");
        if want.is_some() {
            let text = expand(format, &names(), "l").unwrap();
            assert_eq!(text, format.replace("%%", "%"), "{format}");
        }
    }
    // only the first one takes the dictionary
    assert_eq!(expand("%s%%%(a)s", &names(), "l").unwrap(), "%s%v");
}

#[test]
fn unknown_names() {
    let table = [
        ("%(b)s", "'b'"),
        ("%()s", "''"),
        ("%((a))s", "'(a)'"),
        ("%(a')q", "\"a'\""),
    ];
    for (format, name) in table {
        let error = expand(format, &names(), "environment").unwrap_err();
        let shown = crate::base::repr::repr(format);
        let want = format!(
            "Format string {shown} for 'environment' contains names ({name}) which cannot be \
             expanded. Available names: a, big, m, n, word"
        );
        assert_eq!(error.to_string(), want, "{format}");
    }
}

#[test]
fn layers_hide_each_other() {
    let base = Names::default().with("x", "1").with("y", "1");
    let mut top = Names::over(&base).with("x", "2");
    top.set_environment([(&"P".to_owned(), &"50%".to_owned())]);
    let text = expand("%(x)s%(y)s%(ENV_P)s", &top, "l").unwrap();
    assert_eq!(text, "2150%");
    let error = expand("%(z)s", &top, "l").unwrap_err().to_string();
    assert!(error.ends_with("Available names: ENV_P, x, y"), "{error}");
}

proptest! {
    #[test]
    fn never_panics(format in "(%|\\(|\\)|[a-zA-Z0-9.#+*-]|\\PC){0,20}", number in any::<i64>()) {
        let mut names = names();
        names.set("z", Value::Number(number));
        let _ = expand(&format, &names, "l").map_err(|error| error.to_string());
    }

    #[test]
    fn flags_never_panic(
        flags in "[-+ #0]{0,3}[0-9]{0,3}(\\.[0-9]{0,2})?",
        conversion in prop::sample::select("diouxXeEfFgGcrsa".chars().collect::<Vec<_>>()),
        number in any::<i64>(),
    ) {
        let mut names = Names::default();
        names.set("z", Value::Number(number));
        let _ = expand(&format!("%(z){flags}{conversion}"), &names, "l").map_err(|e| e.to_string());
    }
}
