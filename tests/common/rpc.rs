//! XML-RPC calls, made with the client half of the `xmlrpc` crate and not with code under test.

use std::error::Error;
use std::io::Cursor;
use std::path::Path;

use xmlrpc::{Request, Transport, Value};

use super::http;

/// A fault: its code and its text.
pub(crate) type Fault = (i32, String);

/// Carries a request through a Unix socket.
struct Door<'a>(&'a Path);

impl Transport for Door<'_> {
    type Stream = Cursor<Vec<u8>>;

    fn transmit(self, request: &Request<'_>) -> Result<Self::Stream, Box<dyn Error + Send + Sync>> {
        let mut body = Vec::new();
        request.write_as_xml(&mut body)?;
        let answer = http::unix(self.0, "POST", "/RPC2", &[], &body)?;
        if answer.status == 200 {
            Ok(Cursor::new(answer.body))
        } else {
            Err(format!("status {}", answer.status).into())
        }
    }
}

/// Calls a method through the socket. The outer error is a failing transport.
pub(crate) fn try_call(
    socket: &Path,
    method: &str,
    arguments: Vec<Value>,
) -> Result<Result<Value, Fault>, String> {
    let request = arguments
        .into_iter()
        .fold(Request::new(method), Request::arg);
    match request.call(Door(socket)) {
        Ok(value) => Ok(Ok(value)),
        Err(error) => match error.fault() {
            Some(fault) => Ok(Err((fault.fault_code, fault.fault_string.clone()))),
            None => Err(error.to_string()),
        },
    }
}
