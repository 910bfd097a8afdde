//! What is fuzzed: for each reader of foreign bytes a function that must neither panic nor break what it promises.
//! Shared by the driver beside it and by `fuzz/`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use supervisor::api::selection::Pattern;
use supervisor::base::quote;
use supervisor::client::response::Incoming;
use supervisor::config::cli::DaemonArgs;
use supervisor::config::expand::{Names, Value, expand};
use supervisor::config::ini::{Document, Page};
use supervisor::config::source::Source;
use supervisor::config::{World, depends, envfile, envlist, script};
use supervisor::events::listener::Listener;
use supervisor::logs::ansi::Stripper;
use supervisor::logs::capture::{Piece, Scanner};
use supervisor::logs::ready_line::ReadyLine;
use supervisor::process::lifecycle::check::{Probe, Script};
use supervisor::process::notice::Notice;
use supervisor::process::probe::{Answer, LONGEST_HEAD};
use supervisor::rpc::wire;
use supervisor::sys::accounts::SystemAccounts;

/// A target takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the names of their corpora.
pub(crate) const TARGETS: [(&str, Target); 19] = [
    ("ini", ini),
    ("config", config),
    ("expand", expansion),
    ("environment", environment),
    ("variables", variables),
    ("script", script),
    ("depends", depends),
    ("quote", quotation),
    ("call", call),
    ("answer", answer),
    ("http", super::http::request),
    ("listener", listener),
    ("capture", capture),
    ("ansi", ansi),
    ("notice", notice),
    ("probe", probe),
    ("ready_line", ready_line),
    ("response", response),
    ("pattern", pattern),
];

/// A pattern for names, with a name to try it on after a line end.
pub(crate) fn pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (pattern, name) = text.split_once('\n').unwrap_or((&text, ""));
    let matches = Pattern::new(pattern).matches("group", name);
    if !pattern.contains([':', '*', '?', '[']) {
        let exact = pattern == name || pattern == format!("group:{name}");
        assert_eq!(matches, exact, "{pattern} {name}");
    }
    assert!(Pattern::new("*").matches("group", name));
}

/// A configuration file alone.
pub(crate) fn ini(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let source = Source {
        name: "fuzz".to_owned(),
        text: text.to_owned(),
    };
    let page = Page {
        source,
        here: None,
        again: false,
    };
    let Ok(document) = Document::parse([Ok(page)]) else {
        return;
    };
    let lines = text.lines().count() + text.matches('\r').count();
    for section in document.sections() {
        for (key, _, line) in document.own_keys(section) {
            assert!(line <= lines.max(1), "{section}.{key} is in line {line}");
            assert!(
                document.get(section, key).is_some(),
                "{section}.{key} is lost"
            );
        }
    }
}

/// The whole way from a file to a configuration.
pub(crate) fn config(data: &[u8]) {
    let has = |word: &[u8]| {
        data.windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word))
    };
    // these ask for other files, and for as many processes as anybody wants
    if has(b"include") || has(b"numprocs") {
        return;
    }
    let file = std::env::temp_dir().join(format!("supervisor-fuzz-{}.conf", std::process::id()));
    if std::fs::write(&file, data).is_err() {
        return;
    }
    let environment = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
    let world = World {
        environment: &environment,
        accounts: &SystemAccounts,
        node_name: "node".to_owned(),
        cwd: "/".into(),
        program: "/usr/bin/supervisord".into(),
        in_container: false,
        uid: 1000,
        patience: std::time::Duration::ZERO,
    };
    let args = DaemonArgs {
        file: Some(file.to_string_lossy().into_owned()),
        ..DaemonArgs::default()
    };
    if let Err(error) = supervisor::config::load(&args, &world) {
        assert!(!error.to_string().is_empty());
    }
}

/// `%(name)s` and friends.
pub(crate) fn expansion(data: &[u8]) {
    let mut names = Names::default()
        .with("here", "/etc")
        .with("ENV_A", "é%(here)s");
    names.set("process_num", Value::Number(7));
    let format = String::from_utf8_lossy(data);
    if let Ok(text) = expand(&format, &names, "fuzz") {
        let widest = 2 * 65_536 + 64;
        assert!(text.len() <= (format.len() + 1) * widest);
    }
}

/// `A=1,B="2"`.
pub(crate) fn environment(data: &[u8]) {
    // what it cannot read is an error, which is fine
    let _ = envlist::parse(&String::from_utf8_lossy(data));
}

/// A file with variables; each in single quotes gives the same again (LIF-301).
pub(crate) fn variables(data: &[u8]) {
    let Ok(variables) = envfile::parse(data) else {
        return;
    };
    assert!(variables.len() <= data.len());
    for (name, value) in &variables {
        assert!(!name.is_empty() && !name.contains(['=', '\n', ' ']));
        assert!(!value.contains('\0'));
    }
    let quotable = |(_, value): &(String, String)| !value.contains(['\'', '\r']);
    let kept: Vec<_> = variables.into_iter().filter(quotable).collect();
    let written: Vec<_> = kept
        .iter()
        .map(|(name, value)| format!("{name}='{value}'\n"))
        .collect();
    assert_eq!(envfile::parse(written.concat().as_bytes()), Ok(kept));
}

/// What a check or a hook runs (HLT-020 to HLT-025).
pub(crate) fn script(data: &[u8]) {
    match script::script(&String::from_utf8_lossy(data)) {
        Ok(Script::Command(words)) => assert!(!words.is_empty()),
        Ok(Script::Network(Probe::Http(request))) => {
            let breaks = |text: &str| text.contains(['\r', '\n']);
            assert!(!request.host.is_empty() && request.path.starts_with('/'));
            assert!(!breaks(&request.path) && !breaks(&request.authority));
            assert!(
                request
                    .headers
                    .iter()
                    .all(|(name, value)| !breaks(name) && !breaks(value))
            );
        }
        Ok(Script::Network(_)) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// `depends_on`: its items are all that is neither blank nor comma (LIF-010).
pub(crate) fn depends(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let items: Vec<&str> = depends::items(&text).collect();
    assert!(items.iter().all(|item| !item.is_empty()));
    let apart = |c: char| c == ',' || c.is_whitespace();
    assert_eq!(items.concat(), text.replace(apart, ""));
    assert_eq!(
        depends::items(&items.join(" , ")).collect::<Vec<_>>(),
        items
    );
}

/// A command line; its words, each in quotes, are the same words again.
pub(crate) fn quotation(data: &[u8]) {
    let Ok(words) = quote::split(&String::from_utf8_lossy(data)) else {
        return;
    };
    let quoted: Vec<_> = words
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    assert_eq!(quote::split(&quoted.join(" ")), Ok(words));
}

/// The body of an XML-RPC call.
pub(crate) fn call(data: &[u8]) {
    let parsed = wire::decode_call(data);
    if let Ok(call) = &parsed {
        assert!(!call.method.is_empty());
    }
    if let Some(call) = wire::plain_call(data) {
        assert_eq!(parsed, Ok(call));
    }
}

/// The body of an XML-RPC response.
pub(crate) fn answer(data: &[u8]) {
    // nonsense is an error, which is fine
    let Ok(read) = wire::decode_response(data) else {
        return;
    };
    // with a comment it is not plain any more, and the other reader takes it
    let commented = [data, b"<!-- -->"].concat();
    let again = wire::decode_response(&commented);
    assert_eq!(format!("{again:?}"), format!("Ok({read:?})"));
}

/// What an event listener writes; the first byte says whether it has an event. How the bytes are cut must not
/// matter.
pub(crate) fn listener(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let read = |size: usize| {
        let mut listener = Listener::default();
        let mut events = Vec::new();
        if first % 2 == 1 {
            listener.feed(b"READY\n", &mut events);
            listener.sent();
        }
        for chunk in bytes.chunks(size) {
            listener.feed(chunk, &mut events);
        }
        (listener.state(), events)
    };
    let whole = read(bytes.len().max(1));
    assert_eq!(whole, read(1));
    assert_eq!(whole, read(3));
}

/// Output in capture mode; the first byte says how much is kept. How the bytes are cut must not matter, and
/// without tokens nothing changes.
pub(crate) fn capture(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let read = |size: usize| {
        let mut scanner = Scanner::new(usize::from(*first) % 64);
        let (mut log, mut told) = (Vec::new(), Vec::new());
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Log(text) => log.extend_from_slice(text),
            Piece::Communication(text) => told.push(text),
        };
        for chunk in bytes.chunks(size) {
            scanner.feed(chunk, &mut take);
        }
        scanner.finish(&mut take);
        (log, told)
    };
    let whole = read(bytes.len().max(1));
    assert_eq!(whole, read(1));
    assert_eq!(whole, read(7));
    if !bytes.windows(16).any(|part| part == b"<!--XSUPERVISOR:") {
        assert_eq!(whole.0, bytes);
    }
}

/// Output whose ANSI sequences are removed. How the bytes are cut must not matter.
pub(crate) fn ansi(data: &[u8]) {
    let read = |size: usize| {
        let mut stripper = Stripper::default();
        let mut text = Vec::new();
        for chunk in data.chunks(size) {
            text.extend_from_slice(&stripper.strip(chunk));
        }
        text.extend_from_slice(stripper.finish());
        text
    };
    let whole = read(data.len().max(1));
    assert_eq!(whole, read(1));
    if !data.contains(&0x1b) {
        assert_eq!(whole, data);
    }
}

/// A server's response as `supervisorctl` reads it. How the bytes are cut must not matter.
pub(crate) fn response(data: &[u8]) {
    let read = |size: usize| {
        let mut incoming = Incoming::default();
        let mut body = Vec::new();
        for chunk in data.chunks(size) {
            if let Err(error) = incoming.feed(chunk, &mut body) {
                return Err(error.to_string());
            }
        }
        let closed = incoming
            .close(body.len())
            .map_err(|error| error.to_string());
        closed.map(|()| (incoming.head().cloned(), body))
    };
    let whole = read(data.len().max(1));
    assert_eq!(whole, read(1));
}

thread_local! {
    /// One server for all requests of a thread.
    pub(crate) static SERVER: RefCell<Option<super::http::Fixture>> = const { RefCell::new(None) };
}

/// What a program says on its notify socket (LIF-125 to LIF-134).
pub(crate) fn notice(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').count();
    let notices = Notice::read(data);
    assert!(notices.len() <= lines);
    for notice in notices {
        match notice {
            Notice::Status(text) => {
                assert!(text.chars().count() <= 200);
                assert!(!text.chars().any(char::is_control));
            }
            Notice::Extend(span) => assert!(span.as_secs() <= 3600),
            Notice::WatchdogEvery(Some(span)) => assert!(span.as_millis() >= 100),
            _ => {}
        }
    }
}

/// What a check gets for an answer (HLT-027): once it is judged, more of it changes nothing.
pub(crate) fn probe(data: &[u8]) {
    let whole = Answer::read(data);
    for cut in (0..data.len()).step_by(1 + data.len() / 64) {
        let begin = Answer::read(&data[..cut]);
        assert!(
            begin == Answer::More || begin == whole,
            "{begin:?} at {cut}, then {whole:?}"
        );
    }
    assert!(whole != Answer::More || data.len() < LONGEST_HEAD);
}

/// The lines that are looked at for `ready_log_line` (LIF-152): where the reads cut them changes nothing.
pub(crate) fn ready_line(data: &[u8]) {
    let lines = |pieces: &[&[u8]]| {
        let seen = RefCell::new(Vec::new());
        let look = |line: &[u8]| {
            assert!(line.len() <= 8 * 1024 && !line.contains(&b'\n'));
            seen.borrow_mut().push(line.to_vec());
            false
        };
        let mut ready = ReadyLine::default();
        for piece in pieces {
            ready.feed(piece, look);
        }
        ready.finish(look);
        seen.into_inner()
    };
    let whole = lines(&[data]);
    for cut in [data.len() / 3, data.len() / 2] {
        let (before, after) = data.split_at(cut);
        assert_eq!(lines(&[before, after]), whole, "cut at {cut}");
    }
}
