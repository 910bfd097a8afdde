//! The files that the pages are made with. They are part of the program.

/// A file: its path without the first slash, its type and its content.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) struct Asset {
    pub(in crate::http) path: &'static str,
    pub(in crate::http) content_type: &'static str,
    pub(in crate::http) bytes: &'static [u8],
}

macro_rules! asset {
    ($path:literal, $content_type:literal, $file:literal) => {
        Asset {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../ui/", $file)),
        }
    };
}

/// All of them. The pictures have the reference's names, for pages elsewhere that show them (HTTP-076).
static ASSETS: &[Asset] = &[
    asset!("stylesheets/supervisor.css", "text/css", "supervisor.css"),
    asset!("stylesheets/status.css", "text/css", "status.css"),
    asset!("stylesheets/log.css", "text/css", "log.css"),
    asset!("scripts/status.js", "text/javascript", "status.js"),
    asset!("scripts/log.js", "text/javascript", "log.js"),
    asset!("images/icon.png", "image/png", "images/icon.png"),
    asset!(
        "images/supervisor.gif",
        "image/gif",
        "images/supervisor.gif"
    ),
];

/// What a decoded path names below the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Place {
    /// A file.
    File(&'static Asset),
    /// A folder, by its path without slashes around it.
    Folder(&'static str),
}

/// Looks up a path; `..` does not lead above the root (HTTP-079).
pub(in crate::http) fn find(path: &str) -> Option<Place> {
    if path.ends_with('/') {
        return None;
    }
    let mut words = Vec::new();
    for word in path.split('/') {
        match word {
            "" | "." => {}
            ".." => drop(words.pop()),
            _ => words.push(word),
        }
    }
    let path = words.join("/");
    let file = ASSETS.iter().find(|asset| asset.path == path);
    file.map(Place::File).or_else(|| {
        let mut folders = ASSETS.iter().filter_map(|asset| asset.path.split_once('/'));
        let (folder, _) = folders.find(|(folder, _)| *folder == path)?;
        Some(Place::Folder(folder))
    })
}

#[cfg(test)]
mod tests {
    use super::{Place, find};

    #[test]
    fn paths() {
        let css = "stylesheets/supervisor.css";
        let table = [
            ("/stylesheets/supervisor.css", Some(css)),
            ("//stylesheets//supervisor.css", Some(css)),
            ("/images/../stylesheets/./supervisor.css", Some(css)),
            ("/../../stylesheets/supervisor.css", Some(css)),
            ("stylesheets/supervisor.css", Some(css)),
            ("/images/icon.png", Some("images/icon.png")),
            ("/stylesheets/supervisor.css/", None),
            ("/stylesheets/supervisor.css\0", None),
            ("/supervisor.css", None),
            ("/status.html", None),
            ("/../../etc/passwd", None),
            ("/favicon.ico", None),
            ("/images/", None),
            ("/", None),
        ];
        for (path, file) in table {
            let found = match find(path) {
                Some(Place::File(asset)) => Some(asset.path),
                Some(Place::Folder(_)) | None => None,
            };
            assert_eq!(found, file, "{path}");
        }
        assert_eq!(find("/images"), Some(Place::Folder("images")));
        assert_eq!(find("//images/../scripts"), Some(Place::Folder("scripts")));
    }
}
