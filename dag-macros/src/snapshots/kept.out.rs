#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Crawl: fn ids() -> Vec<Id>; async pages(in ids) -> Result<Vec<Page>, FetchError>; spawn sizes(in pages) -> Vec<usize>"
    )
)]
impl Crawl {
    async fn ids(self: &::std::sync::Arc<Self>) -> Vec<Id> {
        let mut __offload = Self::__dag_offload(self, 0);
        match Self::__dag_reach(&mut __offload, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => __offload.into_goal(|__cells| &__cells.ids),
            ::core::result::Result::Err(_) => ::adagio::__private::unneeded_failure(),
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_ids(&self) -> Vec<Id> {
        self.site.ids()
    }
    pub async fn pages(
        self: &::std::sync::Arc<Self>,
    ) -> Result<::std::vec::Vec<Page>, FetchError> {
        let _ = Self::ids;
        let mut __offload = Self::__dag_offload(self, 1);
        match Self::__dag_reach(&mut __offload, [0x3], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__offload.into_goal(|__cells| &__cells.pages))
            }
            ::core::result::Result::Err(__DagCrawlFailure::FetchError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_pages(&self, id: &Id) -> Result<Page, FetchError> {
        self.site.load(id).await
    }
    #[allow(clippy::missing_errors_doc)]
    async fn sizes(
        self: &::std::sync::Arc<Self>,
    ) -> Result<::std::vec::Vec<usize>, FetchError> {
        let _ = Self::pages;
        let mut __offload = Self::__dag_offload(self, 2);
        match Self::__dag_reach(&mut __offload, [0x7], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__offload.into_goal(|__cells| &__cells.sizes))
            }
            ::core::result::Result::Err(__DagCrawlFailure::FetchError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[allow(clippy::unused_async)]
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_sizes(&self, page: &Page) -> usize {
        page.size().await
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct __DagCrawlCells<'a> {
    sizes: ::adagio::__private::EachCell<usize, Self>,
    pages: ::adagio::__private::EachCell<Page, Self>,
    ids: ::adagio::__private::TaskCell<Vec<Id>, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Crawl>,
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
enum __DagCrawlFailure<FetchError> {
    FetchError(FetchError),
}
/**A run of the tasks of [`Crawl`], returned by [`Crawl::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = crawl.run();
let pages = run.pages().await?;
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
pub struct CrawlRun {
    __dag: ::adagio::__private::SendRun<
        'static,
        ::std::sync::Arc<Crawl>,
        __DagCrawlCells<'static>,
        1,
    >,
}
/**All results of a run, as references. [`CrawlRun::all`] returns them. It is `Debug` if every result is.

# Examples
```ignore
let run = crawl.run();
let CrawlOutputs { pages, .. } = run.all().await?;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[derive(::core::clone::Clone, ::core::marker::Copy)]
pub struct CrawlOutputs<'a> {
    ///The result of `ids`.
    ids: &'a Vec<Id>,
    ///The result of `pages`.
    pub pages: &'a ::std::vec::Vec<Page>,
    ///The result of `sizes`.
    sizes: &'a ::std::vec::Vec<usize>,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl Crawl {
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    pub fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`CrawlRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(self: &::std::sync::Arc<Self>) -> CrawlRun {
        ::core::unreachable!("only rustdoc reads this")
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`CrawlRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(self: &::std::sync::Arc<Self>) -> CrawlRun
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            FetchError,
        >: ::adagio::__private::IntoTaskError<FetchError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            ::std::sync::Arc::clone(self),
            __DagCrawlCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagCrawlFailure::FetchError(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        CrawlRun {
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
    impl __dag::DoesNotContainItself for Crawl {}
    impl<'__dag> __DagCrawlCells<'__dag> {
        fn empty() -> Self {
            Self {
                sizes: __dag::EachCell::empty(),
                pages: __dag::EachCell::followed(),
                ids: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl Crawl {
        fn __dag_offload(
            __this: &::std::sync::Arc<Self>,
            __goal: usize,
        ) -> __dag::Offload<
            Self,
            __DagCrawlCells<'static>,
            __DagCrawlFailure<FetchError>,
            1,
        > {
            __dag::Offload::of_terminal(
                __this,
                __DagCrawlCells::empty(),
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
                __DagCrawlCells<'static>,
                __DagCrawlFailure<FetchError>,
                1,
            >,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<
            Output = __dag::Result<(), __DagCrawlFailure<FetchError>>,
        > {
            let __scheduler = __dag::Scheduler::new(Self::__DAG_GRAPH, __tasks, __ready);
            Self::__dag_drive(__offload, __scheduler, __dag::Err)
        }
        async fn __dag_drive<'__dag>(
            __offload: &'__dag mut __dag::Offload<
                Self,
                __DagCrawlCells<'static>,
                __DagCrawlFailure<FetchError>,
                1,
            >,
            mut __scheduler: impl __dag::ScheduleThreads,
            __keep: fn(
                __DagCrawlFailure<FetchError>,
            ) -> __dag::Kept<__DagCrawlFailure<FetchError>>,
        ) -> __dag::Result<(), __DagCrawlFailure<FetchError>> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
            let __owned = __offload.team();
            let __team = &__owned;
            let (__this, __cells) = (__team.object(), __team.cells());
            let mut __ids_slot = ::core::pin::pin!(__dag::None);
            let mut __pages_slot = ::core::pin::pin!(__dag::None);
            let mut __sizes_slot = ::core::pin::pin!(__dag::None);
            ::core::future::poll_fn(move |__cx| {
                    ::core::task::ready!(__offload.begin_pass(& mut __scheduler, __cx))?;
                    loop {
                        match __scheduler.next_group(__cx) {
                            __dag::Some(0) => {
                                if __scheduler.is_due(0, 0x1, 0x1) {
                                    if let ::core::task::Poll::Ready(__kept) = {
                                        let __attempts = __scheduler.attempts(0);
                                        __scheduler
                                            .poll(
                                                0,
                                                __ids_slot.as_mut(),
                                                __cx,
                                                move || __dag::keeping(
                                                    ::core::clone::Clone::clone(&__attempts),
                                                    |__stored| {
                                                        __dag::Stored::<Vec<Id>>::FORM.read("ids", __stored)
                                                    },
                                                    |__value: Vec<Id>| {
                                                        __dag::Stored::<Vec<Id>>::FORM.settle("ids", __value)
                                                    },
                                                    move |_| ::core::future::ready(Self::__dag_task_ids(__this)),
                                                ),
                                            )
                                    } {
                                        match __kept {
                                            ::core::result::Result::Ok(__value) => {
                                                __offload.set(0, |__cells| &__cells.ids, __value);
                                                __scheduler.finish_for(0, 0x1, 0x2);
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
                                            .poll_each(
                                                1,
                                                __pages_slot.as_mut(),
                                                __cx,
                                                || __dag::KeptGroup::new(
                                                    ::core::clone::Clone::clone(&__attempts),
                                                    __dag::Each::new(
                                                            &__cells.pages,
                                                            move || {
                                                                use __dag::IterateByReference as _;
                                                                __dag::Probe::<Vec<Id>>::lend(__cells.ids.ready())
                                                                    .elements_for_in()
                                                            },
                                                            ::core::option::Option::Some(8),
                                                            move |__index, __element_id| __dag::keeping(
                                                                __attempts.of_element(__index),
                                                                |__stored| {
                                                                    __dag::Stored::<Page>::FORM
                                                                        .read("pages", __stored)
                                                                        .map(::core::result::Result::Ok)
                                                                },
                                                                move |__result| __dag::settled(
                                                                    __result,
                                                                    |__value: Page| {
                                                                        __dag::Stored::<Page>::FORM.settle("pages", __value)
                                                                    },
                                                                    |__error| __dag::kept(
                                                                        __keep,
                                                                        __DagCrawlFailure::FetchError(__error),
                                                                    ),
                                                                ),
                                                                move |__attempts| __dag::retry(
                                                                    __dag::Retry::new(
                                                                        3,
                                                                        ::core::time::Duration::from_millis(100),
                                                                        ::core::time::Duration::from_millis(10000),
                                                                    ),
                                                                    {
                                                                        let __is_worth_it: fn(&FetchError) -> bool = |_| true;
                                                                        __is_worth_it
                                                                    },
                                                                    __attempts,
                                                                    move |__error| __dag::kept(
                                                                        __keep,
                                                                        __DagCrawlFailure::FetchError(__error),
                                                                    ),
                                                                    move || Self::__dag_task_pages(__this, __element_id),
                                                                ),
                                                            ),
                                                        )
                                                        .leading(&[2]),
                                                ),
                                                |__index, __kept| match __kept {
                                                    ::core::result::Result::Ok(
                                                        ::core::result::Result::Ok(__value),
                                                    ) => {
                                                        __offload
                                                            .put_element(|__cells| &__cells.pages, __index, __value);
                                                        ::core::result::Result::Ok(())
                                                    }
                                                    ::core::result::Result::Ok(
                                                        ::core::result::Result::Err(__error),
                                                    ) => {
                                                        ::core::result::Result::Err(
                                                            ::core::result::Result::Ok((__index, __error)),
                                                        )
                                                    }
                                                    ::core::result::Result::Err(__source) => {
                                                        ::core::result::Result::Err(
                                                            ::core::result::Result::Err(
                                                                __dag::at_index(__index, __source),
                                                            ),
                                                        )
                                                    }
                                                },
                                            )
                                            .map(__dag::kept_group)
                                    } {
                                        match __kept {
                                            ::core::result::Result::Ok(__result) => {
                                                match __result {
                                                    ::core::result::Result::Ok(()) => {
                                                        __offload.complete(1, |__cells| &__cells.pages, false);
                                                        __scheduler.finish_for(0, 0x2, 0x4);
                                                    }
                                                    ::core::result::Result::Err((__index, __error)) => {
                                                        match __keep(__DagCrawlFailure::FetchError(__error)) {
                                                            ::core::result::Result::Ok(__source) => {
                                                                __scheduler.fail(1, __dag::at_index(__index, __source))
                                                            }
                                                            ::core::result::Result::Err(__failure) => {
                                                                return __offload.end(__failure, __cx);
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
                                    __scheduler.visit(0, 0x4);
                                }
                                if __scheduler
                                    .is_due(
                                        0,
                                        0x4,
                                        if __cells.pages.is_lending() { 0x4 } else { 0x6 },
                                    )
                                {
                                    if let ::core::task::Poll::Ready(__kept) = {
                                        let __attempts = __scheduler.attempts(2);
                                        __scheduler
                                            .poll_each(
                                                2,
                                                __sizes_slot.as_mut(),
                                                __cx,
                                                || __dag::KeptGroup::new(
                                                    ::core::clone::Clone::clone(&__attempts),
                                                    __dag::Crew::following(
                                                        (__team, 2),
                                                        &__cells.sizes,
                                                        __cells.pages.follow(),
                                                        ::core::option::Option::None,
                                                        Self::__dag_hire_sizes,
                                                    ),
                                                ),
                                                |__index, __kept| match __kept {
                                                    ::core::result::Result::Ok(_) => {
                                                        ::core::result::Result::Ok(())
                                                    }
                                                    ::core::result::Result::Err(__source) => {
                                                        ::core::result::Result::Err(
                                                            __dag::at_index(__index, __source),
                                                        )
                                                    }
                                                },
                                            )
                                    } {
                                        match __kept {
                                            ::core::result::Result::Ok(()) => {
                                                __offload.complete(2, |__cells| &__cells.sizes, false);
                                                __scheduler.finish(0, 0x4);
                                            }
                                            ::core::result::Result::Err(__source) => {
                                                __scheduler.fail(2, __source)
                                            }
                                        }
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
                dependents: &[1],
                waits: __dag::TaskSet([0]),
                is_spawned: false,
            },
            __dag::Link {
                dependents: &[2],
                waits: __dag::TaskSet([0x1]),
                is_spawned: false,
            },
            __dag::Link {
                dependents: &[],
                waits: __dag::TaskSet([0x2]),
                is_spawned: false,
            },
        ];
        async fn __dag_work(
            mut __relay: __dag::Relay<
                Self,
                __DagCrawlCells<'static>,
                __DagCrawlFailure<FetchError>,
                1,
            >,
        ) {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
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
                    _ => __dag::unknown_task(__task),
                }
            }
        }
        async fn __dag_pick_sizes(
            mut __picker: __dag::Picker<
                Self,
                __DagCrawlCells<'static>,
                __DagCrawlFailure<FetchError>,
                1,
            >,
        ) {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
            let __owned = __picker.team();
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (
                __team.object(),
                __team.cells(),
                __team.keep(),
            );
            let ::core::option::Option::Some(mut __elements) = __picker
                .look(|| __cells.pages.follow()) else { return };
            while let ::core::option::Option::Some((__index, __element_page)) = __picker
                .next(&__cells.sizes, &mut __elements)
                .await
            {
                match __dag::caught(
                        __picker.around(),
                        ::core::pin::pin!(
                            __dag::keeping(__team.attempts(2).of_element(__index), |
                            __stored | __dag::Stored:: < usize > ::FORM.read("sizes",
                            __stored), | __value : usize | __dag::Stored:: < usize >
                            ::FORM.settle("sizes", __value), move | _ |
                            Self::__dag_task_sizes(__this, __element_page))
                        ),
                    )
                    .await
                {
                    ::core::result::Result::Ok(::core::result::Result::Ok(__value)) => {
                        __picker.put(|__cells| &__cells.sizes, __index, __value)
                    }
                    ::core::result::Result::Ok(::core::result::Result::Err(__source)) => {
                        __picker.lose(__index, __source)
                    }
                    ::core::result::Result::Err(__payload) => __picker.panic(__payload),
                }
            }
        }
        fn __dag_hire_sizes(
            __picker: __dag::Picker<
                Self,
                __DagCrawlCells<'static>,
                __DagCrawlFailure<FetchError>,
                1,
            >,
            __runtime: &__dag::Handle,
        ) -> __dag::AbortHandle {
            #[allow(unused_imports)]
            use __dag::NotSend as _;
            let __work = Self::__dag_pick_sizes(__picker);
            __dag::IfSend::of(&__work).spawn(__work, __runtime)
        }
        fn __dag_spawn(
            __relay: __dag::Relay<
                Self,
                __DagCrawlCells<'static>,
                __DagCrawlFailure<FetchError>,
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
            __writer: __dag::ArcWriter<__DagCrawlCells<'static>>,
            __seed: __dag::Seed<1>,
            __keep: fn(
                __DagCrawlFailure<FetchError>,
            ) -> __dag::Kept<__DagCrawlFailure<FetchError>>,
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
                "Crawl",
                &[
                    __dag::Node::new("ids", __dag::TaskKind::Fn, &[], &[0x1]),
                    __dag::Node::new("pages", __dag::TaskKind::Async, &[0], &[0x3]),
                    __dag::Node::new("sizes", __dag::TaskKind::Spawn, &[1], &[0x7]),
                ],
            )
            .with_crews(&[2])
            .with_elements(&[(1, 0), (2, 1)])
            .with_results("Vec<Id>\nResult<Vec<Page>, FetchError>\nVec<usize>");
        fn __dag_check<'__dag, ids, pages>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<Vec<Id>>();
            __dag::require_shareable::<::std::vec::Vec<Page>>();
            __dag::require_shareable::<::std::vec::Vec<usize>>();
            __dag::IfSend::<
                (
                    Vec<Id>,
                    &'__dag Vec<Id>,
                    ::std::vec::Vec<Page>,
                    &'__dag ::std::vec::Vec<Page>,
                    ::std::vec::Vec<usize>,
                    &'__dag ::std::vec::Vec<usize>,
                ),
            >::NEW
                .require_shared_object::<Self>();
            __dag::require_storable::<Vec<Id>>();
            __dag::require_storable::<Page>();
            __dag::require_storable::<usize>();
            __dag::require_ordered::<Vec<Id>>();
            __dag::require_value::<ids, _>(__dag::Probe::<Vec<Id>>::kind());
            __dag::require_result::<
                Result<::std::vec::Vec<Page>, FetchError>,
                ::std::vec::Vec<Page>,
                FetchError,
            >();
            let __shared = __dag::IfSend::<&'__dag __DagCrawlCells<'static>>::NEW;
            __shared.require_send(Self::__dag_task_pages(__any(), __any()));
            __shared.require_send(Self::__dag_task_sizes(__any(), __any()));
            __shared
                .require_elements(|__cells: &'__dag __DagCrawlCells<'static>| {
                    use __dag::IterateByReference as _;
                    __dag::Probe::<Vec<Id>>::lend(__cells.ids.ready()).elements_for_in()
                });
        }
    }
    impl CrawlRun {
        ///Returns the result of `ids`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn ids(&self) -> __dag::TryGoal<'_, Vec<Id>> {
            let _ = <Crawl>::ids;
            __dag::TryGoal::new(self.__dag_any(), 0, &self.__dag.cells().ids)
        }
        /**Uses `value` as the result of `ids`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `ids` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_ids(self, value: Vec<Id>) -> Self {
            self.__dag.inject(0, &self.__dag.cells().ids, value);
            self
        }
        ///Returns the result of `pages`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        pub fn pages(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<Page>> {
            let _ = <Crawl>::pages;
            __dag::TryGoal::new(self.__dag_any(), 1, &self.__dag.cells().pages)
        }
        /**Uses `value` as the result of `pages`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `pages` has been injected already.*/
        #[must_use]
        #[track_caller]
        pub fn with_pages(self, value: ::std::vec::Vec<Page>) -> Self {
            self.__dag.inject(1, &self.__dag.cells().pages, value);
            self
        }
        ///Returns the result of `sizes`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn sizes(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<usize>> {
            let _ = <Crawl>::sizes;
            __dag::TryGoal::new(self.__dag_any(), 2, &self.__dag.cells().sizes)
        }
        /**Uses `value` as the result of `sizes`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `sizes` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_sizes(self, value: ::std::vec::Vec<usize>) -> Self {
            self.__dag.inject(2, &self.__dag.cells().sizes, value);
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
        ) -> ::core::result::Result<CrawlOutputs<'_>, __dag::TaskError> {
            self.__dag.all().await?;
            ::core::result::Result::Ok(CrawlOutputs {
                ids: self.__dag.cells().ids.ready(),
                pages: self.__dag.cells().pages.ready(),
                sizes: self.__dag.cells().sizes.ready(),
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
    impl ::core::fmt::Debug for CrawlRun {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[doc(hidden)]
    impl<'a> ::core::fmt::Debug for CrawlOutputs<'a>
    where
        for<'__x> __dag::DeferDebug<
            '__x,
            0,
            &'a <fn(&'a ()) -> Vec<Id> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            1,
            &'a <fn(&'a ()) -> ::std::vec::Vec<Page> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            2,
            &'a ::std::vec::Vec<usize>,
        >: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("CrawlOutputs")
                .field("ids", &__dag::DeferDebug::<0, _>::new(self.ids))
                .field("pages", &__dag::DeferDebug::<1, _>::new(self.pages))
                .field("sizes", &__dag::DeferDebug::<2, _>::new(self.sizes))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct CrawlTasks(::core::marker::PhantomData<fn() -> Crawl>);
    impl __dag::InnerObject for Crawl {
        type Failure = __dag::Infallible;
        type Tasks = CrawlTasks;
        type Place = __dag::OffThread;
        fn tasks() -> Self::Tasks {
            CrawlTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Crawl>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl CrawlTasks {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagCrawlCells<'static> {
            __DagCrawlCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Crawl>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Crawl,
            __writer: __dag::Writer<'_, __DagCrawlCells<'static>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __dag::Infallible>,
        ) -> ::core::result::Result<(), __dag::Infallible> {
            let _ = (__this, __writer, __scheduler, __keep);
            __dag::unneeded_failure()
        }
    }
    type __DagInner<'__dag, __Value, __Error> = __dag::InnerTask<
        __DagCrawlCells<'static>,
        __Value,
        __dag::Infallible,
        __Error,
    >;
    impl CrawlTasks {
        fn ids<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> Vec<Id> as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Crawl>::ids;
            __dag::InnerTask::unfailing(0, |__cells| &__cells.ids)
        }
        pub fn pages<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> ::std::vec::Vec<Page> as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Crawl>::pages;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.pages)
        }
        fn sizes<'__dag>(
            &self,
        ) -> __DagInner<'__dag, ::std::vec::Vec<usize>, __dag::Never> {
            let _ = <Crawl>::sizes;
            __dag::InnerTask::unfailing(2, |__cells| &__cells.sizes)
        }
    }
    impl __dag::Durable for Crawl
    where
        for<'__dag> Crawl: ::core::marker::Send + ::core::marker::Sync,
    {
        const GRAPH: __dag::DurableGraph = __dag::DurableGraph {
            name: "Crawl",
            tasks: &[
                __dag::DurableTask {
                    name: "ids",
                    dependencies: &[],
                    is_public: false,
                    is_computation: true,
                    is_remote: false,
                    retry: ::core::option::Option::None,
                    timeout: ::core::option::Option::None,
                    max_concurrency: ::core::option::Option::None,
                    version: 1,
                },
                __dag::DurableTask {
                    name: "pages",
                    dependencies: &[0],
                    is_public: true,
                    is_computation: false,
                    is_remote: false,
                    retry: ::core::option::Option::Some(
                        __dag::Retry::new(
                            3,
                            ::core::time::Duration::from_millis(100),
                            ::core::time::Duration::from_millis(10000),
                        ),
                    ),
                    timeout: ::core::option::Option::None,
                    max_concurrency: ::core::option::Option::Some(8),
                    version: 1,
                },
                __dag::DurableTask {
                    name: "sizes",
                    dependencies: &[1],
                    is_public: false,
                    is_computation: false,
                    is_remote: false,
                    retry: ::core::option::Option::None,
                    timeout: ::core::option::Option::None,
                    max_concurrency: ::core::option::Option::None,
                    version: 1,
                },
            ],
            max_concurrency: ::core::option::Option::None,
        };
        const EDGES: &'static [__dag::DurableEdge] = &[
            __dag::DurableEdge {
                task: 1,
                dependency: 0,
                kind: __dag::EdgeKind::In,
            },
            __dag::DurableEdge {
                task: 2,
                dependency: 1,
                kind: __dag::EdgeKind::In,
            },
        ];
        const WIDE: &'static [usize] = &[1, 2];
        type Run = CrawlRun;
        fn durable_run(self: &::std::sync::Arc<Self>) -> Self::Run {
            let _ = Self::pages;
            self.run()
        }
    }
    impl __dag::DurableRun for CrawlRun
    where
        for<'__dag> Crawl: ::core::marker::Send + ::core::marker::Sync,
    {
        fn seed(
            self,
            task: &str,
            stored: &[u8],
        ) -> ::core::result::Result<Self, __dag::TaskError> {
            #[allow(unused_imports)]
            use __dag::NotStorable as _;
            let ::core::option::Option::Some(__id) = self
                .__dag
                .position_of(task, &[1, 2]) else {
                return ::core::result::Result::Ok(self);
            };
            match __id {
                0 => {
                    let __value: Vec<Id> = __dag::Stored::<Vec<Id>>::FORM
                        .read("ids", stored)?;
                    self.__dag.inject(0, &self.__dag.cells().ids, __value);
                }
                1 => {
                    self.__dag
                        .seed_part(
                            (1, &self.__dag.cells().pages),
                            (task, stored),
                            |__stored| {
                                __dag::Stored::<Page>::FORM.read("pages", __stored)
                            },
                            |__stored| {
                                __dag::Stored::<::std::vec::Vec<Page>>::FORM
                                    .read("pages", __stored)
                            },
                        )?
                }
                2 => {
                    self.__dag
                        .seed_part(
                            (2, &self.__dag.cells().sizes),
                            (task, stored),
                            |__stored| {
                                __dag::Stored::<usize>::FORM.read("sizes", __stored)
                            },
                            |__stored| {
                                __dag::Stored::<::std::vec::Vec<usize>>::FORM
                                    .read("sizes", __stored)
                            },
                        )?
                }
                _ => __dag::unknown_task(__id),
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
                    0 => __dag::Stored::<Vec<Id>>::FORM.write("ids", __cells.ids.ready()),
                    1 => {
                        __dag::Stored::<::std::vec::Vec<Page>>::FORM
                            .write("pages", __cells.pages.ready())
                    }
                    2 => {
                        __dag::Stored::<::std::vec::Vec<usize>>::FORM
                            .write("sizes", __cells.sizes.ready())
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
            match self.__dag.position_of(task, &[1, 2]) {
                ::core::option::Option::Some(__id) => {
                    Self {
                        __dag: self.__dag.seed_failure(__id, error),
                    }
                }
                ::core::option::Option::None => self,
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
