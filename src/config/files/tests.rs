//! Where the main file is looked for, and what `[include]` gathers.

use std::path::Path;

use super::*;
use crate::config::testing::Place;
use crate::config::{Config, load};

fn lines(config: &Config) -> Vec<(Level, String)> {
    let notices = config.notices.iter();
    notices
        .map(|notice| (notice.level, notice.text.clone()))
        .collect()
}

#[test]
fn search_lists() {
    let table = [
        (
            "/opt/v/bin/supervisord",
            "/opt/v/etc/supervisord.conf",
            "/opt/v/supervisord.conf",
        ),
        (
            "/bin/supervisord",
            "/etc/supervisord.conf",
            "/supervisord.conf",
        ),
        (
            "bin/supervisord",
            "etc/supervisord.conf",
            "supervisord.conf",
        ),
        ("supervisord", "etc/supervisord.conf", "supervisord.conf"),
        ("./supervisord", "etc/supervisord.conf", "supervisord.conf"),
    ];
    for (program, first, second) in table {
        let list = search_list(Path::new(program));
        assert_eq!(list[..2], [first, second], "{program}");
        assert_eq!(
            list[2..].join(" "),
            "supervisord.conf etc/supervisord.conf /etc/supervisord.conf \
             /etc/supervisor/supervisord.conf"
        );
    }
}

#[test]
fn the_first_file_counts() {
    let place = Place::new();
    let at = place.folder.path().to_str().unwrap().to_owned();
    let args = DaemonArgs::default();
    place.folder.write("etc/supervisord.conf", "");
    let found = locate(&args, &place.world()).unwrap();
    assert_eq!(found.name, format!("{at}/etc/supervisord.conf"));
    let mut world = place.world();
    world.program = "/no/such/bin/supervisord".into();
    let found = locate(&args, &world).unwrap();
    assert_eq!(found.name, "etc/supervisord.conf");
    assert_eq!(found.path, Path::new(&at).join("etc/supervisord.conf"));
    place.folder.write("supervisord.conf", "");
    assert_eq!(locate(&args, &world).unwrap().name, "supervisord.conf");
    let file = Some("given".to_owned());
    let args = DaemonArgs { file, ..args };
    assert_eq!(locate(&args, &world).unwrap().name, "given");
    let error = load(&args, &world).unwrap_err();
    assert_eq!(error.to_string(), "could not find config file given");
}

#[test]
fn nothing_found() {
    let list = search_list(Path::new("/x/bin/supervisord"));
    assert_eq!(
        ConfigError::NoDefault(list).to_string(),
        "No config file found at default paths (/x/etc/supervisord.conf, /x/supervisord.conf, \
         supervisord.conf, etc/supervisord.conf, /etc/supervisord.conf, \
         /etc/supervisor/supervisord.conf); use the -c option to specify a config file at a different path"
    );
}

#[test]
fn includes() {
    let place = Place::new();
    place.folder.write(
        "d/b.ini",
        "[program:b]\ncommand=%(here)s %(here)5s %%(here)s\n",
    );
    place.folder.write(
        "d/a.ini",
        "[supervisord]\nidentifier=a\n[DEFAULT]\npriority=4\n[include]\nfiles=x\n",
    );
    place.folder.write("d/x", "[program:x]\ncommand=never\n");
    place.folder.write("d/sub.ini/x", "");
    let text = "identifier=main\n[include]\nfiles=d/*.ini\n  nothing/*.ini %(here)s/d/../no%(ENV_FLAVOUR)s\n\
                [program:m]\ncommand=%(here)s %%(here)s\n";
    let config = place.load_more(text).unwrap();
    assert_eq!(config.supervisord.identifier, "a");
    let commands: Vec<String> = config
        .groups
        .iter()
        .map(|group| place.shown(&group.processes[0].command))
        .collect();
    assert_eq!(commands, ["{}/d {} %(here)s", "{} %(here)s"]);
    assert!(config.groups.iter().all(|group| group.priority == 4));
    let lines: Vec<_> = lines(&config)
        .into_iter()
        .map(|(level, text)| (level, place.shown(&text)))
        .collect();
    let want = [
        (
            Level::Warn,
            "No file matches via include \"{}/nothing/*.ini\"",
        ),
        (
            Level::Warn,
            "No file matches via include \"{}/d/../nosweet\"",
        ),
        (
            Level::Warn,
            "Included file \"{}/d/sub.ini\" could not be read: Is a directory (os error 21)",
        ),
        (
            Level::Warn,
            "In {}/d/a.ini, line 1, section [supervisord] stands also in s.conf, line 1; the later values win",
        ),
        (
            Level::Warn,
            "In {}/d/a.ini, line 5, section [include] has no effect in an included file",
        ),
        (
            Level::Info,
            "Included extra file \"{}/d/a.ini\" during parsing",
        ),
        (
            Level::Info,
            "Included extra file \"{}/d/b.ini\" during parsing",
        ),
        (
            Level::Info,
            "Included extra file \"{}/d/sub.ini\" during parsing",
        ),
    ];
    assert_eq!(lines, want.map(|(level, text)| (level, text.to_owned())));
}

#[test]
fn includes_that_are_refused() {
    let place = Place::new();
    place.folder.write("bad.ini", "[program:x]\nnonsense\n");
    place.folder.write("bare.ini", "x=1\n");
    place
        .folder
        .write("prog.ini", "[program:x]\ncommand=1\nstartsecs=x\n");
    std::fs::write(place.folder.path().join("byte.ini"), b"[x]\ny=\xff\n").unwrap();
    let table = [
        (
            "[include]\nfile=x",
            ".ini file has [include] section, but no files setting",
        ),
        (
            "[include]\nfiles=bad.ini",
            "Source contains parsing errors: '{}/bad.ini'\n\t[line  2]: 'nonsense\\n'",
        ),
        (
            "[include]\nfiles=ba*.ini",
            "Source contains parsing errors: '{}/bad.ini'\n\t[line  2]: 'nonsense\\n'",
        ),
        (
            "[include]\nfiles=bare.ini",
            "File contains no section headers.\nfile: '{}/bare.ini', line: 1\n'x=1\\n'",
        ),
        (
            "[include]\nfiles=byte.ini",
            "'utf-8' codec can't decode byte 0xff in position 6: invalid start byte (file: '{}/byte.ini', \
             line 2)",
        ),
        (
            "[include]\nfiles=prog.ini",
            "invalid literal for int() with base 10: 'x' for option 'startsecs' in section 'program:x' \
             (file: '{}/prog.ini', line 3)",
        ),
        (
            "[program:x]\n[include]\nfiles=prog.ini",
            "invalid literal for int() with base 10: 'x' for option 'startsecs' in section 'program:x' \
             (file: '{}/prog.ini', line 3)",
        ),
        (
            "environment=A=1\n[include]\nfiles=%(ENV_A)s",
            "Format string '%(ENV_A)s' for 'include.files' contains names ('ENV_A') which cannot be \
             expanded. Available names: ENV_FLAVOUR, ENV_RATE, here, host_node_name for option 'files' in \
             section 'include' (file: 's.conf', line 4)",
        ),
    ];
    for (text, want) in table {
        assert_eq!(place.whole_error(text), want, "{text}");
    }
}

#[test]
fn here_of_relative_names() {
    let place = Place::new();
    let table = [
        ("s.conf", "{}"),
        ("./s.conf", "{}"),
        ("a/../etc/s.conf", "{}/etc"),
        ("/s.conf", "/"),
    ];
    for (name, want) in table {
        let main = MainFile::new(name.into(), &place.world());
        assert_eq!(place.shown(&main.here(&place.world())), want, "{name}");
    }
}
