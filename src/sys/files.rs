//! What the file system says about a file that is to be executed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{AccessFlags, access};

use crate::base::file_kind::FileKind;

/// Looks at `path` with the daemon's own identity (PROC-060 to PROC-065).
pub fn executable(path: &Path) -> FileKind {
    let Ok(metadata) = path.metadata() else {
        return FileKind::Missing;
    };
    if metadata.is_dir() {
        FileKind::Directory
    } else if metadata.mode() & 0o111 == 0 {
        FileKind::NoExecuteBit
    } else if access(path, AccessFlags::X_OK).is_err() {
        FileKind::NoPermission
    } else {
        FileKind::Executable
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::executable;
    use crate::base::file_kind::FileKind;

    #[test]
    fn kinds() {
        let table = [
            ("/bin/sh", FileKind::Executable),
            ("/", FileKind::Directory),
            ("/etc/passwd", FileKind::NoExecuteBit),
            ("/no/such/file", FileKind::Missing),
            ("/etc/passwd/x", FileKind::Missing),
            ("", FileKind::Missing),
        ];
        for (path, kind) in table {
            assert_eq!(executable(Path::new(path)), kind, "{path}");
        }
    }
}
