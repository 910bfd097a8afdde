//! tmp
use super::Supervisor;
use super::member::ProcessId;
use super::output::Output;
use crate::base::clock::Now;
use crate::process::machine::Change;
impl Supervisor {
    pub(super) fn changed(&mut self, _id: ProcessId, _change: Change, _now: Now) {}
    pub fn heard(&mut self, _id: ProcessId, _output: Output, _now: Now) {}
    pub(super) fn group_added(&mut self, _name: &str, _now: Now) {}
    pub(super) fn group_removed(&mut self, _name: &str, _now: Now) {}
    pub fn remote_event(&mut self, _kind: String, _data: String, _now: Now) {}
    pub(super) fn going_down(&mut self, _now: Now) {}
}
