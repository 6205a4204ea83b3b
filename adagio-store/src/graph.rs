//! The runs of one graph: how they start, are taken up again, and are looked for.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use adagio::durable::Durable;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::rows::{Rows, Take};
use crate::run::{Live, message};
use crate::sql::{self, Fence, RunRow};
use crate::store::{Inner, Stop, lock};
use crate::{Error, Store, StoredRun};

/// The runs of a graph `G`, which is made from inputs `N`. [`Store::graph`] returns it. Clones are handles of the same.
pub struct Graph<N, G: Durable>(pub(crate) Arc<Shared<N, G>>);

impl<N, G: Durable> Clone for Graph<N, G> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

pub(crate) struct Shared<N, G: Durable> {
    pub(crate) store: Store,
    pub(crate) name: Arc<str>,
    make: Box<dyn Fn(N) -> G + Send + Sync>,
    /// The runs of this process by their names. The lock of a slot is held while its run is being looked for.
    slots: Mutex<HashMap<Arc<str>, Arc<Slot<G>>>>,
    /// The search for runs that a crash has left.
    pub(crate) recovery: Mutex<Option<JoinHandle<()>>>,
}

type Slot<G> = tokio::sync::Mutex<Weak<Live<G>>>;

impl<N, G> Graph<N, G>
where
    N: Serialize + DeserializeOwned + Send + Sync + 'static,
    G: Durable + 'static,
{
    pub(crate) fn new(store: Store, name: &str, make: impl Fn(N) -> G + Send + Sync + 'static) -> Self {
        let (name, make) = (name.into(), Box::new(make));
        Self(Arc::new(Shared { store, name, make, slots: Mutex::default(), recovery: Mutex::default() }))
    }

    /// Starts a run. If the graph has a run of this name, returns that run, whatever has become of it.
    ///
    /// If the run belongs to a process that has crashed, waits until its lease is over.
    ///
    /// # Errors
    /// If the run has another input, is under way in another process, or has a stored result that cannot be read; if the
    /// input cannot be written and read back, or the object cannot be made from it: then nothing is stored; if the file
    /// cannot be read or written; outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// If the future is dropped, the run may have been stored: then it goes on.
    pub async fn start(&self, id: &str, input: N) -> Result<StoredRun<G>, Error> {
        let bytes = serde_json::to_vec(&input).map_err(|source| Error::Input { id: id.to_owned(), source })?;
        drop(input);
        loop {
            let (this, key, stored) = (self.clone(), id.to_owned(), bytes.clone());
            if let Some(run) = finish(async move { this.insert(&key, stored).await }).await? {
                return Ok(run);
            }
            if let Some(run) = self.find(id, Take::Free, Some(bytes.clone())).await? {
                return Ok(run);
            }
            // The run was there, and was deleted since.
        }
    }

    /// Returns a run, if the graph has one of this name. A run that a crash interrupted goes on.
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub async fn get(&self, id: &str) -> Result<Option<StoredRun<G>>, Error> {
        self.find(id, Take::Free, None).await
    }

    /// Continues a run that has failed or was cancelled from where it stopped: with the results that it has, and with
    /// attempts counted anew. A run that is under way or done is returned as it is.
    ///
    /// If the run cannot be continued, it stays as it was, with its error.
    ///
    /// A failed result can be seen a moment before the run has ended: wait for [`StoredRun::ended`] before a retry.
    ///
    /// # Errors
    /// If there is no such run, and as of [`start`](Self::start).
    pub async fn retry(&self, id: &str) -> Result<StoredRun<G>, Error> {
        self.find(id, Take::Ended, None).await?.ok_or_else(|| unknown(id))
    }

    /// Cancels a run: its bodies are dropped, its missing results fail with an error that says that the task was
    /// aborted, and stored results stay. A run in another process stops at the next heartbeat of that process. Returns
    /// false if there is no such run, or if it has ended.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn cancel(&self, id: &str) -> Result<bool, Error> {
        let (name, key) = (Arc::clone(&self.0.name), id.to_owned());
        let cancelled = self.0.store.0.writer.ask(move |connection| sql::cancel(connection, &name, &key, Inner::now()));
        let is_cancelled = cancelled.await?;
        let slot = lock(&self.0.slots).get(id).cloned();
        if let Some(slot) = slot.filter(|_| is_cancelled) {
            if let Some(live) = slot.lock().await.upgrade() {
                live.cancel();
            }
        }
        Ok(is_cancelled)
    }

    /// Deletes a run that has ended. Returns false if there is none.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn forget(&self, id: &str) -> Result<bool, Error> {
        let (name, key) = (Arc::clone(&self.0.name), id.to_owned());
        self.0.store.0.writer.ask(move |connection| sql::forget(connection, &name, &key)).await
    }

    pub(crate) fn owner(&self) -> i64 {
        self.0.store.0.owner
    }

    fn slot(&self, id: &str) -> Arc<Slot<G>> {
        let mut slots = lock(&self.0.slots);
        if let Some(slot) = slots.get(id) {
            return Arc::clone(slot);
        }
        // Removes the slots of runs that nobody holds any more, each time that the number of slots has doubled.
        if slots.len() >= 1024 && slots.len().is_power_of_two() {
            slots.retain(|_, slot| {
                let is_free = |slot: &Arc<Slot<G>>| slot.try_lock().is_ok_and(|live| live.strong_count() == 0);
                Arc::strong_count(slot) > 1 || !is_free(slot)
            });
        }
        let slot = Arc::default();
        slots.insert(id.into(), Arc::clone(&slot));
        slot
    }

    async fn read(&self, id: &str) -> Result<Option<RunRow>, Error> {
        let (name, id) = (Arc::clone(&self.0.name), id.to_owned());
        self.0.store.0.writer.read(move |connection| sql::run(connection, &name, &id)).await
    }

    /// Makes the object of a run from its input, as the file has it.
    pub(crate) fn object(&self, id: &str, input: &[u8]) -> Result<G, Error> {
        let make = || Ok((self.0.make)(serde_json::from_slice(input)?));
        match std::panic::catch_unwind(AssertUnwindSafe(make)) {
            Ok(object) => object.map_err(|source| Error::Input { id: id.to_owned(), source }),
            Err(panic) => Err(Error::Panicked { id: id.to_owned(), message: message(&*panic) }),
        }
    }

    /// Stores a run and begins it, unless the graph has one of this name.
    async fn insert(&self, id: &str, bytes: Vec<u8>) -> Result<Option<StoredRun<G>>, Error> {
        let slot = self.slot(id);
        let mut live = slot.lock().await;
        if live.upgrade().is_some_and(|live| live.is_current()) {
            return Ok(None);
        }
        // First, so that nothing is stored if it cannot be made. In a later life it is made from the same bytes.
        let object = self.object(id, &bytes)?;
        let (name, key, owner) = (Arc::clone(&self.0.name), id.to_owned(), self.owner());
        let insert = move |connection: &_| sql::insert(connection, (&name, &key), &bytes, owner, Inner::now());
        let inserted = self.0.store.0.writer.ask(insert);
        let Some(number) = inserted.await? else { return Ok(None) };
        let fence = Fence { run: number, owner, take: 1 };
        let begun = self.begin(id, object, fence, &Rows::default())?;
        *live = Arc::downgrade(&begun);
        Ok(Some(StoredRun::new(begun)))
    }

    /// Returns a run, which has the given input, if one is given. Waits for the end of a lease that nobody renews.
    async fn find(&self, id: &str, take: Take, input: Option<Vec<u8>>) -> Result<Option<StoredRun<G>>, Error> {
        let mut known = None;
        loop {
            let (this, key, input) = (self.clone(), id.to_owned(), input.clone());
            let alive_until = match finish(async move { this.look(&key, take, input.as_deref()).await }).await? {
                Found::Nothing => return Ok(None),
                Found::Run(run) => return Ok(Some(run)),
                Found::Busy { alive_until } => alive_until,
            };
            if known.is_some_and(|known| known != alive_until) {
                return Err(Error::ElsewhereBusy { id: id.to_owned() });
            }
            known = Some(alive_until);
            let left = u64::try_from(alive_until.saturating_sub(Inner::now())).unwrap_or(0);
            // Not longer than to the next heartbeat: it frees the run if the clock was set back since.
            let left = Duration::from_millis(left.saturating_add(5)).min(self.0.store.0.lease / 4);
            tokio::time::sleep(left).await;
        }
    }

    pub(crate) async fn look(&self, id: &str, take: Take, input: Option<&[u8]>) -> Result<Found<G>, Error> {
        let check = |stored: &[u8]| input.map_or(Ok(()), |input| check_input::<N>(id, stored, input));
        let slot = self.slot(id);
        let mut live = slot.lock().await;
        if let Some(live) = live.upgrade().filter(|live| live.is_current()) {
            if input.is_some() {
                let Some(row) = self.read(id).await? else {
                    // Another process has cancelled and deleted it.
                    live.stop();
                    return Ok(Found::Nothing);
                };
                check(&row.input)?;
            }
            return Ok(Found::Run(StoredRun::new(live)));
        }
        let Some(taken) = self.take(id, take).await? else { return Ok(Found::Nothing) };
        if taken.is_busy() {
            return Ok(Found::Busy { alive_until: taken.row.alive_until });
        }
        if let Err(error) = check(&taken.row.input) {
            self.release(&taken).await?;
            return Err(error);
        }
        let resumed = self.resume(taken).await?;
        *live = Arc::downgrade(&resumed);
        Ok(Found::Run(StoredRun::new(resumed)))
    }
}

/// What is found when a run is looked for.
pub(crate) enum Found<G: Durable> {
    Nothing,
    Run(StoredRun<G>),
    /// It belongs to another process, which is alive at least until then.
    Busy {
        alive_until: i64,
    },
}

/// Runs a future to its end, even if the returned one is dropped: a run that was made ours in the file must begin.
pub(crate) async fn finish<T: Send + 'static>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
    match runtime.spawn(future).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down.
            Err(_) => std::future::pending().await,
        },
    }
}

impl<N, G: Durable> Drop for Shared<N, G> {
    fn drop(&mut self) {
        self.store.0.forget_graph(&self.name);
    }
}

pub(crate) fn unknown(id: &str) -> Error {
    Error::Unknown { id: id.to_owned() }
}

/// Compares two inputs as values: both go through the input type.
fn check_input<N: Serialize + DeserializeOwned>(id: &str, stored: &[u8], new: &[u8]) -> Result<(), Error> {
    let is_same = stored == new || {
        let value = |bytes| {
            let input: N = serde_json::from_slice(bytes)?;
            serde_json::to_value(input)
        };
        let values = value(stored).and_then(|stored| Ok((stored, value(new)?)));
        let (stored, new) = values.map_err(|source| Error::Input { id: id.to_owned(), source })?;
        stored == new
    };
    if is_same { Ok(()) } else { Err(Error::OtherInput { id: id.to_owned() }) }
}
