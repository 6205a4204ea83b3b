#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Checkout: async user() -> Result<User, ApiError>; fn rates() -> &Rates; async offers(user) -> io::Result<Offers>; async page(user, rates, offers) -> String"
    )
)]
impl Checkout {
    /// Who is buying.
    async fn user(&self) -> Result<User, ApiError> {
        let mut __cells = __DagCheckoutCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.user.take_value())
            }
            ::core::result::Result::Err(__DagCheckoutFailure::ApiError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_user(&self) -> Result<User, ApiError> {
        self.api.user(self.user_id).await
    }
    async fn rates(&self) -> &Rates {
        let mut __cells = __DagCheckoutCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0x2], [0x2]).await {
            ::core::result::Result::Ok(()) => __cells.rates.take_value(),
            ::core::result::Result::Err(_) => ::adagio::__private::unneeded_failure(),
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_rates(&self) -> &Rates {
        &self.rates
    }
    fn offers(
        &self,
    ) -> ::adagio::__private::Deferred<
        impl ::core::future::Future<
            Output = ::core::result::Result<
                io::Result<Offers>,
                <__DagCheckout_offers_Terminal<
                    Self,
                > as ::adagio::__private::DeferredTerminal>::Failure,
            >,
        >,
        __DagCheckout_offers_Terminal<Self>,
    > {
        let _ = Self::user;
        ::adagio::__private::Deferred::new(async move {
            let mut __cells = __DagCheckoutCells::empty();
            match Self::__dag_reach(self, &mut __cells, [0x5], [0x1]).await {
                ::core::result::Result::Ok(()) => {
                    ::core::result::Result::Ok(__cells.offers.take_value())
                }
                ::core::result::Result::Err(__failure) => {
                    ::core::result::Result::Err(__failure)
                }
            }
        })
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_offers(&self, user: &User) -> io::Result<Offers> {
        self.shop.offers(user.id).await
    }
    #[allow(clippy::missing_errors_doc)]
    #[must_use]
    #[allow(clippy::double_must_use)]
    pub async fn page(&self) -> Result<String, ApiError> {
        let _ = Self::user;
        let _ = Self::rates;
        let _ = Self::offers;
        let mut __cells = __DagCheckoutCells::empty();
        match Self::__dag_reach(self, &mut __cells, [0xf], [0x3]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__cells.page.take_value())
            }
            ::core::result::Result::Err(__DagCheckoutFailure::ApiError(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_page(
        &self,
        user: &User,
        rates: Rates,
        offers: &io::Result<Offers>,
    ) -> String {
        render(user, rates, offers).await
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct __DagCheckoutCells<'a> {
    page: ::adagio::__private::TaskCell<String, Self>,
    offers: ::adagio::__private::TaskCell<io::Result<Offers>, Self>,
    rates: ::adagio::__private::TaskCell<&'a Rates, Self>,
    user: ::adagio::__private::TaskCell<User, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Checkout>,
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
enum __DagCheckoutFailure<ApiError> {
    ApiError(ApiError),
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct __DagCheckout_offers_Terminal<Object>(
    ::core::marker::PhantomData<fn() -> Object>,
);
/**A run of the tasks of [`Checkout`], returned by [`Checkout::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = checkout.run();
let page = run.page().await?;
```

# Errors
A `TaskError` names the task that failed; its source is the task's own error. Every result that needs the task returns it at once; other results are not affected. It is remembered until [`retry_failed`](Self::retry_failed).

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
pub struct CheckoutRun<'a> {
    __dag: ::adagio::__private::SendRun<'a, &'a Checkout, __DagCheckoutCells<'a>, 1>,
}
/**All results of a run, as references. [`CheckoutRun::all`] returns them. It is `Debug` if every result is.

# Examples
```ignore
let run = checkout.run();
let CheckoutOutputs { page, .. } = run.all().await?;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[derive(::core::clone::Clone, ::core::marker::Copy)]
pub struct CheckoutOutputs<'a> {
    ///The result of `user`.
    user: &'a User,
    ///The result of `rates`.
    rates: &'a &'a Rates,
    ///The result of `offers`.
    offers: &'a io::Result<Offers>,
    ///The result of `page`.
    pub page: &'a String,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl Checkout {
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    pub fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`CheckoutRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(&self) -> CheckoutRun<'_> {
        ::core::unreachable!("only rustdoc reads this")
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`CheckoutRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run(&self) -> CheckoutRun<'_>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            ApiError,
        >: ::adagio::__private::IntoTaskError<ApiError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            self,
            __DagCheckoutCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagCheckoutFailure::ApiError(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        CheckoutRun {
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
    impl __dag::DoesNotContainItself for Checkout {}
    impl<'__dag> __DagCheckoutCells<'__dag> {
        fn empty() -> Self {
            Self {
                page: __dag::TaskCell::empty(),
                offers: __dag::TaskCell::empty(),
                rates: __dag::TaskCell::empty(),
                user: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl Checkout {
        #[inline]
        fn __dag_reach<'__c, '__dag>(
            __this: &'__dag Self,
            __cells: &'__c mut __DagCheckoutCells<'__dag>,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<
            Output = __dag::Result<(), __DagCheckoutFailure<ApiError>>,
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
            mut __writer: __dag::Writer<'_, __DagCheckoutCells<'__dag>>,
            mut __scheduler: impl __dag::Schedule,
            __keep: impl ::core::ops::Fn(
                __DagCheckoutFailure<ApiError>,
            ) -> __dag::Kept<
                    __DagCheckoutFailure<ApiError>,
                > + ::core::marker::Copy + ::core::marker::Sync,
        ) -> __dag::Result<(), __DagCheckoutFailure<ApiError>> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __cells = __writer.reader();
            let mut __chain_0 = ::core::pin::pin!(
                __dag::Chain3::new(__scheduler.spare())
            );
            ::core::future::poll_fn(move |__cx| {
                    __scheduler.begin_pass(__cx);
                    loop {
                        match __scheduler.next_group(__cx) {
                            __dag::Some(0) => {
                                if __scheduler.is_due(0, 0x1, 0x1) {
                                    if let ::core::task::Poll::Ready(__result) = __scheduler
                                        .poll(
                                            0,
                                            __chain_0.slot1(),
                                            __cx,
                                            move || Self::__dag_task_user(__this),
                                        )
                                    {
                                        match __result {
                                            ::core::result::Result::Ok(__value) => {
                                                __writer.put(&__writer.reader().user, __value);
                                                __scheduler.finish_for(0, 0x1, 0xc);
                                            }
                                            ::core::result::Result::Err(__error) => {
                                                match __keep(__DagCheckoutFailure::ApiError(__error)) {
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
                                if __scheduler.is_due(0, 0x2, 0x2) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .call(1, move || Self::__dag_task_rates(__this))
                                    {
                                        __writer.put(&__writer.reader().rates, __value);
                                        __scheduler.finish_for(0, 0x2, 0x8);
                                    }
                                }
                                if __scheduler.is_due(0, 0x4, 0x5) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            2,
                                            __chain_0.slot2(),
                                            __cx,
                                            move || Self::__dag_task_offers(
                                                __this,
                                                __cells.user.ready(),
                                            ),
                                        )
                                    {
                                        if __value.is_err() {
                                            __scheduler.note_err(2);
                                        }
                                        __writer.put(&__writer.reader().offers, __value);
                                        __scheduler.finish_for(0, 0x4, 0x8);
                                    }
                                }
                                if __scheduler.is_due(0, 0x8, 0xf) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            3,
                                            __chain_0.slot3(),
                                            __cx,
                                            move || Self::__dag_task_page(
                                                __this,
                                                __cells.user.ready(),
                                                {
                                                    let __owned = __dag::clone_result(__cells.rates.ready());
                                                    __owned
                                                },
                                                __cells.offers.ready(),
                                            ),
                                        )
                                    {
                                        __writer.put(&__writer.reader().page, __value);
                                        __scheduler.finish(0, 0x8);
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
            mut __writer: __dag::ArcWriter<__DagCheckoutCells<'__dag>>,
            __seed: __dag::Seed<1>,
            __keep: fn(
                __DagCheckoutFailure<ApiError>,
            ) -> __dag::Kept<__DagCheckoutFailure<ApiError>>,
        ) {
            let __scheduler = __seed.into_scheduler();
            let _ = Self::__dag_drive(__this, __writer.borrow(), __scheduler, __keep)
                .await;
        }
        const __DAG_GRAPH: &'static __dag::Graph = &__dag::Graph::new(
                "Checkout",
                &[
                    __dag::Node::new("user", __dag::TaskKind::Async, &[], &[0x1])
                        .docs("Who is buying."),
                    __dag::Node::new("rates", __dag::TaskKind::Fn, &[], &[0x2]),
                    __dag::Node::new("offers", __dag::TaskKind::Async, &[0], &[0x5]),
                    __dag::Node::new("page", __dag::TaskKind::Async, &[0, 1, 2], &[0xf]),
                ],
            )
            .with_results("Result<User, ApiError>\n&Rates\nio::Result<Offers>\nString");
        fn __dag_check<'__dag, user, offers, page>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<User>();
            __dag::require_shareable::<&'__dag Rates>();
            __dag::require_shareable::<io::Result<Offers>>();
            __dag::require_shareable::<String>();
            __dag::IfSend::<
                (
                    User,
                    &'__dag User,
                    &'__dag Rates,
                    &'__dag &'__dag Rates,
                    io::Result<Offers>,
                    &'__dag io::Result<Offers>,
                    String,
                    &'__dag String,
                ),
            >::NEW
                .require_shareable_object::<Self>();
            __dag::require_result::<Result<User, ApiError>, User, ApiError>();
            __dag::require_caught::<
                offers,
                _,
            >(__dag::Probe::<io::Result<Offers>>::kind());
            __dag::require_value::<page, _>(__dag::Probe::<String>::kind());
            let __shared = __dag::IfSend::<&'__dag __DagCheckoutCells<'__dag>>::NEW;
            __shared.require_send(Self::__dag_task_user(__any()));
            __shared.require_send(Self::__dag_task_offers(__any(), __any()));
            __shared
                .require_send(Self::__dag_task_page(__any(), __any(), __any(), __any()));
        }
    }
    #[diagnostic::on_unimplemented(
        message = "`offers` cannot be awaited by itself: its error `{Error}` is not made from `{Failure}`, which `user` fails with",
        label = "there is no `From<{Failure}>` for `{Error}`",
        note = "if `{Failure}` or `{Error}` is yours, write `impl From<{Failure}> for {Error}`; else await a task that depends on `offers`, or give `offers` an error type of your own"
    )]
    trait __DagCheckout_offers_Failure0<Failure, Error> {
        fn convert(self) -> Error;
    }
    #[diagnostic::do_not_recommend]
    impl<
        Failure,
        Error: ::core::convert::From<Failure>,
    > __DagCheckout_offers_Failure0<Failure, Error> for __dag::Defer<'_, Failure> {
        #[inline]
        fn convert(self) -> Error {
            <Error as ::core::convert::From<Failure>>::from(self.into_inner())
        }
    }
    impl __dag::DeferredTerminal for __DagCheckout_offers_Terminal<Checkout> {
        type Failure = __DagCheckoutFailure<ApiError>;
        type Error = <io::Result<Offers> as __dag::Fallible>::Error;
    }
    impl __dag::ConvertFailure for __DagCheckout_offers_Terminal<Checkout>
    where
        for<'__z> __dag::Defer<
            '__z,
            ApiError,
        >: __DagCheckout_offers_Failure0<
            ApiError,
            <io::Result<Offers> as __dag::Fallible>::Error,
        >,
    {
        fn convert(__failure: Self::Failure) -> Self::Error {
            match __failure {
                __DagCheckoutFailure::ApiError(__error) => {
                    __DagCheckout_offers_Failure0::convert(__dag::Defer::new(__error))
                }
            }
        }
    }
    impl<'a> CheckoutRun<'a> {
        /// Who is buying.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn user(&self) -> __dag::TryGoal<'_, User> {
            let _ = <Checkout>::user;
            __dag::TryGoal::new(self.__dag_any(), 0, &self.__dag.cells().user)
        }
        /**Uses `value` as the result of `user`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `user` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_user(self, value: User) -> Self {
            self.__dag.inject(0, &self.__dag.cells().user, value);
            self
        }
        ///Returns the result of `rates`.
        fn rates(&self) -> __dag::Goal<'_, &'a Rates> {
            let _ = <Checkout>::rates;
            __dag::Goal::new(self.__dag_any(), 1, &self.__dag.cells().rates)
        }
        /**Uses `value` as the result of `rates`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `rates` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_rates(self, value: &'a Rates) -> Self {
            self.__dag.inject(1, &self.__dag.cells().rates, value);
            self
        }
        ///Returns the result of `offers`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn offers(&self) -> __dag::TryGoal<'_, io::Result<Offers>> {
            let _ = <Checkout>::offers;
            __dag::TryGoal::new(self.__dag_any(), 2, &self.__dag.cells().offers)
        }
        /**Uses `value` as the result of `offers`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `offers` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_offers(self, value: io::Result<Offers>) -> Self {
            self.__dag.inject(2, &self.__dag.cells().offers, value);
            self
        }
        ///Returns the result of `page`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        pub fn page(&self) -> __dag::TryGoal<'_, String> {
            let _ = <Checkout>::page;
            __dag::TryGoal::new(self.__dag_any(), 3, &self.__dag.cells().page)
        }
        /**Uses `value` as the result of `page`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `page` has been injected already.*/
        #[must_use]
        #[track_caller]
        pub fn with_page(self, value: String) -> Self {
            self.__dag.inject(3, &self.__dag.cells().page, value);
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
        ) -> ::core::result::Result<CheckoutOutputs<'_>, __dag::TaskError> {
            self.__dag.all().await?;
            ::core::result::Result::Ok(CheckoutOutputs {
                user: self.__dag.cells().user.ready(),
                rates: self.__dag.cells().rates.ready(),
                offers: self.__dag.cells().offers.ready(),
                page: self.__dag.cells().page.ready(),
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
    impl<'a> ::core::fmt::Debug for CheckoutRun<'a> {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[doc(hidden)]
    impl<'a> ::core::fmt::Debug for CheckoutOutputs<'a>
    where
        for<'__x> __dag::DeferDebug<
            '__x,
            0,
            &'a <fn(&'a ()) -> User as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            1,
            &'a <fn(&'a ()) -> &'a Rates as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            2,
            &'a <fn(&'a ()) -> io::Result<Offers> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<'__x, 3, &'a String>: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("CheckoutOutputs")
                .field("user", &__dag::DeferDebug::<0, _>::new(self.user))
                .field("rates", &__dag::DeferDebug::<1, _>::new(self.rates))
                .field("offers", &__dag::DeferDebug::<2, _>::new(self.offers))
                .field("page", &__dag::DeferDebug::<3, _>::new(self.page))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct __DagCheckoutFailed(
        __DagCheckoutFailure<ApiError>,
        ::core::marker::PhantomData<fn() -> Checkout>,
    );
    #[doc(hidden)]
    pub struct CheckoutTasks(::core::marker::PhantomData<fn() -> Checkout>);
    impl __dag::InnerObject for Checkout {
        type Failure = __DagCheckoutFailed;
        type Tasks = CheckoutTasks;
        type Place = __dag::AnyThread;
        fn tasks() -> Self::Tasks {
            CheckoutTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Checkout>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl CheckoutTasks {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagCheckoutCells<'__dag> {
            __DagCheckoutCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Checkout>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Checkout,
            __writer: __dag::Writer<'_, __DagCheckoutCells<'__dag>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __DagCheckoutFailed>,
        ) -> ::core::result::Result<(), __DagCheckoutFailed> {
            let __wrap = |__failure| __DagCheckoutFailed(
                __failure,
                ::core::marker::PhantomData,
            );
            let __keep = move |__failure| {
                __keep(__wrap(__failure)).map_err(|__failed| __failed.0)
            };
            <Checkout>::__dag_drive(__this, __writer, __scheduler, __keep)
                .await
                .map_err(__wrap)
        }
        #[inline]
        fn __dag_error_0(__failed: __DagCheckoutFailed) -> __dag::Fails<ApiError> {
            __dag::Fails(
                match __failed.0 {
                    __DagCheckoutFailure::ApiError(__error) => __error,
                },
            )
        }
        #[inline]
        fn __dag_error_1(
            __failed: __DagCheckoutFailed,
        ) -> __dag::Fails<<io::Result<Offers> as __dag::Fallible>::Error>
        where
            for<'__z> __dag::Defer<
                '__z,
                ApiError,
            >: __DagCheckout_offers_Failure0<
                ApiError,
                <io::Result<Offers> as __dag::Fallible>::Error,
            >,
        {
            __dag::Fails(
                match __failed.0 {
                    __DagCheckoutFailure::ApiError(__error) => {
                        __DagCheckout_offers_Failure0::convert(
                            __dag::Defer::new(__error),
                        )
                    }
                },
            )
        }
    }
    type __DagInner<'__dag, __Value, __Error> = __dag::InnerTask<
        __DagCheckoutCells<'__dag>,
        __Value,
        __DagCheckoutFailed,
        __Error,
    >;
    impl CheckoutTasks {
        fn user<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> User as __dag::Returns>::Output,
            __dag::Fails<ApiError>,
        > {
            let _ = <Checkout>::user;
            __dag::InnerTask::new(0, |__cells| &__cells.user, Self::__dag_error_0)
        }
        fn rates<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> &'__dag Rates as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Checkout>::rates;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.rates)
        }
        fn offers<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> io::Result<Offers> as __dag::Returns>::Output,
            __dag::Fails<<io::Result<Offers> as __dag::Fallible>::Error>,
        >
        where
            for<'__z> __dag::Defer<
                '__z,
                ApiError,
            >: __DagCheckout_offers_Failure0<
                ApiError,
                <io::Result<Offers> as __dag::Fallible>::Error,
            >,
        {
            let _ = <Checkout>::offers;
            __dag::InnerTask::new(2, |__cells| &__cells.offers, Self::__dag_error_1)
        }
        pub fn page<'__dag>(
            &self,
        ) -> __DagInner<'__dag, String, __dag::Fails<ApiError>> {
            let _ = <Checkout>::page;
            __dag::InnerTask::new(3, |__cells| &__cells.page, Self::__dag_error_0)
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagCheckoutFailed, 0x7d6780e4032b48f2>
    for __dag::Defer<'__x, __DagCheckoutFailed>
    where
        for<'__y> __dag::Defer<'__y, ApiError>: __dag::IntoTaskError<ApiError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <CheckoutTasks>::__dag_error_0(
                self.into_inner(),
            );
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagCheckoutFailed, 0xfbf23011819ac75c>
    for __dag::Defer<'__x, __DagCheckoutFailed> {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            __dag::unneeded_failure()
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagCheckoutFailed, 0xab9019f7e153284a>
    for __dag::Defer<'__x, __DagCheckoutFailed>
    where
        for<'__y> __dag::Defer<
            '__y,
            <io::Result<Offers> as __dag::Fallible>::Error,
        >: __dag::IntoTaskError<<io::Result<Offers> as __dag::Fallible>::Error>,
        for<'__z> __dag::Defer<
            '__z,
            ApiError,
        >: __DagCheckout_offers_Failure0<
            ApiError,
            <io::Result<Offers> as __dag::Fallible>::Error,
        >,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <CheckoutTasks>::__dag_error_1(
                self.into_inner(),
            );
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
    impl<'__x> __dag::IntoInnerError<__DagCheckoutFailed, 0x38b2a0deba58916>
    for __dag::Defer<'__x, __DagCheckoutFailed>
    where
        for<'__y> __dag::Defer<'__y, ApiError>: __dag::IntoTaskError<ApiError>,
    {
        #[inline]
        fn into_source(self) -> __dag::ErrorSource {
            let __dag::Fails(__error) = <CheckoutTasks>::__dag_error_0(
                self.into_inner(),
            );
            __dag::IntoTaskError::into_source(__dag::Defer::new(__error))
        }
    }
};
