//! Finding the main file, and gathering it and what its `[include]` names into one document (config.md, sections 1
//! and 4).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::cli::DaemonArgs;
use super::error::ConfigError;
use super::expand::{Names, expand};
use super::ini::{Document, Page};
use super::notices::Notices;
use super::source::{self, LARGEST_SUM, Source};
use super::world::{World, directory_of, path_text};
use crate::base::level::Level;
use crate::base::units::is_space;

/// What supervisord says on stderr when root lets it search for its file (CFG-007).
pub const ROOT_SEARCHES: &str = "Supervisord is running as root and it is searching for its \
     configuration file in default locations (including its current working directory); you probably want to \
     specify a \"-c\" argument specifying an absolute path to a configuration file for improved security.";

/// The main file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainFile {
    /// As the user named it, or as it stands in the search list; error texts show this.
    pub name: String,
    /// Where it is, absolute (DEC-011).
    pub path: PathBuf,
}

impl MainFile {
    fn new(name: String, world: &World<'_>) -> Self {
        let path = world.at(&name);
        Self { name, path }
    }

    /// The directory that `%(here)s` stands for (CFG-010).
    pub(super) fn here(&self, world: &World<'_>) -> String {
        world.absolute(directory_of(&self.name))
    }
}

/// The paths at which a file is looked for without `-c` (CFG-002, CFG-003).
fn search_list(program: &Path) -> Vec<String> {
    let program = path_text(program);
    let beside = directory_of(directory_of(&program));
    let join = |name: &str| match beside {
        "" => name.to_owned(),
        folder => format!("{}/{name}", folder.trim_end_matches('/')),
    };
    vec![
        join("etc/supervisord.conf"),
        join("supervisord.conf"),
        "supervisord.conf".into(),
        "etc/supervisord.conf".into(),
        "/etc/supervisord.conf".into(),
        "/etc/supervisor/supervisord.conf".into(),
    ]
}

/// The first path of the search list that exists.
pub(super) fn search(world: &World<'_>) -> Result<MainFile, ConfigError> {
    let list = search_list(&world.program);
    let found = list.iter().find(|name| source::exists(&world.at(name)));
    match found {
        Some(name) => Ok(MainFile::new(name.clone(), world)),
        None => Err(ConfigError::NoDefault(list)),
    }
}

/// The main file: the one that the command line names, else the first of the search list (CFG-001, CFG-002).
pub fn locate(args: &DaemonArgs, world: &World<'_>) -> Result<MainFile, ConfigError> {
    named(args.file.as_deref(), world).unwrap_or_else(|| search(world))
}

/// The file that the command line names.
pub(super) fn named(
    file: Option<&str>,
    world: &World<'_>,
) -> Option<Result<MainFile, ConfigError>> {
    file.map(|name| Ok(MainFile::new(name.to_owned(), world)))
}

/// Reads the main file and what it includes into `document`, which has what was read until an error. `names` are
/// `here` and the process's environment.
pub(super) fn gather(
    main: &MainFile,
    world: &World<'_>,
    names: &Names<'_>,
    document: &mut Document,
    notices: &mut Notices,
) -> Result<(), ConfigError> {
    let source = source::read_main(&main.name, &main.path, world.patience)?;
    let mut sum = source.text.len();
    let mut page = Page {
        source,
        here: None,
        again: false,
    };
    document.read_all([Ok(page.clone())], |_| true)?;
    if !document.has("include") {
        return Ok(());
    }
    page.here = Some(main.here(world));
    let files = document
        .get("include", "files")
        .ok_or(ConfigError::NoFiles)?;
    let names = Names::over(names).with("host_node_name", &world.node_name);
    let files = expand(&files.value, &names, "include.files")
        .map_err(|error| document.refuse("include", "files", error))?;
    let here = main.here(world);
    let items = files.split(is_space).filter(|item| !item.is_empty());
    let paths: Vec<PathBuf> = items
        .flat_map(|item| matches(item, &here, notices))
        .collect();
    let mut seen = HashSet::from([world.absolute(&path_text(&main.path))]);
    let included = paths.into_iter().filter_map(|path| {
        let again = !seen.insert(world.absolute(&path_text(&path)));
        let page = included(&path, again, world, notices);
        let within = |page: Page| {
            sum += page.source.text.len();
            if sum > LARGEST_SUM {
                return Err(ConfigError::TooMuch(page.source.name));
            }
            Ok(page)
        };
        page.transpose().map(|page| page.and_then(within))
    });
    *document = Document::default();
    document.read_all([Ok(page)].into_iter().chain(included), |_| true)
}

/// The paths that one item names (CFG-063 to CFG-066).
fn matches(item: &str, here: &str, notices: &mut Notices) -> Vec<PathBuf> {
    let pattern = if item.starts_with('/') {
        item.to_owned()
    } else {
        format!("{}/{item}", here.trim_end_matches('/'))
    };
    let paths = source::included(&pattern);
    if paths.is_empty() {
        let warning = format!("No file matches via include \"{pattern}\"");
        notices.warn(warning);
    }
    for path in &paths {
        let path = path.display();
        let info = format!("Included extra file \"{path}\" during parsing");
        notices.info(info);
    }
    paths
}

/// One included file; nothing if it cannot be read (CFG-067, DEC-013).
fn included(
    path: &Path,
    again: bool,
    world: &World<'_>,
    notices: &mut Notices,
) -> Result<Option<Page>, ConfigError> {
    let here = world.absolute(directory_of(&path_text(path)));
    if again {
        let path = path.display();
        let warning = format!("File \"{path}\" is included though it was read before");
        notices.hint(Level::Warn, warning);
    }
    match source::read_included(path)? {
        Ok(source) => Ok(Some(Page {
            source,
            here: Some(here),
            again,
        })),
        Err(error) => {
            let path = path.display();
            let warning = format!("Included file \"{path}\" could not be read: {error}");
            notices.hint(Level::Warn, warning);
            Ok(None)
        }
    }
}

/// Reads one file alone, and of that the `wanted` sections, as supervisorctl does.
pub(super) fn only(
    main: &MainFile,
    world: &World<'_>,
    wanted: fn(&str) -> bool,
) -> Result<Document, ConfigError> {
    let source: Source = source::read_main(&main.name, &main.path, world.patience)?;
    let page = Page {
        source,
        here: None,
        again: false,
    };
    Document::parse_only([Ok(page)], wanted)
}

#[cfg(test)]
mod tests;
