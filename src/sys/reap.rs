//! Taking the statuses of children that ended: the only place that waits (PROC-100).

use crate::base::errno::Errno;
use crate::base::exit::Exit;
use crate::base::pid::Pid;

/// A child that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its id, free for others from now on.
    pub pid: Pid,
    /// How it ended.
    pub exit: Exit,
}

/// Appends up to `limit` children that ended, strangers included, and says whether there may be more. Never
/// waits. Statuses are taken raw: nix's own `wait` loses deaths by real-time signals. An error is not about a
/// child, and nothing was lost by it (PROC-103).
pub fn reap(limit: usize, ended: &mut Vec<Ended>) -> Result<bool, Errno> {
    collect(-1, limit, ended)
}

/// `whom` as `waitpid` takes it.
fn collect(whom: libc::pid_t, limit: usize, ended: &mut Vec<Ended>) -> Result<bool, Errno> {
    for _ in 0..limit {
        let mut status = 0;
        // SAFETY: `status` outlives the call, which writes one integer to it.
        let number = unsafe { libc::waitpid(whom, &raw mut status, libc::WNOHANG) };
        if let Some(pid) = Pid::new(number) {
            let exit = Exit::from_wait_status(status);
            ended.push(Ended { pid, exit });
        } else if number == 0 {
            return Ok(false);
        } else {
            match Errno::last() {
                Errno(libc::ECHILD) => return Ok(false),
                Errno(libc::EINTR) => {}
                errno => return Err(errno),
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{Ended, collect};
    use crate::base::exit::Exit;
    use crate::base::pid::Pid;
    use crate::sys::testing::{Program, wait_unreaped};

    /// Tests share their children, so each takes its own ones only: those of one process group.
    fn group(leader: Pid) -> libc::pid_t {
        -leader.number()
    }

    #[test]
    fn statuses_come_once_and_exact() {
        let table = [
            ("exit 0", "exit status 0"),
            ("exit 255", "exit status 255"),
            ("kill -KILL $$", "terminated by SIGKILL"),
            ("kill -34 $$", "terminated by SIGRTMIN"),
            ("kill -40 $$", "terminated by signal 40"),
        ];
        for (script, text) in table {
            let pid = Program::shell(script).start().pid;
            wait_unreaped(pid);
            let mut ended = Vec::new();
            assert_eq!(collect(group(pid), 10, &mut ended), Ok(false), "{script}");
            assert_eq!(ended.len(), 1, "{script}");
            assert_eq!(
                (ended[0].pid, ended[0].exit.to_string().as_str()),
                (pid, text)
            );
            assert_eq!(collect(group(pid), 10, &mut ended), Ok(false));
            assert_eq!(ended.len(), 1, "{script}");
        }
    }

    #[test]
    fn the_limit_holds() {
        let pid = Program::shell("exit 1").start().pid;
        wait_unreaped(pid);
        let mut ended = Vec::new();
        assert_eq!(collect(group(pid), 0, &mut ended), Ok(true));
        assert_eq!(ended, []);
        assert_eq!(collect(group(pid), 1, &mut ended), Ok(true));
        let exit = Exit::Code(1);
        assert_eq!(ended, [Ended { pid, exit }]);
    }

    #[test]
    fn what_runs_is_left_alone() {
        let running = Program::new(&["/bin/cat"]).start();
        let mut ended = Vec::new();
        assert_eq!(collect(group(running.pid), 10, &mut ended), Ok(false));
        assert_eq!(ended, []);
        let pid = running.pid;
        drop(running.ends);
        assert_eq!(crate::sys::testing::wait(pid), Exit::Code(0));
    }
}
