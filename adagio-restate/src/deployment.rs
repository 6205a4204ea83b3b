//! What one address serves: graphs, and tasks of graphs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{fmt, io};

use adagio::TaskError;
use adagio::durable::Durable;
use restate_sdk::endpoint::{Builder, ServiceOptions};
use restate_sdk::service::{IntoServiceDefinition, ServiceDefinition};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::net::TcpListener;

use crate::gone::Known;
use crate::invocation::Build;
use crate::listen::listen;
use crate::order::Order;
use crate::service::{GraphService, TaskService, task_service};

/// Serves a graph: see [`Deployment::serve`].
pub fn serve<G, I>(build: impl Fn(I) -> G + Send + Sync + 'static) -> Deployment
where
    G: Durable + 'static,
    I: DeserializeOwned + 'static,
{
    Deployment::default().serve(build)
}

/// Serves some tasks of a graph: see [`Deployment::serve_tasks`].
pub fn serve_tasks<G, I>(tasks: &[&str], build: impl Fn(I) -> G + Send + Sync + 'static) -> Deployment
where
    G: Durable + 'static,
    I: DeserializeOwned + 'static,
{
    Deployment::default().serve_tasks(tasks, build)
}

/// Returns the code with which an invocation ends because of a failure. It is known when the deployment listens.
pub(crate) type Code = Arc<OnceLock<Box<dyn Fn(&TaskError) -> u16 + Send + Sync>>>;

/// The services at one address: a *deployment* in Restate's words.
#[derive(Default)]
#[must_use = "a deployment does nothing until it listens"]
pub struct Deployment {
    services: Vec<ServiceDefinition>,
    /// The names of the services.
    names: BTreeSet<String>,
    options: ServiceOptions,
    keys: Builder,
    code: Code,
}

impl Deployment {
    /// Serves a graph and all its tasks. `build` creates the object from the input of an invocation.
    ///
    /// The service has the name of the type, and a handler for each task that is `pub`, `pub(crate)` or the like. If
    /// one of them needs a task with `#[task(remote)]`, there is also a service for each task, such as `Checkout.cart`,
    /// which only Restate can call. Another deployment may serve such a task instead: Restate calls the deployment that
    /// was registered last.
    ///
    /// `build` is called each time an invocation starts or is resumed, and for each task that runs on its own. It has
    /// to return the same object for the same input: it should only put the input beside clients and pools, and leave
    /// work to the tasks.
    ///
    /// # Panics
    /// If no task is `pub`, or if the type or such a task has a name that Restate does not accept, such as `größe`.
    pub fn serve<G, I>(mut self, build: impl Fn(I) -> G + Send + Sync + 'static) -> Self
    where
        G: Durable + 'static,
        I: DeserializeOwned + 'static,
    {
        let (name, tasks) = (G::GRAPH.name, G::GRAPH.tasks);
        assert!(tasks.iter().any(|task| task.is_public), "`{name}` has no `pub` task, so nothing can be asked of it");
        let build = from_json(build);
        let service = GraphService { build: Arc::clone(&build), code: Arc::clone(&self.code) };
        self.services.push(service.into_service_definition());
        self.names.insert(name.to_owned());
        let is_public = |&goal: &usize| tasks[goal].is_public;
        let has_remote = (0..tasks.len()).filter(is_public).any(|goal| Order::of::<G>(goal).has_remote());
        let all = 0..if has_remote { tasks.len() } else { 0 };
        self.add(all, &build);
        self
    }

    /// Serves some tasks of a graph whose goals are served elsewhere.
    ///
    /// # Panics
    /// If the graph has no task of such a name.
    pub fn serve_tasks<G, I>(mut self, tasks: &[&str], build: impl Fn(I) -> G + Send + Sync + 'static) -> Self
    where
        G: Durable + 'static,
        I: DeserializeOwned + 'static,
    {
        let position = |task: &&str| {
            let position = G::GRAPH.position(task);
            position.unwrap_or_else(|| panic!("`{}` has no task `{task}`", G::GRAPH.name))
        };
        self.add(tasks.iter().map(position), &from_json(build));
        self
    }

    /// Accepts only requests that a server with one of the given keys has signed. `key` is the server's public key, such
    /// as `publickeyv1_ChjENKeMvCtRnqG2mrBK1HmPKufgFUc98K8B3ononQvp`; each call adds one.
    ///
    /// Without a key, whoever reaches the address can run the tasks.
    ///
    /// # Errors
    /// If `key` is no public key of a server.
    pub fn identity_key(mut self, key: &str) -> Result<Self, KeyError> {
        self.keys = self.keys.identity_key(key).map_err(|error| KeyError(error.to_string()))?;
        Ok(self)
    }

    /// Chooses the code with which an invocation ends because of a failure: the HTTP status of the answer, 500 by
    /// default. The source of the [`TaskError`] is the error that the task returned.
    ///
    /// # Examples
    /// ```
    /// # use adagio::dag;
    /// # struct Checkout;
    /// # #[dag(durable)]
    /// # impl Checkout { pub async fn quote(&self) -> u64 { 7 } }
    /// use std::error::Error;
    /// use std::num::ParseIntError;
    ///
    /// let deployment = adagio_restate::serve(|()| Checkout).error_code(|error| {
    ///     let is_theirs = error.source().is_some_and(|source| source.is::<ParseIntError>());
    ///     if is_theirs { 422 } else { 500 }
    /// });
    /// ```
    ///
    /// # Panics
    /// If it is called twice.
    pub fn error_code(self, code: impl Fn(&TaskError) -> u16 + Send + Sync + 'static) -> Self {
        assert!(self.code.set(Box::new(code)).is_ok(), "`error_code` is called twice");
        self
    }

    /// Sets how long the server remembers the result of an invocation that was sent with an idempotency key: a day by
    /// default.
    pub fn idempotency_retention(mut self, retention: Duration) -> Self {
        self.options = self.options.idempotency_retention(retention);
        self
    }

    /// Sets how long the server keeps the journal of an invocation that has ended, for [`report`](crate::report()) and
    /// Restate's own pages: a day by default.
    pub fn journal_retention(mut self, retention: Duration) -> Self {
        self.options = self.options.journal_retention(retention);
        self
    }

    /// Serves invocations until the future is dropped. Nothing is lost then: Restate calls again, here or elsewhere.
    ///
    /// A connection that cannot be accepted, because the process has no file descriptor left, for example, waits until it
    /// can be.
    ///
    /// # Errors
    /// Never, for now.
    pub async fn listen(self, listener: TcpListener) -> io::Result<Infallible> {
        self.listen_until(listener, pending(), Duration::ZERO).await?;
        unreachable!("it is never told to stop")
    }

    /// Serves invocations until `stop` is ready. Then accepts no more, and lets those that are here go on for the time
    /// `grace`. Tasks that take longer are dropped, and Restate calls again, here or elsewhere.
    ///
    /// # Examples
    /// ```no_run
    /// # use adagio::dag;
    /// # struct Checkout;
    /// # #[dag(durable)]
    /// # impl Checkout { pub async fn quote(&self) -> u64 { 7 } }
    /// use std::time::Duration;
    ///
    /// use tokio::net::TcpListener;
    /// use tokio::signal::unix::{SignalKind, signal};
    ///
    /// # async fn serve() -> std::io::Result<()> {
    /// let mut terminate = signal(SignalKind::terminate())?;
    /// let stop = async move { _ = terminate.recv().await };
    /// let listener = TcpListener::bind("127.0.0.1:9080").await?;
    /// adagio_restate::serve(|()| Checkout).listen_until(listener, stop, Duration::from_secs(20)).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// Never, for now.
    ///
    /// # Cancel safety
    /// Dropping the future drops the tasks under way. Restate calls again.
    pub async fn listen_until(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
        grace: Duration,
    ) -> io::Result<()> {
        let services = self.services.into_iter().map(|service| service.options(self.options.clone()));
        let endpoint = services.fold(self.keys, Builder::bind).build();
        listen(listener, (endpoint, Known::new(self.names)), stop, grace).await
    }

    fn add<G>(&mut self, tasks: impl Iterator<Item = usize>, build: &Build<G>)
    where
        G: Durable + 'static,
    {
        for task in tasks {
            let service = TaskService { build: Arc::clone(build), code: Arc::clone(&self.code), task };
            self.services.push(service.into_service_definition());
            self.names.insert(task_service(G::GRAPH.name, G::GRAPH.tasks[task].name));
        }
    }
}

/// The error of a text that is not an identity key.
#[derive(Debug)]
pub struct KeyError(String);

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not the public key of a Restate server: {}", self.0)
    }
}

impl Error for KeyError {}

/// Returns the code with which an invocation ends because of a failure.
pub(crate) fn code_of(code: &Code, error: &TaskError) -> u16 {
    code.get().map_or(500, |code| code(error))
}

fn from_json<G, I>(build: impl Fn(I) -> G + Send + Sync + 'static) -> Build<G>
where
    I: DeserializeOwned,
{
    Arc::new(move |input: &RawValue| Ok(build(serde_json::from_str(input.get())?)))
}
