//! Calls without arguments in the form in which clients write them, read without an XML parser: who polls the
//! daemon sends nothing else, and to parse such a call costs more than all the rest of it.

use super::Call;

/// How the clients begin: Python's, ours, and the ones that say nothing.
const BEGINNINGS: [&[u8]; 5] = [
    b"<?xml version='1.0'?>",
    b"<?xml version=\"1.0\"?>",
    b"<?xml version=\"1.0\" encoding=\"utf-8\"?>",
    b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
    b"",
];

/// Bytes of a method's name at most; no method that exists has so many.
const MAX_NAME: usize = 64;

/// Reads a whole body. None says nothing about it but that it needs the parser, which would agree on every
/// body that is read here.
pub fn plain_call(body: &[u8]) -> Option<Call> {
    let body = BEGINNINGS
        .iter()
        .find_map(|beginning| body.strip_prefix(*beginning))?;
    let body = after(body, b"<methodCall>")?;
    let body = after(body, b"<methodName>")?;
    let length = body
        .iter()
        .take(MAX_NAME + 1)
        .position(|byte| *byte == b'<')?;
    let (name, body) = body.split_at(length);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    if name.is_empty() || !name.iter().all(plain) {
        return None;
    }
    let body = body.strip_prefix(b"</methodName>")?;
    let body = match after(body, b"<params>") {
        Some(body) => after(body, b"</params>")?,
        None => after(body, b"<params/>").unwrap_or(body),
    };
    let rest = after(body, b"</methodCall>")?;
    if !without_space(rest).is_empty() {
        return None;
    }
    Some(Call {
        method: str::from_utf8(name).ok()?.to_owned(),
        args: Vec::new(),
    })
}

/// What follows on that tag, with white space before it.
fn after<'a>(body: &'a [u8], tag: &[u8]) -> Option<&'a [u8]> {
    without_space(body).strip_prefix(tag)
}

/// Without XML's white space at the front.
fn without_space(body: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = body.iter().position(|byte| !space(byte));
    start.map_or(&[], |start| body.get(start..).unwrap_or_default())
}
