//! The tables of methods, one for each namespace: a row gives the name, the verb, the parameters, what decodes and
//! encodes, and the documentation.

mod ext;
mod supervisor;

use crate::api::verb::Verb;
use crate::base::clock::Now;
use crate::base::fault::Fault;
use crate::supervisor::Supervisor;
use crate::supervisor::answer::Answer;

use super::args::Args;
use super::reply::Reply;

/// What a handler came to.
pub(super) enum Pending {
    /// The answer.
    Now(Reply),
    /// The answer of a verb, which may come when its condition holds (RPC-014).
    Owed(Answer),
}

impl From<Answer> for Pending {
    fn from(answer: Answer) -> Self {
        Self::Owed(answer)
    }
}

/// What handlers return.
pub(super) type Handled = Result<Pending, Fault>;

/// What does the work of a method.
pub(super) enum Handler {
    /// Looks and changes nothing.
    Look(fn(&Supervisor, Args<'_>, Now) -> Handled),
    /// May change anything.
    Act(fn(&mut Supervisor, Args<'_>, Now) -> Handled),
}

/// One method.
pub struct Method {
    /// With its namespace.
    pub name: &'static str,
    /// What it asks for.
    pub verb: Verb,
    /// Parameters in order: type, name and meaning.
    pub params: &'static [Param],
    /// How many of them must be given.
    pub required: usize,
    /// Type and meaning of the result.
    pub returns: (&'static str, &'static str),
    /// What it does.
    pub help: &'static str,
    pub(super) handler: Handler,
}

/// One parameter: type, name, meaning.
pub type Param = (&'static str, &'static str, &'static str);

const NAME: Param = ("string", "name", "A process as `name` or `group:name`");
const GROUP: Param = ("string", "name", "A group");
const WAIT: Param = (
    "boolean",
    "wait",
    "Answer when it is done, not when it has begun",
);

const TRUE: (&str, &str) = ("boolean", "always true unless there is a fault");
const ROWS: (&str, &str) = (
    "array",
    "a struct for each process: name, group, status, description",
);

macro_rules! method {
    (
        $name:literal, $verb:expr, $params:expr, $required:literal, $returns:expr, $handler:expr,
        $help:literal
    ) => {
        Method {
            name: $name,
            verb: $verb,
            params: $params,
            required: $required,
            returns: $returns,
            help: $help,
            handler: $handler,
        }
    };
}

use method;

/// The namespaces; without `[rpcinterface:supervisor]` none of them is there (RPC-013, API-221).
static NAMESPACES: [&[Method]; 2] = [ext::METHODS, supervisor::METHODS];

/// Every method, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Method> {
    NAMESPACES.into_iter().flatten()
}

/// The method of that name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    let within = |methods: &'static [Method]| {
        let found = methods.binary_search_by(|method| method.name.cmp(name));
        found.ok().and_then(|at| methods.get(at))
    };
    NAMESPACES.into_iter().find_map(within)
}

#[cfg(test)]
mod tests {
    use super::{all, find, supervisor};

    #[test]
    fn the_tables_are_sorted_and_complete() {
        assert!(all().is_sorted_by(|one, next| one.name < next.name));
        assert!(all().all(|method| find(method.name).is_some()));
        // RPC-100, less four of `system`
        assert_eq!(supervisor::METHODS.len(), 37);
    }
}
