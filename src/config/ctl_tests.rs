//! The client's settings: file, command line, defaults, refusals.

use super::*;
use crate::config::testing::{Place, words};

fn settings(place: &Place, text: &str, args: &CtlArgs) -> Result<CtlSettings, String> {
    place.folder.write("s.conf", text);
    let file = Some("s.conf".to_owned());
    let args = CtlArgs {
        file,
        ..args.clone()
    };
    load(&args, &place.world()).map_err(|error| error.to_string())
}

#[test]
fn values() {
    let place = Place::new();
    let none = CtlArgs::default();
    assert_eq!(
        settings(&place, "[supervisorctl]", &none),
        Ok(CtlSettings::default())
    );
    let text = "[supervisorctl]\nserverurl=unix://%(here)s/a/../s\nusername=%(ENV_FLAVOUR)s\npassword=50%%\n\
                prompt=a b\nhistory_file=%(here)s/h\n[include]\nfiles=nothing\n";
    let at = place.folder.path().to_owned();
    let from_file = CtlSettings {
        serverurl: format!("unix://{}", at.join("s").display()),
        username: Some("sweet".into()),
        password: Some("50%".into()),
        prompt: "a b".into(),
        history_file: Some(at.join("h")),
    };
    assert_eq!(settings(&place, text, &none), Ok(from_file.clone()));
    // CTL-009, DEC-080
    let args = CtlArgs {
        serverurl: Some("unix://rel".into()),
        password: Some("p".into()),
        history_file: Some("other".into()),
        ..CtlArgs::default()
    };
    let want = CtlSettings {
        serverurl: "unix://rel".into(),
        password: Some("p".into()),
        history_file: Some(at.join("other")),
        ..from_file
    };
    assert_eq!(settings(&place, text, &args), Ok(want));
    let empty = settings(
        &place,
        "[supervisorctl]\nhistory_file=\nserverurl=ftp://x\n",
        &none,
    );
    let empty = empty.unwrap();
    assert_eq!(
        (empty.history_file, empty.serverurl.as_str()),
        (None, "ftp://x")
    );
    // the only plugin that there is changes nothing
    let plugin = "[supervisorctl]\n[ctlplugin:x]\n\
                  supervisor.ctl_factory=supervisor.supervisorctl:DefaultControllerPlugin\n";
    assert_eq!(settings(&place, plugin, &none), Ok(CtlSettings::default()));
}

#[test]
fn refusals() {
    let place = Place::new();
    let names = "Available names: ENV_FLAVOUR, ENV_RATE";
    let unknown = |option: &str, value: &str, more: &str| {
        let name = value.trim_start_matches("%(").trim_end_matches(")s");
        format!(
            "Format string '{value}' for 'supervisorctl.{option}' contains names ('{name}') which cannot be \
             expanded. {names}{more}"
        )
    };
    let table = [
        (
            "[supervisord]",
            ".ini file does not include supervisorctl section".to_owned(),
        ),
        (
            "[supervisorctl]\nserverurl=%(x)s",
            unknown("serverurl", "%(x)s", ", here"),
        ),
        (
            "[supervisorctl]\nprompt=%(here)s",
            unknown("prompt", "%(here)s", ""),
        ),
        (
            "[supervisorctl]\n[ctlplugin:x]\nfoo=bar",
            "section [ctlplugin:x] does not specify a supervisor.ctl_factory".into(),
        ),
        (
            "[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=a.b:c",
            "a.b:c cannot be resolved within [ctlplugin:x]".into(),
        ),
        (
            "nonsense",
            "File contains no section headers.\nfile: 's.conf', line: 1\n'nonsense'".into(),
        ),
    ];
    for (text, want) in table {
        assert_eq!(
            settings(&place, text, &CtlArgs::default()).map_err(|error| words(&error)),
            Err(want),
            "{text}"
        );
    }
    let file = Some("missing".to_owned());
    let args = CtlArgs {
        file,
        ..CtlArgs::default()
    };
    let error = load(&args, &place.world()).unwrap_err();
    assert_eq!(error.to_string(), "could not find config file missing");
}

#[test]
fn a_file_is_found_but_not_needed() {
    let place = Place::new();
    place
        .folder
        .write("etc/supervisord.conf", "[supervisorctl]\nprompt=found\n");
    let found = load(&CtlArgs::default(), &place.world()).unwrap();
    assert_eq!(found.prompt, "found");
}
