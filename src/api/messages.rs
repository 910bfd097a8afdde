//! What is said to processes and to listeners.

use crate::base::fault::Fault;
use crate::supervisor::Supervisor;

/// Queues bytes for a process's stdin (RPC-200 to RPC-204, DEC-028).
pub fn send_stdin(supervisor: &mut Supervisor, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    supervisor.send_stdin(name, bytes)
}

/// Tells the listeners that want `REMOTE_COMMUNICATION` something (RPC-205). `message` makes type and data, and is
/// asked only if there is such a listener.
pub fn send_event(supervisor: &mut Supervisor, message: impl FnOnce() -> (String, String)) {
    if supervisor.wants_remote_events() {
        let (kind, data) = message();
        supervisor.remote_event(kind, data);
    }
}
