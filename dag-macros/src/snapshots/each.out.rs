#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Site: async ids() -> Vec<Id>; async shop() -> Shop; async pages(in ids, shop) -> Result<Vec<Page>, FetchError>; fn rows(in pages, shop) -> Vec<Vec<Row>>; fn prices(pages) -> BTreeMap<String, u64>; fn offers(in prices) -> Vec<Offer>"
    )
)]
impl Site {
    async fn ids(&self) -> Vec<Id> {
        let mut __cells = __DagSiteCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => __cells.ids.take_value(),
            ::core::result::Result::Err(_) => ::adagio::__private::unneeded_failure(),
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_ids(&self) -> Vec<Id> {
        self.index().await
    }
    async fn shop(&self) -> Shop {
        let mut __cells = __DagSiteCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x2], [0x2]).await {
            ::core::result::Result::Ok(()) => __cells.shop.take_value(),
            ::core::result::Result::Err(_) => ::adagio::__private::unneeded_failure(),
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_shop(&self) -> Shop {
        self.connect().await
    }
    async fn pages(&self) -> Result<::std::vec::Vec<Page>, FetchError> {
        let _ = Self::ids;
        let _ = Self::shop;
        let mut __cells = __DagSiteCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x7], [0x3]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.pages.take_value())
            }
            ::core::result::Result::Err(__DagSiteFailure::FetchError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_pages(&self, id: &Id, shop: &Shop) -> Result<Page, FetchError> {
        shop.fetch(id).await
    }
    #[allow(clippy::missing_errors_doc)]
    async fn rows(&self) -> Result<::std::vec::Vec<Vec<Row>>, FetchError> {
        let _ = Self::pages;
        let _ = Self::shop;
        let mut __cells = __DagSiteCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0xf], [0x3]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.rows.take_value())
            }
            ::core::result::Result::Err(__DagSiteFailure::FetchError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_rows(&self, page: &Page, shop: &Shop) -> Vec<Row> {
        page.rows(shop)
    }
    #[allow(clippy::missing_errors_doc)]
    async fn offers(&self) -> Result<::std::vec::Vec<Offer>, FetchError> {
        let _ = Self::prices;
        let mut __cells = __DagSiteCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x37], [0x3]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.offers.take_value())
            }
            ::core::result::Result::Err(__DagSiteFailure::FetchError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_offers(&self, name: &str, price: u64) -> Offer {
        Offer::new(name, price)
    }
    #[allow(clippy::missing_errors_doc)]
    async fn prices(&self) -> Result<BTreeMap<String, u64>, FetchError> {
        let _ = Self::pages;
        let mut __cells = __DagSiteCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x17], [0x3]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.prices.take_value())
            }
            ::core::result::Result::Err(__DagSiteFailure::FetchError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_prices(&self, pages: &[Page]) -> BTreeMap<String, u64> {
        pages.iter().map(Page::price).collect()
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct __DagSiteCells<'a> {
    offers: ::adagio::__private::EachCell<Offer, Self>,
    prices: ::adagio::__private::TaskCell<BTreeMap<String, u64>, Self>,
    rows: ::adagio::__private::EachCell<Vec<Row>, Self>,
    pages: ::adagio::__private::EachCell<Page, Self>,
    shop: ::adagio::__private::TaskCell<Shop, Self>,
    ids: ::adagio::__private::TaskCell<Vec<Id>, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Site>,
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
enum __DagSiteFailure<FetchError> {
    FetchError(FetchError),
}
/**A run of the tasks of [`Site`], returned by [`Site::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = site.run();
let pages = run.pages().await?;
// `pages` does not run again:
let prices = run.prices().await?;
```

To run `prices` alone, inject its dependencies:
```ignore
let run = site.run().with_pages(pages);
let prices = run.prices().await?;
```

# Errors
A `TaskError` names the task that failed; its source is the task's own error. Every result that needs the task returns it at once; other results are not affected. It is remembered until [`retry_failed`](Self::retry_failed).

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct SiteRun<'a> {
    __dag: ::adagio::__private::SendRun<'a, &'a Site, __DagSiteCells<'a>, 1>,
}
/**All results of a run, as references. [`SiteRun::all`] returns them. It is `Debug` if every result is.

# Examples
```ignore
let run = site.run();
let SiteOutputs { prices, .. } = run.all().await?;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[derive(::core::clone::Clone, ::core::marker::Copy)]
struct SiteOutputs<'a> {
    ///The result of `ids`.
    ids: &'a Vec<Id>,
    ///The result of `shop`.
    shop: &'a Shop,
    ///The result of `pages`.
    pages: &'a ::std::vec::Vec<Page>,
    ///The result of `rows`.
    rows: &'a ::std::vec::Vec<Vec<Row>>,
    ///The result of `prices`.
    prices: &'a BTreeMap<String, u64>,
    ///The result of `offers`.
    offers: &'a ::std::vec::Vec<Offer>,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl Site {
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`SiteRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(&self) -> SiteRun<'_> {
        ::core::unreachable!("only rustdoc reads this")
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`SiteRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(&self) -> SiteRun<'_>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            FetchError,
        >: ::adagio::__private::IntoTaskError<FetchError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            self,
            __DagSiteCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagSiteFailure::FetchError(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        SiteRun {
            __dag: ::adagio::__private::IfSend::of(&__run).erased(__run),
        }
    }
    #[cfg(doc)]
    ///Returns a run as [`run`](Self::run) does, which owns a share of the object and has no lifetime: it can be kept in a struct, or moved into a task.
    #[must_use]
    fn run_owned(self: &::std::sync::Arc<Self>) -> SiteRun<'static> {
        ::core::unreachable!()
    }
    #[cfg(not(doc))]
    ///Returns a run as [`run`](Self::run) does, which owns a share of the object and has no lifetime: it can be kept in a struct, or moved into a task.
    #[must_use]
    fn run_owned(self: &::std::sync::Arc<Self>) -> SiteRun<'static>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            FetchError,
        >: ::adagio::__private::IntoTaskError<FetchError>,
        for<'__x> ::adagio::__private::Defer<
            '__x,
            Self,
        >: ::adagio::__private::OwnedObject<Self>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            ::std::sync::Arc::clone(self),
            __DagSiteCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagSiteFailure::FetchError(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        SiteRun {
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
    impl __dag::DoesNotContainItself for Site {}
    impl<'__dag> __DagSiteCells<'__dag> {
        fn empty() -> Self {
            Self {
                offers: __dag::EachCell::empty(),
                prices: __dag::TaskCell::empty(),
                rows: __dag::EachCell::empty(),
                pages: __dag::EachCell::followed(),
                shop: __dag::TaskCell::empty(),
                ids: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl Site {
        #[inline]
        fn __dag_reach<'__c, '__dag>(
            __this: &'__dag Self,
            __cells: &'__c mut __DagSiteCells<'__dag>,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<
            Output = __dag::Result<(), __DagSiteFailure<FetchError>>,
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
            mut __writer: __dag::Writer<'_, __DagSiteCells<'__dag>>,
            mut __scheduler: impl __dag::Schedule,
            __keep: impl ::core::ops::Fn(
                __DagSiteFailure<FetchError>,
            ) -> __dag::Kept<
                    __DagSiteFailure<FetchError>,
                > + ::core::marker::Copy + ::core::marker::Sync,
        ) -> __dag::Result<(), __DagSiteFailure<FetchError>> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __cells = __writer.reader();
            let mut __ids_slot = ::core::pin::pin!(__dag::None);
            let mut __shop_slot = ::core::pin::pin!(__dag::None);
            let mut __pages_slot = ::core::pin::pin!(__dag::None);
            let mut __rows_slot = ::core::pin::pin!(__dag::None);
            ::core::future::poll_fn(move |__cx| {
                    __scheduler.begin_pass(__cx);
                    loop {
                        match __scheduler.next_group(__cx) {
                            __dag::Some(0) => {
                                if __scheduler.is_due(0, 0x1, 0x1) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            0,
                                            __ids_slot.as_mut(),
                                            __cx,
                                            move || Self::__dag_task_ids(__this),
                                        )
                                    {
                                        __writer.put(&__writer.reader().ids, __value);
                                        __scheduler.finish_for(0, 0x1, 0x4);
                                    }
                                }
                                if __scheduler.is_due(0, 0x2, 0x2) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            1,
                                            __shop_slot.as_mut(),
                                            __cx,
                                            move || Self::__dag_task_shop(__this),
                                        )
                                    {
                                        __writer.put(&__writer.reader().shop, __value);
                                        __scheduler.finish_for(0, 0x2, 0xc);
                                    }
                                }
                                if __scheduler.is_due(0, 0x4, 0x7) {
                                    if let ::core::task::Poll::Ready(__result) = __scheduler
                                        .poll_each(
                                            2,
                                            __pages_slot.as_mut(),
                                            __cx,
                                            || {
                                                __dag::Each::new(
                                                        &__cells.pages,
                                                        move || {
                                                            use __dag::IterateByReference as _;
                                                            __dag::Probe::<Vec<Id>>::lend(__cells.ids.ready())
                                                                .elements_for_in()
                                                        },
                                                        ::core::option::Option::Some(8),
                                                        move |_, __element_id| Self::__dag_task_pages(
                                                            __this,
                                                            __element_id,
                                                            __dag::Probe::<Shop>::lend(__cells.shop.ready()),
                                                        ),
                                                    )
                                                    .leading(&[3])
                                            },
                                            |__index, __result| match __result {
                                                ::core::result::Result::Ok(__value) => {
                                                    __writer.put_element(&__cells.pages, __index, __value);
                                                    ::core::result::Result::Ok(())
                                                }
                                                ::core::result::Result::Err(__error) => {
                                                    ::core::result::Result::Err((__index, __error))
                                                }
                                            },
                                        )
                                    {
                                        match __result {
                                            ::core::result::Result::Ok(()) => {
                                                __writer.complete(&__cells.pages, false);
                                                __scheduler.finish_for(0, 0x4, 0x18);
                                            }
                                            ::core::result::Result::Err((__index, __error)) => {
                                                match __keep(__DagSiteFailure::FetchError(__error)) {
                                                    ::core::result::Result::Ok(__source) => {
                                                        __scheduler.fail(2, __dag::at_index(__index, __source))
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
                                    __scheduler.visit(0, 0x8);
                                }
                                if __scheduler
                                    .is_due(
                                        0,
                                        0x8,
                                        if __cells.pages.is_lending() { 0xa } else { 0xe },
                                    )
                                {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll_each(
                                            3,
                                            __rows_slot.as_mut(),
                                            __cx,
                                            || __dag::Each::following(
                                                &__cells.rows,
                                                __cells.pages.follow(),
                                                ::core::option::Option::None,
                                                move |_, __element_page| ::core::future::ready(
                                                    Self::__dag_task_rows(
                                                        __this,
                                                        __element_page,
                                                        __dag::Probe::<Shop>::lend(__cells.shop.ready()),
                                                    ),
                                                ),
                                            ),
                                            |__index, __value| {
                                                __writer.put_element(&__cells.rows, __index, __value);
                                                ::core::result::Result::<(), __dag::Infallible>::Ok(())
                                            },
                                        )
                                    {
                                        __writer.complete(&__cells.rows, false);
                                        __scheduler.finish(0, 0x8);
                                    }
                                }
                                if __scheduler.is_due(0, 0x10, 0x14) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .call(
                                            4,
                                            move || Self::__dag_task_prices(
                                                __this,
                                                __cells.pages.ready(),
                                            ),
                                        )
                                    {
                                        __writer.put(&__writer.reader().prices, __value);
                                        __scheduler.finish_for(0, 0x10, 0x20);
                                    }
                                }
                                if __scheduler.is_due(0, 0x20, 0x30) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .call_each(
                                            5,
                                            |__watch| {
                                                __dag::each_call(
                                                    __watch,
                                                    &__cells.offers,
                                                    move || {
                                                        use __dag::IterateByReference as _;
                                                        __dag::Probe::<
                                                            BTreeMap<String, u64>,
                                                        >::lend(__cells.prices.ready())
                                                            .elements_for_in()
                                                    },
                                                    move |(__element_name, __element_price)| Self::__dag_task_offers(
                                                        __this,
                                                        __element_name,
                                                        {
                                                            let __owned = __dag::take_element(__element_price);
                                                            __owned
                                                        },
                                                    ),
                                                    |__index, __value| {
                                                        __writer.put_element(&__cells.offers, __index, __value);
                                                        ::core::result::Result::<(), __dag::Infallible>::Ok(())
                                                    },
                                                    |_| false,
                                                )
                                            },
                                        )
                                    {
                                        __writer.complete(&__cells.offers, false);
                                        __scheduler.finish(0, 0x20);
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
        async fn __dag_run<'__dag, __Object: ::core::ops::Deref<Target = Self>>(
            __this: __Object,
            mut __writer: __dag::ArcWriter<__DagSiteCells<'__dag>>,
            __seed: __dag::Seed<1>,
            __keep: fn(
                __DagSiteFailure<FetchError>,
            ) -> __dag::Kept<__DagSiteFailure<FetchError>>,
        ) {
            let __this = &*__this;
            let __scheduler = __seed.into_scheduler();
            let _ = Self::__dag_drive(__this, __writer.borrow(), __scheduler, __keep)
                .await;
        }
        const __DAG_GRAPH: &'static __dag::Graph = &__dag::Graph::new(
                "Site",
                &[
                    __dag::Node::new("ids", __dag::TaskKind::Async, &[], &[0x1]),
                    __dag::Node::new("shop", __dag::TaskKind::Async, &[], &[0x2]),
                    __dag::Node::new("pages", __dag::TaskKind::Async, &[0, 1], &[0x7]),
                    __dag::Node::new("rows", __dag::TaskKind::Fn, &[2, 1], &[0xf]),
                    __dag::Node::new("prices", __dag::TaskKind::Fn, &[2], &[0x17]),
                    __dag::Node::new("offers", __dag::TaskKind::Fn, &[4], &[0x37]),
                ],
            )
            .with_elements(&[(2, 0), (3, 2), (5, 4)])
            .with_results(
                "Vec<Id>\nShop\nResult<Vec<Page>, FetchError>\nVec<Vec<Row>>\nBTreeMap<String, u64>\nVec<Offer>",
            );
        fn __dag_check<'__dag, ids, shop, pages, rows, offers, prices>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<Vec<Id>>();
            __dag::require_shareable::<Shop>();
            __dag::require_shareable::<::std::vec::Vec<Page>>();
            __dag::require_shareable::<::std::vec::Vec<Vec<Row>>>();
            __dag::require_shareable::<::std::vec::Vec<Offer>>();
            __dag::require_shareable::<BTreeMap<String, u64>>();
            __dag::IfSend::<
                (
                    Vec<Id>,
                    &'__dag Vec<Id>,
                    Shop,
                    &'__dag Shop,
                    ::std::vec::Vec<Page>,
                    &'__dag ::std::vec::Vec<Page>,
                    ::std::vec::Vec<Vec<Row>>,
                    &'__dag ::std::vec::Vec<Vec<Row>>,
                    ::std::vec::Vec<Offer>,
                    &'__dag ::std::vec::Vec<Offer>,
                    BTreeMap<String, u64>,
                    &'__dag BTreeMap<String, u64>,
                ),
            >::NEW
                .require_shareable_object::<Self>();
            __dag::require_value::<ids, _>(__dag::Probe::<Vec<Id>>::kind());
            __dag::require_value::<shop, _>(__dag::Probe::<Shop>::kind());
            __dag::require_result::<
                Result<::std::vec::Vec<Page>, FetchError>,
                ::std::vec::Vec<Page>,
                FetchError,
            >();
            __dag::require_value::<rows, _>(__dag::Probe::<Vec<Row>>::kind());
            __dag::require_value::<offers, _>(__dag::Probe::<Offer>::kind());
            __dag::require_value::<
                prices,
                _,
            >(__dag::Probe::<BTreeMap<String, u64>>::kind());
            let __shared = __dag::IfSend::<&'__dag __DagSiteCells<'__dag>>::NEW;
            __shared.require_send(Self::__dag_task_ids(__any()));
            __shared.require_send(Self::__dag_task_shop(__any()));
            __shared.require_send(Self::__dag_task_pages(__any(), __any(), __any()));
            __shared
                .require_elements(|__cells: &'__dag __DagSiteCells<'__dag>| {
                    use __dag::IterateByReference as _;
                    __dag::Probe::<Vec<Id>>::lend(__cells.ids.ready()).elements_for_in()
                });
        }
    }
    impl<'a> SiteRun<'a> {
        ///Returns the result of `ids`.
        fn ids(&self) -> __dag::Goal<'_, Vec<Id>> {
            let _ = <Site>::ids;
            __dag::Goal::new(self.__dag_any(), 0, &self.__dag.cells().ids)
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
        ///Returns the result of `shop`.
        fn shop(&self) -> __dag::Goal<'_, Shop> {
            let _ = <Site>::shop;
            __dag::Goal::new(self.__dag_any(), 1, &self.__dag.cells().shop)
        }
        /**Uses `value` as the result of `shop`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `shop` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_shop(self, value: Shop) -> Self {
            self.__dag.inject(1, &self.__dag.cells().shop, value);
            self
        }
        ///Returns the result of `pages`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn pages(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<Page>> {
            let _ = <Site>::pages;
            __dag::TryGoal::new(self.__dag_any(), 2, &self.__dag.cells().pages)
        }
        /**Uses `value` as the result of `pages`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `pages` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_pages(self, value: ::std::vec::Vec<Page>) -> Self {
            self.__dag.inject(2, &self.__dag.cells().pages, value);
            self
        }
        ///Returns the result of `rows`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn rows(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<Vec<Row>>> {
            let _ = <Site>::rows;
            __dag::TryGoal::new(self.__dag_any(), 3, &self.__dag.cells().rows)
        }
        /**Uses `value` as the result of `rows`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `rows` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_rows(self, value: ::std::vec::Vec<Vec<Row>>) -> Self {
            self.__dag.inject(3, &self.__dag.cells().rows, value);
            self
        }
        ///Returns the result of `prices`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn prices(&self) -> __dag::TryGoal<'_, BTreeMap<String, u64>> {
            let _ = <Site>::prices;
            __dag::TryGoal::new(self.__dag_any(), 4, &self.__dag.cells().prices)
        }
        /**Uses `value` as the result of `prices`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `prices` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_prices(self, value: BTreeMap<String, u64>) -> Self {
            self.__dag.inject(4, &self.__dag.cells().prices, value);
            self
        }
        ///Returns the result of `offers`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn offers(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<Offer>> {
            let _ = <Site>::offers;
            __dag::TryGoal::new(self.__dag_any(), 5, &self.__dag.cells().offers)
        }
        /**Uses `value` as the result of `offers`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `offers` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_offers(self, value: ::std::vec::Vec<Offer>) -> Self {
            self.__dag.inject(5, &self.__dag.cells().offers, value);
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
        async fn all(
            &self,
        ) -> ::core::result::Result<SiteOutputs<'_>, __dag::TaskError> {
            let _ = <Site>::rows;
            let _ = <Site>::offers;
            self.__dag.all().await?;
            ::core::result::Result::Ok(SiteOutputs {
                ids: self.__dag.cells().ids.ready(),
                shop: self.__dag.cells().shop.ready(),
                pages: self.__dag.cells().pages.ready(),
                rows: self.__dag.cells().rows.ready(),
                prices: self.__dag.cells().prices.ready(),
                offers: self.__dag.cells().offers.ready(),
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
        async fn settle(&self) -> ::std::vec::Vec<__dag::TaskError> {
            let _ = <Site>::rows;
            let _ = <Site>::offers;
            self.__dag.settle().await
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
    impl<'a> ::core::fmt::Debug for SiteRun<'a> {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[doc(hidden)]
    impl<'a> ::core::fmt::Debug for SiteOutputs<'a>
    where
        for<'__x> __dag::DeferDebug<
            '__x,
            0,
            &'a <fn(&'a ()) -> Vec<Id> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            1,
            &'a <fn(&'a ()) -> Shop as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            2,
            &'a <fn(&'a ()) -> ::std::vec::Vec<Page> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            3,
            &'a <fn(&'a ()) -> ::std::vec::Vec<Vec<Row>> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            4,
            &'a BTreeMap<String, u64>,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            5,
            &'a <fn(&'a ()) -> ::std::vec::Vec<Offer> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("SiteOutputs")
                .field("ids", &__dag::DeferDebug::<0, _>::new(self.ids))
                .field("shop", &__dag::DeferDebug::<1, _>::new(self.shop))
                .field("pages", &__dag::DeferDebug::<2, _>::new(self.pages))
                .field("rows", &__dag::DeferDebug::<3, _>::new(self.rows))
                .field("prices", &__dag::DeferDebug::<4, _>::new(self.prices))
                .field("offers", &__dag::DeferDebug::<5, _>::new(self.offers))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct __DagSiteFailed(
        __DagSiteFailure<FetchError>,
        ::core::marker::PhantomData<fn() -> Site>,
    );
    #[doc(hidden)]
    pub struct SiteTasks(::core::marker::PhantomData<fn() -> Site>);
    impl __dag::InnerObject for Site {
        type Failure = __DagSiteFailed;
        type Tasks = SiteTasks;
        type Place = __dag::AnyThread;
        fn tasks() -> Self::Tasks {
            SiteTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Site>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl SiteTasks {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagSiteCells<'__dag> {
            __DagSiteCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Site>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Site,
            __writer: __dag::Writer<'_, __DagSiteCells<'__dag>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __DagSiteFailed>,
        ) -> ::core::result::Result<(), __DagSiteFailed> {
            let __wrap = |__failure| __DagSiteFailed(
                __failure,
                ::core::marker::PhantomData,
            );
            let __keep = move |__failure| {
                __keep(__wrap(__failure)).map_err(|__failed| __failed.0)
            };
            <Site>::__dag_drive(__this, __writer, __scheduler, __keep)
                .await
                .map_err(__wrap)
        }
        #[inline]
        fn __dag_error_0(__failed: __DagSiteFailed) -> __dag::Fails<FetchError> {
            __dag::Fails(
                match __failed.0 {
                    __DagSiteFailure::FetchError(__error) => __error,
                },
            )
        }
    }
    type __DagInner<'__dag, __Value, __Error> = __dag::InnerTask<
        __DagSiteCells<'__dag>,
        __Value,
        __DagSiteFailed,
        __Error,
    >;
    impl SiteTasks {
        fn ids<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> Vec<Id> as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Site>::ids;
            __dag::InnerTask::unfailing(0, |__cells| &__cells.ids)
        }
        fn shop<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> Shop as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Site>::shop;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.shop)
        }
        fn pages<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> ::std::vec::Vec<Page> as __dag::Returns>::Output,
            __dag::Fails<FetchError>,
        > {
            let _ = <Site>::pages;
            __dag::InnerTask::new(2, |__cells| &__cells.pages, Self::__dag_error_0)
        }
        fn rows<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> ::std::vec::Vec<Vec<Row>> as __dag::Returns>::Output,
            __dag::Fails<FetchError>,
        > {
            let _ = <Site>::rows;
            __dag::InnerTask::new(3, |__cells| &__cells.rows, Self::__dag_error_0)
        }
        fn prices<'__dag>(
            &self,
        ) -> __DagInner<'__dag, BTreeMap<String, u64>, __dag::Fails<FetchError>> {
            let _ = <Site>::prices;
            __dag::InnerTask::new(4, |__cells| &__cells.prices, Self::__dag_error_0)
        }
        fn offers<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> ::std::vec::Vec<Offer> as __dag::Returns>::Output,
            __dag::Fails<FetchError>,
        > {
            let _ = <Site>::offers;
            __dag::InnerTask::new(5, |__cells| &__cells.offers, Self::__dag_error_0)
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagSiteFailed, 0x2b7dea192bb7be29>
    for __dag::Defer<'__x, __DagSiteFailed> {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            __dag::unneeded_failure()
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagSiteFailed, 0x46dc5e18e28e2409>
    for __dag::Defer<'__x, __DagSiteFailed> {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            __dag::unneeded_failure()
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagSiteFailed, 0xab01daa76a48769f>
    for __dag::Defer<'__x, __DagSiteFailed>
    where
        for<'__y> __dag::Defer<'__y, FetchError>: __dag::IntoTaskError<FetchError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <SiteTasks>::__dag_error_0(self.into_inner());
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagSiteFailed, 0xa3a7061ff10a8138>
    for __dag::Defer<'__x, __DagSiteFailed>
    where
        for<'__y> __dag::Defer<'__y, FetchError>: __dag::IntoTaskError<FetchError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <SiteTasks>::__dag_error_0(self.into_inner());
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagSiteFailed, 0x926e3c1ad17843fb>
    for __dag::Defer<'__x, __DagSiteFailed>
    where
        for<'__y> __dag::Defer<'__y, FetchError>: __dag::IntoTaskError<FetchError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <SiteTasks>::__dag_error_0(self.into_inner());
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagSiteFailed, 0xab9019f7e153284a>
    for __dag::Defer<'__x, __DagSiteFailed>
    where
        for<'__y> __dag::Defer<'__y, FetchError>: __dag::IntoTaskError<FetchError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <SiteTasks>::__dag_error_0(self.into_inner());
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
};
