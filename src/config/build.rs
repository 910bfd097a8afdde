//! Sections to [`Config`]: everything that takes more than one section, in the reference's order of evaluation
//! (CFG-075).

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use super::cli::DaemonArgs;
use super::error::ConfigError;
use super::expand::Names;
use super::files::{self, MainFile};
use super::ini::Document;
use super::notices::{Notices, Refusal};
use super::options::{Scope, opt, put};
use super::world::World;
use super::{
    Config, GroupConfig, GroupKind, Server, eventlistener, fcgi, group, mistakes, plugin, program,
    server, supervisord, values,
};
use crate::base::level::Level;
use crate::base::units::integer;
use crate::process::policy::{FcgiSocket, ProcessConfig};

/// Reads the whole configuration: at start, for a reread and at SIGHUP. It changes nothing anywhere. What may be the
/// reason of an error comes with it.
pub fn load(args: &DaemonArgs, world: &World<'_>) -> Result<Config, Refusal> {
    let mut document = Document::default();
    let mut notices = Notices::default();
    let result = read(args, world, &mut document, &mut notices);
    mistakes::tell(&document, &mut notices);
    let notices = notices.into_lines();
    match result {
        Ok(config) => Ok(Config { notices, ..config }),
        Err(error) => Err(Refusal {
            error: Box::new(error),
            notices,
        }),
    }
}

fn read(
    args: &DaemonArgs,
    world: &World<'_>,
    document: &mut Document,
    notices: &mut Notices,
) -> Result<Config, ConfigError> {
    let main = files::locate(args, world)?;
    let here = main.here(world);
    let mut outer = Names::default();
    outer.set_environment(world.environment);
    let names = Names::over(&outer).with("here", &here);
    files::gather(&main, world, &names, document, notices)?;
    let document = &*document;
    if !document.has(supervisord::SECTION) {
        return Err(ConfigError::NoSection(supervisord::SECTION));
    }
    let mut values = supervisord::read(&Scope {
        document,
        section: supervisord::SECTION,
        world,
        names: &names,
    })?;
    if let Some(remark) = values.remark.take() {
        notices.hint(Level::Warn, remark);
    }
    let global = &values.environment;
    // from here on the global environment is visible to expansions (CFG-040)
    let mut environment = Names::over(&outer);
    environment.set_environment(&global.variables);
    let names = Names::over(&environment).with("here", &here);
    let mut builder = Builder {
        document,
        world,
        main: &main,
        environment: &environment,
        names: &names,
        global: &global.variables,
        notices,
    };
    let interfaces = plugin::enabled(&plugin::RPC, document, &environment)?;
    let groups = builder.groups()?;
    let servers = builder.servers()?;
    let supervisord = values.under(args, world, document)?;
    // interfaces are made when a server is (CFG-189)
    let broken = interfaces.iter().find(|interface| interface.has_extras);
    if let (Some(interface), false) = (broken, servers.is_empty()) {
        return Err(ConfigError::RpcInterface(interface.name.clone()));
    }
    Ok(Config {
        file: main.path.clone(),
        here: PathBuf::from(here),
        supervisord,
        rpc_interfaces: interfaces
            .into_iter()
            .map(|interface| interface.name)
            .collect(),
        servers,
        groups,
        notices: Vec::new(),
    })
}

/// What the sections of programs and servers are read with.
struct Builder<'a> {
    document: &'a Document,
    world: &'a World<'a>,
    main: &'a MainFile,
    /// `ENV_x` of the process and of `[supervisord]`.
    environment: &'a Names<'a>,
    /// The same, and `here`.
    names: &'a Names<'a>,
    global: &'a BTreeMap<String, String>,
    notices: &'a mut Notices,
}

impl<'a> Builder<'a> {
    /// The sections whose names begin so.
    fn sections(&self, prefix: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.document
            .sections()
            .filter(move |section| section.starts_with(prefix))
    }

    fn scope(&self, section: &'a str) -> Scope<'a> {
        Scope {
            document: self.document,
            section,
            world: self.world,
            names: self.names,
        }
    }

    /// inet servers first (CFG-122).
    fn servers(&self) -> Result<Vec<Server>, ConfigError> {
        let mut servers = Vec::new();
        for section in self.sections(server::INET) {
            servers.push(server::inet(&self.without_here(section))?);
        }
        for section in self.sections(server::UNIX) {
            let with_here = self.scope(section);
            servers.push(server::unix(&self.without_here(section), &with_here)?);
        }
        Ok(servers)
    }

    fn without_here(&self, section: &'a str) -> Scope<'a> {
        Scope {
            names: self.environment,
            ..self.scope(section)
        }
    }

    /// All groups, sorted by priority and name.
    fn groups(&mut self) -> Result<Vec<GroupConfig>, ConfigError> {
        let mut groups = Vec::new();
        let mut grouped = Vec::new();
        for section in self.sections(group::PREFIX) {
            groups.push(self.group(section, &mut grouped)?);
        }
        let alone = |section: &&str| !grouped.iter().any(|member| member == section);
        for section in self.sections(program::PREFIX).filter(alone) {
            groups.push(self.program(section)?);
        }
        for section in self.sections(eventlistener::PREFIX) {
            groups.push(self.eventlistener(section)?);
        }
        for section in self.sections(fcgi::PREFIX).filter(alone) {
            groups.push(self.fcgi_program(section)?);
        }
        groups.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        self.warn_of_duplicates(&groups);
        Ok(groups)
    }

    fn group(
        &mut self,
        section: &'a str,
        grouped: &mut Vec<String>,
    ) -> Result<GroupConfig, ConfigError> {
        let name = values::name(behind_colon(section))?;
        let values = group::group(&self.scope(section))?;
        let mut processes = Vec::new();
        for member in values.members {
            let socket = self.socket_of_member(section, &member)?;
            processes.extend(self.processes(&member, &name, socket.as_ref())?);
            grouped.push(member);
        }
        Ok(GroupConfig {
            name,
            priority: values.priority,
            kind: GroupKind::Program,
            processes,
        })
    }

    /// A FastCGI program keeps its socket in a group (DEC-017). The reference does not look at it there, so
    /// one without a socket is taken as a program.
    fn socket_of_member(
        &mut self,
        section: &'a str,
        member: &str,
    ) -> Result<Option<FcgiSocket>, ConfigError> {
        if !member.starts_with(fcgi::PREFIX) {
            return Ok(None);
        }
        let scope = Scope {
            document: self.document,
            section: member,
            world: self.world,
            names: self.names,
        };
        let socket = fcgi::socket(&scope)?;
        if socket.is_none() {
            let warning = format!("[{member}] of [{section}] has no socket");
            self.notices.hint(Level::Warn, warning);
        }
        Ok(socket)
    }

    fn program(&mut self, section: &'a str) -> Result<GroupConfig, ConfigError> {
        let name = values::name(behind_colon(section))?;
        let priority = self.priority(section)?;
        let processes = self.processes(section, &name, None)?;
        Ok(GroupConfig {
            name,
            priority,
            kind: GroupKind::Program,
            processes,
        })
    }

    /// The pool's name is not stripped; its processes check it (CFG-180).
    fn eventlistener(&mut self, section: &'a str) -> Result<GroupConfig, ConfigError> {
        let name = behind_colon(section).to_owned();
        let (priority, pool) = eventlistener::pool(&self.scope(section))?;
        let processes = self.processes(section, &name, None)?;
        Ok(GroupConfig {
            name,
            priority,
            kind: GroupKind::EventListener(pool),
            processes,
        })
    }

    fn fcgi_program(&mut self, section: &'a str) -> Result<GroupConfig, ConfigError> {
        let name = values::name(behind_colon(section))?;
        let priority = self.priority(section)?;
        let socket = fcgi::socket(&self.scope(section))?;
        let socket = socket.ok_or_else(|| ConfigError::NoSocket(section.to_owned()))?;
        let processes = self.processes(section, &name, Some(&socket))?;
        Ok(GroupConfig {
            name,
            priority,
            kind: GroupKind::Program,
            processes,
        })
    }

    /// The priority of a group that is one section (CFG-053).
    fn priority(&self, section: &'a str) -> Result<i64, ConfigError> {
        let mut priority = 0;
        let row = opt("priority", "999", "", |p, v, _| put(p, integer(v)));
        self.scope(section).fill(&[row], &mut priority)?;
        Ok(priority)
    }

    /// The processes of a section; errors say which one and where it is (CFG-074).
    fn processes(
        &mut self,
        section: &str,
        group: &str,
        socket: Option<&FcgiSocket>,
    ) -> Result<Vec<Rc<ProcessConfig>>, ConfigError> {
        let scope = Scope {
            document: self.document,
            section,
            world: self.world,
            names: self.names,
        };
        let surroundings = program::Surroundings {
            group,
            environment: self.global,
            socket,
        };
        program::processes(&scope, &surroundings, self.notices).map_err(|error| {
            if matches!(error, ConfigError::InOption { .. }) {
                return error;
            }
            let origin = self.document.origin(section);
            ConfigError::InSection {
                error: Box::new(error),
                section: section.to_owned(),
                file: origin
                    .map_or(self.main.name.as_str(), |origin| origin.0)
                    .to_owned(),
            }
        })
    }

    /// Warns of names that are given twice. Both stay in the configuration, as clients see it; of two groups
    /// the first will be active, of two processes the last (CFG-166, CFG-173, DEC-013).
    fn warn_of_duplicates(&mut self, groups: &[GroupConfig]) {
        let mut seen = HashSet::new();
        for group in groups {
            if !seen.insert(group.name.as_str()) {
                let warning = format!("Several sections make a group {}; one counts", group.name);
                self.notices.hint(Level::Warn, warning);
            }
            let mut names = HashSet::new();
            for process in &group.processes {
                if !names.insert(process.name.as_str()) {
                    let (name, group) = (&process.name, &group.name);
                    let warning =
                        format!("Several processes of group {group} are named {name}; one counts");
                    self.notices.hint(Level::Warn, warning);
                }
            }
        }
    }
}

fn behind_colon(section: &str) -> &str {
    section.split_once(':').map_or(section, |parts| parts.1)
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
