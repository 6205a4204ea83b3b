//! An invocation whose tasks are calls of their services. Calls are made after each completion, in topological order, and
//! nowhere else.

use std::sync::Arc;

use adagio::durable::{Durable, DurableTask};
use restate_sdk::context::{CallFuture, RequestTarget};
use restate_sdk::errors::{HandlerResult, TerminalError};
use restate_sdk::serde::Json;
use serde_json::value::RawValue;

use crate::calls::Calls;
use crate::entry::{Entry, Failed, Inputs, LIMIT};
use crate::failure::{told, too_long};
use crate::invocation::Invocation;
use crate::order::Order;
use crate::results::Results;
use crate::service::{RUN, task_service};

/// More calls at a time gain nothing, and their many small frames look like an attack to HTTP/2.
const CALLS: usize = 500;

impl<G: Durable + 'static> Invocation<'_, G> {
    /// Runs each task by a call of its service, wherever that is, as soon as it is ready.
    pub(crate) async fn orchestrate(
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
                    let mut inputs = Results::new(G::GRAPH, G::INSIDE);
                    inputs.extend_with_inputs(&results.inputs(task, &self.run, input));
                    (task, self.run(task, object, &mut inputs).await)
                }
                Some(&task) if calls.len() < limit => {
                    has_started[task] = true;
                    let inputs = results.inputs(task, &self.run, input);
                    match measured(G::GRAPH.tasks[task].name, inputs) {
                        Ok(inputs) => {
                            calls.push(task, self.call(task, inputs));
                            continue;
                        }
                        Err(error) => (task, Err(error)),
                    }
                }
                // If the invocation is cancelled, the SDK has told the calls.
                _ => {
                    let (task, outcome) = calls.next(self.context).await?;
                    (task, outcome.map(Json::into_inner))
                }
            };
            match outcome {
                Ok(mut entry) => {
                    // The program that ran the task got its inputs from this one.
                    entry.versions.clone_from(results.versions());
                    results.extend(entry);
                }
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

    fn call(&self, task: usize, inputs: Json<Inputs>) -> impl CallFuture<Response = Json<Entry>> + Send + use<'_, G> {
        let service = task_service(G::GRAPH.name, &G::GRAPH.tasks[task]);
        self.context.call(RequestTarget::service(service, RUN), None, None, None, Vec::new(), inputs)
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

/// Returns the inputs if they fit into a message.
fn measured(task: &str, inputs: Inputs) -> Result<Json<Inputs>, TerminalError> {
    let results = inputs.results.iter().map(|(name, value)| name.len() + value.get().len() + 8);
    let failures = inputs.failures.iter().map(|(name, failed)| name.len() + failed.bytes());
    let bytes = inputs.input.get().len() + results.sum::<usize>() + failures.sum::<usize>();
    if bytes > LIMIT { Err(too_long(task, bytes)) } else { Ok(Json(inputs)) }
}
