//! A process reads its configuration again, in the way that its options say (LIF-244).

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::states::ProcessState;
use crate::process::lifecycle::Refresh;

use super::Supervisor;

impl Supervisor {
    /// Refreshes one process that is RUNNING; state, pid and uptime stay.
    pub fn refresh(&mut self, spec: &str, _now: Now) -> Result<(), Fault> {
        let member = self.find_process(spec)?;
        let lifecycle = member.config.policy.lifecycle.as_ref();
        let refresh = lifecycle.and_then(|lifecycle| lifecycle.refresh.clone());
        let none = || Fault::Failed(Some("no reloadsignal or reloadcommand".to_owned()));
        let Some(Refresh::Signal(signal)) = refresh else {
            return Err(none());
        };
        let pid = member.process.pid;
        let pid = pid.filter(|_| member.process.state == ProcessState::Running);
        let pid = pid.ok_or_else(|| Fault::NotRunning(spec.to_owned()))?;
        let text = format!("refreshing {}: {signal}", member.namespec());
        self.runtime.log(Level::Info, text);
        let sent = self.runtime.ports.children.kill(pid, signal, false);
        sent.map_err(|error| Fault::Failed(Some(error.to_string())))
    }
}
