//! The sample: it loads, shows every option, and what it shows in comments loads too.

use super::text;
use crate::config::MainLog;
use crate::config::cli::CtlArgs;
use crate::config::ctl;
use crate::config::kinds::Kind;
use crate::config::testing::Place;

/// The sample with each option and header switched on, except explanations.
fn everything() -> String {
    let line = |line: &str| match line.strip_prefix(';') {
        Some(rest)
            if rest.starts_with('[') || rest.starts_with(|c: char| c.is_ascii_lowercase()) =>
        {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    text().lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn it_loads() {
    let place = Place::new();
    let config = place.load(&text()).unwrap();
    assert_eq!(config.notices, []);
    assert_eq!((config.groups.len(), config.servers.len()), (0, 1));
    assert_eq!(config.rpc_interfaces, ["supervisor"]);
    // CFG-223
    let daemon = config.supervisord;
    assert_eq!(daemon.logfile, MainLog::File("/tmp/supervisord.log".into()));
    assert_eq!(daemon.pidfile, Some("/tmp/supervisord.pid".into()));
    let file = Some("s.conf".to_owned());
    let args = CtlArgs {
        file,
        ..CtlArgs::default()
    };
    let settings = ctl::load(&args, &place.world()).unwrap();
    assert_eq!(settings.serverurl, "unix:///tmp/supervisor.sock");
}

#[test]
fn what_it_shows_in_comments_loads_too() {
    let place = Place::new();
    let text = everything()
        .replace("nobody:nogroup", "web:www")
        .replace("=nobody ", "=web ")
        .replace("user=supervisor ", "user=web ")
        .replace("programs=one,two", "programs=name")
        // a FastCGI program of the same name would be ambiguous in the group
        .replace("[fcgi-program:name]", "[fcgi-program:other]");
    let config = place.load(&text).unwrap();
    let warnings: Vec<&str> = config
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect();
    let unexpected = |line: &&str| {
        !line.starts_with("No file matches") && !line.ends_with("only the latter counts")
    };
    assert_eq!(
        warnings.into_iter().filter(unexpected).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
    assert_eq!(config.servers.len(), 2);
}

#[test]
fn it_shows_every_option() {
    let text = everything();
    for kind in Kind::ALL {
        if kind == Kind::CtlPlugin {
            continue;
        }
        for row in kind.options().iter().filter(|row| !row.is_own) {
            let setting = format!("\n{}=", row.name);
            assert!(text.contains(&setting), "{kind:?} {}", row.name);
        }
    }
    assert!(
        text.lines()
            .all(|line| line.len() < 150 && line.trim_end() == line)
    );
}
