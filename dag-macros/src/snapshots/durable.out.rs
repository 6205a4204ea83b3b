#[allow(dead_code, non_upper_case_globals)]
const only_one_dag_block_for_Order: () = ();
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
impl ::adagio::__private::DoesNotContainItself for Order {}
#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(Order:async reserve(), async charge(reserve))
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
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
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
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
    async fn __dag_task_charge(&self, reserve: &Shelf) -> Result<Receipt, BankError> {
        self.bank.charge(reserve).await
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
enum __DagOrderFailure<BankError> {
    BankError(BankError),
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
pub struct __DagOrderCells<'a> {
    charge: ::adagio::__private::TaskCell<Receipt, Self>,
    reserve: ::adagio::__private::TaskCell<Shelf, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Order>,
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
impl<'__dag> __DagOrderCells<'__dag> {
    fn empty() -> Self {
        Self {
            charge: ::adagio::__private::TaskCell::empty(),
            reserve: ::adagio::__private::TaskCell::empty(),
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
impl Order {
    #[doc(hidden)]
    const __DAG_GRAPH: &'static ::adagio::__private::Graph = &::adagio::__private::Graph::new(
        "Order",
        &[
            ::adagio::__private::Node {
                name: "reserve",
                dependencies: &[],
                needed: &[0x1],
                kind: ::adagio::__private::TaskKind::Async,
                docs: "",
            },
            ::adagio::__private::Node {
                name: "charge",
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
    pub fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[doc(hidden)]
    /// What drives a run: a function of its own, so that rustc knows of the future whether it is `Send`.
    async fn __dag_run<'__dag>(
        __this: &'__dag Self,
        mut __writer: ::adagio::__private::ArcWriter<__DagOrderCells<'__dag>>,
        __seed: ::adagio::__private::Seed<1>,
        __keep: fn(
            __DagOrderFailure<BankError>,
        ) -> ::core::result::Result<
            ::adagio::__private::ErrorSource,
            __DagOrderFailure<BankError>,
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
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

See [`OrderRun`].*/
    #[must_use]
    pub fn run(&self) -> OrderRun<'_> {
        ::core::unimplemented!()
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

See [`OrderRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(&self) -> OrderRun<'_>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            BankError,
        >: ::adagio::__private::IntoTaskError<BankError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        OrderRun {
            __dag: ::adagio::__private::Run::new(
                self,
                __DagOrderCells::empty(),
                Self::__DAG_GRAPH,
                ::core::option::Option::None,
                |__this, __writer, __seed| {
                    let __driver = Self::__dag_run(
                        __this,
                        __writer,
                        __seed,
                        |__failure| {
                            ::core::result::Result::Ok(
                                match __failure {
                                    __DagOrderFailure::BankError(__error) => {
                                        ::adagio::__private::IntoTaskError::into_source(
                                            ::adagio::__private::Defer::new(__error),
                                        )
                                    }
                                },
                            )
                        },
                    );
                    ::adagio::__private::IfSend::of(&__driver).boxed(__driver)
                },
            ),
        }
    }
    #[doc(hidden)]
    #[inline]
    fn __dag_reach<'__c, '__dag>(
        __this: &'__dag Self,
        __cells: &'__c mut __DagOrderCells<'__dag>,
        __needed: [u64; 1],
        __ready: [u64; 1],
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<(), __DagOrderFailure<BankError>>,
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
        mut __writer: ::adagio::__private::Writer<'_, __DagOrderCells<'__dag>>,
        mut __scheduler: impl ::adagio::__private::Schedule,
        __keep: impl ::core::ops::Fn(
            __DagOrderFailure<BankError>,
        ) -> ::core::result::Result<
                ::adagio::__private::ErrorSource,
                __DagOrderFailure<BankError>,
            > + ::core::marker::Copy + ::core::marker::Sync,
    ) -> ::core::result::Result<(), __DagOrderFailure<BankError>> {
        #[allow(unused_imports)]
        use ::adagio::__private::ProbeValue as _;
        let __cells = __writer.reader();
        let mut __reserve_slot = ::core::pin::pin!(::core::option::Option::None);
        let mut __charge_slot = ::core::pin::pin!(::core::option::Option::None);
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
                                        __reserve_slot.as_mut(),
                                        __cx,
                                        move || Self::__dag_task_reserve(__this),
                                    )
                                {
                                    match __result {
                                        ::core::result::Result::Ok(__value) => {
                                            __writer.put(&__writer.reader().reserve, __value);
                                            __scheduler.finish(0, 0x1);
                                            __scheduler.visit(0, 0x2);
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
                            }
                            if __scheduler.is_due(0, 0x2, 0x3) {
                                if let ::core::task::Poll::Ready(__result) = {
                                    let __attempts = __scheduler.attempts(1);
                                    __scheduler
                                        .poll(
                                            1,
                                            __charge_slot.as_mut(),
                                            __cx,
                                            move || ::adagio::__private::retry(
                                                ::adagio::__private::Retry::new(
                                                    5,
                                                    ::core::time::Duration::from_millis(100),
                                                    ::core::time::Duration::from_millis(60000),
                                                ),
                                                {
                                                    let __is_worth_it: fn(&BankError) -> bool = |_| true;
                                                    __is_worth_it
                                                },
                                                __attempts,
                                                move |__error| ::adagio::__private::kept(
                                                    __keep,
                                                    __DagOrderFailure::BankError(__error),
                                                ),
                                                move || Self::__dag_task_charge(
                                                    __this,
                                                    __cells.reserve.ready(),
                                                ),
                                            ),
                                        )
                                } {
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
    fn __dag_check<'__dag, reserve, charge>(_: &'__dag Self) {
        #[allow(unused_imports)]
        use ::adagio::__private::{NotSend as _, ProbeValue as _};
        ::adagio::__private::require_shareable::<Shelf>();
        ::adagio::__private::require_shareable::<Receipt>();
        ::adagio::__private::IfSend::<
            (Shelf, &'__dag Shelf, Receipt, &'__dag Receipt),
        >::NEW
            .require_shareable_object::<Self>();
        ::adagio::__private::require_storable::<Shelf>();
        ::adagio::__private::require_storable::<Receipt>();
        ::adagio::__private::require_result::<
            Result<Shelf, BankError>,
            Shelf,
            BankError,
        >();
        ::adagio::__private::require_result::<
            Result<Receipt, BankError>,
            Receipt,
            BankError,
        >();
        let __shared = ::adagio::__private::IfSend::<
            &'__dag __DagOrderCells<'__dag>,
        >::NEW;
        let _ = __shared
            .require_send(Self::__dag_task_reserve(::adagio::__private::never()));
        let _ = __shared
            .require_send(
                Self::__dag_task_charge(
                    ::adagio::__private::never(),
                    ::adagio::__private::never(),
                ),
            );
    }
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
pub struct OrderRun<'a> {
    __dag: ::adagio::__private::Run<
        &'a Order,
        __DagOrderCells<'a>,
        dyn ::core::future::Future<Output = ()> + ::core::marker::Send + 'a,
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
impl<'a> OrderRun<'a> {
    ///Returns the result of `reserve`.
    /**
# Errors
If this task, or one that it needs, fails.*/
    fn reserve(&self) -> ::adagio::__private::TryGoal<'_, Shelf> {
        let _ = <Order>::reserve;
        ::adagio::__private::TryGoal::new(
            self.__dag_any(),
            0,
            &self.__dag.cells().reserve,
        )
    }
    /**Uses `value` as the result of `reserve`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `reserve` has been injected already.*/
    #[must_use]
    #[inline]
    fn with_reserve(self, value: Shelf) -> Self {
        self.__dag.inject(0, &self.__dag.cells().reserve, value);
        self
    }
    ///Returns the result of `charge`.
    /**
# Errors
If this task, or one that it needs, fails.*/
    pub fn charge(&self) -> ::adagio::__private::TryGoal<'_, Receipt> {
        let _ = <Order>::charge;
        ::adagio::__private::TryGoal::new(
            self.__dag_any(),
            1,
            &self.__dag.cells().charge,
        )
    }
    /**Uses `value` as the result of `charge`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `charge` has been injected already.*/
    #[must_use]
    #[inline]
    pub fn with_charge(self, value: Receipt) -> Self {
        self.__dag.inject(1, &self.__dag.cells().charge, value);
        self
    }
    #[doc(hidden)]
    #[inline]
    fn __dag_any(
        &self,
    ) -> &(dyn ::adagio::__private::AnyRun + ::core::marker::Sync + '_) {
        #[allow(unused_imports)]
        use ::adagio::__private::NotShared as _;
        ::adagio::__private::IfSend::of(&&self.__dag).any(&self.__dag)
    }
    /**Runs every task and returns all results.

# Errors
If a task fails: the failure that came first in time.*/
    pub async fn all(
        &self,
    ) -> ::core::result::Result<OrderOutputs<'_>, ::adagio::__private::TaskError> {
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
    pub async fn settle(&self) -> ::std::vec::Vec<::adagio::__private::TaskError> {
        self.__dag.settle().await
    }
    /// Lets at most `tasks` tasks of this run be under way at once. A task that awaits another result of its
    /// own run keeps its slot: if no slot is left for that result, both wait forever.
    ///
    /// # Panics
    /// If it is 0, or if a result of the run has been awaited.
    #[must_use]
    #[inline]
    pub fn max_concurrency(self, tasks: usize) -> Self {
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
    pub fn observe(
        self,
        observer: impl ::adagio::__private::Observer + 'static,
    ) -> Self {
        Self {
            __dag: self.__dag.observe(observer),
        }
    }
    /// Forgets all failures: a task that failed runs again when a result that needs it is awaited again. Results
    /// are kept, and running tasks continue.
    #[inline]
    pub fn retry_failed(&self) {
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
impl<'a> ::core::fmt::Debug for OrderRun<'a> {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__dag, __formatter)
    }
}
/**All results of a run, as references: what [`OrderRun::all`] returns. It is `Debug` if every result is.

# Examples
```ignore
let run = order.run();
let OrderOutputs { charge, .. } = run.all().await?;
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
#[derive(::core::clone::Clone, ::core::marker::Copy)]
pub struct OrderOutputs<'a> {
    ///The result of `reserve`.
    reserve: &'a Shelf,
    ///The result of `charge`.
    pub charge: &'a Receipt,
}
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
impl<'a> ::core::fmt::Debug for OrderOutputs<'a>
where
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'a <fn(&'a ()) -> Shelf as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'a <fn(&'a ()) -> Receipt as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
{
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("OrderOutputs")
            .field("reserve", &::adagio::__private::Defer::new(self.reserve))
            .field("charge", &::adagio::__private::Defer::new(self.charge))
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
pub struct __DagOrderFailed(
    __DagOrderFailure<BankError>,
    ::core::marker::PhantomData<fn() -> Order>,
);
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
pub struct OrderTasks(::core::marker::PhantomData<fn() -> Order>);
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
impl ::adagio::__private::Subgraph for Order {
    type Failure = __DagOrderFailed;
    type Tasks = OrderTasks;
    type Place = ::adagio::__private::AnyThread;
    #[inline]
    fn tasks() -> Self::Tasks {
        OrderTasks(::core::marker::PhantomData)
    }
    fn inner_graph() -> &'static ::adagio::__private::Graph {
        <Order>::__DAG_GRAPH
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
impl OrderTasks {
    #[inline]
    pub fn __dag_cells<'__dag>(&self) -> __DagOrderCells<'__dag> {
        __DagOrderCells::empty()
    }
    #[inline]
    pub fn __dag_scheduler<'__b>(
        &self,
        __border: &'__b ::adagio::__private::Border<'__b>,
    ) -> ::adagio::__private::InnerScheduler<'__b, 1> {
        ::adagio::__private::InnerScheduler::new(
            __border,
            <Order>::__DAG_GRAPH,
            ::core::option::Option::None,
        )
    }
    #[inline]
    pub async fn __dag_drive<'__dag>(
        self,
        __this: &'__dag Order,
        __writer: ::adagio::__private::Writer<'_, __DagOrderCells<'__dag>>,
        __scheduler: &mut ::adagio::__private::InnerScheduler<'_, 1>,
        __keep: &(dyn ::core::ops::Fn(
            __DagOrderFailed,
        ) -> ::core::result::Result<
                ::adagio::__private::ErrorSource,
                __DagOrderFailed,
            > + ::core::marker::Sync),
    ) -> ::core::result::Result<(), __DagOrderFailed> {
        let __wrap = |__failure| __DagOrderFailed(
            __failure,
            ::core::marker::PhantomData,
        );
        let __keep = move |__failure| {
            __keep(__wrap(__failure)).map_err(|__failed| __failed.0)
        };
        <Order>::__dag_drive(__this, __writer, __scheduler, __keep).await.map_err(__wrap)
    }
    #[inline]
    fn __dag_error_0(
        __failed: __DagOrderFailed,
    ) -> ::adagio::__private::Fails<BankError> {
        ::adagio::__private::Fails(
            match __failed.0 {
                __DagOrderFailure::BankError(__error) => __error,
            },
        )
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
impl OrderTasks {
    #[inline]
    fn reserve<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagOrderCells<'__dag>,
        <fn(&'__dag ()) -> Shelf as ::adagio::__private::Returns>::Output,
        __DagOrderFailed,
        ::adagio::__private::Fails<BankError>,
    > {
        let _ = <Order>::reserve;
        ::adagio::__private::InnerTask::new(
            0,
            |__cells| &__cells.reserve,
            Self::__dag_error_0,
        )
    }
    #[inline]
    pub fn charge<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagOrderCells<'__dag>,
        <fn(&'__dag ()) -> Receipt as ::adagio::__private::Returns>::Output,
        __DagOrderFailed,
        ::adagio::__private::Fails<BankError>,
    > {
        let _ = <Order>::charge;
        ::adagio::__private::InnerTask::new(
            1,
            |__cells| &__cells.charge,
            Self::__dag_error_0,
        )
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
const _: () = {
    impl<
        '__x,
        const __TASK: u64,
    > ::adagio::__private::IntoInnerError<__DagOrderFailed, __TASK>
    for ::adagio::__private::Defer<'__x, __DagOrderFailed>
    where
        for<'__y> ::adagio::__private::Defer<
            '__y,
            BankError,
        >: ::adagio::__private::IntoTaskError<BankError>,
    {
        #[inline]
        fn into_source(self) -> ::adagio::__private::ErrorSource {
            let ::adagio::__private::Fails(__error) = <OrderTasks>::__dag_error_0(
                self.into_inner(),
            );
            ::adagio::__private::IntoTaskError::into_source(
                ::adagio::__private::Defer::new(__error),
            )
        }
    }
};
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
impl ::adagio::__private::Durable for Order {
    const GRAPH: ::adagio::__private::DurableGraph = ::adagio::__private::DurableGraph {
        name: "Order",
        tasks: &[
            ::adagio::__private::DurableTask {
                name: "reserve",
                dependencies: &[],
                is_public: false,
                is_computation: false,
                is_remote: false,
                retry: ::core::option::Option::None,
                timeout: ::core::option::Option::None,
            },
            ::adagio::__private::DurableTask {
                name: "charge",
                dependencies: &[0],
                is_public: true,
                is_computation: false,
                is_remote: true,
                retry: ::core::option::Option::Some(
                    ::adagio::__private::Retry::new(
                        5,
                        ::core::time::Duration::from_millis(100),
                        ::core::time::Duration::from_millis(60000),
                    ),
                ),
                timeout: ::core::option::Option::None,
            },
        ],
        max_concurrency: ::core::option::Option::None,
    };
    fn durable_run(
        self: &::std::sync::Arc<Self>,
    ) -> impl ::adagio::__private::DurableRun {
        let _ = Self::charge;
        self.run()
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
impl<'a> ::adagio::__private::DurableRun for OrderRun<'a> {
    fn seed(
        self,
        __task: &str,
        __stored: &[u8],
    ) -> ::core::result::Result<Self, ::adagio::__private::TaskError> {
        #[allow(unused_imports)]
        use ::adagio::__private::NotStorable as _;
        match self.__dag.position(__task) {
            0 => {
                let __value: Shelf = ::adagio::__private::Stored::<Shelf>::FORM
                    .read("reserve", __stored)?;
                self.__dag.inject(0, &self.__dag.cells().reserve, __value);
            }
            1 => {
                let __value: Receipt = ::adagio::__private::Stored::<Receipt>::FORM
                    .read("charge", __stored)?;
                self.__dag.inject(1, &self.__dag.cells().charge, __value);
            }
            __task => ::adagio::__private::unknown_task(__task),
        }
        ::core::result::Result::Ok(self)
    }
    fn result(
        &self,
        __task: &str,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<
            ::std::vec::Vec<u8>,
            ::adagio::__private::TaskError,
        >,
    > + ::core::marker::Send {
        #[allow(unused_imports)]
        use ::adagio::__private::NotStorable as _;
        let __task = self.__dag.position(__task);
        async move {
            self.__dag.goal(__task).await?;
            let __cells = self.__dag.cells();
            match __task {
                0 => {
                    ::adagio::__private::Stored::<Shelf>::FORM
                        .write("reserve", __cells.reserve.ready())
                }
                1 => {
                    ::adagio::__private::Stored::<Receipt>::FORM
                        .write("charge", __cells.charge.ready())
                }
                _ => ::adagio::__private::unknown_task(__task),
            }
        }
    }
    fn defer_retries(self, __deferral: &::adagio::__private::Deferral) -> Self {
        Self {
            __dag: self.__dag.defer_retries(::core::clone::Clone::clone(__deferral)),
        }
    }
    fn observe(self, __observer: impl ::adagio::__private::Observer + 'static) -> Self {
        Self {
            __dag: self.__dag.observe(__observer),
        }
    }
}
