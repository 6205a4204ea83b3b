//! The runs of one graph: how they start, are taken up again, and are looked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use adagio::durable::Durable;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::resume::Take;
use crate::run::Live;
use crate::sql::{self, Fence, RunRow};
use crate::store::{Inner, lock};
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
    pub(crate) make: Box<dyn Fn(N) -> G + Send + Sync>,
    /// The runs of this process by their names. The lock of a slot is held while its run is being looked for.
    slots: Mutex<HashMap<Arc<str>, Arc<Slot<G>>>>,
}

type Slot<G> = tokio::sync::Mutex<Weak<Live<G>>>;

impl<N, G> Graph<N, G>
where
    N: Serialize + DeserializeOwned + Send + Sync + 'static,
    G: Durable + 'static,
{
    pub(crate) fn new(store: Store, name: &str, make: impl Fn(N) -> G + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { store, name: name.into(), make: Box::new(make), slots: Mutex::default() }))
    }

    /// Starts a run. If the graph has a run of this name, returns that run, whatever has become of it.
    ///
    /// If the run belongs to a process that has crashed, waits until its lease is over.
    ///
    /// # Errors
    /// If the run has another input, is under way in another process, or has a stored result that cannot be read; if the
    /// input cannot be stored; if the file cannot be read or written.
    ///
    /// # Cancel safety
    /// If the future is dropped, the run may have been stored: then it starts when it is asked for again, or by
    /// [`recover`](Self::recover) in another process.
    pub async fn start(&self, id: &str, input: N) -> Result<StoredRun<G>, Error> {
        let bytes = serde_json::to_vec(&input).map_err(|source| Error::Input { id: id.to_owned(), source })?;
        let slot = self.slot(id);
        let mut live = slot.lock().await;
        if let Some(live) = live.upgrade().filter(|live| live.is_current()) {
            check_input::<N>(id, &self.read(id).await?.ok_or_else(|| unknown(id))?.input, &bytes)?;
            return Ok(StoredRun::new(live));
        }
        let (name, key, owner, stored) = (Arc::clone(&self.0.name), id.to_owned(), self.owner(), bytes.clone());
        let inserted = self.0.store.0.writer.ask(move |connection| {
            if sql::run(connection, &name, &key)?.is_some() {
                return Ok(None);
            }
            sql::insert(connection, (&name, &key), &stored, owner, Inner::now()).map(Some)
        });
        if let Some(number) = inserted.await? {
            let fence = Fence { run: number, owner, take: 1 };
            let begun = self.begin(id, (self.0.make)(input), fence, &[], &[])?;
            *live = Arc::downgrade(&begun);
            return Ok(StoredRun::new(begun));
        }
        let taken = self.take(id, Take::Free).await?.ok_or_else(|| unknown(id))?;
        if let Err(error) = check_input::<N>(id, &taken.row.input, &bytes) {
            self.release(&taken).await?;
            return Err(error);
        }
        let resumed = self.resume(taken).await?;
        *live = Arc::downgrade(&resumed);
        Ok(StoredRun::new(resumed))
    }

    /// Returns a run, if the graph has one of this name. A run that a crash interrupted goes on.
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub async fn get(&self, id: &str) -> Result<Option<StoredRun<G>>, Error> {
        self.find(id, Take::Free).await
    }

    /// Continues a run that has failed or was cancelled from where it stopped: with the results that it has, and with
    /// attempts counted anew. A run that is under way or done is returned as it is.
    ///
    /// A failed result can be seen a moment before the run has ended: wait for [`StoredRun::ended`] before a retry.
    ///
    /// # Errors
    /// If there is no such run, and as of [`start`](Self::start).
    pub async fn retry(&self, id: &str) -> Result<StoredRun<G>, Error> {
        self.find(id, Take::Ended).await?.ok_or_else(|| unknown(id))
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

    /// Takes up the runs that a crash has left, at most 1,000 at once, and continues to look for such runs in the
    /// background as long as there is a handle of this graph.
    ///
    /// # Errors
    /// If the file cannot be read or written. If a run cannot be taken up, the others still are; then the first such
    /// error is returned, and that run keeps its results.
    pub async fn recover(&self) -> Result<(), Error> {
        let problem = self.take_orphans().await;
        let (graph, every) = (Arc::downgrade(&self.0), self.0.store.0.lease / 2);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every.max(Duration::from_millis(10))).await;
                let Some(graph) = graph.upgrade() else { return };
                // What went wrong is told to whoever asks for the run.
                _ = Self(graph).take_orphans().await;
            }
        });
        problem
    }

    async fn take_orphans(&self) -> Result<(), Error> {
        let name = Arc::clone(&self.0.name);
        let orphans =
            self.0.store.0.writer.ask(move |connection| sql::orphans(connection, &name, Inner::now())).await?;
        let mut problem = Ok(());
        for id in orphans {
            match self.find(&id, Take::Free).await {
                Ok(_) | Err(Error::ElsewhereBusy { .. }) => {}
                Err(error) => problem = problem.and(Err(error)),
            }
        }
        problem
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
        self.0.store.0.writer.ask(move |connection| sql::run(connection, &name, &id)).await
    }

    async fn find(&self, id: &str, take: Take) -> Result<Option<StoredRun<G>>, Error> {
        let slot = self.slot(id);
        let mut live = slot.lock().await;
        if let Some(live) = live.upgrade().filter(|live| live.is_current()) {
            return Ok(Some(StoredRun::new(live)));
        }
        let Some(taken) = self.take(id, take).await? else { return Ok(None) };
        let resumed = self.resume(taken).await?;
        *live = Arc::downgrade(&resumed);
        Ok(Some(StoredRun::new(resumed)))
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
