//! A process reads its configuration again, in the way that its options say (LIF-244).

use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::base::level::Level;
use crate::base::states::ProcessState;
use crate::process::hook::Role;
use crate::process::lifecycle::Refresh;

use super::Supervisor;

impl Supervisor {
    /// Refreshes one process that is RUNNING; state, pid and uptime stay. What comes of a command is in the main log.
    pub fn refresh(&mut self, spec: &str, now: Now) -> Result<(), Fault> {
        let failed = |why: &str| Fault::Failed(Some(why.to_owned()));
        let member = self.find_process(spec)?;
        let lifecycle = member.config.policy.lifecycle.as_ref();
        let refresh = lifecycle.and_then(|lifecycle| lifecycle.refresh.clone());
        let pid = member.process.pid;
        let pid = pid.filter(|_| member.process.state == ProcessState::Running);
        let pid = pid.ok_or_else(|| Fault::NotRunning(spec.to_owned()))?;
        let (id, name) = (member.id, member.namespec());
        match refresh {
            None => Err(failed("no reloadsignal or reloadcommand")),
            Some(Refresh::Signal(signal)) => {
                let text = format!("refreshing {name}: {signal}");
                self.runtime.log(Level::Info, text);
                let sent = self.runtime.children().kill(pid, signal, false);
                sent.map_err(|error| failed(&error.to_string()))
            }
            // a second one beside it could only meddle
            Some(Refresh::Command(_)) if member.runs(Role::Reload) => {
                Err(failed("its reloadcommand runs already"))
            }
            Some(Refresh::Command(_)) => {
                let text = format!("refreshing {name}: reloadcommand");
                self.runtime.log(Level::Info, text);
                // its process hears nothing of it
                let _ = self.run(id, Role::Reload, now);
                Ok(())
            }
        }
    }
}
