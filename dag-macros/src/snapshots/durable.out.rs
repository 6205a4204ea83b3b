#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Order: async reserve() -> Result<Shelf, BankError>; async charge(reserve) -> Result<Receipt, BankError>"
    )
)]
impl Order {
    async fn reserve(&self) -> Result<Shelf, BankError> {
        let mut __cells = __DagOrderCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.reserve.take_value())
            }
            ::core::result::Result::Err(__DagOrderFailure::BankError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_reserve(&self) -> Result<Shelf, BankError> {
        self.warehouse.reserve(self.id).await
    }
    pub async fn charge(&self) -> Result<Receipt, BankError> {
        let _ = Self::reserve;
        let mut __cells = __DagOrderCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x3], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.charge.take_value())
            }
            ::core::result::Result::Err(__DagOrderFailure::BankError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_charge(&self, reserve: &Shelf) -> Result<Receipt, BankError> {
        self.bank.charge(reserve).await
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct __DagOrderCells<'a> {
    charge: ::adagio::__private::TaskCell<Receipt, Self>,
    reserve: ::adagio::__private::TaskCell<Shelf, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Order>,
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
enum __DagOrderFailure<BankError> {
    BankError(BankError),
}
/**A run of the tasks of [`Order`], returned by [`Order::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = order.run();
let charge = run.charge().await?;
```

# Errors
A `TaskError` names the task that failed; its source is the task's own error. Every result that needs the task returns it at once; other results are not affected. It is remembered until [`retry_failed`](Self::retry_failed).

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(unreachable_pub)]
pub struct OrderRun {
    __dag: ::adagio::__private::SendRun<
        'static,
        ::std::sync::Arc<Order>,
        __DagOrderCells<'static>,
        1,
    >,
}
/**All results of a run, as references. [`OrderRun::all`] returns them. It is `Debug` if every result is.

# Examples
```ignore
let run = order.run();
let OrderOutputs { charge, .. } = run.all().await?;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[derive(::core::clone::Clone, ::core::marker::Copy)]
pub struct OrderOutputs<'a> {
    ///The result of `reserve`.
    reserve: &'a Shelf,
    ///The result of `charge`.
    pub charge: &'a Receipt,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl Order {
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    pub fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`OrderRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(self: &::std::sync::Arc<Self>) -> OrderRun {
        ::core::unreachable!("only rustdoc reads this")
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`OrderRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(self: &::std::sync::Arc<Self>) -> OrderRun
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            BankError,
        >: ::adagio::__private::IntoTaskError<BankError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            ::std::sync::Arc::clone(self),
            __DagOrderCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagOrderFailure::BankError(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        OrderRun {
            __dag: ::adagio::__private::IfSend::of(&__run).erased(__run),
        }
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
    impl __dag::DoesNotContainItself for Order {}
    impl<'__dag> __DagOrderCells<'__dag> {
        fn empty() -> Self {
            Self {
                charge: __dag::TaskCell::empty(),
                reserve: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl Order {
        #[inline]
        fn __dag_reach<'__c, '__dag>(
            __this: &'__dag Self,
            __cells: &'__c mut __DagOrderCells<'static>,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<
            Output = __dag::Result<(), __DagOrderFailure<BankError>>,
        > {
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
            mut __writer: __dag::Writer<'_, __DagOrderCells<'static>>,
            mut __scheduler: impl __dag::Schedule,
            __keep: impl ::core::ops::Fn(
                __DagOrderFailure<BankError>,
            ) -> __dag::Kept<
                    __DagOrderFailure<BankError>,
                > + ::core::marker::Copy + ::core::marker::Sync,
        ) -> __dag::Result<(), __DagOrderFailure<BankError>> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
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
                                    if let ::core::task::Poll::Ready(__kept) = {
                                        let __attempts = __scheduler.attempts(0);
                                        __scheduler
                                            .poll(
                                                0,
                                                __chain_0.slot1(),
                                                __cx,
                                                move || __dag::keeping(
                                                    ::core::clone::Clone::clone(&__attempts),
                                                    |__stored| {
                                                        __dag::Stored::<Shelf>::FORM
                                                            .read("reserve", __stored)
                                                            .map(::core::result::Result::Ok)
                                                    },
                                                    move |__result| __dag::settled(
                                                        __result,
                                                        |__value: Shelf| {
                                                            __dag::Stored::<Shelf>::FORM.settle("reserve", __value)
                                                        },
                                                        |__error| __dag::kept(
                                                            __keep,
                                                            __DagOrderFailure::BankError(__error),
                                                        ),
                                                    ),
                                                    move |_| Self::__dag_task_reserve(__this),
                                                ),
                                            )
                                    } {
                                        match __kept {
                                            ::core::result::Result::Ok(__result) => {
                                                match __result {
                                                    ::core::result::Result::Ok(__value) => {
                                                        __writer.put(&__writer.reader().reserve, __value);
                                                        __scheduler.finish_for(0, 0x1, 0x2);
                                                    }
                                                    ::core::result::Result::Err(__error) => {
                                                        match __keep(__DagOrderFailure::BankError(__error)) {
                                                            ::core::result::Result::Ok(__source) => {
                                                                __scheduler.fail(0, __source)
                                                            }
                                                            ::core::result::Result::Err(__failure) => {
                                                                return ::core::task::Poll::Ready(
                                                                    ::core::result::Result::Err(__failure),
                                                                );
                                                            }
                                                        }
                                                    }
                                                }
                                            }
                                            ::core::result::Result::Err(__source) => {
                                                __scheduler.fail(0, __source)
                                            }
                                        }
                                    }
                                }
                                if __scheduler.is_due(0, 0x2, 0x3) {
                                    if let ::core::task::Poll::Ready(__kept) = {
                                        let __attempts = __scheduler.attempts(1);
                                        __scheduler
                                            .poll(
                                                1,
                                                __chain_0.slot2(),
                                                __cx,
                                                move || __dag::keeping(
                                                    ::core::clone::Clone::clone(&__attempts),
                                                    |__stored| {
                                                        __dag::Stored::<Receipt>::FORM
                                                            .read("charge", __stored)
                                                            .map(::core::result::Result::Ok)
                                                    },
                                                    move |__result| __dag::settled(
                                                        __result,
                                                        |__value: Receipt| {
                                                            __dag::Stored::<Receipt>::FORM.settle("charge", __value)
                                                        },
                                                        |__error| __dag::kept(
                                                            __keep,
                                                            __DagOrderFailure::BankError(__error),
                                                        ),
                                                    ),
                                                    move |__attempts| __dag::retry(
                                                        __dag::Retry::new(
                                                            5,
                                                            ::core::time::Duration::from_millis(100),
                                                            ::core::time::Duration::from_millis(60000),
                                                        ),
                                                        {
                                                            let __is_worth_it: fn(&BankError) -> bool = |_| true;
                                                            __is_worth_it
                                                        },
                                                        __attempts,
                                                        move |__error| __dag::kept(
                                                            __keep,
                                                            __DagOrderFailure::BankError(__error),
                                                        ),
                                                        move || Self::__dag_task_charge(
                                                            __this,
                                                            __cells.reserve.ready(),
                                                        ),
                                                    ),
                                                ),
                                            )
                                    } {
                                        match __kept {
                                            ::core::result::Result::Ok(__result) => {
                                                match __result {
                                                    ::core::result::Result::Ok(__value) => {
                                                        __writer.put(&__writer.reader().charge, __value);
                                                        __scheduler.finish(0, 0x2);
                                                    }
                                                    ::core::result::Result::Err(__error) => {
                                                        match __keep(__DagOrderFailure::BankError(__error)) {
                                                            ::core::result::Result::Ok(__source) => {
                                                                __scheduler.fail(1, __source)
                                                            }
                                                            ::core::result::Result::Err(__failure) => {
                                                                return ::core::task::Poll::Ready(
                                                                    ::core::result::Result::Err(__failure),
                                                                );
                                                            }
                                                        }
                                                    }
                                                }
                                            }
                                            ::core::result::Result::Err(__source) => {
                                                __scheduler.fail(1, __source)
                                            }
                                        }
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
            __this: ::std::sync::Arc<Self>,
            mut __writer: __dag::ArcWriter<__DagOrderCells<'static>>,
            __seed: __dag::Seed<1>,
            __keep: fn(
                __DagOrderFailure<BankError>,
            ) -> __dag::Kept<__DagOrderFailure<BankError>>,
        ) {
            let __this = &*__this;
            let __scheduler = __seed.into_scheduler();
            let _ = Self::__dag_drive(__this, __writer.borrow(), __scheduler, __keep)
                .await;
        }
        const __DAG_GRAPH: &'static __dag::Graph = &__dag::Graph::new(
                "Order",
                &[
                    __dag::Node::new("reserve", __dag::TaskKind::Async, &[], &[0x1]),
                    __dag::Node::new("charge", __dag::TaskKind::Async, &[0], &[0x3]),
                ],
            )
            .with_results("Result<Shelf, BankError>\nResult<Receipt, BankError>");
        fn __dag_check<'__dag, reserve, charge>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<Shelf>();
            __dag::require_shareable::<Receipt>();
            __dag::IfSend::<(Shelf, &'__dag Shelf, Receipt, &'__dag Receipt)>::NEW
                .require_durable_object::<Self>();
            __dag::require_storable::<Shelf>();
            __dag::require_storable::<Receipt>();
            __dag::require_result::<Result<Shelf, BankError>, Shelf, BankError>();
            __dag::require_result::<Result<Receipt, BankError>, Receipt, BankError>();
            let __shared = __dag::IfSend::<&'__dag __DagOrderCells<'static>>::NEW;
            __shared.require_send(Self::__dag_task_reserve(__any()));
            __shared.require_send(Self::__dag_task_charge(__any(), __any()));
        }
    }
    impl OrderRun {
        ///Returns the result of `reserve`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn reserve(&self) -> __dag::TryGoal<'_, Shelf> {
            let _ = <Order>::reserve;
            __dag::TryGoal::new(self.__dag_any(), 0, &self.__dag.cells().reserve)
        }
        /**Uses `value` as the result of `reserve`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `reserve` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_reserve(self, value: Shelf) -> Self {
            self.__dag.inject(0, &self.__dag.cells().reserve, value);
            self
        }
        ///Returns the result of `charge`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        pub fn charge(&self) -> __dag::TryGoal<'_, Receipt> {
            let _ = <Order>::charge;
            __dag::TryGoal::new(self.__dag_any(), 1, &self.__dag.cells().charge)
        }
        /**Uses `value` as the result of `charge`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `charge` has been injected already.*/
        #[must_use]
        #[track_caller]
        pub fn with_charge(self, value: Receipt) -> Self {
            self.__dag.inject(1, &self.__dag.cells().charge, value);
            self
        }
        #[doc(hidden)]
        fn __dag_any(&self) -> &(dyn __dag::AnyRun + ::core::marker::Sync + '_) {
            #[allow(unused_imports)]
            use __dag::NotShared as _;
            __dag::IfSend::of(&&self.__dag).any(&self.__dag)
        }
        /**Runs every task and returns all results.

# Errors
If a task fails: the failure that came first in time.*/
        pub async fn all(
            &self,
        ) -> ::core::result::Result<OrderOutputs<'_>, __dag::TaskError> {
            self.__dag.all().await?;
            ::core::result::Result::Ok(OrderOutputs {
                reserve: self.__dag.cells().reserve.ready(),
                charge: self.__dag.cells().charge.ready(),
            })
        }
        /// Runs every task that can run, whatever fails. Returns the failures in topological order, without the tasks
        /// that could not run because of them.
        ///
        /// # Panics
        /// If a task of the run panics.
        ///
        /// # Cancel safety
        /// Dropping the future loses and repeats nothing: all tasks stay wanted.
        pub async fn settle(&self) -> ::std::vec::Vec<__dag::TaskError> {
            self.__dag.settle().await
        }
        /// Lets at most `tasks` tasks of this run be under way at once. A task that awaits another result of its
        /// own run keeps its slot: if no slot is left for that result, both wait forever.
        ///
        /// # Panics
        /// If it is 0, or if a result of the run has been awaited.
        #[must_use]
        #[track_caller]
        pub fn max_concurrency(mut self, tasks: usize) -> Self {
            self.__dag = self.__dag.max_concurrency(tasks);
            self
        }
        /// Adds an observer, which is told of the tasks that start and finish.
        ///
        /// # Panics
        /// If a result of the run has been awaited.
        #[must_use]
        #[track_caller]
        pub fn observe(mut self, observer: impl __dag::Observer + 'static) -> Self {
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
        pub fn cancel_abandoned(mut self) -> Self {
            self.__dag = self.__dag.cancel_abandoned();
            self
        }
        /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again. Results
        /// are kept, and running tasks continue.
        pub fn retry_failed(&self) {
            self.__dag.retry_failed();
        }
    }
    impl ::core::fmt::Debug for OrderRun {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[doc(hidden)]
    impl<'a> ::core::fmt::Debug for OrderOutputs<'a>
    where
        for<'__x> __dag::DeferDebug<
            '__x,
            0,
            &'a <fn(&'a ()) -> Shelf as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            1,
            &'a <fn(&'a ()) -> Receipt as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("OrderOutputs")
                .field("reserve", &__dag::DeferDebug::<0, _>::new(self.reserve))
                .field("charge", &__dag::DeferDebug::<1, _>::new(self.charge))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct __DagOrderFailed(
        __DagOrderFailure<BankError>,
        ::core::marker::PhantomData<fn() -> Order>,
    );
    #[doc(hidden)]
    pub struct OrderTasks(::core::marker::PhantomData<fn() -> Order>);
    impl __dag::InnerObject for Order {
        type Failure = __DagOrderFailed;
        type Tasks = OrderTasks;
        type Place = __dag::AnyThread;
        fn tasks() -> Self::Tasks {
            OrderTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Order>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl OrderTasks {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagOrderCells<'static> {
            __DagOrderCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Order>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Order,
            __writer: __dag::Writer<'_, __DagOrderCells<'static>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __DagOrderFailed>,
        ) -> ::core::result::Result<(), __DagOrderFailed> {
            let __wrap = |__failure| __DagOrderFailed(
                __failure,
                ::core::marker::PhantomData,
            );
            let __keep = move |__failure| {
                __keep(__wrap(__failure)).map_err(|__failed| __failed.0)
            };
            <Order>::__dag_drive(__this, __writer, __scheduler, __keep)
                .await
                .map_err(__wrap)
        }
        #[inline]
        fn __dag_error_0(__failed: __DagOrderFailed) -> __dag::Fails<BankError> {
            __dag::Fails(
                match __failed.0 {
                    __DagOrderFailure::BankError(__error) => __error,
                },
            )
        }
    }
    type __DagInner<'__dag, __Value, __Error> = __dag::InnerTask<
        __DagOrderCells<'static>,
        __Value,
        __DagOrderFailed,
        __Error,
    >;
    impl OrderTasks {
        fn reserve<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> Shelf as __dag::Returns>::Output,
            __dag::Fails<BankError>,
        > {
            let _ = <Order>::reserve;
            __dag::InnerTask::new(0, |__cells| &__cells.reserve, Self::__dag_error_0)
        }
        pub fn charge<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> Receipt as __dag::Returns>::Output,
            __dag::Fails<BankError>,
        > {
            let _ = <Order>::charge;
            __dag::InnerTask::new(1, |__cells| &__cells.charge, Self::__dag_error_0)
        }
    }
    impl<'__x, const __TASK: u64> __dag::IntoInnerError<__DagOrderFailed, __TASK>
    for __dag::Defer<'__x, __DagOrderFailed>
    where
        for<'__y> __dag::Defer<'__y, BankError>: __dag::IntoTaskError<BankError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <OrderTasks>::__dag_error_0(self.into_inner());
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
    impl __dag::Durable for Order
    where
        for<'__dag> Order: ::core::marker::Send + ::core::marker::Sync,
    {
        const GRAPH: __dag::DurableGraph = __dag::DurableGraph {
            name: "Order",
            tasks: &[
                __dag::DurableTask {
                    name: "reserve",
                    dependencies: &[],
                    is_public: false,
                    is_computation: false,
                    is_remote: false,
                    retry: ::core::option::Option::None,
                    timeout: ::core::option::Option::None,
                    max_concurrency: ::core::option::Option::None,
                    version: 1,
                },
                __dag::DurableTask {
                    name: "charge",
                    dependencies: &[0],
                    is_public: true,
                    is_computation: false,
                    is_remote: true,
                    retry: ::core::option::Option::Some(
                        __dag::Retry::new(
                            5,
                            ::core::time::Duration::from_millis(100),
                            ::core::time::Duration::from_millis(60000),
                        ),
                    ),
                    timeout: ::core::option::Option::None,
                    max_concurrency: ::core::option::Option::None,
                    version: 1,
                },
            ],
            max_concurrency: ::core::option::Option::None,
        };
        type Run = OrderRun;
        fn durable_run(self: &::std::sync::Arc<Self>) -> Self::Run {
            let _ = Self::charge;
            self.run()
        }
    }
    impl __dag::DurableRun for OrderRun
    where
        for<'__dag> Order: ::core::marker::Send + ::core::marker::Sync,
    {
        fn seed(
            self,
            task: &str,
            stored: &[u8],
        ) -> ::core::result::Result<Self, __dag::TaskError> {
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
            match self.__dag.position(task) {
                0 => {
                    let __value: Shelf = __dag::Stored::<Shelf>::FORM
                        .read("reserve", stored)?;
                    self.__dag.inject(0, &self.__dag.cells().reserve, __value);
                }
                1 => {
                    let __value: Receipt = __dag::Stored::<Receipt>::FORM
                        .read("charge", stored)?;
                    self.__dag.inject(1, &self.__dag.cells().charge, __value);
                }
                __id => __dag::unknown_task(__id),
            }
            ::core::result::Result::Ok(self)
        }
        fn result(
            &self,
            task: &str,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<::std::vec::Vec<u8>, __dag::TaskError>,
        > + ::core::marker::Send {
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
            let __id = self.__dag.position(task);
            async move {
                self.__dag.goal(__id).await?;
                let __cells = self.__dag.cells();
                match __id {
                    0 => {
                        __dag::Stored::<Shelf>::FORM
                            .write("reserve", __cells.reserve.ready())
                    }
                    1 => {
                        __dag::Stored::<Receipt>::FORM
                            .write("charge", __cells.charge.ready())
                    }
                    _ => __dag::unknown_task(__id),
                }
            }
        }
        fn defer_retries(self, deferral: &__dag::Deferral) -> Self {
            Self {
                __dag: self.__dag.defer_retries(::core::clone::Clone::clone(deferral)),
            }
        }
        fn observe(self, observer: impl __dag::Observer + 'static) -> Self {
            Self {
                __dag: self.__dag.observe(observer),
            }
        }
        fn keep(self, keeper: impl __dag::Keeper + 'static) -> Self {
            Self {
                __dag: self.__dag.keep(keeper),
            }
        }
        fn seed_failure(self, task: &str, error: __dag::TaskError) -> Self {
            let __id = self.__dag.position(task);
            Self {
                __dag: self.__dag.seed_failure(__id, error),
            }
        }
        fn settle(
            &self,
        ) -> impl ::core::future::Future<
            Output = ::std::vec::Vec<__dag::TaskError>,
        > + ::core::marker::Send {
            self.__dag.settle()
        }
        fn retry_failed(&self) {
            self.__dag.retry_failed();
        }
        fn stop(&self) {
            self.__dag.stop();
        }
    }
};
