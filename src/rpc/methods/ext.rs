//! `ext.*`: what goes beyond Python's Supervisor (BEY-002, API-200 to API-205).

use super::Handler::{Act, Look};
use super::{Method, NAME, ROWS, TRUE, WAIT, method};
use crate::api::verb::Verb;
use crate::rpc::ext;

/// Every method of the `ext` namespace, sorted by name.
pub(super) static METHODS: &[Method] = &[
    method!(
        "ext.getAllProcessInfo",
        Verb::Processes,
        &[],
        0,
        ("array", "a struct for each process"),
        Look(ext::all_info),
        "Tells all that is known of every process."
    ),
    method!(
        "ext.getHealth",
        Verb::Health,
        &[(
            "string",
            "name",
            "A process as `name` or `group:name`; all if empty"
        )],
        0,
        ("array", "a struct for each check"),
        Look(ext::health),
        "Tells what readiness and liveness checks found."
    ),
    method!(
        "ext.getProcessInfo",
        Verb::Process,
        &[NAME],
        1,
        ("struct", "all that is known of the process"),
        Look(ext::info),
        "Tells all that is known of one process."
    ),
    method!(
        "ext.refreshProcess",
        Verb::Refresh,
        &[NAME],
        1,
        TRUE,
        Act(ext::refresh),
        "Has a process read its configuration again, by its reloadsignal or reloadcommand."
    ),
    method!(
        "ext.startProcess",
        Verb::Start,
        &[
            NAME,
            WAIT,
            (
                "boolean",
                "deps",
                "Wait for what the process depends on, and start that too"
            )
        ],
        1,
        TRUE,
        Act(ext::start),
        "Starts a process, or every process of a group by `group:*`."
    ),
    method!(
        "ext.stopProcess",
        Verb::Stop,
        &[
            NAME,
            WAIT,
            (
                "boolean",
                "dependents",
                "Stop what depends on the process, too"
            )
        ],
        1,
        ROWS,
        Act(ext::stop),
        "Stops a process, or every process of a group by `group:*`."
    ),
];
