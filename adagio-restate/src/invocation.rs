//! One invocation: a goal of a graph, or one task of it. The journal alone decides which commands are issued: so the
//! same journal gives the same commands, also in another version of the program.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use adagio::durable::{Durable, StoredElements};
use bytes::Bytes;
use restate_sdk::context::RunFuture;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerResult, TerminalError};
use restate_sdk::serde::Json;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::deployment::Code;
use crate::desk::Desk;
use crate::entry::{Entry, Inputs, LIMIT, NAME};
use crate::failure::{gone, no_element, too_long_together, unreadable_result};
use crate::gone::fail_at_end;
use crate::order::{Order, collection_of};
use crate::outbox::Outbox;
use crate::process::Process;
use crate::results::Results;

/// Makes the object from the input of an invocation.
pub(crate) type Build<G> = Arc<dyn Fn(&RawValue) -> Result<G, serde_json::Error> + Send + Sync>;

/// An invocation under way.
pub(crate) struct Invocation<'i, G> {
    pub(crate) context: &'i ContextInternal,
    pub(crate) build: &'i Build<G>,
    pub(crate) code: &'i Code,
    /// Its id, or that of the invocation that needs this task.
    pub(crate) run: Arc<str>,
}

/// What is run in a process: a task with all that it needs, or the body for one element of a task.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) task: &'static str,
    pub(crate) element: Option<usize>,
}

impl Goal {
    pub(crate) fn whole(task: &'static str) -> Self {
        Self { task, element: None }
    }
}

/// The name of its result.
impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.task)?;
        self.element.map_or(Ok(()), |index| write!(formatter, "[{index}]"))
    }
}

/// A program as far as an invocation is concerned.
pub(crate) struct Program<G> {
    pub(crate) order: Order,
    pub(crate) object: Arc<G>,
}

impl<G: Durable + 'static> Invocation<'_, G> {
    /// Runs the tasks that a goal needs, and returns its result. If the program has no such goal, the invocation ends with
    /// the failure, though not before the end of its journal.
    pub(crate) async fn goal(&self, goal: Result<usize, TerminalError>, input: &[u8]) -> HandlerResult<Bytes> {
        let input: Box<RawValue> = read(if input.is_empty() { b"null" } else { input }, "the input")?;
        let program = goal.and_then(|goal| Ok(Program { order: Order::of::<G>(goal), object: self.object(&input)? }));
        let mut results = Results::of::<G>();
        let mut process = None;
        let name = self.context.handler_name();
        while results.get(name).is_none() {
            let entry = match &program {
                Ok(program) if !program.order.has_remote() => {
                    self.entry(Goal::whole(program.name()), &program.object, &results, &mut process).await?
                }
                program => self.first_plan(program.as_ref(), &input, &mut results).await?,
            };
            if entry.plan.is_some() {
                self.orchestrate(program.as_ref(), &input, entry, &mut results).await?;
            } else {
                results.extend(entry);
            }
        }
        let value = results.get(name).expect("a goal that is reached has its result");
        check_length(name, value)?;
        Ok(Bytes::copy_from_slice(value.get().as_bytes()))
    }

    /// Runs one task, or the body for one element of it, with the results that it depends on.
    pub(crate) async fn task(mut self, task: usize, inputs: &[u8]) -> HandlerResult<Bytes> {
        let inputs: Inputs = read(inputs, "the inputs")?;
        self.run = inputs.run.as_str().into();
        let goal = Goal { task: G::GRAPH.tasks[task].name, element: inputs.element };
        let object = self.object(&inputs.input).and_then(|object| {
            check_element::<G>(task, &inputs)?;
            Ok(object)
        });
        let object = match object {
            Ok(object) => object,
            Err(error) => return Err(fail_at_end(self.context, &error).await.into()),
        };
        let mut results = Results::of::<G>();
        results.extend_with_inputs(&inputs);
        let entry = self.run(goal, &object, &mut results).await?;
        Ok(serde_json::to_vec(&entry)?.into())
    }

    /// Runs tasks in this process until a goal has its result, all at once as far as they go, and journals what is done
    /// in the order in which it is done. Returns the entry of the goal alone.
    async fn run(&self, goal: Goal, object: &Arc<G>, results: &mut Results) -> Result<Entry, TerminalError> {
        let name = goal.to_string();
        let mut process = None;
        loop {
            let mut entry = self.entry(goal, object, results, &mut process).await?;
            results.extend(entry.clone());
            if let Some(value) = results.get(&name) {
                check_length(&name, value)?;
                entry.tasks.retain(|record| record.task == name);
                for record in &mut entry.tasks {
                    // The results of single elements stay in this journal.
                    (record.value, record.is_count) = (value.to_owned(), false);
                }
                entry.running.clear();
                return Ok(entry);
            }
        }
    }

    /// Returns the next entry of the journal: one that is there, or one of the run, which begins with the first that is
    /// not.
    pub(crate) async fn entry(
        &self,
        goal: Goal,
        object: &Arc<G>,
        results: &Results,
        process: &mut Option<Process>,
    ) -> Result<Entry, TerminalError> {
        let desk = Desk::default();
        let entry = self.context.run(|| desk.ask(self.context)).name(NAME);
        let mut entry = pin!(entry);
        let entry = poll_fn(|cx| {
            loop {
                if let Some(process) = process {
                    process.register(cx);
                    process.drive(cx);
                }
                if desk.is_asked() {
                    let begun = match process {
                        Some(process) => Ok(process),
                        None => self.begin(goal, object, results).map(|begun| {
                            let process = process.insert(begun);
                            process.register(cx);
                            process.drive(cx);
                            process
                        }),
                    };
                    let next = begun.map_or_else(|error| Poll::Ready(Err(error.into())), Process::next);
                    if let Poll::Ready(next) = next {
                        if next.is_err() {
                            // Its bodies stop at once.
                            *process = None;
                        }
                        desk.answer(next);
                    }
                }
                let was_asked = desk.is_asked();
                match entry.as_mut().poll(cx) {
                    Poll::Pending if desk.is_asked() && !was_asked => {}
                    Poll::Pending => {
                        if desk.is_cancelled() {
                            *process = None;
                        }
                        return Poll::Pending;
                    }
                    Poll::Ready(entry) => return Poll::Ready(entry),
                }
            }
        })
        .await;
        let entry = entry.map(Json::into_inner)?;
        if let Some(process) = process {
            process.publish();
        }
        Ok(entry)
    }

    fn begin(&self, goal: Goal, object: &Arc<G>, results: &Results) -> Result<Process, TerminalError> {
        let outbox = Outbox::new(&self.run, self.code, results);
        Process::new(goal, object.durable_run(), results, outbox)
    }

    fn object(&self, input: &RawValue) -> Result<Arc<G>, TerminalError> {
        let object = (self.build)(input);
        Ok(Arc::new(object.map_err(|error| unreadable("the input", &error))?))
    }
}

impl<G> Program<G> {
    /// Returns the name of the goal.
    pub(crate) fn name(&self) -> &'static str {
        self.order.graph().tasks[self.order.goal()].name
    }
}

/// Checks that the program has the element that a call is for. If the task does not run for each element of the collection
/// that was sent, the call is made again, by a program that knows that.
pub(crate) fn check_element<G: Durable>(task: usize, inputs: &Inputs) -> Result<(), TerminalError> {
    let Some(index) = inputs.element else { return Ok(()) };
    let name = Goal { task: G::GRAPH.tasks[task].name, element: Some(index) }.to_string();
    let collection = collection_of(G::EDGES, task).filter(|_| G::GRAPH.tasks[task].is_remote);
    let sent = collection.and_then(|it| Some((it, inputs.results.get(G::GRAPH.tasks[it].name)?)));
    let Some((collection, sent)) = sent else { return Err(gone(&name)) };
    let version = G::GRAPH.tasks[collection].version;
    match G::elements(task, sent.get().as_bytes()) {
        Ok(StoredElements { count, .. }) if count == 1 || index < count => Ok(()),
        Ok(StoredElements { count, .. }) => Err(no_element(&name, count)),
        Err(error) => Err(unreadable_result(&error, version + 1)),
    }
}

/// Each result for an element fits into a message, and all of them together may not.
fn check_length(task: &str, value: &RawValue) -> Result<(), TerminalError> {
    let bytes = value.get().len();
    if bytes > LIMIT { Err(too_long_together(task, bytes)) } else { Ok(()) }
}

fn read<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T, TerminalError> {
    serde_json::from_slice(json).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &serde_json::Error) -> TerminalError {
    TerminalError::new_with_code(400, format!("{what} of the invocation cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_that_do_not_fit_into_a_message_together_name_their_task() {
        let text = |bytes: usize| RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap();
        assert!(check_length("pages", &text(LIMIT)).is_ok());
        let error = check_length("pages", &text(LIMIT + 1)).unwrap_err();
        let whole = format!("its results together have {} bytes, and Restate sends at most {LIMIT}", LIMIT + 1);
        assert_eq!(error.message(), format!("task `pages` failed: {whole}"));
    }
}
