//! An invocation whose tasks are calls of their services.
//!
//! The calls are commands of the journal, and the server wants the same commands again when it calls anew. So the program
//! writes a *plan* before it makes calls: an entry of the journal that names the calls and the results that they take, the
//! tasks that run in this process, and how many calls have to end before the next plan. What is done between two plans
//! depends on the first of them and on the journal alone, not on the program: a changed one repeats what its predecessor
//! did, plan by plan, and decides for itself where the journal ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use adagio::durable::Durable;
use restate_sdk::context::{CallFuture, RequestTarget, RunFuture};
use restate_sdk::errors::{HandlerResult, TerminalError};
use restate_sdk::serde::Json;
use serde_json::value::RawValue;

use crate::calls::Calls;
use crate::entry::{Entry, Inputs, NAME, Plan, Record, whole_of};
use crate::failure::{gone, is_gone, told};
use crate::invocation::{Goal, Invocation, Program};
use crate::order::Order;
use crate::plan::{Failures, block, block_all, next};
use crate::results::Results;
use crate::service::{RUN, task_service};

impl<G: Durable + 'static> Invocation<'_, G> {
    /// Returns the first plan, or what the journal has in its place.
    pub(crate) async fn first_plan(
        &self,
        program: Result<&Program<G>, &TerminalError>,
        input: &RawValue,
        results: &mut Results,
    ) -> Result<Entry, TerminalError> {
        let made = move || async move {
            // As if the plan were there: those who follow it do the same.
            follow_plans(program, results);
            self.made(program, input, results, (&BTreeSet::new(), &[]), &Failures::default())
        };
        self.context.run(made).name(NAME).await.map(Json::into_inner)
    }

    /// Returns the next plan of the journal. At its end, this program makes one.
    async fn plan(
        &self,
        program: Result<&Program<G>, &TerminalError>,
        input: &RawValue,
        results: &Results,
        calls: &Calls<impl CallFuture>,
        failures: &Failures,
    ) -> Result<Entry, TerminalError> {
        let under_way: BTreeSet<&str> = calls.tasks().collect();
        let ended = calls.ended(self.context);
        let made = || async {
            let ended = ended.await?;
            self.made(program, input, results, (&under_way, &ended), failures)
        };
        self.context.run(made).name(NAME).await.map(Json::into_inner)
    }

    fn made(
        &self,
        program: Result<&Program<G>, &TerminalError>,
        input: &RawValue,
        results: &Results,
        under_way: (&BTreeSet<&str>, &[&str]),
        failures: &Failures,
    ) -> HandlerResult<Json<Entry>> {
        if results.get(self.context.handler_name()).is_some() {
            let plan = Some(Plan { is_last: true, ..Plan::default() });
            return Ok(Json(Entry { plan, versions: results.versions().clone(), ..Entry::default() }));
        }
        let program = program.map_err(Clone::clone)?;
        Ok(Json(next(&program.order, results, under_way, failures, input)?))
    }

    /// Follows plan after plan, until the goal has its result.
    pub(crate) async fn orchestrate(
        &self,
        program: Result<&Program<G>, &TerminalError>,
        input: &RawValue,
        mut entry: Entry,
        results: &mut Results,
    ) -> HandlerResult<()> {
        let order = program.ok().map(|program| &program.order);
        let goal = self.context.handler_name();
        let (mut calls, mut failures) = (Calls::new(), Failures::default());
        follow_plans(program, results);
        loop {
            let (plan, versions) = (entry.plan.take().unwrap_or_default(), Arc::new(entry.versions.clone()));
            let unsent: Vec<_> = entry.tasks.iter().map(|record| record.task.clone()).collect();
            results.extend(entry);
            if let Some(order) = order {
                let unsent = unsent.iter().filter_map(|task| order.graph().position(whole_of(task)));
                unsent.for_each(|task| block(order, results, task));
            }
            if plan.pause > 0 {
                self.context.sleep(Duration::from_millis(plan.pause)).await?;
                failures.paused += plan.pause;
            }
            calls.cancel_of(&plan.cancel).await?;
            for call in plan.calls {
                results.note_told(call.failures.keys());
                let answer = self.call(&call.task, Json(results.inputs(&call, &self.run, input)));
                calls.push(call.task, &versions, answer);
            }
            let mut failed = None;
            for task in plan.here {
                match self.here(&task, program, input, results).await {
                    Ok(()) => {}
                    // It is that of the invocation, which was cancelled, for example.
                    Err(error) if told(error.message()).is_none() => {
                        calls.cancel().await?;
                        return Err(error.into());
                    }
                    Err(error) => {
                        failed = Some((task, Arc::clone(&versions), error));
                        break;
                    }
                }
            }
            for _ in 0..plan.wait {
                // If the invocation is cancelled, the SDK has told the calls.
                let ended = calls.next(self.context).await?;
                let answer = ended.outcome.map(|Json(entry)| entry.answer_of(&ended.task));
                match answer.and_then(|answer| answer.ok_or_else(|| gone(&ended.task))) {
                    Ok(mut entry) => {
                        entry.answer_to(&ended.versions);
                        results.extend(entry);
                    }
                    Err(error) => {
                        if !is_gone(&error) {
                            results.note_told([&ended.task]);
                        }
                        failed = Some((ended.task, ended.versions, error));
                        break;
                    }
                }
            }
            if plan.is_last {
                calls.cancel().await?;
            }
            // A program to which the goal has no result yet would not cancel calls here, so a plan says that.
            if results.get(goal).is_some() && calls.tasks().len() == 0 {
                return Ok(());
            }
            failures.settle(order, results, failed);
            entry = match self.plan(program, input, results, &calls, &failures).await {
                Ok(entry) => entry,
                Err(error) => {
                    calls.cancel().await?;
                    return Err(error.into());
                }
            };
        }
    }

    /// Runs a task of a plan in this process, and takes its result and those of the tasks that it needed meanwhile. There are
    /// none if a program that takes the run up does not have the task any more, or needs others for it.
    async fn here(
        &self,
        name: &str,
        program: Result<&Program<G>, &TerminalError>,
        input: &RawValue,
        results: &mut Results,
    ) -> Result<(), TerminalError> {
        let program = program.ok();
        let task = program.and_then(|program| Some((program, G::GRAPH.position(name)?)));
        let task = task.filter(|(program, task)| can_run_here(&program.order, results, *task));
        let mut own = Results::of::<G>();
        if let Some((program, task)) = task {
            let needed = if program.order.has_remote() { results.needed_by(task) } else { results.all(task) };
            own.extend_with_inputs(&results.inputs(&needed, &self.run, input));
        }
        let mut process = None;
        loop {
            let mut entry = match task {
                Some((program, task)) => {
                    self.entry(Goal::whole(G::GRAPH.tasks[task].name), &program.object, &own, &mut process).await?
                }
                None => {
                    let nothing = || async { Ok(Json(Entry::default())) };
                    self.context.run(nothing).name(NAME).await?.into_inner()
                }
            };
            let is_over = entry.tasks.is_empty();
            own.extend(entry.clone());
            results.note_told(entry.tasks.iter().map(|record| &record.task));
            // Failures that are caught are caught in here.
            let is_result = |record: &Record| record.failure.is_none() && record.because.is_none();
            entry.tasks.retain(is_result);
            let is_done = entry.tasks.iter().any(|record| record.task == name);
            results.extend(entry);
            if is_over || is_done {
                return Ok(());
            }
        }
    }

    fn call(&self, task: &str, inputs: Json<Inputs>) -> impl CallFuture<Response = Json<Entry>> + Send + use<'_, G> {
        let service = task_service(G::GRAPH.name, whole_of(task));
        self.context.call(RequestTarget::service(service, RUN), None, None, None, Vec::new(), inputs)
    }
}

/// Whether a task of a plan can run in the process. Another program made the plan: to this one, the task may have its result.
pub(crate) fn can_run_here(order: &Order, results: &Results, task: usize) -> bool {
    if order.has_remote() {
        !results.has(task) && order.has_inputs(task, |task| results.has(task))
    } else {
        results.get(order.graph().tasks[task].name).is_none()
    }
}

/// Takes all that was before the first plan.
fn follow_plans<G>(program: Result<&Program<G>, &TerminalError>, results: &mut Results) {
    results.follow_plans();
    if let Ok(program) = program {
        block_all(&program.order, results);
    }
}
