//! What the main log hears of an environment list that says something else than it seems to (DEC-013, DEC-016).

use std::borrow::Cow;

use super::advice::{advice_by, written};
use super::{EnvironmentList, legacy};
use crate::config::expand::expand;
use crate::config::options::Scope;

const OPTION: &str = "environment";

/// A warning about the list of the section, of which `text` is the value after its expansion.
pub(in crate::config) fn remark(
    list: &EnvironmentList,
    text: &str,
    scope: &Scope<'_>,
) -> Option<String> {
    if list.skipped.is_empty() && list.trouble.is_none() {
        return None;
    }
    let entry = scope.entry(OPTION)?;
    let (file, line, section) = (entry.file, entry.line, scope.stated_in(Some(&entry)));
    let place = format!("In {file}, line {line}, {OPTION} of [{section}]");
    if let Some(variable) = &list.trouble {
        let list = in_order(&entry.value, text, scope);
        return Some(format!(
            "{place} is read as Supervisor 4.3.0 reads it, because of {variable}; write {OPTION}={}",
            written(&list)
        ));
    }
    let skipped = list.skipped.join(" ");
    let told = advice_by(&entry.value, text);
    let told = told.unwrap_or_else(|| "quote values that have other signs in them".into());
    Some(format!(
        "{place} contains {skipped} where a comma is expected; {told}"
    ))
}

/// The variables as they can stand in the file: with their expressions if they can be told apart before these are
/// expanded, so that no secret of an `ENV_x` is shown.
fn in_order(raw: &str, text: &str, scope: &Scope<'_>) -> Vec<(String, String)> {
    let expanded = legacy::in_order(text).unwrap_or_default();
    let expand = |text: &str| expand(text, scope.names, OPTION).map(Cow::into_owned);
    let unexpanded = legacy::in_order(raw).filter(|pairs| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| Ok((expand(name)?, expand(value)?)));
        let pairs: Result<Vec<_>, crate::config::error::ExpandError> = pairs.collect();
        pairs.is_ok_and(|pairs| pairs == expanded)
    });
    unexpanded.unwrap_or_else(|| {
        let escape = |text: String| text.replace('%', "%%");
        let pairs = expanded.into_iter();
        pairs
            .map(|(name, value)| (escape(name), escape(value)))
            .collect()
    })
}
