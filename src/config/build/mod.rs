//! Sections to [`Config`]: everything that takes more than one section, in the reference's order of evaluation
//! (CFG-075).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::iter;
use std::path::PathBuf;
use std::rc::Rc;

use super::cli::DaemonArgs;
use super::depends::{self, Wish};
use super::error::ConfigError;
use super::expand::Names;
use super::files::{self, MainFile};
use super::ini::{Above, Document};
use super::notices::{Notices, Refusal};
use super::options::Scope;
use super::program::Made;
use super::world::World;
use super::{
    Config, GroupConfig, GroupKind, Server, eventlistener, fcgi, group, inherit, mistakes, plugin,
    program, server, supervisord, values,
};
use crate::base::level::Level;
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
        above: &[],
        world,
        names: &names,
        prefix: "",
    })?;
    if let Some(remark) = values.remark.take() {
        notices.hint(Level::Warn, remark);
    }
    let global = &values.settings.environment;
    // from here on the global environment is visible to expansions (CFG-040)
    let mut environment = Names::over(&outer);
    environment.set_environment(global);
    let names = Names::over(&environment).with("here", &here);
    let mut builder = Builder {
        document,
        world,
        main: &main,
        environment: &environment,
        names: &names,
        global,
        container: values.is_container(args, world),
        daemon_uid: values.uid(args, world),
        notices,
        wishes: Vec::new(),
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
    /// The preset for containers counts.
    container: bool,
    /// The user that the daemon will be.
    daemon_uid: u32,
    notices: &'a mut Notices,
    /// What processes depend on, to be looked up when all are there.
    wishes: Vec<Wish>,
}

/// A section of a program in a group.
struct Member<'s> {
    section: &'s str,
    /// The name of the group.
    group: &'s str,
    above: &'s [Above],
}

impl<'a> Builder<'a> {
    /// The sections whose names begin so.
    fn sections(&self, prefix: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.document
            .sections()
            .filter(move |section| section.starts_with(prefix))
    }

    fn scope<'s>(&self, section: &'s str) -> Scope<'s>
    where
        'a: 's,
    {
        Scope {
            document: self.document,
            section,
            above: &[],
            world: self.world,
            names: self.names,
            prefix: "",
        }
    }

    /// The sections that speak for a program beside its own. `group` is the section of its group, if it has one.
    fn above(&self, section: &str, group: Option<&str>) -> Result<Vec<Above>, ConfigError> {
        inherit::above(self.document, section, group, self.names)
    }

    fn scope_of<'s>(&self, member: &Member<'s>) -> Scope<'s>
    where
        'a: 's,
    {
        Scope {
            above: member.above,
            ..self.scope(member.section)
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

    fn without_here<'s>(&self, section: &'s str) -> Scope<'s>
    where
        'a: 's,
    {
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
            groups.push((section, self.group(section, &mut grouped)?));
        }
        let alone = |section: &&str| !grouped.iter().any(|member| member == section);
        for section in self.sections(program::PREFIX).filter(alone) {
            groups.push((section, self.program(section)?));
        }
        for section in self.sections(eventlistener::PREFIX) {
            groups.push((section, self.eventlistener(section)?));
        }
        for section in self.sections(fcgi::PREFIX).filter(alone) {
            groups.push((section, self.fcgi_program(section)?));
        }
        groups.sort_by(|(_, a), (_, b)| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        self.tell_of_same_groups(&groups);
        let mut groups: Vec<_> = groups.into_iter().map(|(_, group)| group).collect();
        depends::resolve(&mut groups, &self.wishes, self.document, self.notices)?;
        Ok(groups)
    }

    fn group(
        &mut self,
        section: &'a str,
        grouped: &mut Vec<String>,
    ) -> Result<GroupConfig, ConfigError> {
        let name = values::name(behind_colon(section))?;
        let values = group::group(&self.scope(section))?;
        inherit::judge_group(self.document, section)?;
        let mut processes = Vec::new();
        let mut parts = Vec::new();
        for member in values.members {
            let above = self.above(&member, Some(section))?;
            let member_of = Member {
                section: &member,
                group: &name,
                above: &above,
            };
            let socket = self.socket_of_member(section, &member_of)?;
            let part = self.processes(&member_of, socket.as_ref())?;
            parts.push((member, part.len()));
            processes.extend(part);
        }
        self.tell_of_same_processes(&name, &parts, &processes);
        grouped.extend(parts.into_iter().map(|(member, _)| member));
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
        member: &Member<'_>,
    ) -> Result<Option<FcgiSocket>, ConfigError> {
        if !member.section.starts_with(fcgi::PREFIX) {
            return Ok(None);
        }
        let socket = fcgi::socket(&self.scope_of(member))?;
        if socket.is_none() {
            let member = member.section;
            let warning = format!("[{member}] of [{section}] has no socket");
            self.notices.hint(Level::Warn, warning);
        }
        Ok(socket)
    }

    fn program(&mut self, section: &'a str) -> Result<GroupConfig, ConfigError> {
        let name = values::name(behind_colon(section))?;
        let above = self.above(section, None)?;
        let member = Member {
            section,
            group: &name,
            above: &above,
        };
        let priority = program::priority(&self.scope_of(&member))?;
        let processes = self.processes_alone(&member, None)?;
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
        let above = self.above(section, None)?;
        let member = Member {
            section,
            group: &name,
            above: &above,
        };
        let pool = eventlistener::pool(&self.scope_of(&member))?;
        let processes = self.processes_alone(&member, None)?;
        Ok(GroupConfig {
            name,
            priority: pool.priority,
            kind: GroupKind::EventListener(pool.config),
            processes,
        })
    }

    fn fcgi_program(&mut self, section: &'a str) -> Result<GroupConfig, ConfigError> {
        let name = values::name(behind_colon(section))?;
        let above = self.above(section, None)?;
        let member = Member {
            section,
            group: &name,
            above: &above,
        };
        let priority = program::priority(&self.scope_of(&member))?;
        let socket = fcgi::socket(&self.scope_of(&member))?;
        let socket = socket.ok_or_else(|| ConfigError::NoSocket(section.to_owned()))?;
        let processes = self.processes_alone(&member, Some(&socket))?;
        Ok(GroupConfig {
            name,
            priority,
            kind: GroupKind::Program,
            processes,
        })
    }

    /// The processes of a section that is a group.
    fn processes_alone(
        &mut self,
        member: &Member<'_>,
        socket: Option<&FcgiSocket>,
    ) -> Result<Vec<Rc<ProcessConfig>>, ConfigError> {
        let processes = self.processes(member, socket)?;
        let parts = [(member.section.to_owned(), processes.len())];
        self.tell_of_same_processes(member.group, &parts, &processes);
        Ok(processes)
    }

    /// The processes of a section; errors say which one and where it is (CFG-074).
    fn processes(
        &mut self,
        member: &Member<'_>,
        socket: Option<&FcgiSocket>,
    ) -> Result<Vec<Rc<ProcessConfig>>, ConfigError> {
        let scope = self.scope_of(member);
        let (section, group) = (member.section, member.group);
        let surroundings = program::Surroundings {
            group,
            environment: self.global,
            container: self.container,
            daemon_uid: self.daemon_uid,
            socket,
        };
        let made = program::processes(&scope, &surroundings, self.notices);
        let made = made.map_err(|error| {
            if matches!(error, ConfigError::InOption { .. } | ConfigError::Own(_)) {
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
        })?;
        let mut processes = Vec::with_capacity(made.len());
        for Made { process, depends } in made {
            self.wishes.extend(depends.map(|depends| Wish {
                group: group.to_owned(),
                process: process.name.clone(),
                section: section.to_owned(),
                depends,
            }));
            processes.push(process);
        }
        Ok(processes)
    }

    /// Tells of groups that are made twice. Both stay in the configuration, as clients see it; the first of them will
    /// be active (CFG-173, DEC-013).
    fn tell_of_same_groups(&mut self, groups: &[(&str, GroupConfig)]) {
        let mut seen = HashMap::new();
        for (section, group) in groups {
            let name = group.name.as_str();
            match seen.get(name) {
                None => {
                    seen.insert(name, *section);
                }
                Some(first) => {
                    let (here, there) = (self.place(section), self.place(first));
                    let text = format!(
                        "In {here}, [{section}] makes a group {name}, as [{first}] in {there} does; only the \
                         latter counts"
                    );
                    self.notices.hint(Level::Warn, text);
                }
            }
        }
    }

    /// Tells of processes of one name in a group; the last of them will be active (CFG-166, DEC-013). `parts` are the
    /// sections that they come from, each with the number of its processes.
    fn tell_of_same_processes(
        &mut self,
        group: &str,
        parts: &[(String, usize)],
        processes: &[Rc<ProcessConfig>],
    ) {
        if processes.len() < 2 {
            return;
        }
        let sections = parts
            .iter()
            .flat_map(|(section, count)| iter::repeat_n(section.as_str(), *count));
        let (mut seen, mut told) = (HashMap::new(), HashSet::new());
        for (process, section) in processes.iter().zip(sections) {
            let name = process.name.as_str();
            let Some(first) = seen.insert(name, section) else {
                continue;
            };
            if !told.insert(name) {
                continue;
            }
            let (here, there) = (self.place(section), self.place(first));
            let text = if first == section {
                format!(
                    "In {here}, several processes of [{section}] in group {group} are named {name}; one counts"
                )
            } else {
                format!(
                    "In {here}, [{section}] has a process {name} in group {group}, as [{first}] in {there} has; \
                     only the former counts"
                )
            };
            self.notices.hint(Level::Warn, text);
        }
    }

    /// File and line of a section, for texts.
    fn place(&self, section: &str) -> String {
        let (file, line) = self.document.origin(section).unwrap_or_default();
        format!("{file}, line {line}")
    }
}

fn behind_colon(section: &str) -> &str {
    section.split_once(':').map_or(section, |parts| parts.1)
}

#[cfg(test)]
mod tests;
