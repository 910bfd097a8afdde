//! Reading the configuration again, and adding and removing groups by it.

use crate::base::fault::Fault;
use crate::config::Notice;
use crate::config::diff::{self, Changes};

use super::Supervisor;
use super::pending::Origin;

impl Supervisor {
    /// `reloadConfig`: reads the file and tells what would change; nothing is started or stopped, and a broken
    /// file leaves everything as it is (CFG-224, CFG-225). The main log hears of its mistakes (CLX-103).
    pub fn reread(&mut self) -> Result<Changes, Fault> {
        let config = self.runtime.ports.configuration.read();
        let config = config.map_err(|refusal| {
            self.hint(&refusal.notices);
            Fault::CantReread(refusal.error.to_string())
        })?;
        self.hint(&config.notices);
        let active: Vec<_> = self
            .durable
            .roster
            .groups
            .iter()
            .map(|group| &*group.config)
            .collect();
        let changes = diff::changes(&config.groups, &active);
        self.durable.roster.set_read(config.groups);
        Ok(changes)
    }

    /// Writes the hints of a reading to the main log.
    pub(super) fn hint(&mut self, notices: &[Notice]) {
        for notice in notices.iter().filter(|notice| notice.hint) {
            self.runtime.log(notice.level, notice.text.clone());
        }
    }

    /// `addProcessGroup`: makes a group of the configuration that was read last active (RPC-126).
    pub fn add_group(&mut self, name: &str) -> Result<(), Fault> {
        let mut read = self.durable.roster.read.iter();
        let config = read
            .find(|read| read.config.name == name)
            .ok_or_else(|| Fault::BadName(name.to_owned()))?
            .clone();
        if self.group(name).is_some() {
            return Err(Fault::AlreadyAdded(name.to_owned()));
        }
        let starts = self
            .add(config)
            .map_err(|error| Fault::Failed(Some(error.to_string())))?;
        self.wish_all(&starts, &Origin::Autostart);
        Ok(())
    }

    /// `removeProcessGroup`: needs all its processes stopped (RPC-127).
    pub fn remove_group(&mut self, name: &str) -> Result<(), Fault> {
        let group = self
            .group(name)
            .ok_or_else(|| Fault::BadName(name.to_owned()))?;
        let stopped = |id| {
            self.durable
                .roster
                .members
                .get(id)
                .is_none_or(|m| m.process.state.is_stopped())
        };
        if !group.members.iter().all(stopped) {
            return Err(Fault::StillRunning(name.to_owned()));
        }
        self.drop_group(name);
        Ok(())
    }
}
