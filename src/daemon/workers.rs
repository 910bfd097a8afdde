//! What may block and is waited for without blocking: one worker for each kind of job (BEY-011).

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::sys::worker::{PATIENCE, Worker};

/// The workers of the daemon. There is no thread while there is no job.
#[derive(Debug)]
pub(super) struct Workers {
    names: Worker,
    looks: Worker,
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            names: Worker::new("names", 4),
            looks: Worker::new("looks", 1),
        }
    }
}

impl Workers {
    /// The addresses of a host.
    pub(super) async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let host = host.to_owned();
        let question = move || (host.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        answer(&self.names, question)
            .await
            .unwrap_or_else(no_thread)
    }

    /// What a look at files gives.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        answer(&self.looks, look).await.unwrap_or_else(no_thread)
    }

    /// Has something done that takes its time, which nobody waits for.
    pub(super) fn put_aside(&self, job: impl FnOnce() + Send + 'static) {
        self.looks.hand_over(Box::new(job));
    }
}

fn no_thread<T>() -> io::Result<T> {
    Err(io::ErrorKind::OutOfMemory.into())
}

/// Waits for the job; none if it could not be done. Who stops waiting before it began has it left out.
async fn answer<T: Send + 'static>(
    worker: &Worker,
    job: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, mut receiver) = oneshot::channel();
    worker.hand_over(Box::new(move || {
        if !sender.is_closed() {
            // whoever asked may have lost patience
            let _ = sender.send(job());
        }
    }));
    loop {
        match timeout(PATIENCE, &mut receiver).await {
            Ok(answer) => return answer.ok(),
            Err(_) => worker.see_to_it(),
        }
    }
}
