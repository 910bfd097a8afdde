//! `supervisor.*`: the configuration, read anew, shown, and put into effect group by group.

use std::path::Path;

use crate::api::configuration;
use crate::base::clock::Now;
use crate::process::policy::{Autorestart, LogTarget};
use crate::supervisor::Supervisor;
use crate::supervisor::info::ConfigInfo;
use crate::supervisor::member::{Channel, log_target};

use super::args::Args;
use super::methods::{Handled, Pending};
use super::reply::Reply;

/// One element: the three lists (RPC-122).
pub(super) fn reload(supervisor: &mut Supervisor, _: Args<'_>, _: Now) -> Handled {
    let changes = configuration::reread(supervisor)?;
    let list = |names: Vec<String>| Reply::Array(names.into_iter().map(Reply::from).collect());
    let lists = [changes.added, changes.changed, changes.removed].map(list);
    Ok(Pending::Now(Reply::Array(vec![Reply::Array(lists.into())])))
}

pub(super) fn add_group(supervisor: &mut Supervisor, args: Args<'_>, _: Now) -> Handled {
    configuration::add_group(supervisor, args.text(0)?)?;
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn remove_group(supervisor: &mut Supervisor, args: Args<'_>, _: Now) -> Handled {
    configuration::remove_group(supervisor, args.text(0)?)?;
    Ok(Pending::Now(Reply::Bool(true)))
}

pub(super) fn all_info(supervisor: &Supervisor, _: Args<'_>, _: Now) -> Handled {
    let infos = configuration::all(supervisor);
    Ok(Pending::Now(Reply::Array(
        infos.iter().map(info_reply).collect(),
    )))
}

/// Members in the reference's order (RPC-130).
fn info_reply(info: &ConfigInfo<'_>) -> Reply {
    let (process, policy) = (info.process, &info.process.policy);
    let mut members = vec![
        ("autostart", policy.shown_autostart().into()),
        ("autorestart", autorestart(policy.autorestart)),
        ("directory", or_none(process.directory.clone())),
        (
            "uid",
            process.uid.map_or_else(|| "none".into(), Reply::from),
        ),
        ("command", process.command.clone().into()),
        ("exitcodes", exitcodes(&policy.exitcodes)),
        ("group", info.group.name.clone().into()),
        ("group_prio", info.group.priority.into()),
        ("inuse", info.inuse.into()),
        ("killasgroup", policy.killasgroup.into()),
        ("name", process.name.clone().into()),
        ("process_prio", process.priority.into()),
        ("redirect_stderr", process.redirect_stderr.into()),
        ("startretries", policy.shown_retries().into()),
        ("startsecs", policy.startsecs.into()),
    ];
    members.extend(channel(info, Channel::Stdout));
    members.push(("stopsignal", policy.stopsignal.number().into()));
    members.push(("stopwaitsecs", policy.stopwaitsecs.into()));
    members.extend(channel(info, Channel::Stderr));
    let url = process.serverurl.clone().filter(|url| !url.is_empty());
    members.push(("serverurl", or_none(url)));
    Reply::Struct(members)
}

fn autorestart(autorestart: Autorestart) -> Reply {
    match autorestart {
        Autorestart::Never => false.into(),
        Autorestart::Unexpected => "unexpected".into(),
        Autorestart::Always => true.into(),
    }
}

fn exitcodes(codes: &[u8]) -> Reply {
    Reply::Array(
        codes
            .iter()
            .map(|code| Reply::Int(i64::from(*code)))
            .collect(),
    )
}

fn or_none(text: Option<String>) -> Reply {
    text.map_or_else(|| "none".into(), Reply::from)
}

fn channel(info: &ConfigInfo<'_>, channel: Channel) -> [(&'static str, Reply); 6] {
    let config = channel.config(info.process);
    let names = match channel {
        Channel::Stdout => [
            "stdout_capture_maxbytes",
            "stdout_events_enabled",
            "stdout_logfile",
            "stdout_logfile_backups",
            "stdout_logfile_maxbytes",
            "stdout_syslog",
        ],
        Channel::Stderr => [
            "stderr_capture_maxbytes",
            "stderr_events_enabled",
            "stderr_logfile",
            "stderr_logfile_backups",
            "stderr_logfile_maxbytes",
            "stderr_syslog",
        ],
    };
    let [capture, events, logfile, backups, maxbytes, syslog] = names;
    [
        (capture, size(config.capture_maxbytes)),
        (events, config.events_enabled.into()),
        (logfile, log_path(info, channel)),
        (backups, config.backups.into()),
        (maxbytes, size(config.maxbytes)),
        (syslog, config.syslog.into()),
    ]
}

fn size(bytes: u64) -> Reply {
    Reply::Int(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// The path; `auto` while it is not made, `none` if there is no file.
fn log_path(info: &ConfigInfo<'_>, channel: Channel) -> Reply {
    let shown = |path: &Path| path.to_string_lossy().into_owned().into();
    match log_target(info.process, channel) {
        LogTarget::None => "none".into(),
        LogTarget::File(path) => shown(path),
        LogTarget::Auto => {
            let made = info.logs.and_then(|logs| logs.get(channel));
            made.map_or_else(|| "auto".into(), |made| shown(made.path()))
        }
    }
}
