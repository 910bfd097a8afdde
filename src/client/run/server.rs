//! `version`, `shutdown` and `reload`: the server itself.

use crate::base::fault::code;
use crate::base::version::API_VERSION;
use crate::client::api::Server;
use crate::client::error::ClientError;
use crate::client::problem::Problem;
use crate::client::render;
use crate::client::report::{Entry, Report};
use crate::client::status;

type Done = Result<(), ClientError>;

/// Asks for the version of the interface, as most commands do first: why the server cannot be used, if it cannot
/// (CTL-030 to CTL-034).
pub fn ask_version(server: &Server) -> Result<Option<Problem>, ClientError> {
    match server.api_version() {
        Ok(version) if version == API_VERSION => Ok(None),
        Ok(version) => Ok(Some(Problem::OtherVersion(version))),
        Err(ClientError::Fault(fault)) if fault.code == code::UNKNOWN_METHOD => {
            Ok(Some(Problem::NoNamespace))
        }
        Err(error) if error.is_refused() => Ok(Some(Problem::Unreachable {
            error,
            status: status::REFUSED,
        })),
        Err(error) if error.is_missing() => Ok(Some(Problem::Unreachable {
            error,
            status: status::NOT_RUNNING,
        })),
        Err(error) => Err(error),
    }
}

/// `version` (CTL-161).
pub(super) fn version(server: &Server, report: &mut Report<'_>) -> Done {
    report.add(if let Some(problem) = ask_version(server)? {
        Entry::Problem(problem)
    } else {
        let version = server.supervisor_version()?;
        Entry::Line(render::escaped(&version).into_owned())
    });
    Ok(())
}

/// `shutdown` (CTL-150, CTL-151).
pub(super) fn shutdown(server: &Server, report: &mut Report<'_>) -> Done {
    let entry = match server.shutdown() {
        Ok(()) => Entry::Line("Shut down".to_owned()),
        // the exit status stays as it is, as in the reference (CTL-F09)
        Err(ClientError::Fault(fault)) if fault.code == code::SHUTDOWN_STATE => {
            Entry::Remark(Problem::AlreadyGoingDown)
        }
        Err(error) => match render::unreachable(&error, server.url()) {
            Some(line) => Entry::Problem(Problem::AlreadyDown(line)),
            None => return Err(error),
        },
    };
    report.add(entry);
    Ok(())
}

/// `reload` (CTL-152).
pub(super) fn reload(server: &Server, report: &mut Report<'_>) -> Done {
    let entry = match server.restart() {
        Ok(()) => Entry::Line("Restarted supervisord".to_owned()),
        Err(ClientError::Fault(fault)) if fault.code == code::SHUTDOWN_STATE => {
            Entry::Problem(Problem::AlreadyGoingDown)
        }
        Err(error) => return Err(error),
    };
    report.add(entry);
    Ok(())
}
