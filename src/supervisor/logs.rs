//! Clearing and reopening logs on behalf of clients and signals.

use crate::base::fault::Fault;

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
        self.runtime.os.clear_logs(id, &member.logs).map_err(failed)
    }
}
