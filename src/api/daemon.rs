//! The daemon itself: what it is, and its end.

use crate::base::fault::Fault;
use crate::base::states::SupervisorState;
use crate::base::version;
use crate::supervisor::Supervisor;

/// Version of the XML-RPC interface (RPC-101).
pub const fn api_version() -> &'static str {
    version::API_VERSION
}

/// Version of the daemon (DEC-001).
pub const fn supervisor_version() -> &'static str {
    version::SUPERVISOR_VERSION
}

/// What the daemon calls itself, as configured.
pub fn identification(supervisor: &Supervisor) -> &str {
    &supervisor.settings().identifier
}

/// What the daemon as a whole is about.
pub const fn state(supervisor: &Supervisor) -> SupervisorState {
    supervisor.state()
}

/// The daemon's process id.
pub fn pid() -> u32 {
    std::process::id()
}

/// Stops everything, then ends the daemon.
pub fn shutdown(supervisor: &mut Supervisor) {
    supervisor.shutdown();
}

/// Stops everything, then starts anew; a configuration that cannot be read stops nothing (DEC-012).
pub fn restart(supervisor: &mut Supervisor) -> Result<(), Fault> {
    supervisor.restart()
}
