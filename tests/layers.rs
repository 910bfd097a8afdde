//! The rules about who may import whom, read from the source itself (`docs/architecture.md`).
//!
//! Looks at the code before a file's `#[cfg(test)]` and not into files called `tests.rs` or
//! `…_tests.rs`: tests may reach further.

use std::fs;
use std::path::{Path, PathBuf};

/// A layer, and the layers or paths that it may import beside its own.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    (
        "config",
        &[
            "base",
            "process::policy",
            "process::lifecycle",
            "process::command",
            "process::cron",
        ],
    ),
    ("process", &["base"]),
    ("events", &["base"]),
    ("logs", &["base"]),
    (
        "supervisor",
        &["base", "config", "process", "events", "logs"],
    ),
    (
        "api",
        &["base", "config", "process", "events", "logs", "supervisor"],
    ),
    (
        "rpc",
        &[
            "base",
            "config",
            "process",
            "events",
            "logs",
            "supervisor",
            "api",
        ],
    ),
    (
        "http",
        &[
            "base",
            "config",
            "process",
            "events",
            "logs",
            "supervisor",
            "api",
            "rpc",
        ],
    ),
    (
        "sys",
        &[
            "base",
            "config::Account",
            "config::Accounts",
            "process::policy",
        ],
    ),
    ("client", &["base", "config", "rpc::wire", "sys"]),
    ("tools", &["base", "config::sample", "sys"]),
    (
        "daemon",
        &[
            "base",
            "config",
            "process",
            "events",
            "logs",
            "supervisor",
            "rpc",
            "http",
            "sys",
        ],
    ),
    (
        "bin/supervisord",
        &["base", "config", "logs", "sys", "daemon", "tools"],
    ),
    ("bin/supervisorctl", &["base", "config", "client"]),
];

/// Where tokio may be named: a path below `src`, and what may be named there.
const TOKIO: &[(&str, &str)] = &[
    ("daemon/", "tokio"),
    ("http/", "tokio"),
    ("sys/signals", "tokio"),
    ("sys/pipes", "tokio::io"),
    ("sys/notify_socket", "tokio::io"),
];

/// Lines of code in one file, its tests not counted.
const CODE_LINES: usize = 500;
/// Lines of a whole file.
const FILE_LINES: usize = 800;

/// A source file, without the text of comments and literals and without its tests.
struct Source {
    /// Its path below `src`, with `/`.
    path: String,
    /// Everything, as it stands in the file.
    text: String,
    /// The code alone.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = blank(text);
        let code = if path.ends_with("/tests.rs") || path.ends_with("_tests.rs") {
            String::new()
        } else {
            let before_tests = code.split("#[cfg(test)]").next();
            before_tests.unwrap_or_default().to_owned()
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    /// The layer that the file belongs to; none for the crate's root.
    fn layer(&self) -> Option<&str> {
        if self.path == "lib.rs" {
            return None;
        }
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        match path.split_once('/') {
            Some((layer, _)) if layer != "bin" => Some(layer),
            _ => Some(path),
        }
    }

    /// The module's path in the crate: `["config", "ini"]`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let mut parts: Vec<_> = path.split('/').collect();
        if parts.last() == Some(&"mod") {
            parts.pop();
        }
        parts
    }

    /// The paths from the crate's root that the code names.
    fn imports(&self) -> Vec<String> {
        let root = if self.path.starts_with("bin/") {
            "supervisor::"
        } else {
            "crate::"
        };
        let mut found = Vec::new();
        for rest in after_word(&self.code, root) {
            found.extend(tree(rest));
        }
        let depth = self.module().len();
        for rest in after_word(&self.code, "super::") {
            let mut rest = rest;
            let mut steps = 1;
            while let Some(next) = rest.strip_prefix("super::") {
                rest = next;
                steps += 1;
            }
            if steps >= depth {
                found.extend(tree(rest));
            }
        }
        found
    }

    /// What breaks the rules in this file.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |text: String| faults.push(format!("src/{}: {text}", self.path));
        if let Some(layer) = self.layer() {
            match ARROWS.iter().find(|(name, _)| *name == layer) {
                None => fault(format!("`{layer}` is no layer that the table knows")),
                Some((_, allowed)) => {
                    for import in self.imports() {
                        let own = within(&import, layer);
                        if !own && !allowed.iter().any(|path| within(&import, path)) {
                            fault(format!("`{layer}` may not import `{import}`"));
                        }
                    }
                }
            }
        }
        for rest in after_word(&self.code, "tokio::") {
            for path in tree(rest).iter().map(|path| format!("tokio::{path}")) {
                let allowed = TOKIO
                    .iter()
                    .any(|(file, name)| self.path.starts_with(file) && within(&path, name));
                if !allowed {
                    fault(format!("may not name `{path}`"));
                }
            }
        }
        if !self.path.starts_with("sys/") && !after_word(&self.code, "unsafe ").is_empty() {
            fault("`unsafe` belongs in `sys`".to_owned());
        }
        if !self.code.is_empty() && !self.text.starts_with("//!") {
            fault("does not begin with what the module is for (`//!`)".to_owned());
        }
        let (code, file) = (self.code.lines().count(), self.text.lines().count());
        if code > CODE_LINES || file > FILE_LINES {
            fault(format!("{code} lines of code, {file} in all: one subject?"));
        }
        faults
    }
}

/// True if `path` is `root` or lies below it.
fn within(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The texts that follow each occurrence of `word`, where it is not the end of a longer path or name.
fn after_word<'a>(code: &'a str, word: &str) -> Vec<&'a str> {
    code.match_indices(word)
        .filter(|(at, _)| {
            let before = code[..*at].chars().next_back();
            !before.is_some_and(|found| found.is_alphanumeric() || "_:".contains(found))
        })
        .map(|(at, _)| &code[at + word.len()..])
        .collect()
}

/// The paths of a use tree: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn tree(text: &str) -> Vec<String> {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('{') {
        return branches(inner).iter().flat_map(|one| tree(one)).collect();
    }
    let end = text
        .find(|found: char| !found.is_alphanumeric() && found != '_')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix("::") {
        Some(rest) if !rest.starts_with(['<', '*']) => tree(rest)
            .iter()
            .map(|below| format!("{name}::{below}"))
            .collect(),
        _ => vec![name.to_owned()],
    }
}

/// The parts of a braced list, up to its closing brace.
fn branches(inner: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for found in inner.chars() {
        match found {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(found);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The text with comments and the insides of string literals removed; lines stay lines.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if rest.starts_with('"') {
            quoted(rest)
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            raw(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\''") {
            3
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..length].chars().filter(|found| *found == '\n'));
        rest = &rest[length..];
    }
    code
}

/// The length of a string literal at the start of `text`.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, found) in text.char_indices().skip(1) {
        match found {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string literal at the start of `text`, or of the `r` that begins a name.
fn raw(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|found| *found == '#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 1;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 2;
    text[start..]
        .find(&end)
        .map_or(text.len(), |at| start + at + end.len())
}

/// Every source file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_arrow_points_the_right_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    assert!(files.len() > 10, "the source is somewhere else");
    let mut faults = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a UTF-8 source file");
        let path = file.strip_prefix(&root).expect("a path below src");
        faults.extend(Source::new(path.to_str().expect("a UTF-8 path"), &text).faults());
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn wrong_arrows_are_seen_however_they_are_written() {
    let table = [
        // file               code                                        faults
        ("process/x.rs", "use crate::base::names::Name;", 0),
        ("process/x.rs", "use crate::process::policy::Policy;", 0),
        ("process/x.rs", "use crate::config::Program;", 1),
        (
            "process/x.rs",
            "use crate::{base::a, config::{b, c::d}};",
            2,
        ),
        ("process/x.rs", "fn f() { crate::rpc::wire::encode() }", 1),
        ("process/x.rs", "use super::policy::Policy;", 0),
        ("process/x.rs", "use super::super::http::Server;", 1),
        ("process/mod.rs", "use super::http::Server;", 1),
        ("process/x.rs", "// crate::http::Server", 0),
        ("process/x.rs", "const X: &str = \"crate::http\";", 0),
        ("process/x.rs", "const X: &str = r#\"crate::http\"#;", 0),
        (
            "process/x.rs",
            "#[cfg(test)]\nmod tests { use crate::config::X; }",
            0,
        ),
        ("config/x.rs", "use crate::process::policy::Policy;", 0),
        ("config/x.rs", "use crate::process::machine::Process;", 1),
        ("client/x.rs", "use crate::rpc::wire::Value;", 0),
        ("client/x.rs", "use crate::supervisor::Supervisor;", 1),
        ("bin/supervisorctl.rs", "use supervisor::client::main;", 0),
        ("bin/supervisorctl.rs", "use supervisor::daemon::run;", 1),
        ("rpc/x.rs", "use tokio::net::TcpListener;", 1),
        ("supervisor/answer.rs", "use tokio::sync::oneshot;", 1),
        ("sys/pipes.rs", "use tokio::{io::unix::AsyncFd, net::X};", 1),
        ("daemon/x.rs", "use tokio::time::sleep;", 0),
        ("daemon/x.rs", "fn f() { unsafe { g() } }", 1),
        ("sys/x.rs", "fn f() { unsafe { g() } }", 0),
        ("other/x.rs", "", 1),
    ];
    for (path, code, faults) in table {
        let found = Source::new(path, &format!("//! A module.\n{code}")).faults();
        assert_eq!(found.len(), faults, "{path}: {code}: {found:?}");
    }
}

#[test]
fn long_files_and_files_without_a_purpose_are_seen() {
    let line = "fn f() {}\n";
    let long = format!("//! A module.\n{}", line.repeat(CODE_LINES));
    assert_eq!(Source::new("base/x.rs", &long).faults().len(), 1);
    let tested = format!("//! A module.\n#[cfg(test)]\n{}", line.repeat(CODE_LINES));
    assert!(Source::new("base/x.rs", &tested).faults().is_empty());
    assert_eq!(Source::new("base/x.rs", line).faults().len(), 1);
}
