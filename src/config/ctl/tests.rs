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
    let settings = load(&args, &place.world()).map_err(|error| error.to_string())?;
    let from = args
        .serverurl
        .is_none()
        .then(|| place.folder.path().join("s.conf"));
    assert_eq!(settings.file, from);
    Ok(CtlSettings {
        file: None,
        ..settings
    })
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
        ..CtlSettings::default()
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
fn dec_083_a_plugin_that_we_do_not_have_is_missing() {
    let place = Place::new();
    let text = "[ctlplugin:w]\nsupervisor.ctl_factory=a.b:c\nits=own %(words)s\n[supervisorctl]\nprompt=p\n\
                [ctlplugin:ours]\nsupervisor.ctl_factory=supervisor.supervisorctl:DefaultControllerPlugin\n\
                [ctlplugin:v]\nsupervisor.ctl_factory=%(ENV_FLAVOUR)s:d\n";
    let found = settings(&place, text, &CtlArgs::default()).unwrap();
    let missing = |section: &str, factory: &str| Missing {
        section: section.to_owned(),
        factory: factory.to_owned(),
    };
    assert_eq!(
        found.missing,
        [
            missing("ctlplugin:w", "a.b:c"),
            missing("ctlplugin:v", "sweet:d")
        ]
    );
    assert_eq!(found.prompt, "p");
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
