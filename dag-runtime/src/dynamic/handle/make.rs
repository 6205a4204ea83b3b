//! In: a name, inputs and a body. Out: a task that starts when its inputs are done.

use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::name::name_of;
use super::task::Task;
use crate::attempt::Attempts;
use crate::dynamic::node::{Head, Held, InputState, Membership, Missing, Node, NodeWithoutBody, State, Waits};
use crate::dynamic::work::current::{self, Entry};
use crate::dynamic::work::worker;
use crate::error::{ErrorSource, TaskError};
use crate::observe::watch::Watch;
use crate::runtime::tokio_runtime;

/// A task that an argument stands for, if it is one.
#[derive(Clone, Copy)]
pub struct Edge<'a>(pub(in crate::dynamic) Option<&'a Node>);

/// A task without a body, which will be an `F`.
pub struct NewTask<T, F> {
    node: NodeWithoutBody<T, F>,
    /// The body, and the inputs that are not registered or were done already.
    missing: Missing,
    /// The failure of an input, because of which it will not run.
    error: Option<TaskError>,
}

impl<T: Send + Sync + 'static, F: 'static> NewTask<T, F> {
    /// Creates a task that waits for its inputs, and for the tasks that were passed to [`after`](crate::after).
    #[must_use]
    pub fn new(function: &'static str, inputs: &[Edge<'_>]) -> Self {
        Self::waiting_for(function, None, || inputs.iter().filter_map(|edge| edge.0), None, false)
    }

    /// Creates a task as [`new`](Self::new) does, which has a name of its own.
    #[must_use]
    pub fn named(function: &'static str, name: fmt::Arguments<'_>, inputs: &[Edge<'_>]) -> Self {
        Self::waiting_for(function, Some(name_of(name)), || inputs.iter().filter_map(|edge| edge.0), None, false)
    }

    /// Creates a task whose body only passes the results of other tasks on. It takes no slot of its scope.
    pub(super) fn slotless<'i, I>(function: &'static str, inputs: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = &'i Node>,
    {
        Self::waiting_for(function, None, inputs, None, true)
    }

    /// Creates a task that waits for an input, and passes the failure of the input on as a value. It takes no slot.
    pub(super) fn catching(function: &'static str, input: &Node) -> Self {
        Self::waiting_for(function, None, || iter::once(input), Some(input.head()), true)
    }

    fn waiting_for<'i, I>(
        function: &'static str,
        name: Option<Arc<str>>,
        edges: impl Fn() -> I,
        caught: Option<&Head>,
        is_slotless: bool,
    ) -> Self
    where
        I: Iterator<Item = &'i Node>,
    {
        let (entry, gates) = current::of_new_task(&edges, worker::leave);
        let membership =
            entry.map(|Entry { members, making, depth }| Membership::new(members, making, depth, is_slotless));
        let inputs = || edges().map(|edge| -> &Node { edge }).chain(gates.iter().flatten().map(|gate| &**gate));
        let catches = caught.map_or(0, |input| std::ptr::from_ref(input).addr());
        let head = Head { catches, ..head(function, name, membership, inputs) };
        let (node, missing) = NodeWithoutBody::new(State::new(head), inputs().count() + 1);
        let mut task = Self { node, missing, error: None };
        for input in inputs() {
            task.wait_for(input);
        }
        task
    }

    fn head(&self) -> &Head {
        &self.node.shared().head
    }

    fn wait_for(&mut self, input: &Node) {
        match input.add_consumer(|| self.missing.split()) {
            InputState::Pending => {
                if let Some(membership) = self.head().membership.as_ref() {
                    let theirs = input.head().membership.as_ref();
                    let is_beside = theirs.is_some_and(|theirs| theirs.is_in(&membership.members));
                    if !is_beside && !membership.add_stranger(&self.node.bodied()) && self.error.is_none() {
                        self.error = Some(self.head().aborted());
                    }
                }
            }
            InputState::Done => {}
            InputState::Failed(_) if self.head().catches(input.head()) => {}
            InputState::Failed(error) => {
                let (own, theirs) = (self.head(), input.head());
                let is_told = theirs.is_beside(own) && !error.is_aborted();
                if self.error.is_none() {
                    theirs.pass_failure_on_to(own);
                    self.error = Some(error);
                } else if let Some(membership) = theirs.membership.as_ref().filter(|_| is_told) {
                    membership.note_dependent(std::ptr::from_ref(input).addr(), &self.node.bodied());
                }
            }
        }
    }

    /// Returns the reporter for further attempts.
    #[must_use]
    pub fn attempts(&self) -> Attempts {
        Attempts::of_node(self.head().watch.clone())
    }

    /// Sets the body of the task. If the inputs of the task are done, it starts.
    ///
    /// # Panics
    /// Outside of a runtime, if the task would start.
    #[track_caller]
    pub fn start(self, body: F) -> Task<T>
    where
        F: Future<Output = Result<T, TaskError>>,
        // rustc shows this line where a body is not `Send`.
        F: Send + 'static, // drop what is not `Send` before the `.await`
    {
        let Self { node, missing, error } = self;
        if let Some(error) = error {
            worker::fail(node.bodied(), error);
        }
        let node = Held::first(node.set_body(body, &missing));
        if let Some(Err(unstarted)) = missing.end().map(worker::start_ready) {
            // The caller gets a panic instead of a task: nothing is lost.
            worker::take_back(unstarted);
            tokio_runtime(&format!("the task `{}`", node.name()));
        }
        Task(node)
    }
}

/// Makes a task only where its result and its arguments, `A`, may be shared: otherwise one error, where they are declared,
/// is enough.
pub struct IfShareable<T, A>(PhantomData<fn() -> (T, A)>);

impl<T, A> IfShareable<T, A> {
    /// Stands for the types.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: Send + Sync + 'static, A: Send + Sync> IfShareable<T, A> {
    /// Creates a task, as [`NewTask::new`] does.
    #[must_use]
    pub fn task<F: 'static>(self, function: &'static str, inputs: &[Edge<'_>]) -> NewTask<T, F> {
        NewTask::new(function, inputs)
    }

    /// Creates a task, as [`NewTask::named`] does.
    #[must_use]
    pub fn named_task<F: 'static>(
        self,
        function: &'static str,
        name: fmt::Arguments<'_>,
        inputs: &[Edge<'_>],
    ) -> NewTask<T, F> {
        NewTask::named(function, name, inputs)
    }
}

/// Is used only where the inherent method of [`IfShareable`] does not apply.
pub trait NotShareable: Sized {
    /// The result.
    type Value;

    /// Exists only to compile: the build fails at the result or at an argument.
    fn task<I>(self, _function: &'static str, _inputs: &[I]) -> NoTask<Self::Value> {
        NoTask(PhantomData)
    }

    /// Exists only to compile, too.
    fn named_task<I>(self, _function: &'static str, _name: fmt::Arguments<'_>, _inputs: &[I]) -> NoTask<Self::Value> {
        NoTask(PhantomData)
    }
}

impl<T, A> NotShareable for IfShareable<T, A> {
    type Value = T;
}

/// Stands for the task in a build that fails.
pub struct NoTask<T>(PhantomData<fn() -> T>);

impl<T> NoTask<T> {
    /// Returns a reporter that tells nobody.
    #[must_use]
    pub fn attempts(&self) -> Attempts {
        Attempts::UNOBSERVED
    }

    /// Takes the same body as [`NewTask::start`].
    ///
    /// # Panics
    /// Always; the build fails before.
    pub fn start(self, _body: impl Future<Output = Result<T, TaskError>>) -> Task<T> {
        unreachable!("what cannot be shared does not compile")
    }
}

fn head<'i, I>(
    function: &'static str,
    name: Option<Arc<str>>,
    membership: Option<Membership>,
    inputs: impl Fn() -> I,
) -> Head
where
    I: Iterator<Item = &'i Node>,
{
    let name = name.map_or_else(OnceLock::new, OnceLock::from);
    let watch = membership.as_ref().and_then(|own| {
        let observers = own.members.observers()?;
        let is_here = |input: &&Head| input.membership.as_ref().is_some_and(|theirs| theirs.is_in(&own.members));
        let heads = inputs().map(Node::head).filter(is_here);
        let ids = heads.filter_map(|input| input.watch.as_ref()).map(|watch| watch.id()).collect();
        let maker = current::maker(&own.members);
        Some(Watch::new(Arc::clone(observers), own.rank, function, name.clone(), ids, maker))
    });
    let is_counted = |own: &&Membership| own.members.has_limit() || own.members.observers().is_some();
    let waits = membership.as_ref().filter(is_counted).map(|own| Arc::new(Waits::of(own)));
    Head { name, membership, watch, waits, ..Head::new(function) }
}

/// An error that a task can fail with.
#[diagnostic::on_unimplemented(
    message = "a task cannot fail with `{Self}`: it does not convert into `Box<dyn Error + Send + Sync>`",
    label = "the error of this task",
    note = "implement `std::error::Error` for `{Self}` if it is yours, or write `Box<dyn Error + Send + Sync>` for \
            `Box<dyn Error>`; or write `#[task(catch)]` to treat the `Result` as a value"
)]
#[doc(hidden)]
pub trait OwnError {
    /// Returns the source of the [`TaskError`].
    fn into_source(self) -> ErrorSource;
}

#[diagnostic::do_not_recommend]
impl<E: Into<ErrorSource>> OwnError for E {
    fn into_source(self) -> ErrorSource {
        self.into()
    }
}

/// Turns the `Result` of a body into the result of its task.
pub trait FailsWith<T, E> {
    /// Names the task in the error.
    ///
    /// # Errors
    /// If the body has failed.
    fn fails_as(self, name: &'static str) -> Result<T, TaskError>;
}

impl<T, E: OwnError> FailsWith<T, E> for Result<T, E> {
    fn fails_as(self, name: &'static str) -> Result<T, TaskError> {
        self.map_err(|error| TaskError::new(name, error.into_source()))
    }
}
