//! The configuration: read anew, shown, and put into effect group by group.

use crate::base::fault::Fault;
use crate::config::diff::Changes;
use crate::supervisor::Supervisor;
use crate::supervisor::info::ConfigInfo;

/// Reads the file again and tells what differs from the active groups; nothing is started or stopped, and a broken
/// file leaves everything as it is (RPC-120 to RPC-122).
pub fn reread(supervisor: &mut Supervisor) -> Result<Changes, Fault> {
    supervisor.reread()
}

/// Makes a group of the configuration that was read last active (RPC-126).
pub fn add_group(supervisor: &mut Supervisor, name: &str) -> Result<(), Fault> {
    supervisor.add_group(name)
}

/// Takes a group out; needs all its processes stopped (RPC-127).
pub fn remove_group(supervisor: &mut Supervisor, name: &str) -> Result<(), Fault> {
    supervisor.remove_group(name)
}

/// Every process of the configuration that was read last, by name (RPC-130).
pub fn all(supervisor: &Supervisor) -> Vec<ConfigInfo<'_>> {
    supervisor.all_config_info()
}
