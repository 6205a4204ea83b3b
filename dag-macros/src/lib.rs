//! The attribute macros of the [`adagio`](https://docs.rs/adagio) crate. Use them from there.

mod analyse;
mod chains;
mod errors;
mod expand;
#[cfg(test)]
mod expanded_example;
mod fallback;
mod function;
mod graph;
mod parse;
mod picture;
mod result_type;
mod self_lifetime;
#[cfg(test)]
mod snapshots;
mod suggest;
#[cfg(test)]
mod tests;
mod type_text;

use proc_macro2::{Span, TokenStream};

use errors::Errors;

/// Each method of the inherent `impl` block is a *task*. For each task the macro generates a *terminal*: a method of the
/// same name that runs the task and all tasks that it needs.
///
/// # What it generates
///
/// For this block
///
/// ```text
/// #[dag]
/// impl Checkout {
///     async fn user(&self) -> Result<User, ApiError> { .. }
///
///     async fn rates(&self) -> Rates { .. }
///
///     #[depends(user)]
///     async fn cart(&self, user: &User) -> Result<Cart, ApiError> { .. }
///
///     #[depends(cart, rates)]
///     fn price(&self, cart: &Cart, rates: &Rates) -> Money { .. }
///
///     /// What the cart costs.
///     #[depends(user, price)]
///     pub async fn quote(&self, user: &User, price: Money) -> Result<Quote, CheckoutError> { .. }
/// }
/// ```
///
/// the type has the following methods. The bodies stand beside them, word for word, under hidden names:
///
/// ```text
/// impl Checkout {
///     async fn user(&self) -> Result<User, ApiError>;
///
///     async fn rates(&self) -> Rates;
///
///     async fn cart(&self) -> Result<Cart, ApiError>;
///
///     async fn price(&self) -> Result<Money, ApiError>;          // it needs `cart`, which can fail
///
///     /// What the cart costs.
///     pub async fn quote(&self) -> Result<Quote, CheckoutError>;  // where CheckoutError: From<ApiError>
/// }
/// ```
///
/// `checkout.quote().await` runs all five tasks: `user` and `rates` start together, `cart` when `user` is done, `price`
/// when `cart` and `rates` are done, and then `quote`. `checkout.cart().await` runs `user` and `cart`. Each call starts
/// from the beginning: the object remembers nothing.
///
/// A terminal has the visibility of its task, its docs, and its `#[deprecated]` and `#[must_use]`. Lints about the
/// signature, such as `dead_code` and `missing_docs`, are allowed or expected at the terminal, all others at the body. Other
/// attributes stay with the body.
///
/// # Options
///
/// On the block:
///
/// | | |
/// |---|---|
/// | `#[dag(local)]` | results and futures need not be `Send` or `Sync`; a terminal is still `Send` if its tasks are |
/// | `#[dag(max_concurrency = 8)]` | at most 8 tasks of each run, and of each call, are under way at once |
/// | `#[dag(spawn)]` | each `async fn` has `#[task(spawn)]`, unless it has `#[task(inline)]` |
/// | `#[dag(durable)]` | results can be stored as bytes, and runs continue from them; needs the feature `durable` |
/// | `#[dag(crate = path)]` | the path of the `adagio` crate, if it has another name or a macro re-exports it |
///
/// On a task:
///
/// | | |
/// |---|---|
/// | `#[depends(a, b)]` | the tasks of this block that must be done first |
/// | `#[depends(a, catch b)]` | the task also runs if `b` failed, or could not run because of a failure above it |
/// | `#[depends(a, lazy c)]` | `c` runs only if the body awaits it; the parameter is a `Lazy<'_, C>` |
/// | `#[depends(id in ids)]` | a wide task: it runs once for each element of `ids`, and its result is a `Vec`, see [Elements](#elements) |
/// | `#[task(max_concurrency = 8)]` | at most 8 bodies of a wide task are under way at once |
/// | `#[task(catch)]` | the `Result` is an ordinary value for the dependents |
/// | `#[task(spawn)]` | the `async fn` runs on the worker threads of the tokio runtime |
/// | `#[task(spawn, finish)]` | once started it ends, even if the caller is gone; its result is dropped then |
/// | `#[task(blocking)]` | the plain `fn` runs on the threads that the runtime keeps for blocking work |
/// | `#[task(inline)]` | the `async fn` runs inside the future that is awaited, in a `#[dag(spawn)]` block |
/// | `#[task(boxed)]` | the future of the `async fn` is on the heap, see [Size](#size) |
/// | `#[task(graph)]` | the value is an object with a `#[dag]` block, whose tasks can be named: `#[depends(pricing.total)]` |
/// | `#[task(timeout = "250ms")]` | an attempt that takes longer is dropped, and fails with an error made from `TimedOut` |
/// | `#[task(retry = 3)]` | up to 3 more attempts follow a failure |
/// | `#[task(backoff = "100ms..10s")]` | the first and the longest wait before another attempt |
/// | `#[task(retry_if = is_transient)]` | a `fn(&E) -> bool`: whether an error is worth another attempt |
/// | `#[task(retry_after = wait)]` | a `fn(&E) -> Option<Duration>`: how long the error asks to wait before another attempt |
/// | `#[task(permit = \|this\| &this.pool)]` | each attempt takes a permit of a semaphore, see [Permits](#permits) |
/// | `#[task(close = Pool::close)]` | the function that closes the value at the end of a run, see [Closing](#closing) |
/// | `#[task(close_timeout = "10s")]` | how long it may take |
/// | `#[task(remote)]` | an engine may run the task on another machine; in process it means nothing |
/// | `#[task(version = 2)]` | in a `durable` block: stored results of another version are not used; without it, the version is 1 |
///
/// `#[dag]` takes `#[depends]` and `#[task]` away before the compiler looks for them, so they need no import.
///
/// # Tasks
///
/// - Every method of the block is a task, `async fn` or `fn`, and takes `&self`. A plain `fn` is computed in place. The
///   block may contain consts; helpers and constructors go into an ordinary `impl` block.
/// - A task has no generic parameters besides lifetimes. The block may have lifetimes, types, constants and bounds. There is
///   one `#[dag]` block for each type.
/// - Parameters are matched to dependencies by name; a leading underscore and `mut` do not matter. `&T` borrows the
///   result, with deref coercion: `&str` from a `String`, `&[T]` from a `Vec<T>`. `Option<&str>` borrows from an
///   `Option<String>`, and `Result<&T, &E>` from a `Result<T, E>`. `T` receives the value, see [Moves](#moves). A dependency
///   without a parameter only orders.
/// - A result may borrow from `self`, with a written lifetime (`-> &Config`, `-> Guard<'_>`), but not from the result of
///   another task. It need not be `Clone` or `'static`.
/// - Unless the block is `local`, the futures of tasks are `Send`, and results are `Send + Sync`.
/// - A task cannot have the name of a generated method: `run`, `run_owned`, `graph`, `all`, `cancel_abandoned`,
///   `max_concurrency`, `observe`, `retry_failed`, `settle`, or `with_cart` beside a task `cart`. Its name cannot begin with
///   `__dag_`.
/// - `#[depends(lazy rates)]` gives an `async fn` a `Lazy<'_, Rates>`, which may be awaited any number of times. The first
///   await starts `rates` and everything that it needs and that has not run. While the body waits, it needs no slot of
///   `max_concurrency`. If `rates` fails while the body waits, the body is dropped, and the task counts as one whose
///   dependency failed. `all()` and `settle()` run every task.
/// - In a call, `lazy` does not catch a failure: if the dependency also runs for another task and fails, the call ends, even
///   if that task has `catch` and the body with `lazy` has not awaited it. In a run, the failure counts only for a body that
///   awaits it.
/// - Cycles, unknown or repeated dependencies, and parameters that match no dependency are compile errors. All mistakes are
///   reported at once.
///
/// # Moves
///
/// A parameter by value is moved if nobody reads the value later, and cloned otherwise. `T` is `Clone` in both cases.
///
/// - In a call, the value moves if every other task that depends on it is among the tasks that this one needs, along plain
///   dependencies. Before it, a plain `fn` may borrow the value; if an `async fn` borrows it, it is cloned.
/// - A run remembers every result, and so clones. Also cloned is a value that another attempt may need (`retry`), or an
///   inner graph, or an outer one; the value of a caught dependency; any value in a `durable` block; and any value that a
///   task with `lazy` dependencies takes.
/// - The body owns a value that has moved, and may drop it early. A result that was only borrowed lives until the call
///   ends, as a variable does. Results that do not move drop in reverse topological order.
///
/// # Size
///
/// The future of a call holds the results and the futures of all tasks of the block; a run keeps the same on the heap. Tasks
/// that follow one another share a place for their futures, as large as the largest of them.
///
/// With `#[task(boxed)]`, the future of a task is one allocation from the start of the task to its end, with its
/// `timeout`, all attempts of `retry`, and the wait for its `permit`; the call holds a pointer. Use it for a body that
/// keeps more than some KiB across an `.await`: 40 tasks side by side that keep 64 KiB each exceed a stack of 2 MiB. A
/// result is still held by the call.
///
/// It is for an `async fn` that runs inside the future that is awaited. A plain `fn` has no future, and spawned tasks and
/// wide tasks are on the heap already: `boxed` is a compile error there. For a task with `graph`, it boxes the body,
/// and not the inner graph.
///
/// # Failure
///
/// - A task is *fallible* if its return type ends in the path segment `Result`: `Result<T, E>`, `io::Result<T>`.
///   Dependents receive the `Ok` value, and never run if the task fails. A `Result` under another name
///   (`-> AppResult<T>`) is a compile error.
/// - With `#[task(catch)]` dependents take `&Result<T, E>`, and for them the task cannot fail. If one of its own
///   dependencies fails, the task does not run, and its own terminal converts that failure into its `E`.
/// - `#[depends(catch coupon)]` decides at the consumer: the task starts when `coupon` has ended, whether or not it
///   failed. The parameter is an `Option<&Coupon>`, or a `Result<&Coupon, TaskError>` if the task looks at the failure; by
///   value, `Option<Coupon>` and `Result<Coupon, TaskError>`. Without a parameter the dependency only orders. Use it if some
///   dependents continue without a result, and `#[task(catch)]` if the `Result` is the value for all of them.
/// - The `TaskError` names the task that failed, however far above. `Result<_, TaskError>` requires that the errors that can
///   arrive convert into `Box<dyn Error + Send + Sync>`; `Option` requires nothing of them.
/// - A failure ends a call at once, unless each path from the failed task to the goal has a `catch` on it. Otherwise
///   everything else continues. Tasks that only serve a task that cannot run any more do not start; if they have started,
///   they are driven on, but the goal does not wait for them. A caught failure adds nothing to the errors of a terminal.
///   A panic is not caught.
/// - The terminal of an infallible task that needs a fallible one returns `Result<T, E>`: `E` is the error type of the
///   terminal of its first fallible dependency, in the order of `#[depends(..)]`, looking through infallible ones.
/// - The first failure in time ends the call, whatever the order of any list. It is converted in one step, with `From`, from
///   the error of the failed task into the error of the terminal. An error needs no other bound.
/// - A missing `From` is reported in the block; for a private task that has dependents it is reported where its terminal
///   is awaited. So layered errors need conversions only into the errors of tasks that somebody awaits. Such a terminal
///   is a `fn` that returns a future.
///
/// # Elements
///
/// `#[depends(id in ids, shop)]` makes a *wide task*: it runs once for each element of `ids`, and each element has a body of
/// its own. `ids` is a task whose result iterates by reference, such as a `Vec`, an array, a map, a `&[T]` of `self`, or an
/// `Arc<[T]>`.
///
/// - The parameter is called like the element, `id: &Id`, or `id: Id` for a clone; an element that the collection yields by
///   value is taken as it is. It may be left out. `#[depends((name, price) in prices)]` takes a tuple apart: each name of the
///   pattern is a parameter, and one that begins with `_` need not be. All other dependencies are done before the first
///   body starts.
/// - The result is a `Vec` in the order of the collection: `&[Page]` for dependents, `Vec<Page>` for the terminal, and
///   `Result<Vec<Page>, E>` if the task is fallible. Without a declared type it is a `Vec<()>`. An empty collection gives
///   an empty `Vec`. Dependents take an `Option<&[Page]>` with `catch`, and a `Lazy<'_, Vec<Page>>` with `lazy`;
///   `with_pages` takes a `Vec`.
/// - A body is not told its index: let the collection be a `Vec<(usize, Id)>`, and write `(index, id) in numbered`.
/// - `max_concurrency` of the task limits its bodies that are under way at once. With `max_concurrency` of the block or of the
///   run, each body takes a slot, and the task itself none. If no other task waits for a slot, a wide task takes all that
///   are free. If others wait, it takes one, and then comes after all others that wait. Results and the collection are kept
///   as a whole, however few bodies there are. A plain `fn` without `blocking` is called for one element after another, with
///   one slot, and has no `max_concurrency`.
/// - `retry` and `timeout` hold for each element; a body that waits for its next attempt keeps its slot. With `catch`, the
///   result is a `Vec<Result<Page, E>>`, and only a failure above the task fails it.
/// - The first failure is that of the task, and drops its other bodies at once, or stops them where they are on other
///   threads, also in `settle()`; `catch` tries every element. In a run, `TaskError::index()` is the index of the element; an
///   error of a call has none. The results that are there are kept, and after `retry_failed()` only the missing elements run;
///   the collection has to have as many elements then. The same holds if `cancel_abandoned()` has dropped the task.
/// - Up to 32 bodies are polled together. With more, each has its own waker, and a wake polls one body.
/// - Observers are told of the task as a whole, and between its start and its end of each attempt for each element, under
///   a name such as `pages[3]`.
/// - If the collection is the result of another wide task, this task is a *follower* of it: each of its bodies starts in the
///   poll in which its element is there, and neither *stage* waits for the whole of the other. Free slots go to followers
///   first. An element of a task with `catch` is a `&Result<Page, E>`, or a `Result<&Page, &E>`. In a run, after a failure of
///   the other task, started bodies continue and no more start.
/// - With `spawn` or `blocking`, bodies are on other threads, on at most as many workers as bodies may be under way at once:
///   `max_concurrency`, or 64 without it. A worker goes on with the next element, so that few tasks of tokio are made,
///   however many elements there are. It skips the elements of the other workers, so iterating should be cheap; with
///   `spawn`, the iterator of the collection is `Send`. The first failure is told when the other spawned bodies have been
///   dropped; blocking ones are not waited for. A `blocking` body is tried again on its thread, which also waits between the
///   attempts, and has no `timeout`.
/// - A lazy dependency beside `in` is shared by all bodies, also by those on other threads. Under a limit of the block, the
///   task lends one slot while bodies wait for it, and if it fails while one does, all bodies are dropped.
/// - In a `durable` block, each result is stored by itself, by the index of its element. So the order of the collection must
///   be the same after it was stored: it implements `adagio::durable::Ordered`, as a `Vec` does and a `HashMap` does not.
/// - With `remote` in a `durable` block, an engine may run the body for each element on another machine, in a call of its own
///   that is sent this element alone. A collection of your own says with `Ordered::CUT` whether that is possible; otherwise,
///   as for an array, each call is sent the whole of it.
/// - Not supported yet: `finish`, `permit` and `close` of a wide task, and the elements of a task of an inner graph. For an
///   inner graph, let a task return clones of the elements, or take the whole `&Vec<Row>` in one body. In place of `finish`,
///   spawn in the body: a spawned future cannot borrow, so take `id: Id`, clone what else it needs, and move both into it.
///
/// # Other threads
///
/// - If a task of the block has `spawn` or `blocking`, the object is shared with other threads: terminals and `run` take
///   `self: &Arc<Self>`, and the type of the run has no lifetime. The object, results and errors are `Send`, `Sync` and
///   `'static`; a result cannot borrow from `self`.
/// - A spawned task runs on the runtime in which the terminal or run was first polled, even if the graph itself is on
///   another executor. A task that a spawned task makes ready continues on the same worker; if several become ready, each
///   gets a worker of its own.
/// - A failure or a panic in a terminal aborts all spawned tasks: each drops its future at its next `.await`. The terminal
///   returns the failure, or resumes the panic of a spawned task, when all of them have ended. Dropping a terminal or a run
///   also aborts them, but a drop cannot wait. The panic of a task that is not spawned cannot wait either.
/// - A task with `finish` is not aborted once its body has started. It ends, with all its attempts, and its result is
///   dropped if nobody waits for it. A failure of another task is returned before it ends, and of all methods of a run
///   only `close` waits for its end. Observers of the call or run that is gone are told `Cancelled`. If the runtime shuts
///   down, it is dropped like any task.
/// - A blocking task that has not started never starts. One that has started is not waited for: it finishes, and its result
///   is dropped.
/// - Spawned tasks of a run continue while nobody awaits a result. If the runtime of a task shuts down, the terminal panics.
///
/// # Time
///
/// - `timeout` is for an `async fn` that returns a `Result` whose error is `From<adagio::TimedOut>`; `std::io::Error` is.
///   The future of the attempt is dropped before the error is made.
/// - `retry` is for every task that returns a `Result`. The first wait is the shorter one of `backoff`. Each further wait is
///   twice as long, up to the longest. A random part is added to each wait, within the longest. All attempts count as one
///   task: it keeps its slot, and observers are told of each attempt.
/// - If `retry_after` returns `Some`, the task waits for that time instead, but not longer than the longest wait of
///   `backoff`. No wait counts towards `timeout`.
/// - Durations are written with `ms`, `s`, `m` or `h`. Time is tokio's, with `tokio::time::pause()` in tests.
///
/// # Permits
///
/// `#[task(permit = |this| &this.pool)]` names a `tokio::sync::Semaphore` of the object, by reference or in an `Arc`. Each
/// attempt of the task takes a permit before its body starts, and gives it back when it ends: with a result, with a failure
/// or a panic, or because it is dropped.
///
/// - One limit holds for all graphs, calls and runs that share the semaphore. Permits are taken in the order in which the
///   tasks became ready.
/// - The wait for a permit does not count towards `timeout`, and needs no slot of `max_concurrency`. A task that has its
///   permit and finds no free slot keeps the permit while it waits for one. Between two attempts, a task has no permit.
/// - Observers are told that a task is `started` when it begins to wait, then `paused`, and `resumed` when it continues.
/// - A task that waits for its permit has started: in a run, a failure of another task does not stop it, and with
///   `finish` it continues without its caller, unless it waits for a slot: a run gives slots only while it is awaited.
/// - A `blocking` task waits without a thread. Its function keeps the permit until it returns, even if the caller has gone.
/// - If the semaphore is closed, a task whose error type is `From<adagio::SemaphoreClosed>` fails with that error, as
///   `std::io::Error` is; any other task panics. Both name the task. A generic error type `E` needs the bound
///   `E: From<adagio::SemaphoreClosed>`; without it the task panics.
/// - A body that awaits a `Lazy`, or another result of its own run, keeps its permit. If that result needs a permit of the
///   same semaphore and none is left, both wait forever.
/// - A paused run keeps its permits, and its place in the queue. An injected task takes no permit.
///
/// # Graphs in graphs
///
/// `#[task(graph)]` marks a task whose value, or `Ok` value, is an object with a `#[dag]` block. `#[depends(pricing.total)]`
/// names a task of that block which is visible here, and the parameter `total` receives its result.
///
/// - The dependency waits for that task alone. Inner tasks run at most once in a run, and only those that are needed. The
///   limits of both blocks hold. Observers know the task as `pricing.total`.
/// - An inner failure becomes the error of the inner terminal, and then, with `From`, the error of this terminal. In a
///   run it is a `TaskError` whose source is that error; it names the inner task that failed by its full path, such as
///   `pricing.rates.euro`.
/// - An inner error is not lifted: a task that needs a fallible inner task returns a `Result`, or depends on a fallible task
///   of this block.
/// - `with_pricing(object)` injects the object. Inner tasks have no method on the run, and no field in the outputs.
/// - The inner block has no tasks on other threads and no error that borrows from `self`. If it is `local`, the outer block
///   is `local` too. Results of inner tasks go to inline tasks. A graph does not contain itself. The name of the type
///   followed by `Tasks` is taken.
///
/// # Order
///
/// A task starts in the same poll in which the last of its dependencies is done, and never later because of a task that it
/// does not depend on. Tasks that are ready together start in topological order: repeatedly the first task in source order
/// whose dependencies all come before it. Each task starts at most once, and only if the terminal needs it.
///
/// # Runs
///
/// Two calls of terminals share nothing. `checkout.run()` returns a run, in which each task runs at most
/// once, however many results are awaited. For the block above:
///
/// ```text
/// impl Checkout {
///     pub fn run(&self) -> CheckoutRun<'_>;
///
///     /// The run owns a share of the object, and has no lifetime.
///     pub fn run_owned(self: &Arc<Self>) -> CheckoutRun<'static>;
/// }
///
/// pub struct CheckoutRun<'a> { .. }
///
/// impl CheckoutRun<'_> {
///     fn user(&self) -> TryGoal<'_, User>;     // its output is a `Result<&User, TaskError>`
///
///     fn rates(&self) -> Goal<'_, Rates>;      // its output is a `&Rates`
///
///     fn cart(&self) -> TryGoal<'_, Cart>;
///
///     fn price(&self) -> TryGoal<'_, Money>;
///
///     /// What the cart costs.
///     pub fn quote(&self) -> TryGoal<'_, Quote>;
///
///     pub async fn all(&self) -> Result<CheckoutOutputs<'_>, TaskError>;
///
///     pub async fn settle(&self) -> Vec<TaskError>;
///
///     pub fn retry_failed(&self);
///
///     // Before the first await:
///     fn with_user(self, value: User) -> Self;
///     fn with_rates(self, value: Rates) -> Self;
///     fn with_cart(self, value: Cart) -> Self;
///     fn with_price(self, value: Money) -> Self;
///     pub fn with_quote(self, value: Quote) -> Self;
///     pub fn max_concurrency(self, tasks: usize) -> Self;
///     pub fn observe(self, observer: impl Observer + 'static) -> Self;
///     pub fn cancel_abandoned(self) -> Self;
/// }
///
/// pub struct CheckoutOutputs<'a> {
///     user: &'a User,
///     rates: &'a Rates,
///     cart: &'a Cart,
///     price: &'a Money,
///     pub quote: &'a Quote,
/// }
/// ```
///
/// - A method or a field of a task has the visibility of the task. The types and the other methods have the visibility of
///   the most visible task. Both types are `Send` and `Sync`, unless the block is `local`. The outputs are `Debug` if all
///   results are.
/// - `run.quote().peek()` returns the result if it is there already, and does not ask for it.
/// - Nothing starts before a result is awaited. Whoever waits, on any thread, drives all tasks that have started, for all
///   results. While nobody waits, the run pauses, and its tasks keep what they hold, such as a lock.
/// - After `cancel_abandoned()`, a task is dropped, or aborted if it was spawned, when nobody waits for it any more: when
///   the last future that was polled and needs it is dropped, or ends with the failure of another task. It starts anew
///   when it is wanted again; a wide task runs only its missing elements then. Two kinds are not stopped once they have
///   started: a task with `finish`, and a `blocking` body, whose result is dropped.
/// - A failed task fails every result that needs it, at once and until `retry_failed()`, with a `TaskError` that names
///   the task. Nothing new starts for these results alone; started tasks and all other tasks continue. After
///   `retry_failed()` a failed task runs again when a result that needs it is awaited again; results are kept.
/// - A task that catches a failure is not stopped by it. After `retry_failed()`, such a task waits for the new attempt if it
///   has not started; what was made without the result is kept.
/// - `settle()` runs every task that can run, whatever fails, and returns the failures of all tasks in topological order.
///   `all()` returns the first failure at once.
/// - `run()` requires that each error type of the block converts into `Box<dyn Error + Send + Sync>`. A block with another
///   error type still has its terminals.
/// - `with_user(value)` uses a value as the result of a task: the `Ok` value of a fallible task, the `Result` of a task with
///   `catch`. Neither the task nor tasks needed only by it will run. This is how a body is tested alone, and how a run
///   continues from saved results.
/// - `max_concurrency(n)` lets at most `n` tasks be under way at once, and overrides the block. `observe(observer)` adds
///   an `Observer`, which is told of each task that starts, finishes or is skipped.
/// - A task that awaits its own result, or one that needs it, from its own run panics and names the cycle, unless its body
///   awaits something else, too. These cycles are not found, and their tasks wait forever: those of tasks of inner graphs;
///   those of two bodies that await each other's results; those through a `lazy` dependency that a body on another thread
///   awaits; and those where the result is polled with another waker than that of the task.
///
/// # Closing
///
/// If a task has `close`, the run has the method `close(self)`, which ends the run in the reverse order of its start. The
/// function takes the value (the `Ok` value of a fallible task) and returns a future of `()` or of a `Result`.
///
/// - Tasks under way are dropped first. Bodies on other threads that cannot be dropped are waited for.
/// - Each value is closed as soon as all that were made from it are closed; independent ones are closed side by side. Values
///   without `close` drop in the same order.
/// - Every function runs, whatever the others do. The `CloseError` lists those that failed, panicked or took too long.
/// - If a task is dropped half-way, its locals are only dropped. So is the value of a `blocking` task that returns after the
///   end of the run has begun. `close` and `finish` exclude each other.
/// - Dropping the run only drops the values. So does a call of a terminal.
///
/// # Pictures
///
/// `cargo doc` shows the graph on the page of the type, above its methods: each task is a link to its method. A block of
/// more than 250 tasks is not drawn. Inner tasks that are named in the block are drawn in a box, each as a link to the
/// method that returns their object. At run time the graph is data, with the same visibility as `run`:
///
/// ```text
/// impl Checkout {
///     pub fn graph() -> &'static Graph;
/// }
/// ```
///
/// # Stored results
///
/// `#[dag(durable)]` requires `Serialize + DeserializeOwned` of every result, or of the `Ok` value if the task is
/// fallible. It implements `adagio::durable::Durable` for the type and `DurableRun` for its run: the tasks as data, and
/// each result as bytes by the name of its task. The macro knows no engine; the crate `adagio-restate` has one. Tasks
/// with any `pub`, such as `pub(crate)`, may be asked for there, so they are not dead code.
///
/// # Panics
///
/// A panic in a task unwinds out of the terminal with its own payload. The other tasks are dropped.
///
/// In a run it unwinds into the future that drives the run at that moment, and drops the other tasks. All other futures
/// of the run, and later ones, panic too and name the task. The methods that belong before the first await panic after
/// it; so do a second value for one task, and `max_concurrency(0)`. A wide task panics if its collection has another number
/// of elements when it is tried again: "a collection of 3 elements has 4 when its task is tried again".
///
/// `spawn`, `blocking`, `timeout` and `retry` panic outside of a tokio runtime. A panic on another thread is resumed in the
/// awaiting task, with its own payload.
///
/// # Cancel safety
///
/// The future of a terminal owns the futures of its tasks. Dropping it drops them; a failure drops them before the terminal
/// returns. Nothing runs on. Results drop in reverse topological order, as the variables of a function do: each before those
/// that it was made from. All results of an inner graph drop before those of the outer graph.
///
/// A run owns the futures of its tasks. Dropping the future of a result loses and repeats nothing: its tasks stay wanted,
/// and start or continue when another result is awaited. Dropping the run drops its running tasks.
#[proc_macro_attribute]
pub fn dag(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_dag(options.into(), item.into()).into()
}

/// Names the tasks of the same [`dag`](macro@dag) block that must be done before this one: `#[depends(user, cart)]`.
///
/// Tasks of an inner graph are named with a dot: `#[depends(pricing.total)]`. With `catch` before a name, this task also
/// runs if that task fails: `#[depends(user, catch coupon)]`. With `lazy`, that task runs only if the body awaits it:
/// `#[depends(user, lazy rates)]`. With `in`, this task is a wide task, which runs once for each element of the result:
/// `#[depends(id in ids)]`. A parameter with the name of a dependency receives its result. Inside the block, the attribute
/// needs no import.
#[proc_macro_attribute]
pub fn depends(_options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    refuse_outside_dag(item.into()).into()
}

/// Sets the options of a task in a [`dag`](macro@dag) block, or turns a function into one whose calls are tasks.
///
/// On a method, options such as `#[task(catch)]` are listed in the docs of `dag`. Every method of a `#[dag]` block is a
/// task, with this attribute or without it. Inside the block, it needs no import.
///
/// # Functions
///
/// A call of a function with `#[task]` schedules it on the tokio runtime and returns a `Task`. The function is free or
/// associated, `async` or not, and has no `self`. For these
///
/// ```text
/// #[task]
/// pub async fn fetch(id: &'static str) -> Result<String, ApiError> { .. }
///
/// #[task]
/// async fn concatenate(left: &str, right: &str) -> String { .. }
///
/// #[task]
/// async fn longest<T: Measure + Send + Sync + 'static>(items: Vec<T>) -> usize { .. }
/// ```
///
/// there are
///
/// ```text
/// pub fn fetch(id: impl Gives<&'static str>) -> Task<String>;
///
/// fn concatenate(left: impl Lends<str>, right: impl Lends<str>) -> Task<String>;
///
/// fn longest<T: Measure + Send + Sync + 'static>(items: impl Gives<Vec<T>>) -> Task<usize>;
/// ```
///
/// - An argument is a value, a `Task` of it or a `&Task`. The task starts when all its inputs are done, and never if one of
///   them fails.
/// - A parameter `&U` borrows, without a clone, from a `U`, `Arc<U>`, `Box<U>` or `&'static U`; `&str`, `&[T]` and
///   `&Path` also from a `String`, a `Vec<T>` or `[T; N]`, and a `PathBuf`.
/// - Any other parameter receives the value: the result of a task itself if nobody else holds it, else a clone. A `String`
///   parameter also takes a `&str`.
/// - A function may be generic. Where a parameter is a bare `T` and the argument is a task, name the type:
///   `double::<u32>(&task)`. Results, and values that are lent, are `Send + Sync + 'static`.
/// - A return type called `Result` makes the task fallible: dependents receive the `Ok` value. The error converts into
///   `Box<dyn Error + Send + Sync>`.
/// - An associated function of a generic type that uses the parameters of the type names `Self` in its signature or its
///   body.
///
/// The options mean the same as on methods. `spawn`, `inline`, `boxed`, `max_concurrency`, `finish`, `graph`, `permit`,
/// `close`, `remote` and `version` are errors here: they are for the methods of a `#[dag]` block.
///
/// # Names
///
/// All tasks of a function have its name, unless `#[task(name = "fetch {url}")]` gives each its own. Errors, observers,
/// reports and spans show it, and reports still fold many tasks of one function into one line.
///
/// - The text is a format string. Its arguments are the parameters, by their names: `{url}`, `{depth:>3}`, `{page:?}`.
/// - The name is written when the function is called, also where nobody reads it. It is cut after 100 letters.
/// - Where an argument is a task, the name of that task stands for its value, which may not be there yet:
///   `parse(fetch("/a"))` is called ``parse fetch /a``.
/// - `Task::named` gives a name to any other task.
///
/// # Panics
///
/// The function panics outside of a tokio runtime.
#[proc_macro_attribute]
pub fn task(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    function::expand_task(options.into(), item.into()).into()
}

/// Draws the graph of a block, as the docs of its type show it.
#[doc(hidden)]
#[proc_macro]
pub fn picture(graph: proc_macro::TokenStream) -> proc_macro::TokenStream {
    picture::draw_text(graph.into()).into()
}

/// Returns the item with an error at the attribute: inside a block, `#[dag]` has taken the attribute away.
fn refuse_outside_dag(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(Span::call_site(), "`#[depends]` needs `#[dag]` on the impl block");
    let mut output = errors.into_compile_errors();
    output.extend(item);
    output
}

fn expand_dag(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(block) = parse::parse(options, item.clone(), &mut errors) else {
        let mut output = errors.into_compile_errors();
        output.extend(fallback::without_attributes(item));
        return output;
    };
    let dag = analyse::analyse(&block, &mut errors);
    if errors.is_empty() {
        return expand::expand(&dag);
    }
    let mut output = fallback::expand(&dag);
    output.extend(errors.into_compile_errors());
    output
}
