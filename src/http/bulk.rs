//! Large bodies of requests: a few at a time are read into memory, and whoever dawdles gives way.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// How many of one server are in memory at a time.
const AT_A_TIME: usize = 2;

/// The large bodies of one server.
pub(super) struct Bulk {
    /// How long one may take while others wait.
    grace: Duration,
    places: Semaphore,
    /// Those that are being read, the oldest first.
    readers: RefCell<VecDeque<Rc<Reader>>>,
}

struct Reader {
    since: Instant,
    dismissed: Cell<bool>,
    news: Notify,
}

impl Bulk {
    pub(super) fn new(grace: Duration) -> Self {
        Self {
            grace,
            places: Semaphore::new(AT_A_TIME),
            readers: RefCell::default(),
        }
    }

    /// Reads when there is a place; none if it had to give way to others.
    pub(super) async fn read<T>(&self, reading: impl Future<Output = T>) -> Option<T> {
        let place = self.place().await?;
        let read = tokio::select! {
            biased;
            read = reading => Some(read),
            () = place.reader.news.notified() => None,
        };
        drop(place);
        read
    }

    async fn place(&self) -> Option<Place<'_>> {
        loop {
            let slowest = self.slowest();
            let patience = async {
                // where all have been told to go, others will have come by then
                let since = slowest
                    .as_ref()
                    .map_or_else(Instant::now, |reader| reader.since);
                sleep_until(since + self.grace).await;
            };
            tokio::select! {
                biased;
                permit = self.places.acquire() => {
                    let permit = permit.ok()?;
                    let reader = Rc::new(Reader {
                        since: Instant::now(),
                        dismissed: Cell::new(false),
                        news: Notify::new(),
                    });
                    self.readers.borrow_mut().push_back(Rc::clone(&reader));
                    return Some(Place { bulk: self, reader, _permit: permit });
                }
                () = patience => {
                    if let Some(reader) = &slowest {
                        reader.dismissed.set(true);
                        reader.news.notify_one();
                    }
                }
            }
        }
    }

    /// The one that has been read for the longest time and was not told to go yet.
    fn slowest(&self) -> Option<Rc<Reader>> {
        let readers = self.readers.borrow();
        readers
            .iter()
            .find(|reader| !reader.dismissed.get())
            .cloned()
    }
}

/// A place that is given back.
struct Place<'a> {
    bulk: &'a Bulk,
    reader: Rc<Reader>,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut readers = self.bulk.readers.borrow_mut();
        readers.retain(|reader| !Rc::ptr_eq(reader, &self.reader));
    }
}
