//! Plug-ins of the client, which are Python code and cannot be loaded (DEC-083).

use std::process::{Command, Output, Stdio};

use super::fake::{PROGRAM, Request, serve_while, value, with_version};

/// Two of them, one with options that only its code understands.
const PLUGINS: &str = "[supervisorctl]\n\
    [ctlplugin:wildcards]\n\
    supervisor.ctl_factory = supervisorwildcards.controllerplugin:make_wildcards_controllerplugin\n\
    [ctlplugin:quick]\n\
    supervisor.ctl_factory = quick:make\n\
    words = %(own)s\n";

const WARNING: &str = "Warning: the commands of [ctlplugin:wildcards] \
    (supervisorwildcards.controllerplugin:make_wildcards_controllerplugin), [ctlplugin:quick] (quick:make) are \
    missing: Python plug-ins cannot be loaded; all other commands work\n";

/// Runs the client with a configuration of that text and with something on its standard input.
fn run(config: &str, words: &[&str], input: &str) -> (String, String, i32) {
    let thread = std::thread::current();
    let name = thread.name().unwrap().replace(':', "-");
    let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, typed) = (folder.join("c.conf"), folder.join("typed"));
    std::fs::write(&file, config).unwrap();
    std::fs::write(&typed, input).unwrap();
    let seven = |request: &Request| with_version(request, |_| value("<int>7</int>"));
    let output: Output = serve_while(seven, |url, _| {
        let mut command = Command::new(PROGRAM);
        command.arg("-c").arg(&file).args(["-s", url]).args(words);
        let typed = std::fs::File::open(&typed).unwrap();
        command.stdin(Stdio::from(typed)).output().unwrap()
    });
    std::fs::remove_dir_all(&folder).unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

#[test]
fn dec_083_a_plugin_takes_only_its_own_commands_away() {
    let table: [(&[&str], &str, i32); 6] = [
        (&["pid"], "7\n", 0),
        (&["-i", "pid"], "7\n", 0),
        (&["shutdown"], "Shut down\n", 0),
        (&["mstop", "x"], "*** Unknown syntax: mstop x\n", 2),
        (&["-i", "mstop"], "*** Unknown syntax: mstop\n", 2),
        (&["help", "mstop"], "*** No help on mstop\n", 0),
    ];
    for (words, out, exit) in table {
        let ran = run(PLUGINS, words, "");
        let wanted = (out.to_owned(), WARNING.to_owned(), exit);
        assert_eq!(ran, wanted, "{words:?}");
    }
    let none = run("[supervisorctl]\n", &["mstop"], "");
    let line = "*** Unknown syntax: mstop\n";
    assert_eq!(none, (line.to_owned(), String::new(), 1));
}

#[test]
fn dec_083_the_shell_says_once_what_is_missing() {
    let (out, err, exit) = run(PLUGINS, &[], "pid\nmstop\npid\n");
    assert!(
        out.contains("supervisor> 7\nsupervisor> *** Unknown syntax: mstop\nsupervisor> 7\n"),
        "{out}"
    );
    assert_eq!((err.as_str(), exit), (WARNING, 0));
}

#[test]
fn cfg_190_a_section_without_a_plugin_is_a_mistake() {
    let (_, err, exit) = run("[supervisorctl]\n[ctlplugin:x]\nfoo=bar\n", &["pid"], "");
    let line = "Error: section [ctlplugin:x] does not specify a supervisor.ctl_factory\n";
    assert!(err.starts_with(line), "{err}");
    assert_eq!(exit, 2);
}
