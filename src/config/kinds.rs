//! The kinds of sections, and what options each has: all tables together, for whoever shows or checks them. Stands above
//! the sections, which know nothing of it.

use super::options::{Row, rows};
use super::{ctl, eventlistener, fcgi, group, program, server, supervisord};

/// The kinds of sections that the two programs know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[unix_http_server..]`
    UnixServer,
    /// `[inet_http_server..]`
    InetServer,
    /// `[supervisord]`
    Supervisord,
    /// `[rpcinterface:x]`
    RpcInterface,
    /// `[supervisorctl]`
    Supervisorctl,
    /// `[ctlplugin:x]`
    CtlPlugin,
    /// `[program:x]`
    Program,
    /// `[eventlistener:x]`
    EventListener,
    /// `[fcgi-program:x]`
    FcgiProgram,
    /// `[group:x]`
    Group,
    /// `[include]`
    Include,
}

impl Kind {
    /// Every kind, in the order of the sample.
    pub const ALL: [Self; 11] = [
        Self::UnixServer,
        Self::InetServer,
        Self::Supervisord,
        Self::RpcInterface,
        Self::Supervisorctl,
        Self::CtlPlugin,
        Self::Program,
        Self::EventListener,
        Self::FcgiProgram,
        Self::Group,
        Self::Include,
    ];

    /// How the names of its sections are written or begin.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::UnixServer => server::UNIX,
            Self::InetServer => server::INET,
            Self::Supervisord => supervisord::SECTION,
            Self::RpcInterface => "rpcinterface:",
            Self::Supervisorctl => "supervisorctl",
            Self::CtlPlugin => "ctlplugin:",
            Self::Program => program::PREFIX,
            Self::EventListener => eventlistener::PREFIX,
            Self::FcgiProgram => fcgi::PREFIX,
            Self::Group => group::PREFIX,
            Self::Include => "include",
        }
    }

    /// The kind of the section with that name (CFG-031, CFG-032).
    pub fn of(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| match kind {
            Self::Supervisord | Self::Supervisorctl | Self::Include => section == kind.prefix(),
            _ => section.starts_with(kind.prefix()),
        })
    }

    /// The kind with that prefix, less the colon.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.prefix().trim_end_matches(':') == word)
    }

    /// Its options, each once, in the order in which they are read.
    pub fn options(self) -> Vec<Row> {
        let mut all = match self {
            Self::UnixServer => [
                rows(&server::FILE),
                rows(&server::LOGIN),
                rows(&server::SOCKET),
                rows(&server::HOSTS),
            ]
            .concat(),
            Self::InetServer => [
                rows(&server::PORT),
                rows(&server::LOGIN),
                rows(&server::HOSTS),
            ]
            .concat(),
            Self::Supervisord => supervisord::rows(),
            Self::Supervisorctl => {
                [rows(&ctl::URL), rows(&ctl::WORDS), rows(&ctl::HISTORY)].concat()
            }
            Self::Program => program::rows(),
            Self::EventListener => [rows(&eventlistener::OPTIONS), program::rows()].concat(),
            Self::FcgiProgram => {
                [rows(&fcgi::SOCKET), rows(&fcgi::OPTIONS), program::rows()].concat()
            }
            Self::Group => rows(&group::OPTIONS),
            Self::Include => vec![bare("files", "conf.d/*.conf", INCLUDE_FILES)],
            Self::RpcInterface => vec![bare(
                "supervisor.rpcinterface_factory",
                "supervisor.rpcinterface:make_main_rpcinterface",
                "the methods supervisor.*; there is no other",
            )],
            Self::CtlPlugin => vec![bare(
                "supervisor.ctl_factory",
                "supervisor.supervisorctl:DefaultControllerPlugin",
                "the ordinary actions; there is no other",
            )],
        };
        let mut seen = Vec::new();
        all.retain(|row| {
            let new = !seen.contains(&row.name);
            seen.push(row.name.clone());
            new
        });
        all
    }

    /// Whether sections of this kind may have options beyond the known ones: plugins do.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::RpcInterface | Self::CtlPlugin)
    }
}

const INCLUDE_FILES: &str = "paths, wildcards allowed, apart by blanks, relative to this file";

/// An option that no table has, because its section is read before there are any, or by somebody else.
fn bare(name: &'static str, example: &'static str, about: &str) -> Row {
    Row {
        name: name.into(),
        default: None,
        example,
        about: about.into(),
        aliases: &[],
        is_own: false,
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn kinds_of_sections() {
        let table = [
            ("supervisord", Some(Kind::Supervisord)),
            ("supervisordx", None),
            ("supervisorctl", Some(Kind::Supervisorctl)),
            ("inet_http_serverfoo", Some(Kind::InetServer)),
            ("unix_http_server:two", Some(Kind::UnixServer)),
            ("program:", Some(Kind::Program)),
            ("program", None),
            ("Program:x", None),
            ("fcgi-program:x", Some(Kind::FcgiProgram)),
            ("group", None),
            ("include", Some(Kind::Include)),
        ];
        for (section, kind) in table {
            assert_eq!(Kind::of(section), kind, "{section}");
        }
    }

    #[test]
    fn every_row_is_complete() {
        for kind in Kind::ALL {
            let options = kind.options();
            assert!(!options.is_empty(), "{kind:?}");
            for row in options {
                assert_eq!(row.name, row.name.to_lowercase(), "{kind:?}");
                assert!(
                    !row.about.is_empty() && !row.about.contains(" ;"),
                    "{row:?}"
                );
                assert!(row.about.len() < 80, "{row:?}");
            }
        }
    }
}
