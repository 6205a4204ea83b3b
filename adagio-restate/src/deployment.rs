//! What one address serves: graphs, and tasks of graphs.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use adagio::durable::Durable;
use restate_sdk::endpoint::Builder;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::net::TcpListener;

use crate::invocation::Build;
use crate::listen::listen;
use crate::order::Order;
use crate::service::{GraphService, TaskService};

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

/// The services at one address: a *deployment* in Restate's words.
#[derive(Default)]
#[must_use = "a deployment does nothing until it listens"]
pub struct Deployment {
    builder: Builder,
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
    pub fn serve<G, I>(self, build: impl Fn(I) -> G + Send + Sync + 'static) -> Self
    where
        G: Durable + 'static,
        I: DeserializeOwned + 'static,
    {
        let (name, tasks) = (G::GRAPH.name, G::GRAPH.tasks);
        assert!(tasks.iter().any(|task| task.is_public), "`{name}` has no `pub` task, so nothing can be asked of it");
        let build = from_json(build);
        let builder = self.builder.bind(GraphService { build: Arc::clone(&build) });
        let is_public = |&goal: &usize| tasks[goal].is_public;
        let has_remote =
            (0..tasks.len()).filter(is_public).any(|goal| Order::new(G::GRAPH, G::EDGES, goal).has_remote());
        let all = 0..if has_remote { tasks.len() } else { 0 };
        Self { builder: bind(builder, all, &build) }
    }

    /// Serves some tasks of a graph whose goals are served elsewhere.
    ///
    /// # Panics
    /// If the graph has no task of such a name.
    pub fn serve_tasks<G, I>(self, tasks: &[&str], build: impl Fn(I) -> G + Send + Sync + 'static) -> Self
    where
        G: Durable + 'static,
        I: DeserializeOwned + 'static,
    {
        let position = |task: &&str| {
            let position = G::GRAPH.position(task);
            position.unwrap_or_else(|| panic!("`{}` has no task `{task}`", G::GRAPH.name))
        };
        Self { builder: bind(self.builder, tasks.iter().map(position), &from_json(build)) }
    }

    /// Serves invocations until the future is dropped. Nothing is lost then: Restate calls again, here or elsewhere.
    ///
    /// # Errors
    /// If the listener cannot accept more connections.
    pub async fn listen(self, listener: TcpListener) -> io::Result<Infallible> {
        listen(listener, self.builder.build()).await
    }
}

fn from_json<G, I>(build: impl Fn(I) -> G + Send + Sync + 'static) -> Build<G>
where
    I: DeserializeOwned,
{
    Arc::new(move |input: &RawValue| Ok(build(serde_json::from_str(input.get())?)))
}

fn bind<G>(builder: Builder, tasks: impl Iterator<Item = usize>, build: &Build<G>) -> Builder
where
    G: Durable + 'static,
{
    tasks.fold(builder, |builder, task| builder.bind(TaskService { build: Arc::clone(build), task }))
}
