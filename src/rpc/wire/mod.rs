//! XML-RPC on the wire: calls and responses as bytes, in the reference's exact shape.
//!
//! The server's half is [`plain_call`], [`decode_call`], [`encode_response`] and [`encode_fault`]; the client's is
//! [`encode_call`] and [`decode_response`]. Nothing here knows a method.

mod argumentless;
mod checked;
mod escape;
mod parse;
mod pieces;
mod plain;
mod scalar;
mod serialize;
mod value;
mod writer;
mod xml;

use std::borrow::Cow;
use std::io::BufRead;

use bytes::Bytes;

pub use argumentless::plain_call;
pub use pieces::Pieces;
pub use value::{Borrowed, DateTime, Members, Value};
pub use writer::{EncodedValue, TooLarge, Writer};

use crate::base::fault::Fault;
use crate::rpc::reply::Reply;

use checked::Checked;
use parse::{Dialect, Document};

/// The largest body of a call, in bytes (DEC-052).
pub const MAX_BODY: usize = 8 * 1024 * 1024;

/// The largest body of a response, in bytes (DEC-084).
pub const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// How deep values may nest in a call (DEC-052).
pub const MAX_DEPTH: usize = 64;

/// How many parameters, array items and struct members a call may have together (DEC-052).
pub const MAX_VALUES: usize = 100_000;

/// A method call, as sent by a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `namespace.method`, exactly as written (RPC-011).
    pub method: String,
    /// The parameters, in order.
    pub args: Vec<Value>,
}

/// Why a body is no call. `Display` is what the main log calls it (RPC-010).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// More bytes than [`MAX_BODY`]: HTTP 413.
    #[error("too large")]
    TooLarge,
    /// Not well-formed, over a limit, or a value that its type does not allow: HTTP 400 (RPC-007).
    #[error("unmarshallable")]
    Unmarshallable,
    /// Well-formed, but it names no method: HTTP 400 (RPC-007).
    #[error("no method name")]
    NoMethod,
}

/// Reads the body of a call, as leniently as the reference (RPC-020 to RPC-041). What was read of the body
/// is not looked at again, so a body such as [`Pieces`] can free it.
pub fn decode_call(body: impl BufRead) -> Result<Call, CallError> {
    let mut body = Checked::new(body, MAX_BODY);
    let document = Document::parse(&mut body, Dialect::Call).map_err(|_| {
        if body.is_too_large() {
            CallError::TooLarge
        } else {
            CallError::Unmarshallable
        }
    })?;
    let method = document.method.ok_or(CallError::NoMethod)?;
    Ok(Call {
        method,
        args: document.params.unwrap_or_default(),
    })
}

/// Writes a call.
pub fn encode_call(method: &str, args: &[Value]) -> Vec<u8> {
    let request = args
        .iter()
        .fold(xmlrpc::Request::new(method), |request, arg| {
            request.arg(xmlrpc::Value::from(arg))
        });
    let mut body = Vec::with_capacity(256);
    match request.write_as_xml(&mut body) {
        Ok(()) => body,
        Err(_) => unreachable!("writing into a Vec cannot fail"),
    }
}

/// Writes a successful response (RPC-050), or the fault that it is too large.
pub fn encode_response(reply: Reply) -> Bytes {
    let written = if let Reply::Encoded(written) = reply {
        Ok(written)
    } else {
        let mut writer = Writer::with_room(512);
        writer.value(&reply);
        writer.finish()
    };
    match written {
        Ok(written) => written.into_response(),
        Err(error) => encode_fault(&error.into()),
    }
}

/// Writes a fault (RPC-051).
pub fn encode_fault(fault: &Fault) -> Bytes {
    let text = fault.to_string();
    let before = "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n";
    let after = "</fault>\n</methodResponse>\n";
    let written = Writer::between(before, after, 384 + text.len(), |writer| {
        writer.structure(|writer| {
            writer.int("faultCode", fault.code());
            writer.text("faultString", &text);
        });
    });
    written.into()
}

/// A fault that the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFault {
    /// `faultCode`.
    pub code: i64,
    /// `faultString`.
    pub text: String,
}

/// The body is no XML-RPC response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is no XML-RPC response")]
pub struct WireError;

/// Reads the body of a response: the value, or the server's fault. Control characters and bytes that are
/// no UTF-8 are taken as they come, because the reference sends them (RPC-F01).
pub fn decode_response(body: &[u8]) -> Result<Result<Borrowed<'_>, RemoteFault>, WireError> {
    let quick = str::from_utf8(body).ok().and_then(plain::response);
    let document = quick.map_or_else(|| read_patiently(body), Ok)?;
    if let Some(Value::Struct(members)) = &document.fault {
        let code = members.get("faultCode").and_then(integer);
        let text = members.get("faultString").and_then(Value::as_str);
        return match (code, text) {
            (Some(code), Some(text)) => Ok(Err(RemoteFault {
                code,
                text: text.to_owned(),
            })),
            _ => Err(WireError),
        };
    }
    let value = document.params.and_then(|params| params.into_iter().next());
    value.map(Ok).ok_or(WireError)
}

/// Reads any response that is XML.
fn read_patiently(body: &[u8]) -> Result<Document<Cow<'_, str>>, WireError> {
    let text = String::from_utf8_lossy(body);
    let document = Document::parse(text.as_bytes(), Dialect::Response);
    document.map(Document::into).map_err(|_| WireError)
}

/// The number in an integer of either width.
pub fn integer<T>(value: &Value<T>) -> Option<i64> {
    match value {
        Value::Int(number) => Some(i64::from(*number)),
        Value::Int64(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
