//! Who depends on whom: names are looked up when all sections are known, and what cannot be is refused (lifecycle.md,
//! section 2).

mod cycle;
mod item;

use std::collections::HashMap;
use std::rc::Rc;

use super::error::{ConfigError, InvalidOption, Reason};
use super::ini::Document;
use super::lifecycle::Depends;
use super::mistakes::nearest;
use super::notices::Notices;
use super::{GroupConfig, eventlistener, fcgi, group, program};
use crate::base::level::Level;
use crate::base::names::namespec;
use crate::process::lifecycle::{Condition, Dependency, Kind, Whom};
use cycle::Graph;
pub use item::items;
use item::{Item, Named};

/// A process that depends on something.
#[derive(Debug)]
pub(super) struct Wish {
    /// Its group.
    pub(super) group: String,
    /// Its name.
    pub(super) process: String,
    /// The section that it was made of.
    pub(super) section: String,
    /// On what.
    pub(super) depends: Depends,
}

impl Wish {
    /// Whether a mistake is passed over: such files start under 4.3.0 (LIF-023).
    fn is_lenient(&self) -> bool {
        self.depends.option != "depends_on"
    }

    fn file<'d>(&self, document: &'d Document) -> &'d str {
        let entry = document.get(&self.section, self.depends.option);
        entry.map(|entry| entry.file).unwrap_or_default()
    }

    fn refuse(&self, item: &str, reason: Reason, document: &Document) -> ConfigError {
        ConfigError::Own(Box::new(InvalidOption {
            option: self.depends.option.to_owned(),
            value: item.to_owned(),
            reason,
            section: self.section.clone(),
            file: self.file(document).to_owned(),
        }))
    }
}

/// Looks all names up and writes what is depended on into the processes. A mistake in the alias is told and left out.
pub(super) fn resolve(
    groups: &mut [GroupConfig],
    wishes: &[Wish],
    document: &Document,
    notices: &mut Notices,
) -> Result<(), ConfigError> {
    if wishes.is_empty() {
        return Ok(());
    }
    let known = Known::new(groups, document);
    let mut graph = Graph::new(&known.ranks());
    let mut found: Vec<Vec<(usize, Dependency)>> = Vec::new();
    for (number, wish) in wishes.iter().enumerate() {
        let mut dependencies = Vec::new();
        let texts: Vec<&str> = if wish.is_lenient() {
            wish.depends.text.split_whitespace().collect()
        } else {
            items(&wish.depends.text).collect()
        };
        for text in texts {
            let looked_up = known
                .look_up(wish, text)
                .map_err(|reason| wish.refuse(text, reason, document));
            match looked_up {
                Ok((targets, wanted)) => {
                    let edge = graph.connect(known.place(wish), targets, number);
                    dependencies.extend(wanted.into_iter().map(|dependency| (edge, dependency)));
                }
                Err(error) if wish.is_lenient() => notices.hint(Level::Warn, error.to_string()),
                Err(error) => return Err(error),
            }
        }
        found.push(dependencies);
    }
    while let Some(cycle) = graph.cycle() {
        let names: Vec<String> = cycle.nodes.iter().map(|node| known.name(*node)).collect();
        let lenient = cycle.edges.iter().find(|edge| {
            let wish = graph.wish(**edge).and_then(|number| wishes.get(number));
            wish.is_some_and(Wish::is_lenient)
        });
        let first = cycle.nodes.first().copied();
        let wish = wishes.iter().find(|wish| known.place(wish) == first);
        let (section, file) = wish.map_or(("", ""), |wish| {
            (wish.section.as_str(), wish.file(document))
        });
        let error = ConfigError::InSection {
            error: Box::new(ConfigError::Cycle(names)),
            section: section.to_owned(),
            file: file.to_owned(),
        };
        let Some(edge) = lenient.copied() else {
            return Err(error);
        };
        notices.hint(Level::Warn, error.to_string());
        graph.cut(edge);
        for dependencies in &mut found {
            dependencies.retain(|(other, _)| *other != edge);
        }
    }
    let places: Vec<_> = wishes.iter().map(|wish| known.place(wish)).collect();
    let seats = known.seats;
    for ((wish, place), dependencies) in wishes.iter().zip(places).zip(found) {
        let Some(seat) = place.and_then(|place| seats.get(place)) else {
            continue;
        };
        let group = groups.get_mut(seat.group);
        let process = group.and_then(|group| group.processes.get_mut(seat.process));
        if let (Some(process), false) = (process, dependencies.is_empty()) {
            let policy = &mut Rc::make_mut(process).policy;
            let life = policy.lifecycle.get_or_insert_default();
            life.gates_autostart_only = wish.is_lenient();
            life.depends_on = dependencies.into_iter().map(|(_, wanted)| wanted).collect();
        }
    }
    Ok(())
}

/// Where a process stands, and what matters of it here.
struct Seat {
    group: usize,
    process: usize,
    name: String,
    /// Group priority, group, priority, name (LIF-018).
    rank: (i64, String, i64, String),
    is_oneshot: bool,
    tells_health: bool,
}

/// Everything that a name can mean.
struct Known {
    seats: Vec<Seat>,
    /// Processes by group and name.
    processes: HashMap<(String, String), usize>,
    /// Processes by their section's name; all sections are there.
    programs: HashMap<String, Vec<usize>>,
    /// Processes by group.
    groups: HashMap<String, Vec<usize>>,
    /// Names of `[group:x]` sections.
    sections: Vec<String>,
}

/// What an item comes to: a set of processes with its name, and what has to hold.
struct Targets<'k> {
    /// The name of the set; none for one process.
    set: Option<Whom>,
    places: &'k [usize],
}

impl Known {
    fn new(groups: &[GroupConfig], document: &Document) -> Self {
        let mut known = Self {
            seats: Vec::new(),
            processes: HashMap::new(),
            programs: HashMap::new(),
            groups: HashMap::new(),
            sections: Vec::new(),
        };
        for section in document.sections() {
            let of_programs = [program::PREFIX, fcgi::PREFIX, eventlistener::PREFIX];
            let program = of_programs
                .into_iter()
                .find_map(|prefix| section.strip_prefix(prefix));
            if let Some(name) = program {
                known.programs.entry(name.trim().to_owned()).or_default();
            } else if let Some(name) = section.strip_prefix(group::PREFIX) {
                known.sections.push(name.trim().to_owned());
            }
        }
        for (number, group) in groups.iter().enumerate() {
            // of groups with one name only the first can be active (CFG-173)
            if known.groups.contains_key(&group.name) {
                continue;
            }
            let mut members = Vec::new();
            for (place, process) in group.processes.iter().enumerate() {
                let life = process.policy.lifecycle.as_deref();
                let seat = known.seats.len();
                members.push(seat);
                known.seats.push(Seat {
                    group: number,
                    process: place,
                    name: namespec(&group.name, &process.name),
                    rank: (
                        group.priority,
                        group.name.clone(),
                        process.priority,
                        process.name.clone(),
                    ),
                    is_oneshot: life.is_some_and(|life| life.kind == Kind::Oneshot),
                    tells_health: life.is_some_and(|life| {
                        life.kind == Kind::Notify
                            || life.ready_log_line.is_some()
                            || life.readiness_check.is_some()
                            || life.liveness_check.is_some()
                    }),
                });
                let program = known.programs.entry(process.program.to_string());
                program.or_default().push(seat);
                let key = (group.name.clone(), process.name.clone());
                known.processes.insert(key, seat);
            }
            known.groups.insert(group.name.clone(), members);
        }
        known
    }

    /// For each process its place among all, first by the priority of its group.
    fn ranks(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.seats.len()).collect();
        order.sort_by_key(|place| self.seats.get(*place).map(|seat| &seat.rank));
        order
    }

    fn place(&self, wish: &Wish) -> Option<usize> {
        let key = (wish.group.clone(), wish.process.clone());
        self.processes.get(&key).copied()
    }

    fn name(&self, place: usize) -> String {
        let seat = self.seats.get(place);
        seat.map(|seat| seat.name.clone()).unwrap_or_default()
    }

    /// What an item of a wish comes to.
    fn look_up(&self, wish: &Wish, text: &str) -> Result<(Targets<'_>, Vec<Dependency>), Reason> {
        let item = if wish.is_lenient() {
            item::parse_alias(text)?
        } else {
            item::parse(text)?
        };
        let (targets, whom) = self.targets(&item)?;
        let shown = text.split(':').next().unwrap_or(text);
        let wanted = self.wanted(&item, &targets, whom, shown)?;
        Ok((targets, wanted))
    }

    /// The processes that are named (LIF-012).
    fn targets(&self, item: &Item) -> Result<(Targets<'_>, Whom), Reason> {
        let (whom, places) = match &item.named {
            Named::Name(name) => match self.programs.get(name) {
                Some(places) => (Whom::Program(name.clone()), places.as_slice()),
                None if self.sections.contains(name) => {
                    (Whom::Group(name.clone()), self.members(name)?)
                }
                None => return Err(self.unknown(name)),
            },
            Named::Group(name) => (Whom::Group(name.clone()), self.members(name)?),
            Named::Process(group, name) => {
                let members = self.members(group)?;
                let key = (group.clone(), name.clone());
                let place = self.processes.get(&key);
                let at = place.and_then(|place| members.iter().position(|other| other == place));
                let one = at.and_then(|at| members.get(at..=at));
                let unknown = || Reason::UnknownProcess {
                    group: group.clone(),
                    process: name.clone(),
                };
                let whom = Whom::Process {
                    group: group.clone(),
                    name: name.clone(),
                };
                (whom, one.ok_or_else(unknown)?)
            }
        };
        let set = (!matches!(whom, Whom::Process { .. })).then(|| whom.clone());
        Ok((Targets { set, places }, whom))
    }

    fn members(&self, group: &str) -> Result<&[usize], Reason> {
        let members = self.groups.get(group);
        members
            .map(Vec::as_slice)
            .ok_or_else(|| self.unknown(group))
    }

    fn unknown(&self, name: &str) -> Reason {
        let mut known: Vec<&str> = self.programs.keys().map(String::as_str).collect();
        known.extend(self.groups.keys().map(String::as_str));
        known.sort_unstable();
        known.dedup();
        Reason::UnknownName {
            name: name.to_owned(),
            near: nearest(name, &known).map(str::to_owned),
        }
    }

    /// What has to hold: the conditions of the item, or the default, which is another one for a job (LIF-014, LIF-020).
    fn wanted(
        &self,
        item: &Item,
        targets: &Targets<'_>,
        whom: Whom,
        shown: &str,
    ) -> Result<Vec<Dependency>, Reason> {
        let seats: Vec<&Seat> = targets
            .places
            .iter()
            .filter_map(|place| self.seats.get(*place))
            .collect();
        let asks_for = |condition| item.conditions.contains(&condition);
        let any_oneshot = seats.iter().any(|seat| seat.is_oneshot);
        if any_oneshot && (asks_for(Condition::Running) || asks_for(Condition::Healthy)) {
            return Err(Reason::OfOneshot(shown.to_owned()));
        }
        if asks_for(Condition::Healthy) && seats.iter().any(|seat| !seat.tells_health) {
            return Err(Reason::NoHealth(shown.to_owned()));
        }
        let usual = |is_oneshot| {
            let condition = if is_oneshot {
                Condition::Exited
            } else {
                Condition::Running
            };
            vec![condition]
        };
        let conditions = if item.conditions.is_empty() {
            if any_oneshot && seats.iter().any(|seat| !seat.is_oneshot) {
                // each member as its own type wants it
                let each = seats.iter().map(|seat| Dependency {
                    whom: Whom::Process {
                        group: seat.rank.1.clone(),
                        name: seat.rank.3.clone(),
                    },
                    conditions: usual(seat.is_oneshot),
                });
                return Ok(each.collect());
            }
            usual(any_oneshot)
        } else {
            item.conditions.clone()
        };
        Ok(vec![Dependency { whom, conditions }])
    }
}

#[cfg(test)]
mod tests;
