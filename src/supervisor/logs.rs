//! Clearing and reopening logs on behalf of clients and signals, and lines that others have for the main log.

use std::io;

use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::logs::place::LogPath;

use super::Supervisor;
use super::answer::Row;
use super::member::{Member, ProcessId};

impl Supervisor {
    /// `clearProcessLogs` (RPC-194, DEC-035).
    pub fn clear_logs(&mut self, spec: &str) -> Result<(), Fault> {
        let id = self.find_process(spec)?.id;
        self.clear_one(id, spec)
    }

    /// `clearAllProcessLogs`: one row for each process (RPC-174).
    pub fn clear_all_logs(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        for id in self.durable.roster.all_by_priority() {
            let Some(spec) = self.durable.roster.members.get(&id).map(Member::namespec) else {
                continue;
            };
            let result = self.clear_one(id, &spec);
            rows.extend(
                self.durable
                    .roster
                    .members
                    .get(&id)
                    .map(|member| Row::new(member, result)),
            );
        }
        rows
    }

    fn clear_one(&mut self, id: ProcessId, spec: &str) -> Result<(), Fault> {
        let Some(member) = self.durable.roster.members.get(&id) else {
            return Err(Fault::BadName(spec.to_owned()));
        };
        let failed = |_| Fault::Failed(Some(spec.to_owned()));
        self.runtime
            .ports
            .logs
            .clear(id, &member.logs)
            .map_err(failed)
    }

    /// Where the main log is, if it is a file.
    pub fn main_log(&self) -> Option<LogPath> {
        self.runtime.ports.main_log.path().map(LogPath::named)
    }

    /// `clearLog` (RPC-115).
    pub fn clear_main_log(&mut self) -> Result<(), Fault> {
        self.runtime.flush();
        self.runtime.ports.main_log.clear()
    }

    /// SIGUSR2 (DMN-026).
    pub fn reopen_signal(&mut self) {
        for text in [
            "received SIGUSR2 indicating log reopen request",
            "supervisord logreopen",
        ] {
            self.runtime.log(Level::Info, text.to_owned());
        }
        self.runtime.flush();
        let mut complain = |what: &str, error: &io::Error| {
            let text = format!("cannot reopen {what}: {error}");
            self.runtime.lines.push((Level::Critical, text));
        };
        if let Err(error) = self.runtime.ports.main_log.reopen() {
            complain("the main log", &error);
        }
        for error in self.runtime.ports.logs.reopen() {
            complain("a child log", &error);
        }
    }

    /// Writes a line that somebody else has for the main log.
    pub(super) fn write_line(&mut self, level: Level, text: String) {
        self.runtime.log(level, text);
        self.runtime.flush();
    }
}
