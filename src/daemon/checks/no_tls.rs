//! Checks by https in a build without TLS.

use std::convert::Infallible;
use std::io;

use tokio::net::TcpStream;

use crate::process::lifecycle::check::Request;

use super::super::workers::Workers;
use super::Failure;

#[derive(Default)]
pub(super) struct Clients;

pub(super) struct Client(Infallible);

impl Clients {
    #[expect(clippy::unused_async, reason = "with TLS it waits for files")]
    pub(super) async fn client(&self, _: &Request, _: &Workers) -> Result<Client, Failure> {
        Err(Failure::Tls("supervisord was built without it".to_owned()))
    }
}

impl Client {
    #[expect(clippy::unused_async, reason = "with TLS it waits for the other side")]
    pub(super) async fn connect(self, _: &str, _: TcpStream) -> Result<TcpStream, Failure> {
        match self.0 {}
    }
}

/// Why TLS failed, if that is what the error is about.
pub(super) fn reason(_: &io::Error) -> Option<String> {
    None
}
