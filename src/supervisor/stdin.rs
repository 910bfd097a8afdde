//! Writing to a process's stdin on behalf of a client (RPC-200 to RPC-204).

use crate::base::fault::Fault;

use super::Supervisor;
use super::ports::StdinError;

impl Supervisor {
    /// `sendProcessStdin`: queues the bytes; what the pipe does not take at once is written later (DEC-028).
    pub fn send_stdin(&mut self, spec: &str, bytes: &[u8]) -> Result<(), Fault> {
        let member = self.find_process(spec)?;
        if member.process.pid.is_none() || member.process.killing {
            return Err(Fault::NotRunning(spec.to_owned()));
        }
        let id = member.id;
        self.runtime
            .ports
            .children
            .write_stdin(id, bytes)
            .map_err(|error| match error {
                StdinError::Closed => Fault::NoFile(Some(spec.to_owned())),
                StdinError::Full => Fault::Failed(Some(format!(
                    "{spec} does not read its stdin, the queue is full"
                ))),
                StdinError::Crowded => Fault::Failed(Some(format!(
                    "no room for the stdin of {spec}, too much waits for programs that do not read"
                ))),
            })
    }
}
