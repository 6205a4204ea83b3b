#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Report: async words() -> Result<Vec<String>, StoreError>; spawn longest(words) -> usize; blocking summary(words, longest) -> String"
    )
)]
impl<S: Store> Report<S> {
    async fn words(self: &::std::sync::Arc<Self>) -> Result<Vec<String>, StoreError>
    where
        Self: 'static,
    {
        let mut __offload = Self::__dag_offload(self, 0);
        match Self::__dag_reach(&mut __offload, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__offload.into_goal(|__cells| &__cells.words))
            }
            ::core::result::Result::Err(__DagReportFailure::StoreError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_words(&self) -> Result<Vec<String>, StoreError> {
        self.store.words().await
    }
    #[allow(clippy::missing_errors_doc)]
    async fn longest(self: &::std::sync::Arc<Self>) -> Result<usize, StoreError>
    where
        Self: 'static,
    {
        let _ = Self::words;
        let mut __offload = Self::__dag_offload(self, 1);
        match Self::__dag_reach(&mut __offload, [0x3], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(
                    __offload.into_goal(|__cells| &__cells.longest),
                )
            }
            ::core::result::Result::Err(__DagReportFailure::StoreError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[allow(clippy::unused_async)]
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_longest(&self, words: &[String]) -> usize {
        words.iter().map(String::len).max().unwrap_or(0)
    }
    #[allow(clippy::missing_errors_doc)]
    pub async fn summary(self: &::std::sync::Arc<Self>) -> Result<String, StoreError>
    where
        Self: 'static,
    {
        let _ = Self::words;
        let _ = Self::longest;
        let mut __offload = Self::__dag_offload(self, 2);
        match Self::__dag_reach(&mut __offload, [0x7], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(
                    __offload.into_goal(|__cells| &__cells.summary),
                )
            }
            ::core::result::Result::Err(__DagReportFailure::StoreError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_summary(&self, words: &[String], longest: usize) -> String {
        format!("{} words, at most {longest} letters", words.len())
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct __DagReportCells<'a, S: Store>
where
    S: 'static,
{
    summary: ::adagio::__private::TaskCell<String, Self>,
    longest: ::adagio::__private::TaskCell<usize, Self>,
    words: ::adagio::__private::TaskCell<Vec<String>, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Report<S>>,
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
enum __DagReportFailure<StoreError> {
    StoreError(StoreError),
}
/**A run of the tasks of [`Report`], returned by [`Report::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = report.run();
let summary = run.summary().await?;
```

# Errors
A `TaskError` names the task that failed; its source is the task's own error. Every result that needs the task returns it at once; other results are not affected. It is remembered until [`retry_failed`](Self::retry_failed).

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct ReportRun<S: Store>
where
    S: 'static,
{
    __dag: ::adagio::__private::SendRun<
        'static,
        ::std::sync::Arc<Report<S>>,
        __DagReportCells<'static, S>,
        1,
    >,
}
/**All results of a run, as references. [`ReportRun::all`] returns them. It is `Debug` if every result is.

It has a private field for the parameters of the block, so a pattern for it ends with `..`.

# Examples
```ignore
let run = report.run();
let ReportOutputs { summary, .. } = run.all().await?;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct ReportOutputs<'a, S: Store>
where
    S: 'static,
{
    ///The result of `words`.
    words: &'a Vec<String>,
    ///The result of `longest`.
    longest: &'a usize,
    ///The result of `summary`.
    pub summary: &'a String,
    __dag: ::core::marker::PhantomData<&'a Report<S>>,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl<S: Store> Report<S>
where
    S: 'static,
{
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    pub fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`ReportRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(self: &::std::sync::Arc<Self>) -> ReportRun<S> {
        ::core::unreachable!("only rustdoc reads this")
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`ReportRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(self: &::std::sync::Arc<Self>) -> ReportRun<S>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            StoreError,
        >: ::adagio::__private::IntoTaskError<StoreError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            ::std::sync::Arc::clone(self),
            __DagReportCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagReportFailure::StoreError(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        ReportRun {
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
    impl<S: Store> __dag::DoesNotContainItself for Report<S>
    where
        S: 'static,
    {}
    impl<'__dag, S: Store> __DagReportCells<'__dag, S>
    where
        S: 'static,
    {
        fn empty() -> Self {
            Self {
                summary: __dag::TaskCell::empty(),
                longest: __dag::TaskCell::empty(),
                words: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl<S: Store> Report<S>
    where
        S: 'static,
    {
        fn __dag_offload(
            __this: &::std::sync::Arc<Self>,
            __goal: usize,
        ) -> __dag::Offload<
            Self,
            __DagReportCells<'static, S>,
            __DagReportFailure<StoreError>,
            1,
        > {
            __dag::Offload::of_terminal(
                __this,
                __DagReportCells::empty(),
                (Self::__DAG_GRAPH, Self::__DAG_LINKS),
                __goal,
                false,
                Self::__dag_spawn,
            )
        }
        #[inline]
        fn __dag_reach<'__dag>(
            __offload: &'__dag mut __dag::Offload<
                Self,
                __DagReportCells<'static, S>,
                __DagReportFailure<StoreError>,
                1,
            >,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<
            Output = __dag::Result<(), __DagReportFailure<StoreError>>,
        > {
            let __scheduler = __dag::Scheduler::new(Self::__DAG_GRAPH, __tasks, __ready);
            Self::__dag_drive(__offload, __scheduler, __dag::Err)
        }
        async fn __dag_drive<'__dag>(
            __offload: &'__dag mut __dag::Offload<
                Self,
                __DagReportCells<'static, S>,
                __DagReportFailure<StoreError>,
                1,
            >,
            mut __scheduler: impl __dag::ScheduleThreads,
            __keep: fn(
                __DagReportFailure<StoreError>,
            ) -> __dag::Kept<__DagReportFailure<StoreError>>,
        ) -> __dag::Result<(), __DagReportFailure<StoreError>> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __owned = __offload.team();
            let __team = &__owned;
            let (__this, __cells) = (__team.object(), __team.cells());
            let mut __words_slot = ::core::pin::pin!(__dag::None);
            let mut __summary_slot = ::core::pin::pin!(__dag::None);
            ::core::future::poll_fn(move |__cx| {
                    ::core::task::ready!(__offload.begin_pass(& mut __scheduler, __cx))?;
                    loop {
                        match __scheduler.next_group(__cx) {
                            __dag::Some(0) => {
                                if __scheduler.is_due(0, 0x1, 0x1) {
                                    if let ::core::task::Poll::Ready(__result) = {
                                        let __attempts = __scheduler.attempts(0);
                                        __scheduler
                                            .poll(
                                                0,
                                                __words_slot.as_mut(),
                                                __cx,
                                                move || __dag::retry(
                                                    __dag::Retry::new(
                                                        3,
                                                        ::core::time::Duration::from_millis(100),
                                                        ::core::time::Duration::from_millis(10000),
                                                    ),
                                                    {
                                                        let __is_worth_it: fn(&StoreError) -> bool = is_transient;
                                                        __is_worth_it
                                                    },
                                                    ::core::clone::Clone::clone(&__attempts),
                                                    move |__error| __dag::kept(
                                                        __keep,
                                                        __DagReportFailure::StoreError(__error),
                                                    ),
                                                    move || __dag::timed(
                                                        ::core::time::Duration::from_millis(250),
                                                        __dag::FromTimedOut::from_timed_out,
                                                        Self::__dag_task_words(__this),
                                                    ),
                                                ),
                                            )
                                    } {
                                        match __result {
                                            ::core::result::Result::Ok(__value) => {
                                                __offload.set(0, |__cells| &__cells.words, __value);
                                                __scheduler.finish_for(0, 0x1, 0x6);
                                            }
                                            ::core::result::Result::Err(__error) => {
                                                match __keep(__DagReportFailure::StoreError(__error)) {
                                                    ::core::result::Result::Ok(__source) => {
                                                        __scheduler.fail(0, __source)
                                                    }
                                                    ::core::result::Result::Err(__failure) => {
                                                        return __offload.end(__failure, __cx);
                                                    }
                                                }
                                            }
                                        }
                                    }
                                }
                                if __scheduler.is_due(0, 0x2, 0x3) && __scheduler.depart(1)
                                {
                                    __offload.start(1);
                                }
                                if __scheduler.is_due(0, 0x4, 0x7) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            2,
                                            __summary_slot.as_mut(),
                                            __cx,
                                            move || {
                                                let __team = ::std::sync::Arc::clone(__team);
                                                __dag::blocking(
                                                    "summary",
                                                    move || {
                                                        let (__this, __cells) = (__team.object(), __team.cells());
                                                        Self::__dag_task_summary(
                                                            __this,
                                                            __cells.words.ready(),
                                                            {
                                                                let __owned = __dag::clone_result(__cells.longest.ready());
                                                                __owned
                                                            },
                                                        )
                                                    },
                                                )
                                            },
                                        )
                                    {
                                        __offload.set(2, |__cells| &__cells.summary, __value);
                                        __scheduler.finish(0, 0x4);
                                    }
                                }
                            }
                            __dag::Some(__group) => __dag::unknown_group(__group),
                            __dag::None => {
                                return __offload.end_pass(&mut __scheduler).map(__dag::Ok);
                            }
                        }
                    }
                })
                .await
        }
        const __DAG_LINKS: &'static [__dag::Link<1>] = &[
            __dag::Link {
                dependents: &[1, 2],
                waits: __dag::TaskSet([0]),
                is_spawned: false,
            },
            __dag::Link {
                dependents: &[2],
                waits: __dag::TaskSet([0x1]),
                is_spawned: true,
            },
            __dag::Link {
                dependents: &[],
                waits: __dag::TaskSet([0x3]),
                is_spawned: false,
            },
        ];
        async fn __dag_work(
            mut __relay: __dag::Relay<
                Self,
                __DagReportCells<'static, S>,
                __DagReportFailure<StoreError>,
                1,
            >,
        ) {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __owned = __relay.team();
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (
                __team.object(),
                __team.cells(),
                __team.keep(),
            );
            while let ::core::option::Option::Some(__task) = __relay.begin().await {
                match __task {
                    1 => {
                        match __dag::caught(
                                __relay.span(),
                                ::core::pin::pin!(
                                    Self::__dag_task_longest(__this, __cells.words.ready())
                                ),
                            )
                            .await
                        {
                            ::core::result::Result::Ok(__value) => {
                                __relay.finish(|__cells| &__cells.longest, __value)
                            }
                            ::core::result::Result::Err(__payload) => {
                                __relay.panic(__payload)
                            }
                        }
                    }
                    _ => __dag::unknown_task(__task),
                }
            }
        }
        fn __dag_spawn(
            __relay: __dag::Relay<
                Self,
                __DagReportCells<'static, S>,
                __DagReportFailure<StoreError>,
                1,
            >,
            __runtime: &__dag::Handle,
        ) -> __dag::AbortHandle {
            #[allow(unused_imports)]
            use __dag::NotSend as _;
            let __work = Self::__dag_work(__relay);
            __dag::IfSend::of(&__work).spawn(__work, __runtime)
        }
        async fn __dag_run<'__dag>(
            __this: ::std::sync::Arc<Self>,
            __writer: __dag::ArcWriter<__DagReportCells<'static, S>>,
            __seed: __dag::Seed<1>,
            __keep: fn(
                __DagReportFailure<StoreError>,
            ) -> __dag::Kept<__DagReportFailure<StoreError>>,
        ) {
            let (mut __offload, __scheduler) = __dag::Offload::of_run(
                __this,
                __writer,
                Self::__DAG_LINKS,
                __seed,
                Self::__dag_spawn,
                __keep,
            );
            let _ = Self::__dag_drive(&mut __offload, __scheduler, __keep).await;
        }
        const __DAG_GRAPH: &'static __dag::Graph = &__dag::Graph::new(
                "Report",
                &[
                    __dag::Node::new("words", __dag::TaskKind::Async, &[], &[0x1]),
                    __dag::Node::new("longest", __dag::TaskKind::Spawn, &[0], &[0x3]),
                    __dag::Node::new(
                        "summary",
                        __dag::TaskKind::Blocking,
                        &[0, 1],
                        &[0x7],
                    ),
                ],
            )
            .with_results("Result<Vec<String>, StoreError>\nusize\nString");
        fn __dag_check<'__dag, words, summary>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NoSharing as _, NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<Vec<String>>();
            __dag::require_shareable::<usize>();
            __dag::require_shareable::<String>();
            __dag::IfSend::<
                (
                    Vec<String>,
                    &'__dag Vec<String>,
                    usize,
                    &'__dag usize,
                    String,
                    &'__dag String,
                ),
            >::NEW
                .require_owners::<Self, S, _>(__dag::Sharing::<Self>::of_owners());
            __dag::require_result::<
                Result<Vec<String>, StoreError>,
                Vec<String>,
                StoreError,
            >();
            __dag::require_value::<summary, _>(__dag::Probe::<String>::kind());
            let __shared = __dag::IfSend::<&'__dag __DagReportCells<'static, S>>::NEW;
            __shared.require_send(Self::__dag_task_words(__any()));
            __shared.require_send(Self::__dag_task_longest(__any(), __any()));
        }
    }
    impl<S: Store> ReportRun<S>
    where
        S: 'static,
    {
        ///Returns the result of `words`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn words(&self) -> __dag::TryGoal<'_, Vec<String>> {
            let _ = <Report<S>>::words;
            __dag::TryGoal::new(self.__dag_any(), 0, &self.__dag.cells().words)
        }
        /**Uses `value` as the result of `words`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `words` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_words(self, value: Vec<String>) -> Self {
            self.__dag.inject(0, &self.__dag.cells().words, value);
            self
        }
        ///Returns the result of `longest`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn longest(&self) -> __dag::TryGoal<'_, usize> {
            let _ = <Report<S>>::longest;
            __dag::TryGoal::new(self.__dag_any(), 1, &self.__dag.cells().longest)
        }
        /**Uses `value` as the result of `longest`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `longest` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_longest(self, value: usize) -> Self {
            self.__dag.inject(1, &self.__dag.cells().longest, value);
            self
        }
        ///Returns the result of `summary`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        pub fn summary(&self) -> __dag::TryGoal<'_, String> {
            let _ = <Report<S>>::summary;
            __dag::TryGoal::new(self.__dag_any(), 2, &self.__dag.cells().summary)
        }
        /**Uses `value` as the result of `summary`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `summary` has been injected already.*/
        #[must_use]
        #[track_caller]
        pub fn with_summary(self, value: String) -> Self {
            self.__dag.inject(2, &self.__dag.cells().summary, value);
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
        ) -> ::core::result::Result<ReportOutputs<'_, S>, __dag::TaskError> {
            self.__dag.all().await?;
            ::core::result::Result::Ok(ReportOutputs {
                words: self.__dag.cells().words.ready(),
                longest: self.__dag.cells().longest.ready(),
                summary: self.__dag.cells().summary.ready(),
                __dag: ::core::marker::PhantomData,
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
    impl<S: Store> ::core::fmt::Debug for ReportRun<S>
    where
        S: 'static,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[allow(clippy::expl_impl_clone_on_copy)]
    impl<'a, S: Store> ::core::clone::Clone for ReportOutputs<'a, S>
    where
        S: 'static,
    {
        fn clone(&self) -> Self {
            *self
        }
    }
    impl<'a, S: Store> ::core::marker::Copy for ReportOutputs<'a, S>
    where
        S: 'static,
    {}
    #[doc(hidden)]
    impl<'a, S: Store> ::core::fmt::Debug for ReportOutputs<'a, S>
    where
        S: 'static,
        for<'__x> __dag::DeferDebug<'__x, 0, &'a Vec<String>>: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<'__x, 1, &'a usize>: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<'__x, 2, &'a String>: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("ReportOutputs")
                .field("words", &__dag::DeferDebug::<0, _>::new(self.words))
                .field("longest", &__dag::DeferDebug::<1, _>::new(self.longest))
                .field("summary", &__dag::DeferDebug::<2, _>::new(self.summary))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct ReportTasks<S: Store>(
        ::core::marker::PhantomData<fn() -> Report<S>>,
    )
    where
        S: 'static;
    impl<S: Store> __dag::InnerObject for Report<S>
    where
        S: 'static,
    {
        type Failure = __dag::Infallible;
        type Tasks = ReportTasks<S>;
        type Place = __dag::OffThread;
        fn tasks() -> Self::Tasks {
            ReportTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Report<S>>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl<S: Store> ReportTasks<S>
    where
        S: 'static,
    {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagReportCells<'static, S> {
            __DagReportCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Report<S>>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Report<S>,
            __writer: __dag::Writer<'_, __DagReportCells<'static, S>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __dag::Infallible>,
        ) -> ::core::result::Result<(), __dag::Infallible> {
            let _ = (__this, __writer, __scheduler, __keep);
            __dag::unneeded_failure()
        }
    }
    type __DagInner<'__dag, S: Store, __Value, __Error> = __dag::InnerTask<
        __DagReportCells<'static, S>,
        __Value,
        __dag::Infallible,
        __Error,
    >;
    impl<S: Store> ReportTasks<S>
    where
        S: 'static,
    {
        fn words<'__dag>(&self) -> __DagInner<'__dag, S, Vec<String>, __dag::Never> {
            let _ = <Report<S>>::words;
            __dag::InnerTask::unfailing(0, |__cells| &__cells.words)
        }
        fn longest<'__dag>(&self) -> __DagInner<'__dag, S, usize, __dag::Never> {
            let _ = <Report<S>>::longest;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.longest)
        }
        pub fn summary<'__dag>(&self) -> __DagInner<'__dag, S, String, __dag::Never> {
            let _ = <Report<S>>::summary;
            __dag::InnerTask::unfailing(2, |__cells| &__cells.summary)
        }
    }
};
