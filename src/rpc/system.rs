//! `system.*`: what methods there are and how they are called.

use std::fmt::Write as _;

use crate::base::fault::Fault;

use super::args::{Args, WRONG};
use super::methods::{self, Param};
use super::reply::Reply;

/// Name, parameters, result and help of a method.
type Row = (
    &'static str,
    &'static [Param],
    (&'static str, &'static str),
    &'static str,
);

/// The `system` methods.
const SYSTEM: [Row; 4] = [
    (
        "system.listMethods",
        &[],
        ("array", "the names, sorted"),
        "Tells the names of all methods.",
    ),
    (
        "system.methodHelp",
        &[("string", "name", "A method")],
        ("string", "the documentation"),
        "Tells what a method does.",
    ),
    (
        "system.methodSignature",
        &[("string", "name", "A method")],
        (
            "array",
            "the type of the result, then those of the parameters",
        ),
        "Tells the types of a method.",
    ),
    (
        "system.multicall",
        &[("array", "calls", "Structs of methodName and params")],
        (
            "array",
            "a result for each call, or a struct of faultCode and faultString",
        ),
        "Calls several methods one after another.",
    ),
];

/// Answers the `system` methods that need no supervisor; none if there is no such method. `supervised` says
/// whether the `supervisor` namespace is enabled (RPC-013).
pub(super) fn call(name: &str, args: Args<'_>, supervised: bool) -> Result<Reply, Fault> {
    let wanted = match name {
        "system.listMethods" => 0,
        "system.methodHelp" | "system.methodSignature" => 1,
        _ => return Err(Fault::UnknownMethod),
    };
    if args.0.len() != wanted {
        return Err(WRONG);
    }
    if wanted == 0 {
        return Ok(Reply::Array(names(supervised).map(Reply::from).collect()));
    }
    let subject = args.text(0).map_err(|_| Fault::SignatureUnsupported)?;
    let (params, returns, help) = describe(subject, supervised)?;
    if name == "system.methodHelp" {
        return Ok(documentation(params, returns, help).into());
    }
    let types = std::iter::once(returns.0).chain(params.iter().map(|param| param.0));
    Ok(Reply::Array(types.map(Reply::from).collect()))
}

fn names(supervised: bool) -> impl Iterator<Item = &'static str> {
    methods::all()
        .filter(move |_| supervised)
        .map(|method| method.name)
        .chain(SYSTEM.iter().map(|row| row.0))
}

type Description = (&'static [Param], (&'static str, &'static str), &'static str);

fn describe(name: &str, supervised: bool) -> Result<Description, Fault> {
    let system = SYSTEM
        .iter()
        .find(|row| row.0 == name)
        .map(|row| (row.1, row.2, row.3));
    let method = methods::find(name).filter(|_| supervised);
    let ours = method.map(|method| (method.params, method.returns, method.help));
    system.or(ours).ok_or(Fault::SignatureUnsupported)
}

/// The text, and the lines that the signature is derived from (RPC-210).
fn documentation(params: &[Param], returns: (&str, &str), help: &str) -> String {
    let mut text = format!("{help}\n\n");
    for (kind, name, meaning) in params {
        // writing to a String cannot fail
        let _ = writeln!(text, "@param {kind} {name} {meaning}");
    }
    text + &format!("@return {} result {}\n", returns.0, returns.1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Param, SYSTEM, methods};
    use crate::base::fault::code;

    const DOCUMENT: &str = include_str!("../../docs/rpc.md");

    fn line(name: &str, params: &[Param], returns: &str, help: &str) -> String {
        let params: Vec<_> = params
            .iter()
            .map(|(kind, name, _)| format!("{kind} {name}"))
            .collect();
        format!("| `{name}` | {} | {returns} | {help} |", params.join(", "))
    }

    #[test]
    fn the_document_lists_every_method() {
        let ours = methods::all()
            .map(|method| line(method.name, method.params, method.returns.0, method.help));
        let system = SYSTEM.iter().map(|row| line(row.0, row.1, row.2.0, row.3));
        let wanted: BTreeSet<String> = ours.chain(system).collect();
        let is_method = |line: &&str| {
            let namespaces = ["ext", "supervisor", "system"];
            namespaces
                .iter()
                .any(|name| line.starts_with(&format!("| `{name}.")))
        };
        let shown: BTreeSet<String> = DOCUMENT
            .lines()
            .filter(is_method)
            .map(ToOwned::to_owned)
            .collect();
        let missing: Vec<_> = wanted.difference(&shown).cloned().collect();
        assert!(
            missing.is_empty(),
            "docs/rpc.md lacks\n{}",
            missing.join("\n")
        );
        assert_eq!(shown, wanted);
    }

    #[test]
    fn the_document_lists_every_fault() {
        let faults = code::ALL.iter().filter(|(name, _)| *name != "SUCCESS");
        for (name, number) in faults {
            let start = format!("| {number} | `{name}` |");
            assert!(DOCUMENT.contains(&start), "docs/rpc.md lacks {start}");
        }
    }
}
