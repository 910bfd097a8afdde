//! The environment of a child (PROC-075).

use std::collections::{BTreeMap, HashMap};
use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStrExt;

/// What a child learns about itself from its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// For `SUPERVISOR_SERVER_URL`; none leaves an inherited value alone.
    pub server_url: Option<&'a str>,
    /// The name of the process.
    pub process: &'a str,
    /// The name of its group.
    pub group: &'a str,
}

/// The `NAME=value` strings of a child: what the daemon inherited, then the `SUPERVISOR_` variables, then the
/// program's merged `environment` option, each overriding what came before it. A variable that is overridden
/// keeps its place. Of inherited duplicates the first one counts. What holds a NUL cannot be passed on and is
/// left out. `more` is what wins over all of them.
pub fn child_environment(
    inherited: &[(OsString, OsString)],
    identity: Identity<'_>,
    merged: &BTreeMap<String, String>,
    more: &[(&str, String)],
) -> Vec<CString> {
    let count = inherited.len() + merged.len() + more.len() + 4;
    let mut variables = Variables::with_capacity(count);
    for (name, value) in inherited {
        variables.add(name.as_bytes(), value.as_bytes());
    }
    variables.set("SUPERVISOR_ENABLED", "1");
    if let Some(url) = identity.server_url {
        variables.set("SUPERVISOR_SERVER_URL", url);
    }
    variables.set("SUPERVISOR_PROCESS_NAME", identity.process);
    variables.set("SUPERVISOR_GROUP_NAME", identity.group);
    for (name, value) in merged {
        variables.set(name, value);
    }
    for (name, value) in more {
        variables.set(name, value);
    }
    variables.into_strings()
}

/// Variables in order of their first appearance.
struct Variables<'a> {
    list: Vec<(&'a [u8], &'a [u8])>,
    places: HashMap<&'a [u8], usize>,
}

impl<'a> Variables<'a> {
    fn with_capacity(count: usize) -> Self {
        Self {
            list: Vec::with_capacity(count),
            places: HashMap::with_capacity(count),
        }
    }

    /// Adds a variable unless there is one of that name.
    fn add(&mut self, name: &'a [u8], value: &'a [u8]) {
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(name) {
            place.insert(self.list.len());
            self.list.push((name, value));
        }
    }

    /// Gives a variable its value.
    fn set(&mut self, name: &'a str, value: &'a str) {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        match self.places.get(name).and_then(|at| self.list.get_mut(*at)) {
            Some(variable) => variable.1 = value,
            None => self.add(name, value),
        }
    }

    fn into_strings(self) -> Vec<CString> {
        let joined = self
            .list
            .iter()
            .map(|(name, value)| [name, &b"="[..], value].concat());
        joined.filter_map(|pair| CString::new(pair).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Identity, child_environment};

    fn block(
        inherited: &[(&str, &str)],
        url: Option<&str>,
        merged: &[(&str, &str)],
    ) -> Vec<String> {
        let inherited: Vec<_> = inherited
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let merged: BTreeMap<_, _> = merged
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let identity = Identity {
            server_url: url,
            process: "cat",
            group: "pets",
        };
        child_environment(&inherited, identity, &merged, &[])
            .into_iter()
            .map(|pair| pair.into_string().unwrap())
            .collect()
    }

    #[test]
    fn layers_and_order() {
        let inherited = [
            ("PATH", "/bin"),
            ("SUPERVISOR_ENABLED", "old"),
            ("HOME", "/root"),
        ];
        assert_eq!(
            block(
                &inherited,
                Some("unix:///s"),
                &[("B", "2"), ("A", "="), ("HOME", "/h")]
            ),
            [
                "PATH=/bin",
                "SUPERVISOR_ENABLED=1",
                "HOME=/h",
                "SUPERVISOR_SERVER_URL=unix:///s",
                "SUPERVISOR_PROCESS_NAME=cat",
                "SUPERVISOR_GROUP_NAME=pets",
                "A==",
                "B=2",
            ]
        );
    }

    #[test]
    fn the_option_overrides_what_we_say() {
        let merged = [
            ("SUPERVISOR_ENABLED", "x"),
            ("SUPERVISOR_GROUP_NAME", "g"),
            ("SUPERVISOR_PROCESS_NAME", "p"),
            ("SUPERVISOR_SERVER_URL", "u"),
        ];
        assert_eq!(
            block(&[], Some("unix:///s"), &merged),
            [
                "SUPERVISOR_ENABLED=x",
                "SUPERVISOR_SERVER_URL=u",
                "SUPERVISOR_PROCESS_NAME=p",
                "SUPERVISOR_GROUP_NAME=g",
            ]
        );
    }

    #[test]
    fn lif_304_what_we_add_wins_over_the_option() {
        let identity = Identity {
            server_url: None,
            process: "cat",
            group: "pets",
        };
        let merged = BTreeMap::from([("NOTIFY_SOCKET".to_owned(), "/theirs".to_owned())]);
        let more = [("NOTIFY_SOCKET", "@ours".to_owned())];
        let block = child_environment(&[], identity, &merged, &more);
        let last = block.last().and_then(|pair| pair.to_str().ok());
        assert_eq!((block.len(), last), (4, Some("NOTIFY_SOCKET=@ours")));
    }

    #[test]
    fn without_a_url_an_inherited_one_shows_through() {
        let inherited = [("SUPERVISOR_SERVER_URL", "outer")];
        assert!(block(&inherited, None, &[]).contains(&"SUPERVISOR_SERVER_URL=outer".to_owned()));
        assert!(
            !block(&[], None, &[])
                .iter()
                .any(|pair| pair.contains("SERVER_URL"))
        );
    }

    #[test]
    fn duplicates_and_nul() {
        let inherited = [("A", "first"), ("A", "second"), ("N", "a\0b")];
        let block = block(&inherited, None, &[("M\0", "")]);
        assert_eq!(block.first().map(String::as_str), Some("A=first"));
        assert_eq!(block.len(), 4);
    }
}
