//! Where the variables of a program come from beside its `environment`: files, and the user database (lifecycle.md,
//! section 20). They are read with the configuration, once for all processes of a section.

use std::path::{Path, PathBuf};

use super::Surroundings;
use super::options::Program;
use crate::base::units::list;
use crate::config::envfile::{self, EnvFileError, Fault};
use crate::config::error::{ConfigError, Reason, Refused};
use crate::config::lifecycle::values::flag;
use crate::config::options::{Opt, Scope, also, own};

const FILES: &str = "envfiles";
const ALIASES: &[&str] = &["env_file", "envfile", "environment_file"];
const FROM_FILE: &str = "environment_from_file";
const LOGIN: &str = "login_environment";

/// No value is larger (LIF-303).
const LARGEST_VALUE: usize = 64 << 10;

/// Read behind everything else that the processes of a section share.
pub(super) static VARIABLES: [Opt<Program>; 3] = [
    own(
        LOGIN,
        "false",
        "HOME, USER, LOGNAME and SHELL of its user",
        |p, v, _| {
            p.login_environment = flag(v)?;
            Ok(())
        },
    ),
    also(
        ALIASES,
        own(
            FILES,
            "",
            "files with NAME=value lines, apart by commas; one behind - may be missing",
            |p, v, scope| {
                let folder = folder_of_files(scope);
                for item in list(v).iter().filter(|item| !item.is_empty()) {
                    let variables = unless_missing(item, item, &folder, envfile::read)?;
                    p.variables.extend(variables.into_iter().flatten());
                }
                Ok(())
            },
        ),
    ),
    own(
        FROM_FILE,
        "",
        "variables whose values are the contents of files: NAME=path, apart by commas",
        |p, v, scope| {
            let folder = folder_of(scope, &[FROM_FILE]);
            for item in list(v).iter().filter(|item| !item.is_empty()) {
                let parts = item.split_once('=');
                let parts = parts.map(|(name, path)| (name.trim(), path.trim()));
                let Some((name, path)) =
                    parts.filter(|(name, path)| !name.is_empty() && !path.is_empty())
                else {
                    return Err(Refused::item(item, Reason::NamedPath));
                };
                if let Some(value) = unless_missing(item, path, &folder, value)? {
                    p.variables.insert(name.to_owned(), value);
                }
            }
            Ok(())
        },
    ),
];

/// The folder of the file that has the list of files.
fn folder_of_files(scope: &Scope<'_>) -> PathBuf {
    let names: Vec<&str> = [FILES].into_iter().chain(ALIASES.iter().copied()).collect();
    folder_of(scope, &names)
}

/// The folder of the file that has the first of these options (LIF-300).
fn folder_of(scope: &Scope<'_>, names: &[&str]) -> PathBuf {
    let entry = names.iter().find_map(|name| scope.entry(name));
    let file = entry.map(|entry| scope.world.at(entry.file));
    let folder = file.as_deref().and_then(Path::parent);
    folder.unwrap_or(&scope.world.cwd).to_owned()
}

/// What a file gives; none if it is missing and may be so.
fn unless_missing<T>(
    item: &str,
    path: &str,
    folder: &Path,
    read: impl FnOnce(&Path) -> Result<T, Reason>,
) -> Result<Option<T>, Refused> {
    let (may_be_missing, path) = match path.strip_prefix('-') {
        Some(path) => (true, path),
        None => (false, path),
    };
    match read(&folder.join(path)) {
        Ok(found) => Ok(Some(found)),
        Err(Reason::Unreadable { errno, .. }) if may_be_missing && errno.0 == libc::ENOENT => {
            Ok(None)
        }
        Err(reason) => Err(Refused::item(item, reason)),
    }
}

/// A file as a value: its text less one line end.
fn value(path: &Path) -> Result<String, Reason> {
    let bytes = envfile::content(path, LARGEST_VALUE)?;
    let fault = |fault| Reason::EnvFile {
        path: path.to_owned(),
        error: EnvFileError { line: 1, fault },
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| fault(Fault::NotUtf8))?;
    if text.contains('\0') {
        return Err(fault(Fault::Nul));
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Puts together what all copies get: what a login gives, the variables of the daemon's section over it, those of files
/// over both (LIF-304, LIF-307).
pub(super) fn shared(
    scope: &Scope<'_>,
    program: &mut Program,
    surroundings: &Surroundings<'_>,
) -> Result<(), ConfigError> {
    scope.fill(&VARIABLES, program)?;
    if program.login_environment {
        login(scope, program, surroundings.daemon_uid)?;
    }
    let environment = &mut program.process.environment;
    // what is below the daemon's section is hidden by it in expressions, too
    for name in surroundings.environment.keys() {
        program.below.remove(name);
    }
    environment.extend(program.below.clone());
    environment.extend(surroundings.environment.clone());
    environment.extend(program.variables.clone());
    Ok(())
}

fn login(scope: &Scope<'_>, program: &mut Program, daemon_uid: u32) -> Result<(), ConfigError> {
    let uid = program.process.uid.unwrap_or(daemon_uid);
    let accounts = scope.world.accounts;
    let Some(account) = accounts.user_by_uid(uid) else {
        return Err(scope.refuse_own(LOGIN, &scope.text(LOGIN), Reason::NoUser(uid)));
    };
    let text = |path: Option<PathBuf>| path.map(|path| path.to_string_lossy().into_owned());
    let variables = [
        ("HOME", text(accounts.home_of_uid(uid))),
        ("USER", Some(account.name.clone())),
        ("LOGNAME", Some(account.name)),
        ("SHELL", text(accounts.shell_of_uid(uid))),
    ];
    let known = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    program.below.extend(known);
    Ok(())
}
