#[allow(dead_code, non_upper_case_globals)]
const only_one_dag_block_for_Batch: () = ();
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
#[allow(
    private_bounds,
    private_interfaces,
    unreachable_pub,
    missing_debug_implementations
)]
impl<'a, S, const N: usize> ::adagio::__private::DoesNotContainItself for Batch<'a, S, N>
where
    S: Store,
{}
#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(Batch:async keys(), async rows(keys))
)]
impl<'a, S, const N: usize> Batch<'a, S, N>
where
    S: Store,
{
    const SIZE: usize = N;
    async fn keys(&self) -> &[S::Key] {
        let mut __cells = __DagBatchCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => __cells.keys.take_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[doc(hidden)]
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
    async fn __dag_task_keys(&self) -> &[S::Key] {
        &self.keys
    }
    async fn rows(&self) -> [S::Row; N] {
        let _ = Self::keys;
        let mut __cells = __DagBatchCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x3], [0x1]).await {
            ::core::result::Result::Ok(()) => __cells.rows.take_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[doc(hidden)]
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
    async fn __dag_task_rows(&self, keys: &[S::Key]) -> [S::Row; N] {
        self.store.load(keys).await
    }
}
#[doc(hidden)]
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
struct __DagBatchCells<'b, 'a, S, const N: usize>
where
    S: Store,
{
    rows: ::adagio::__private::TaskCell<[S::Row; N], Self>,
    keys: ::adagio::__private::TaskCell<&'b [S::Key], Self>,
    __dag_self: ::core::marker::PhantomData<&'b Batch<'a, S, N>>,
}
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
impl<'__dag, 'a, S, const N: usize> __DagBatchCells<'__dag, 'a, S, N>
where
    S: Store,
{
    fn empty() -> Self {
        Self {
            rows: ::adagio::__private::TaskCell::empty(),
            keys: ::adagio::__private::TaskCell::empty(),
            __dag_self: ::core::marker::PhantomData,
        }
    }
}
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
impl<'a, S, const N: usize> Batch<'a, S, N>
where
    S: Store,
{
    #[doc(hidden)]
    const __DAG_GRAPH: &'static ::adagio::__private::Graph = &::adagio::__private::Graph::new(
        "Batch",
        &[
            ::adagio::__private::Node {
                name: "keys",
                dependencies: &[],
                needed: &[0x1],
                kind: ::adagio::__private::TaskKind::Async,
                docs: "",
            },
            ::adagio::__private::Node {
                name: "rows",
                dependencies: &[0],
                needed: &[0x3],
                kind: ::adagio::__private::TaskKind::Async,
                docs: "",
            },
        ],
    );
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[doc(hidden)]
    /// What drives a run: a function of its own, so that rustc knows of the future whether it is `Send`.
    async fn __dag_run<'__dag>(
        __this: &'__dag Self,
        mut __writer: ::adagio::__private::ArcWriter<__DagBatchCells<'__dag, 'a, S, N>>,
        __seed: ::adagio::__private::Seed<1>,
        __keep: fn(
            ::core::convert::Infallible,
        ) -> ::core::result::Result<
            ::adagio::__private::ErrorSource,
            ::core::convert::Infallible,
        >,
    ) {
        let _ = Self::__dag_drive(
                __this,
                __writer.borrow(),
                __seed.into_scheduler(),
                __keep,
            )
            .await;
    }
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet.

See [`BatchRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(&self) -> BatchRun<'_, 'a, S, N> {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        BatchRun {
            __dag: ::adagio::__private::Run::new(
                self,
                __DagBatchCells::empty(),
                Self::__DAG_GRAPH,
                ::core::option::Option::None,
                |__this, __writer, __seed| {
                    let __driver = Self::__dag_run(
                        __this,
                        __writer,
                        __seed,
                        |__failure| { ::core::result::Result::Ok(match __failure {}) },
                    );
                    ::std::boxed::Box::pin(__driver)
                },
            ),
        }
    }
    #[doc(hidden)]
    #[inline]
    fn __dag_reach<'__c, '__dag>(
        __this: &'__dag Self,
        __cells: &'__c mut __DagBatchCells<'__dag, 'a, S, N>,
        __needed: [u64; 1],
        __ready: [u64; 1],
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<(), ::core::convert::Infallible>,
    > {
        Self::__dag_drive(
            __this,
            ::adagio::__private::Writer::new(__cells),
            ::adagio::__private::Scheduler::new(
                Self::__DAG_GRAPH,
                ::adagio::__private::TaskSet(__needed),
                ::adagio::__private::TaskSet(__ready),
            ),
            ::core::result::Result::Err,
        )
    }
    #[doc(hidden)]
    async fn __dag_drive<'__dag>(
        __this: &'__dag Self,
        mut __writer: ::adagio::__private::Writer<'_, __DagBatchCells<'__dag, 'a, S, N>>,
        mut __scheduler: impl ::adagio::__private::Schedule,
        __keep: fn(
            ::core::convert::Infallible,
        ) -> ::core::result::Result<
            ::adagio::__private::ErrorSource,
            ::core::convert::Infallible,
        >,
    ) -> ::core::result::Result<(), ::core::convert::Infallible> {
        #[allow(unused_imports)]
        use ::adagio::__private::ProbeValue as _;
        let __cells = __writer.reader();
        let mut __keys_slot = ::core::pin::pin!(::core::option::Option::None);
        let mut __rows_slot = ::core::pin::pin!(::core::option::Option::None);
        ::core::future::poll_fn(move |__cx| {
                __scheduler.begin_pass(__cx);
                while let ::core::option::Option::Some(__group) = __scheduler
                    .next_group(__cx)
                {
                    match __group {
                        0 => {
                            if __scheduler.is_due(0, 0x1, 0x1) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        0,
                                        __keys_slot.as_mut(),
                                        __cx,
                                        move || Self::__dag_task_keys(__this),
                                    )
                                {
                                    let __value = __result;
                                    __writer.put(&__writer.reader().keys, __value);
                                    __scheduler.finish(0, 0x1);
                                    __scheduler.visit(0, 0x2);
                                }
                            }
                            if __scheduler.is_due(0, 0x2, 0x3) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        1,
                                        __rows_slot.as_mut(),
                                        __cx,
                                        move || Self::__dag_task_rows(__this, __cells.keys.ready()),
                                    )
                                {
                                    let __value = __result;
                                    __writer.put(&__writer.reader().rows, __value);
                                    __scheduler.finish(0, 0x2);
                                }
                            }
                        }
                        _ => ::adagio::__private::unknown_group(__group),
                    }
                }
                __scheduler.end_pass().map(::core::result::Result::Ok)
            })
            .await
    }
    #[doc(hidden)]
    fn __dag_check<'__dag>(_: &'__dag Self) {
        #[allow(unused_imports)]
        use ::adagio::__private::{NotSend as _, ProbeValue as _};
    }
}
/**A run of the tasks of [`Batch`], returned by [`Batch::run`]: each task runs at most once, however many results are awaited, one after another or at once.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = batch.run();
let keys = run.keys().await;
// `keys` does not run again:
let rows = run.rows().await;
```

To run `rows` alone, inject what it depends on:
```ignore
let run = batch.run().with_keys(keys);
let rows = run.rows().await;
```

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
struct BatchRun<'b, 'a, S, const N: usize>
where
    S: Store,
{
    __dag: ::adagio::__private::Run<
        &'b Batch<'a, S, N>,
        __DagBatchCells<'b, 'a, S, N>,
        dyn ::core::future::Future<Output = ()> + 'b,
        1,
    >,
}
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
impl<'b, 'a, S, const N: usize> BatchRun<'b, 'a, S, N>
where
    S: Store,
{
    ///Returns the result of `keys`.
    fn keys(
        &self,
    ) -> ::adagio::__private::Goal<
        '_,
        &'b [S::Key],
        dyn ::adagio::__private::AnyRun + '_,
    > {
        let _ = <Batch<'a, S, N>>::keys;
        ::adagio::__private::Goal::new(self.__dag_any(), 0, &self.__dag.cells().keys)
    }
    /**Uses `value` as the result of `keys`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `keys` has been injected already.*/
    #[must_use]
    #[inline]
    fn with_keys(self, value: &'b [S::Key]) -> Self {
        self.__dag.inject(0, &self.__dag.cells().keys, value);
        self
    }
    ///Returns the result of `rows`.
    fn rows(
        &self,
    ) -> ::adagio::__private::Goal<
        '_,
        [S::Row; N],
        dyn ::adagio::__private::AnyRun + '_,
    > {
        let _ = <Batch<'a, S, N>>::rows;
        ::adagio::__private::Goal::new(self.__dag_any(), 1, &self.__dag.cells().rows)
    }
    /**Uses `value` as the result of `rows`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `rows` has been injected already.*/
    #[must_use]
    #[inline]
    fn with_rows(self, value: [S::Row; N]) -> Self {
        self.__dag.inject(1, &self.__dag.cells().rows, value);
        self
    }
    #[doc(hidden)]
    #[inline]
    fn __dag_any(&self) -> &(dyn ::adagio::__private::AnyRun + '_) {
        &self.__dag
    }
    ///Runs every task and returns all results.
    async fn all(&self) -> BatchOutputs<'_, 'a, S, N> {
        let _ = <Batch<'a, S, N>>::keys;
        let _ = <Batch<'a, S, N>>::rows;
        ::adagio::__private::reached(self.__dag.all().await);
        BatchOutputs {
            keys: self.__dag.cells().keys.ready(),
            rows: self.__dag.cells().rows.ready(),
            __dag: ::core::marker::PhantomData,
        }
    }
    /// Lets at most `tasks` tasks of this run be under way at once. A task that awaits another result of its
    /// own run keeps its slot: if no slot is left for that result, both wait forever.
    ///
    /// # Panics
    /// If it is 0, or if a result of the run has been awaited.
    #[must_use]
    #[inline]
    fn max_concurrency(self, tasks: usize) -> Self {
        Self {
            __dag: self.__dag.max_concurrency(tasks),
        }
    }
    /// Adds an observer, which is told of the tasks that start and finish.
    ///
    /// # Panics
    /// If a result of the run has been awaited.
    #[must_use]
    #[inline]
    fn observe(self, observer: impl ::adagio::__private::Observer + 'static) -> Self {
        Self {
            __dag: self.__dag.observe(observer),
        }
    }
    /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again. Results
    /// are kept, and running tasks continue.
    #[inline]
    fn retry_failed(&self) {
        self.__dag.retry_failed();
    }
}
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
impl<'b, 'a, S, const N: usize> ::core::fmt::Debug for BatchRun<'b, 'a, S, N>
where
    S: Store,
{
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__dag, __formatter)
    }
}
/**All results of a run, as references: what [`BatchRun::all`] returns. It is `Debug` if every result is.

It has a private field for the parameters of the block, so a pattern for it ends with `..`.

# Examples
```ignore
let run = batch.run();
let BatchOutputs { rows, .. } = run.all().await;
```
*/
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
#[allow(dead_code)]
struct BatchOutputs<'b, 'a, S, const N: usize>
where
    S: Store,
{
    ///The result of `keys`.
    keys: &'b &'b [S::Key],
    ///The result of `rows`.
    rows: &'b [S::Row; N],
    __dag: ::core::marker::PhantomData<&'b Batch<'a, S, N>>,
}
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
#[allow(clippy::expl_impl_clone_on_copy)]
impl<'b, 'a, S, const N: usize> ::core::clone::Clone for BatchOutputs<'b, 'a, S, N>
where
    S: Store,
{
    fn clone(&self) -> Self {
        *self
    }
}
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
impl<'b, 'a, S, const N: usize> ::core::marker::Copy for BatchOutputs<'b, 'a, S, N>
where
    S: Store,
{}
#[doc(hidden)]
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
impl<'b, 'a, S, const N: usize> ::core::fmt::Debug for BatchOutputs<'b, 'a, S, N>
where
    S: Store,
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'b <fn(&'b ()) -> &'b [S::Key] as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'b <fn(&'b ()) -> [S::Row; N] as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
{
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("BatchOutputs")
            .field("keys", &::adagio::__private::Defer::new(self.keys))
            .field("rows", &::adagio::__private::Defer::new(self.rows))
            .finish()
    }
}
#[doc(hidden)]
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
#[allow(
    private_bounds,
    private_interfaces,
    unreachable_pub,
    missing_debug_implementations
)]
pub struct BatchTasks<'a, S, const N: usize>(
    ::core::marker::PhantomData<fn() -> Batch<'a, S, N>>,
)
where
    S: Store;
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
#[allow(
    private_bounds,
    private_interfaces,
    unreachable_pub,
    missing_debug_implementations
)]
impl<'a, S, const N: usize> ::adagio::__private::Subgraph for Batch<'a, S, N>
where
    S: Store,
{
    type Failure = ::core::convert::Infallible;
    type Tasks = BatchTasks<'a, S, N>;
    type Place = ::adagio::__private::OneThread;
    #[inline]
    fn tasks() -> Self::Tasks {
        BatchTasks(::core::marker::PhantomData)
    }
    fn inner_graph() -> &'static ::adagio::__private::Graph {
        <Batch<'a, S, N>>::__DAG_GRAPH
    }
}
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    clippy::builtin_type_shadow,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::future_not_send,
    clippy::too_many_lines,
    clippy::cognitive_complexity,
    clippy::large_stack_arrays,
    clippy::enum_variant_names
)]
#[allow(
    private_bounds,
    private_interfaces,
    unreachable_pub,
    missing_debug_implementations
)]
impl<'a, S, const N: usize> BatchTasks<'a, S, N>
where
    S: Store,
{
    #[inline]
    pub fn __dag_cells<'__dag>(&self) -> __DagBatchCells<'__dag, 'a, S, N> {
        __DagBatchCells::empty()
    }
    #[inline]
    pub fn __dag_scheduler<'__b>(
        &self,
        __border: &'__b ::adagio::__private::Border<'__b>,
    ) -> ::adagio::__private::InnerScheduler<'__b, 1> {
        ::adagio::__private::InnerScheduler::new(
            __border,
            <Batch<'a, S, N>>::__DAG_GRAPH,
            ::core::option::Option::None,
        )
    }
    #[inline]
    pub async fn __dag_drive<'__dag>(
        self,
        __this: &'__dag Batch<'a, S, N>,
        __writer: ::adagio::__private::Writer<'_, __DagBatchCells<'__dag, 'a, S, N>>,
        __scheduler: &mut ::adagio::__private::InnerScheduler<'_, 1>,
        __keep: &(dyn ::core::ops::Fn(
            ::core::convert::Infallible,
        ) -> ::core::result::Result<
                ::adagio::__private::ErrorSource,
                ::core::convert::Infallible,
            > + ::core::marker::Sync),
    ) -> ::core::result::Result<(), ::core::convert::Infallible> {
        <Batch<
            'a,
            S,
            N,
        >>::__dag_drive(__this, __writer, __scheduler, ::core::result::Result::Err)
            .await
    }
}
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    single_use_lifetimes,
    private_bounds,
    private_interfaces,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::future_not_send
)]
impl<'a, S, const N: usize> BatchTasks<'a, S, N>
where
    S: Store,
{
    #[inline]
    fn keys<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagBatchCells<'__dag, 'a, S, N>,
        <fn(&'__dag ()) -> &'__dag [S::Key] as ::adagio::__private::Returns>::Output,
        ::core::convert::Infallible,
        ::adagio::__private::Never,
    > {
        let _ = <Batch<'a, S, N>>::keys;
        ::adagio::__private::InnerTask::unfailing(0, |__cells| &__cells.keys)
    }
    #[inline]
    fn rows<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagBatchCells<'__dag, 'a, S, N>,
        <fn(&'__dag ()) -> [S::Row; N] as ::adagio::__private::Returns>::Output,
        ::core::convert::Infallible,
        ::adagio::__private::Never,
    > {
        let _ = <Batch<'a, S, N>>::rows;
        ::adagio::__private::InnerTask::unfailing(1, |__cells| &__cells.rows)
    }
}
