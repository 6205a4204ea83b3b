//! One invocation: a goal of a graph, or one task of it. Commands are issued in topological order, or after each
//! completion in topological order, and nowhere else: so the same journal gives the same commands.

use std::sync::Arc;

use adagio::durable::{Durable, DurableTask};
use bytes::Bytes;
use restate_sdk::context::{CallFuture, RequestTarget, RunFuture, RunRetryPolicy};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerResult, TerminalError};
use restate_sdk::serde::Json;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::calls::Calls;
use crate::entry::{Entry, Failed, Inputs, Results};
use crate::failure::{told, transient};
use crate::order::Order;
use crate::process::Process;
use crate::service::{RUN, policy, task_service};

/// Makes the object from the input of an invocation.
pub(crate) type Build<G> = Arc<dyn Fn(&RawValue) -> Result<G, serde_json::Error> + Send + Sync>;

/// More calls at a time gain nothing, and their many small frames look like an attack to HTTP/2.
const CALLS: usize = 500;

/// An invocation under way.
pub(crate) struct Invocation<'i, G> {
    pub(crate) context: &'i ContextInternal,
    pub(crate) build: &'i Build<G>,
}

impl<G: Durable + 'static> Invocation<'_, G> {
    /// Runs the tasks that a goal needs, and returns its result.
    pub(crate) async fn goal(&self, goal: usize, input: &[u8]) -> HandlerResult<Bytes> {
        let input: Box<RawValue> = read(if input.is_empty() { b"null" } else { input }, "the input")?;
        let object = self.object(&input)?;
        let order = Order::new(G::GRAPH, G::EDGES, goal);
        let mut results = Results::new(G::GRAPH);
        if order.has_remote() {
            self.orchestrate(&order, &object, &input, &mut results).await?;
        } else {
            self.run(&order, &object, &mut results).await?;
        }
        let value = results.get(goal).expect("a goal that is reached has its result");
        Ok(Bytes::copy_from_slice(value.get().as_bytes()))
    }

    /// Runs one task with the results that it depends on.
    pub(crate) async fn task(&self, task: usize, inputs: &[u8]) -> HandlerResult<Bytes> {
        let inputs: Inputs = read(inputs, "the inputs")?;
        let object = self.object(&inputs.input)?;
        let mut results = Results::new(G::GRAPH);
        results.extend_with_inputs(inputs);
        let entry = self.run(&Order::alone(G::GRAPH, task), &object, &mut results).await?;
        Ok(serde_json::to_vec(&entry)?.into())
    }

    /// Runs tasks in this process, all at once as far as they go, and journals them in topological order. Returns the
    /// last entry.
    async fn run(&self, order: &Order, object: &Arc<G>, results: &mut Results) -> Result<Entry, TerminalError> {
        let (mut process, tried_here) = (None, order.tried_here());
        let mut last = Entry::new();
        for &task in order.tasks() {
            while !results.has(task) {
                let (process, known) = (&mut process, &*results);
                let policy = policy(&G::GRAPH.tasks[task]).filter(|_| !tried_here.contains(&task));
                let entry = self.journal(G::GRAPH.tasks[task].name, policy, move || async move {
                    // What the journal has does not run: the run begins behind it.
                    let process = match process {
                        Some(process) => process,
                        None => {
                            let taken_up = Process::new(order, object.durable_run(), known);
                            process.insert(taken_up.map_err(|error| transient(&error))?)
                        }
                    };
                    Ok(Json(process.entry(task, known).await?))
                });
                last = entry.await?;
                results.extend_with(last.clone());
            }
        }
        Ok(last)
    }

    /// Runs each task by a call of its service, wherever that is, as soon as it is ready.
    async fn orchestrate(
        &self,
        order: &Order,
        object: &Arc<G>,
        input: &RawValue,
        results: &mut Results,
    ) -> HandlerResult<()> {
        let limit = G::GRAPH.max_concurrency.map_or(CALLS, |limit| limit.min(CALLS));
        let mut has_started = vec![false; G::GRAPH.tasks.len()];
        let mut calls = Calls::new();
        while !results.has(order.goal()) {
            let ready = order.ready(&has_started, |task| results.has(task));
            let (task, outcome) = match ready.first() {
                Some(&task) if is_in_place(&G::GRAPH.tasks[task], ready.len() == 1 && calls.len() == 0) => {
                    has_started[task] = true;
                    let mut inputs = Results::new(G::GRAPH);
                    inputs.extend_with_inputs(results.inputs(task, input));
                    (task, self.run(&Order::alone(G::GRAPH, task), object, &mut inputs).await)
                }
                Some(&task) if calls.len() < limit => {
                    has_started[task] = true;
                    calls.push(task, self.call(task, results.inputs(task, input)));
                    continue;
                }
                _ => match calls.next(self.context).await {
                    Ok((task, outcome)) => (task, outcome.map(Json::into_inner)),
                    Err(error) => {
                        calls.cancel().await?;
                        return Err(error.into());
                    }
                },
            };
            match outcome {
                Ok(entry) => results.extend_with(entry),
                Err(error) => match caught(order, task, &error) {
                    Some(failed) => {
                        for blocked in
                            order.blocked_by(task).into_iter().filter(|&it| !results.has(it)).collect::<Vec<_>>()
                        {
                            results.fail(blocked, failed.clone());
                        }
                        results.fail(task, failed);
                    }
                    None => {
                        calls.cancel().await?;
                        return Err(error.into());
                    }
                },
            }
        }
        Ok(())
    }

    fn call(&self, task: usize, inputs: Inputs) -> impl CallFuture<Response = Json<Entry>> + Send {
        let service = task_service(G::GRAPH.name, &G::GRAPH.tasks[task]);
        self.context.call(RequestTarget::service(service, RUN), None, None, None, Vec::new(), Json(inputs))
    }

    async fn journal<F>(
        &self,
        name: &'static str,
        policy: Option<RunRetryPolicy>,
        entry: impl FnOnce() -> F + Send,
    ) -> Result<Entry, TerminalError>
    where
        F: Future<Output = HandlerResult<Json<Entry>>> + Send,
    {
        let run = self.context.run(entry).name(name);
        let run = match policy {
            Some(policy) => run.retry_policy(policy),
            None => run,
        };
        run.await.map(Json::into_inner)
    }

    fn object(&self, input: &RawValue) -> HandlerResult<Arc<G>> {
        let object = (self.build)(input);
        Ok(Arc::new(object.map_err(|error| unreadable("the input", &error))?))
    }
}

/// Returns the failure of a task as the others see it, if the goal can have a result in spite of it.
fn caught(order: &Order, task: usize, error: &TerminalError) -> Option<Failed> {
    let (name, causes) = told(error.message()).filter(|_| !order.stops(task))?;
    Some(Failed { task: name.to_owned(), error: causes.to_owned() })
}

/// Tells whether a task is run where its goal is: because it waits for nothing, or because nothing else could go on
/// meanwhile.
fn is_in_place(task: &DurableTask, is_alone: bool) -> bool {
    !task.is_remote && (task.is_computation || is_alone)
}

fn read<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T, TerminalError> {
    serde_json::from_slice(json).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &serde_json::Error) -> TerminalError {
    TerminalError::new_with_code(400, format!("{what} of the invocation cannot be read: {error}"))
}
