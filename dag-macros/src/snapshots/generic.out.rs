#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Batch: async keys() -> &[S::Key]; async rows(keys) -> [S::Row; N]"
    )
)]
impl<'a, S, const N: usize> Batch<'a, S, N>
where
    S: Store,
{
    const SIZE: usize = N;
    async fn keys(&self) -> &[S::Key] {
        let mut __cells = __DagBatchCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x1], [0x1]).await;
        __cells.keys.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_keys(&self) -> &[S::Key] {
        &self.keys
    }
    async fn rows(&self) -> [S::Row; N] {
        let _ = Self::keys;
        let mut __cells = __DagBatchCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x3], [0x1]).await;
        __cells.rows.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_rows(&self, keys: &[S::Key]) -> [S::Row; N] {
        self.store.load(keys).await
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct __DagBatchCells<'b, 'a, S, const N: usize>
where
    S: Store,
{
    rows: ::adagio::__private::TaskCell<[S::Row; N], Self>,
    keys: ::adagio::__private::TaskCell<&'b [S::Key], Self>,
    __dag_self: ::core::marker::PhantomData<&'b Batch<'a, S, N>>,
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

To run `rows` alone, inject its dependencies:
```ignore
let run = batch.run().with_keys(keys);
let rows = run.rows().await;
```

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct BatchRun<'b, 'a, S, const N: usize>
where
    S: Store,
{
    __dag: ::adagio::__private::LocalRun<
        'b,
        &'b Batch<'a, S, N>,
        __DagBatchCells<'b, 'a, S, N>,
        1,
    >,
}
/**All results of a run, as references. [`BatchRun::all`] returns them. It is `Debug` if every result is.

It has a private field for the parameters of the block, so a pattern for it ends with `..`.

# Examples
```ignore
let run = batch.run();
let BatchOutputs { rows, .. } = run.all().await;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
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
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl<'a, S, const N: usize> Batch<'a, S, N>
where
    S: Store,
{
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, or call `cancel_abandoned()`.

See [`BatchRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(&self) -> BatchRun<'_, 'a, S, N> {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            self,
            __DagBatchCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                ::core::result::Result::Err,
            ),
        );
        BatchRun { __dag: __run.local() }
    }
}
#[allow(deprecated, non_camel_case_types, non_snake_case, single_use_lifetimes)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
#[allow(private_bounds, private_interfaces)]
#[allow(unreachable_pub, missing_debug_implementations)]
#[allow(unreachable_code, clippy::let_unit_value, clippy::unit_arg)]
#[allow(type_alias_bounds, clippy::type_complexity)]
#[allow(clippy::future_not_send, clippy::too_many_lines, clippy::cognitive_complexity)]
#[allow(clippy::large_stack_arrays)]
const _: () = {
    use ::adagio::__private as __dag;
    impl<'a, S, const N: usize> __dag::DoesNotContainItself for Batch<'a, S, N>
    where
        S: Store,
    {}
    impl<'__dag, 'a, S, const N: usize> __DagBatchCells<'__dag, 'a, S, N>
    where
        S: Store,
    {
        fn empty() -> Self {
            Self {
                rows: __dag::TaskCell::empty(),
                keys: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl<'a, S, const N: usize> Batch<'a, S, N>
    where
        S: Store,
    {
        #[inline]
        fn __dag_reach<'__c, '__dag>(
            __this: &'__dag Self,
            __cells: &'__c mut __DagBatchCells<'__dag, 'a, S, N>,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<Output = __dag::Result<(), __dag::Infallible>> {
            let __scheduler = __dag::Scheduler::new(Self::__DAG_GRAPH, __tasks, __ready);
            Self::__dag_drive(
                __this,
                __dag::Writer::new(__cells),
                __scheduler,
                __dag::Err,
            )
        }
        async fn __dag_drive<'__dag>(
            __this: &'__dag Self,
            mut __writer: __dag::Writer<'_, __DagBatchCells<'__dag, 'a, S, N>>,
            mut __scheduler: impl __dag::Schedule,
            __keep: fn(__dag::Infallible) -> __dag::Kept<__dag::Infallible>,
        ) -> __dag::Result<(), __dag::Infallible> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __cells = __writer.reader();
            let mut __chain_0 = ::core::pin::pin!(
                __dag::Chain2::new(__scheduler.spare())
            );
            ::core::future::poll_fn(move |__cx| {
                    __scheduler.begin_pass(__cx);
                    loop {
                        match __scheduler.next_group(__cx) {
                            __dag::Some(0) => {
                                if __scheduler.is_due(0, 0x1, 0x1) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            0,
                                            __chain_0.slot1(),
                                            __cx,
                                            move || Self::__dag_task_keys(__this),
                                        )
                                    {
                                        __writer.put(&__writer.reader().keys, __value);
                                        __scheduler.finish_for(0, 0x1, 0x2);
                                    }
                                }
                                if __scheduler.is_due(0, 0x2, 0x3) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            1,
                                            __chain_0.slot2(),
                                            __cx,
                                            move || Self::__dag_task_rows(__this, __cells.keys.ready()),
                                        )
                                    {
                                        __writer.put(&__writer.reader().rows, __value);
                                        __scheduler.finish(0, 0x2);
                                    }
                                }
                            }
                            __dag::Some(__group) => __dag::unknown_group(__group),
                            __dag::None => return __scheduler.end_pass().map(__dag::Ok),
                        }
                    }
                })
                .await
        }
        async fn __dag_run<'__dag>(
            __this: &'__dag Self,
            mut __writer: __dag::ArcWriter<__DagBatchCells<'__dag, 'a, S, N>>,
            __seed: __dag::Seed<1>,
            __keep: fn(__dag::Infallible) -> __dag::Kept<__dag::Infallible>,
        ) {
            let __scheduler = __seed.into_scheduler();
            let _ = Self::__dag_drive(__this, __writer.borrow(), __scheduler, __keep)
                .await;
        }
        const __DAG_GRAPH: &'static __dag::Graph = &__dag::Graph::new(
                "Batch",
                &[
                    __dag::Node::new("keys", __dag::TaskKind::Async, &[], &[0x1]),
                    __dag::Node::new("rows", __dag::TaskKind::Async, &[0], &[0x3]),
                ],
            )
            .with_results("&[S::Key]\n[S::Row; N]");
        fn __dag_check<'__dag>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
        }
    }
    impl<'b, 'a, S, const N: usize> BatchRun<'b, 'a, S, N>
    where
        S: Store,
    {
        ///Returns the result of `keys`.
        fn keys(&self) -> __dag::Goal<'_, &'b [S::Key], dyn __dag::AnyRun + '_> {
            let _ = <Batch<'a, S, N>>::keys;
            __dag::Goal::new(self.__dag_any(), 0, &self.__dag.cells().keys)
        }
        /**Uses `value` as the result of `keys`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `keys` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_keys(self, value: &'b [S::Key]) -> Self {
            self.__dag.inject(0, &self.__dag.cells().keys, value);
            self
        }
        ///Returns the result of `rows`.
        fn rows(&self) -> __dag::Goal<'_, [S::Row; N], dyn __dag::AnyRun + '_> {
            let _ = <Batch<'a, S, N>>::rows;
            __dag::Goal::new(self.__dag_any(), 1, &self.__dag.cells().rows)
        }
        /**Uses `value` as the result of `rows`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `rows` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_rows(self, value: [S::Row; N]) -> Self {
            self.__dag.inject(1, &self.__dag.cells().rows, value);
            self
        }
        #[doc(hidden)]
        fn __dag_any(&self) -> &(dyn __dag::AnyRun + '_) {
            &self.__dag
        }
        ///Runs every task and returns all results.
        async fn all(&self) -> BatchOutputs<'_, 'a, S, N> {
            let _ = <Batch<'a, S, N>>::rows;
            __dag::reached(self.__dag.all().await);
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
        #[track_caller]
        fn max_concurrency(mut self, tasks: usize) -> Self {
            self.__dag = self.__dag.max_concurrency(tasks);
            self
        }
        /// Adds an observer, which is told of the tasks that start and finish.
        ///
        /// # Panics
        /// If a result of the run has been awaited.
        #[must_use]
        #[track_caller]
        fn observe(mut self, observer: impl __dag::Observer + 'static) -> Self {
            self.__dag = self.__dag.observe(observer);
            self
        }
        /// Drops a task of this run when nobody waits for it any more: its body is dropped, or aborted if it was
        /// spawned. The task starts anew when it is wanted again. Without this, a task that nobody waits for pauses
        /// where it is, and keeps what it holds.
        ///
        /// # Panics
        /// If a result of the run has been awaited.
        #[must_use]
        #[track_caller]
        fn cancel_abandoned(mut self) -> Self {
            self.__dag = self.__dag.cancel_abandoned();
            self
        }
        /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again. Results
        /// are kept, and running tasks continue.
        fn retry_failed(&self) {
            self.__dag.retry_failed();
        }
    }
    impl<'b, 'a, S, const N: usize> ::core::fmt::Debug for BatchRun<'b, 'a, S, N>
    where
        S: Store,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[allow(clippy::expl_impl_clone_on_copy)]
    impl<'b, 'a, S, const N: usize> ::core::clone::Clone for BatchOutputs<'b, 'a, S, N>
    where
        S: Store,
    {
        fn clone(&self) -> Self {
            *self
        }
    }
    impl<'b, 'a, S, const N: usize> ::core::marker::Copy for BatchOutputs<'b, 'a, S, N>
    where
        S: Store,
    {}
    #[doc(hidden)]
    impl<'b, 'a, S, const N: usize> ::core::fmt::Debug for BatchOutputs<'b, 'a, S, N>
    where
        S: Store,
        for<'__x> __dag::DeferDebug<
            '__x,
            0,
            &'b <fn(&'b ()) -> &'b [S::Key] as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            1,
            &'b <fn(&'b ()) -> [S::Row; N] as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("BatchOutputs")
                .field("keys", &__dag::DeferDebug::<0, _>::new(self.keys))
                .field("rows", &__dag::DeferDebug::<1, _>::new(self.rows))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct BatchTasks<'a, S, const N: usize>(
        ::core::marker::PhantomData<fn() -> Batch<'a, S, N>>,
    )
    where
        S: Store;
    impl<'a, S, const N: usize> __dag::InnerObject for Batch<'a, S, N>
    where
        S: Store,
    {
        type Failure = __dag::Infallible;
        type Tasks = BatchTasks<'a, S, N>;
        type Place = __dag::OneThread;
        fn tasks() -> Self::Tasks {
            BatchTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Batch<'a, S, N>>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
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
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(
                __border,
                <Batch<'a, S, N>>::__DAG_GRAPH,
                __dag::None,
            )
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Batch<'a, S, N>,
            __writer: __dag::Writer<'_, __DagBatchCells<'__dag, 'a, S, N>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __dag::Infallible>,
        ) -> ::core::result::Result<(), __dag::Infallible> {
            <Batch<'a, S, N>>::__dag_drive(__this, __writer, __scheduler, __dag::Err)
                .await
        }
    }
    type __DagInner<'__dag, 'a, S, const N: usize, __Value, __Error> = __dag::InnerTask<
        __DagBatchCells<'__dag, 'a, S, N>,
        __Value,
        __dag::Infallible,
        __Error,
    >;
    impl<'a, S, const N: usize> BatchTasks<'a, S, N>
    where
        S: Store,
    {
        fn keys<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            'a,
            S,
            N,
            <fn(&'__dag ()) -> &'__dag [S::Key] as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Batch<'a, S, N>>::keys;
            __dag::InnerTask::unfailing(0, |__cells| &__cells.keys)
        }
        fn rows<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            'a,
            S,
            N,
            <fn(&'__dag ()) -> [S::Row; N] as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Batch<'a, S, N>>::rows;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.rows)
        }
    }
};
