//! Several tasks as one: a tuple, an array or a vector of them.

use std::sync::Arc;

use super::make::NewTask;
use super::task::Task;
use crate::dynamic::node::Held;
use crate::dynamic::node::Node;
use crate::dynamic::sealed::Token;
use crate::dynamic::work::current::Gated;

/// A [`Task`], or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task",
    label = "expected a `Task` or a `&Task`",
    note = "`Task::spawn(future)` makes a task of a future, and `Task::value(value)` one of a value"
)]
pub trait TaskHandle {
    /// The result of the task.
    type Value: Send + Sync + 'static;

    #[doc(hidden)]
    fn into_task(self, _: Token) -> Task<Self::Value>;
}

impl<T: Send + Sync + 'static> TaskHandle for Task<T> {
    type Value = T;

    fn into_task(self, _: Token) -> Self {
        self
    }
}

impl<T: Send + Sync + 'static> TaskHandle for &Task<T> {
    type Value = T;

    fn into_task(self, _: Token) -> Task<T> {
        self.clone()
    }
}

/// The argument of [`all`]: a tuple, an array, a slice or a `Vec` of tasks or of references to tasks, whose results are
/// `Clone`.
#[diagnostic::on_unimplemented(
    message = "`all` takes a tuple of at most 12 tasks, or an array, a slice or a `Vec` of tasks, not `{Self}`",
    label = "expected tasks whose results are `Clone`, such as `(&a, &b)` or `&tasks`",
    note = "an iterator of tasks is collected first: `all(tasks.collect::<Vec<_>>())`"
)]
pub trait All {
    /// A tuple, an array or a `Vec` of the results.
    type Values: Send + Sync + 'static;

    #[doc(hidden)]
    fn into_one(self, _: Token) -> Task<Self::Values>;
}

/// Creates one task from several. Its result is a tuple, an array or a `Vec` of their results. It fails when the first
/// of them fails. The task is called `all`, and takes no slot of [`Scope::max_concurrency`](crate::Scope::max_concurrency).
///
/// A reference to a `Vec` or an array, or a slice, leaves the tasks to the caller. An iterator of tasks is collected first.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Task, all};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), adagio::TaskError> {
/// let (number, name) = (Task::value(1), Task::value("one"));
/// assert_eq!(all((&number, &name)).await?, (1, "one"));
///
/// let squares: Vec<Task<u32>> = (0..4).map(|id| Task::spawn(async move { id * id })).collect();
/// let sum = all(&squares).then(|squares| async move { squares.iter().sum::<u32>() });
/// assert_eq!(sum.await?, 14);
/// assert_eq!((&squares[3]).await?, 9);
///
/// let halves = [84, 2].map(|number| Task::value(number / 2));
/// assert_eq!(all(&halves).await?, [42, 1]);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// Outside of a tokio runtime.
#[track_caller]
pub fn all<A: All>(tasks: A) -> Task<A::Values> {
    tasks.into_one(Token)
}

/// The tasks that others wait for.
pub struct Gates(Vec<Arc<Node>>);

/// The gate of [`after`]: a task or a reference to one, or a tuple, an array or a `Vec` of them.
#[diagnostic::on_unimplemented(
    message = "`after` takes a task, or a tuple, an array or a `Vec` of tasks, not `{Self}`",
    label = "expected tasks, such as `&gate` or `(&a, &b)`"
)]
pub trait After {
    #[doc(hidden)]
    fn add_to(self, gates: &mut Gates, _: Token);
}

/// Calls a function. All tasks that it creates also wait for `gate`, which is one task or several, for the order alone.
/// If a gate fails, they fail.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::{Task, after};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let migration = Task::<()>::try_spawn(async { Err("no database") });
/// let query = after(&migration, || Task::spawn(async { 42 })); // it never runs
/// assert_eq!(query.await.unwrap_err().to_string(), "task `spawn` failed");
/// # }
/// ```
pub fn after<R>(gate: impl After, make: impl FnOnce() -> R) -> R {
    let mut gates = Gates(Vec::new());
    gate.add_to(&mut gates, Token);
    let _gated = Gated::new(gates.0);
    make()
}

impl<T: Send + Sync + 'static> After for Task<T> {
    fn add_to(self, gates: &mut Gates, _: Token) {
        gates.0.push(self.0.node());
    }
}

impl<T: Send + Sync + 'static> After for &Task<T> {
    fn add_to(self, gates: &mut Gates, _: Token) {
        gates.0.push(self.0.node());
    }
}

impl<A: After, const N: usize> After for [A; N] {
    fn add_to(self, gates: &mut Gates, _: Token) {
        for gate in self {
            gate.add_to(gates, Token);
        }
    }
}

impl<T: After> After for Vec<T> {
    fn add_to(self, gates: &mut Gates, _: Token) {
        for gate in self {
            gate.add_to(gates, Token);
        }
    }
}

impl<A: TaskHandle<Value: Clone>, const N: usize> All for [A; N] {
    type Values = [A::Value; N];

    #[track_caller]
    fn into_one(self, _: Token) -> Task<Self::Values> {
        let nodes = self.map(|task| task.into_task(Token).0.into_input());
        NewTask::slotless("all", || nodes.iter().map(|node| &**node))
            .start(async move { Ok(nodes.map(Held::into_value)) })
    }
}

impl<T: Clone + Send + Sync + 'static, const N: usize> All for &[Task<T>; N] {
    type Values = [T; N];

    #[track_caller]
    fn into_one(self, _: Token) -> Task<Self::Values> {
        self.each_ref().into_one(Token)
    }
}

impl<T: TaskHandle<Value: Clone>> All for Vec<T> {
    type Values = Vec<T::Value>;

    #[track_caller]
    fn into_one(self, _: Token) -> Task<Self::Values> {
        all_of(self.into_iter().map(|task| task.into_task(Token).0.into_input()).collect())
    }
}

#[track_caller]
fn all_of<T: Clone + Send + Sync + 'static>(nodes: Vec<Held<T>>) -> Task<Vec<T>> {
    NewTask::slotless("all", || nodes.iter().map(|node| &**node))
        .start(async move { Ok(nodes.into_iter().map(Held::into_value).collect()) })
}

impl<T: Clone + Send + Sync + 'static> All for &[Task<T>] {
    type Values = Vec<T>;

    #[track_caller]
    fn into_one(self, _: Token) -> Task<Self::Values> {
        all_of(self.iter().map(|task| task.0.input()).collect())
    }
}

impl<T: Clone + Send + Sync + 'static> All for &Vec<Task<T>> {
    type Values = Vec<T>;

    #[track_caller]
    fn into_one(self, _: Token) -> Task<Self::Values> {
        self.as_slice().into_one(Token)
    }
}

macro_rules! tuples {
    ($($($task:ident)*;)*) => { $(
        impl<$($task: After),*> After for ($($task,)*) {
            #[allow(non_snake_case, reason = "a variable a type")]
            fn add_to(self, gates: &mut Gates, _: Token) {
                let ($($task,)*) = self;
                $($task.add_to(gates, Token);)*
            }
        }

        impl<$($task: TaskHandle<Value: Clone>),*> All for ($($task,)*) {
            type Values = ($($task::Value,)*);

            #[track_caller]
            #[allow(non_snake_case, reason = "a variable a type")]
            fn into_one(self, _: Token) -> Task<Self::Values> {
                let ($($task,)*) = self;
                $(let $task = $task.into_task(Token).0.into_input();)*
                NewTask::slotless("all", || [$(&*$task),*].into_iter())
                    .start(async move { Ok(($($task.into_value(),)*)) })
            }
        }
    )* };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}
