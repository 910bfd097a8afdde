//! The small programs that are `supervisord` under another name: `pidproxy` and `echo_supervisord_conf`.
//!
//! Their names come as the last part of `argv[0]`, from a link, or as the daemon's first argument,
//! `--pidproxy` and `--echo-conf`, for those who have no links. Both words are unknown to the daemon's own
//! command line and are recognised in full only, so that no abbreviation changes its meaning (CFG-213).

mod echo_conf;
mod pidproxy;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

/// One of the programs, with what it was called by and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub enum Tool {
    /// `echo_supervisord_conf`, whose arguments mean nothing (CFG-222).
    EchoConf,
    /// `pidproxy`.
    Pidproxy {
        /// How the user called it, for the usage text.
        called: String,
        /// Pid file, command and its arguments.
        words: Vec<OsString>,
    },
}

impl Tool {
    /// The program that `argv` asks for, `argv[0]` included; none means the daemon itself.
    pub fn asked_for(argv: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut argv = argv.into_iter();
        let program = argv.next()?;
        let name = Path::new(&program).file_name().and_then(OsStr::to_str);
        let called = program.to_string_lossy();
        match name {
            Some("echo_supervisord_conf") => return Some(Self::EchoConf),
            Some("pidproxy") => {
                return Some(Self::Pidproxy {
                    called: called.into_owned(),
                    words: argv.collect(),
                });
            }
            _ => {}
        }
        match argv.next()?.to_str()? {
            "--echo-conf" => Some(Self::EchoConf),
            "--pidproxy" => Some(Self::Pidproxy {
                called: format!("{called} --pidproxy"),
                words: argv.collect(),
            }),
            _ => None,
        }
    }

    /// Runs it to its end.
    pub fn run(self) -> ExitCode {
        match self {
            Self::EchoConf => echo_conf::run(),
            Self::Pidproxy { called, words } => pidproxy::run(&called, &words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tool;

    fn asked(words: &[&str]) -> Option<Tool> {
        Tool::asked_for(words.iter().map(Into::into))
    }

    #[test]
    fn names() {
        let proxy = |called: &str, words: &[&str]| {
            let words = words.iter().map(Into::into).collect();
            let called = called.to_owned();
            Some(Tool::Pidproxy { called, words })
        };
        let table: [(&[&str], Option<Tool>); 12] = [
            (&[], None),
            (&[""], None),
            (&["supervisord"], None),
            (&["/usr/bin/supervisord", "-n"], None),
            (&["echo_supervisord_conf", "-x"], Some(Tool::EchoConf)),
            (&["/bin/echo_supervisord_conf"], Some(Tool::EchoConf)),
            (&["supervisord", "--echo-conf"], Some(Tool::EchoConf)),
            (&["supervisord", "--echo"], None),
            (&["supervisord", "-n", "--echo-conf"], None),
            (&["./pidproxy"], proxy("./pidproxy", &[])),
            (&["pidproxy", "-a", "b"], proxy("pidproxy", &["-a", "b"])),
            (
                &["supervisord", "--pidproxy", "a"],
                proxy("supervisord --pidproxy", &["a"]),
            ),
        ];
        for (words, tool) in table {
            assert_eq!(asked(words), tool, "{words:?}");
        }
    }
}
