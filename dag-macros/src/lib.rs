//! The attribute macros of the [`adagio`](https://docs.rs/adagio) crate. Use them from there.

mod analyse;
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

use proc_macro2::{Span, TokenStream};

use errors::Errors;

/// Makes a *terminal* for each *task*, a method of an inherent `impl` block: a method of the same name that runs the task
/// with all it needs.
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
/// the type has these methods; the bodies stand beside them, word for word, under hidden names:
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
/// `checkout.quote().await` runs all five tasks: `user` and `rates` start together, `cart` when `user` is done,
/// `price` when `cart` and `rates` are, then `quote`. `checkout.cart().await` runs `user` and `cart`. Every call is a
/// new run: the object remembers nothing.
///
/// A terminal has the visibility of its task, its docs, and its `#[deprecated]` and `#[must_use]`. Lints about its
/// signature, such as `dead_code` and `missing_docs`, are allowed or expected at the terminal, all others at the body;
/// other attributes stay with the body.
///
/// # Options
///
/// On the block:
///
/// | | |
/// |---|---|
/// | `#[dag(local)]` | nothing is asked to be `Send` or `Sync`; a terminal is `Send` all the same if its tasks are |
/// | `#[dag(max_concurrency = 8)]` | at most 8 tasks are under way at once, in each run and each call of a terminal |
/// | `#[dag(spawn)]` | each `async fn` has `#[task(spawn)]`, unless it has `#[task(inline)]` |
/// | `#[dag(durable)]` | results are stored as bytes, and runs go on from them; needs the feature `durable` |
/// | `#[dag(crate = path)]` | where the `adagio` crate is found, if its name is another or a macro re-exports it |
///
/// On a task:
///
/// | | |
/// |---|---|
/// | `#[depends(a, b)]` | the tasks of this block that must be done first |
/// | `#[depends(a, catch b)]` | runs also if `b` has failed, or could not run because something above it has |
/// | `#[task(catch)]` | its `Result` is an ordinary value |
/// | `#[task(spawn)]` | an `async fn` that runs on the worker threads of the tokio runtime |
/// | `#[task(blocking)]` | a plain `fn` that runs on the threads that the runtime keeps for blocking |
/// | `#[task(inline)]` | an `async fn` that stays where the terminal is awaited, in a `#[dag(spawn)]` block |
/// | `#[task(graph)]` | the value is an object with a `#[dag]` block, whose tasks can be named: `#[depends(pricing.total)]` |
/// | `#[task(timeout = "250ms")]` | an attempt that takes longer is dropped, and fails with an error made of `TimedOut` |
/// | `#[task(retry = 3)]` | after a failure there are up to 3 further attempts |
/// | `#[task(backoff = "100ms..10s")]` | the first wait before a further attempt, and the longest |
/// | `#[task(retry_if = is_transient)]` | a `fn(&E) -> bool`: which errors are worth another attempt |
/// | `#[task(remote)]` | an engine may run it on another machine; in process it means nothing |
///
/// `#[dag]` takes `#[depends]` and `#[task]` away before the compiler looks for them, so they need no import.
///
/// # Tasks
///
/// - Every method of the block is a task, `async fn` or `fn`, and takes `&self`. A plain `fn` is a computation, done
///   in place. Consts may stand in the block; helpers and constructors go into an ordinary `impl` block.
/// - A task is not generic, but for lifetimes; the block may be, with lifetimes, types, constants and bounds. There is
///   one `#[dag]` block a type.
/// - Parameters are matched to dependencies by name; a leading underscore and `mut` do not matter. `&T` borrows the
///   result, with deref coercion: `&str` from a `String`, `&[T]` from a `Vec<T>`. `T` gets a clone. A dependency
///   without a parameter only orders.
/// - A result may borrow from `self`, with its lifetime written (`-> &Config`, `-> Guard<'_>`), but not from another
///   task's result. It need be neither `Clone` nor `'static`.
/// - Unless the block is `local`, the futures of tasks are `Send`, and results are `Send + Sync`.
/// - A task cannot be named `run` or `graph`, nor as a method of the run is: `all`, `max_concurrency`, `observe`,
///   `retry_failed`, `settle`, or `with_cart` beside a task `cart`. Nor can its name begin with `__dag_`.
/// - A cycle, an unknown or repeated dependency and a parameter that no dependency matches are errors at compile time,
///   all told at once.
///
/// # Failure
///
/// - A task is *fallible* if its return type ends in the path segment `Result`: `Result<T, E>`, `io::Result<T>`.
///   Dependents get the `Ok` value, and never run if it fails. A `Result` by another name (`-> AppResult<T>`) is an
///   error at compile time.
/// - With `#[task(catch)]` dependents take `&Result<T, E>`, and for them the task cannot fail. If one of its own
///   dependencies does, it does not run, and its own terminal converts that failure into its `E`.
/// - `#[depends(catch coupon)]` says at the consumer what a failure means: the task starts when `coupon` has ended, whatever
///   came of it. It takes `Option<&Coupon>`, or `Result<&Coupon, TaskError>` to look at the failure; by value,
///   `Option<Coupon>` and `Result<Coupon, TaskError>`. Without a parameter it only orders. Use it where some dependents go on
///   without a result, and `#[task(catch)]` where the `Result` is the value for all of them.
/// - The `TaskError` names the task that failed, however far above. `Result<_, TaskError>` asks of the errors that can
///   arrive that they convert into `Box<dyn Error + Send + Sync>`; `Option` asks nothing of them.
/// - A failure ends a call at once unless each way from the task that failed to the goal has a `catch` on it. Otherwise all
///   else goes on. What only serves a task that cannot run any more does not start; if it has started it is driven on, and
///   the goal does not wait for it. What is caught adds nothing to the errors of a terminal. A panic is not caught.
/// - The terminal of an infallible task that needs a fallible one returns `Result<T, E>`: `E` is the error type of the
///   terminal of its first fallible dependency, in the order of `#[depends(..)]`, looking through infallible ones.
/// - The first failure in time ends the run, whatever the order of any list. It converts in one step, by `From`, from
///   the error of the task that failed into that of the terminal. No other bound is asked of an error.
/// - A missing `From` is told in the block, but for a private task with dependents where its terminal is awaited: of layers
///   of errors only those need a conversion that somebody awaits. The terminal is a `fn` that returns a future then.
///
/// # Other threads
///
/// - With a task that has `spawn` or `blocking`, the object is shared with other threads: terminals take
///   `self: &Arc<Self>`, as does `run`, whose type has no lifetime then. Object, results and errors are `Send`, `Sync` and
///   `'static`; a result cannot borrow from `self`.
/// - A spawned task runs on the runtime in which the terminal or run was first polled, also where the graph itself is on
///   another executor. One that becomes ready by another goes on in its place; where it makes several ready, each gets a
///   worker of its own.
/// - A failure or a panic in a terminal aborts all spawned tasks: each drops its future at its next `.await`. The terminal
///   returns the failure, or resumes the panic of a spawned task, when all of them have ended. Dropping a terminal or run
///   aborts them, too, but a drop cannot wait. Neither can the panic of a task that is not spawned.
/// - A blocking task that has not started never does. One that has started is not waited for: it finishes, and its result
///   is dropped.
/// - Spawned tasks of a run go on while nobody awaits a result of it. A task whose runtime shuts down panics in the
///   terminal.
///
/// # Time
///
/// - `timeout` is for an `async fn` that returns a `Result`, whose error is `From<adagio::TimedOut>`; `std::io::Error` is.
///   The future of the attempt is dropped before the error is made.
/// - `retry` is for every task that returns a `Result`. The first wait is the shortest of `backoff`, each further one is
///   twice as long, up to the longest; to each is added a random part of it, within the longest. The whole counts as one
///   task: it keeps its slot, and observers are told of each attempt.
/// - Durations are written with `ms`, `s` or `m`. Time is that of tokio, with `tokio::time::pause()` in tests.
///
/// # Graphs in graphs
///
/// `#[task(graph)]` marks a task whose value, or `Ok` value, is an object with a `#[dag]` block. `#[depends(pricing.total)]`
/// names a task of that block which is visible here, and the parameter `total` gets its result.
///
/// - The dependency waits for that task alone. Inner tasks run at most once a run, and only those that are needed; limits of
///   both blocks hold, and observers know them as `pricing.total`.
/// - An inner failure becomes the error of the inner terminal, and then by `From` that of this one. In a run it is a
///   `TaskError` with that error as its source; it names the inner task that failed by its full path, such as
///   `pricing.rates.euro`.
/// - An inner error is not lifted: what needs an inner task that can fail returns a `Result`, or depends on a task of this
///   block that can fail.
/// - `with_pricing(object)` injects the object. Inner tasks have no method on the run, and no field in the outputs.
/// - The inner block has no tasks on other threads and no error that borrows from `self`; one that is `local` needs an outer
///   one that is. What an inner task gives goes to inline tasks. A graph does not contain itself. The name of the type
///   followed by `Tasks` is taken.
///
/// # Order
///
/// A task starts in the very poll in which the last of its dependencies is done, and in no case later because of a
/// task it does not depend on. Tasks that are ready together start in topological order, which is: again and again the
/// first task in source order whose dependencies are all placed. A run starts each task once at most, and only those
/// that the terminal needs.
///
/// # Runs
///
/// A call of a terminal shares nothing with the next. `checkout.run()` gives a run, in which each task runs at most
/// once, however many results are awaited. For the block above:
///
/// ```text
/// impl Checkout {
///     pub fn run(&self) -> CheckoutRun<'_>;
/// }
///
/// pub struct CheckoutRun<'a> { .. }
///
/// impl CheckoutRun<'_> {
///     fn user(&self) -> TryGoal<'_, User>;     // awaiting it gives a `Result<&User, TaskError>`
///
///     fn rates(&self) -> Goal<'_, Rates>;      // awaiting it gives a `&Rates`
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
/// - The types, and what is not of one task, have the visibility of the most visible task; a method or field of a task
///   has that of the task. Both types are `Send` and `Sync`, unless the block is `local`. The outputs are `Debug` where
///   all results are.
/// - `run.quote().peek()` returns what is there already, without asking for it.
/// - Nothing starts before a result is awaited. Whoever waits, on any thread, drives all that has started, for whatever
///   result. While nobody waits, the run pauses.
/// - A failed task fails every result that needs it, at once and until `retry_failed()`, with a `TaskError` that names
///   the task. Nothing more starts for these results alone; what has started, and all else, goes on. After
///   `retry_failed()` what failed runs anew when it is awaited again, and what succeeded is kept.
/// - A task that catches a failure is no part of what that failure stops. After `retry_failed()`, one that has not started
///   waits for the new attempt; what was made without the result is kept.
/// - `settle()` runs every task that can run, whatever fails, and returns all failures in topological order. `all()` returns
///   the first one at once.
/// - `run()` asks of each error type of the block that it converts into `Box<dyn Error + Send + Sync>`. A block with
///   another one has its terminals all the same.
/// - `with_user(value)` puts a value in the place of a result, the `Ok` value of a fallible task, the `Result` of one
///   with `catch`. The task does not run, nor does what only it needs: so a task is tested alone, and a run goes on
///   from saved results.
/// - `max_concurrency(n)` lets at most `n` tasks be under way at once, whatever the block says. `observe(observer)` adds
///   an `Observer`, which is told of each task that starts, finishes or is skipped.
/// - A task that awaits its own result from its own run waits for ever.
///
/// # Pictures
///
/// `cargo doc` shows the graph on the page of the type, above its methods: each task is a link to its method. A block of
/// more than 250 tasks is not drawn. The tasks of a graph inside that are named here are in a box, each a link to the method
/// that gives its object. At run time the graph is data, of the same visibility as `run`:
///
/// ```text
/// impl Checkout {
///     pub fn graph() -> &'static Graph;
/// }
/// ```
///
/// # Stored results
///
/// `#[dag(durable)]` asks `Serialize + DeserializeOwned` of every result, of the `Ok` value where a task is fallible, and
/// implements `adagio::durable::Durable` for the type and `DurableRun` for its run: the tasks as data, and each result to
/// bytes and from bytes, by the name of its task. It knows no engine; the crate `adagio-restate` is one that uses it. What
/// is `pub`, be it `pub(crate)`, may be asked for there, so it is not dead code.
///
/// # Panics
///
/// A panic in a task unwinds out of the terminal with its own payload. The other tasks are dropped.
///
/// In a run it unwinds into whoever drives, and drops the other tasks. All others who wait for a result of the run, and
/// all who await one later, panic too, and name the task. What belongs before the first await panics after it, as do a
/// second value for one task and `max_concurrency(0)`.
///
/// `spawn`, `blocking`, `timeout` and `retry` panic outside of a tokio runtime. A panic on another thread goes on in who
/// awaits, with its own payload.
///
/// # Cancel safety
///
/// A terminal's future owns those of its tasks. Dropping it drops them, and so does a failure before the terminal
/// returns. What is lost is what the tasks lose: nothing runs on. Results drop in reverse topological order, as the
/// variables of a function do: each before those that it was made of. All results of a graph inside drop before those of
/// the graph around it.
///
/// A run owns the futures of its tasks: dropping the future of a result loses and repeats nothing. Its tasks stay wanted:
/// those that have not started do so when another result is awaited. Dropping the run drops the tasks under way.
#[proc_macro_attribute]
pub fn dag(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_dag(options.into(), item.into()).into()
}

/// Names the tasks of the same [`dag`](macro@dag) block that must be done before this one: `#[depends(user, cart)]`. Tasks of
/// a graph inside are named with a dot: `#[depends(pricing.total)]`. With `catch` before a name, the task runs also if that
/// one fails: `#[depends(user, catch coupon)]`.
///
/// A parameter that has the name of one of them gets its result. Inside the block, the attribute needs no import.
#[proc_macro_attribute]
pub fn depends(_options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    refuse_outside_dag("depends", item.into()).into()
}

/// On a method of a [`dag`](macro@dag) block: gives the task options, such as `#[task(catch)]`; the docs of `dag` list them.
/// On a function: makes every call of it a task.
///
/// Every method of a `#[dag]` block is a task, with this attribute or without. Inside the block, it needs no import.
///
/// # Functions
///
/// A function with `#[task]`, `async` or not, free or associated, but without `self`, is scheduled on the Tokio runtime by
/// being called, and gives a `Task`. For these
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
/// - An argument is a value, a `Task` of it or a `&Task`. The task starts when all of its inputs are done, and never if
///   one of them fails.
/// - A parameter `&U` borrows, without a clone, from a `U`, `Arc<U>`, `Box<U>` or `&'static U`; `&str`, `&[T]` and
///   `&Path` also from a `String`, a `Vec<T>` or `[T; N]`, and a `PathBuf`.
/// - Any other parameter takes the value; that of a task if nobody else holds it, else a clone. `String` also takes a
///   `&str`.
/// - A function may be generic. Where a parameter is a bare `T` and the argument a task, name the type:
///   `double::<u32>(&task)`. Results, and what is lent, are `Send + Sync + 'static`.
/// - A return type called `Result` makes the task fallible: dependents get the `Ok` value. The error is one that converts
///   into `Box<dyn Error + Send + Sync>`.
/// - An associated function of a generic type names `Self` somewhere, in its signature or its body, if it uses the type's
///   parameters.
///
/// The options mean what they mean on methods; `spawn` and `inline` mean nothing.
///
/// # Panics
///
/// Such a function panics outside of a Tokio runtime.
#[proc_macro_attribute]
pub fn task(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    function::expand_task(options.into(), item.into()).into()
}

/// Draws the graph of a block, as the docs of its type show it.
#[doc(hidden)]
#[proc_macro]
pub fn picture(graph: proc_macro::TokenStream) -> proc_macro::TokenStream {
    picture::draw(graph.into()).into()
}

/// Returns the item back with an error at the attribute: inside a block, `#[dag]` has taken the attribute away.
fn refuse_outside_dag(attribute: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(Span::call_site(), format!("#[{attribute}] needs #[dag] on the impl block"));
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
