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
impl ::adagio::__private::DoesNotContainItself for Checkout {}
#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        Checkout:async
        user(),
        fn
        rates(),
        async
        offers(user),
        async
        page(user, rates, offers)
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
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
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
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
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
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
    async fn __dag_task_offers(&self, user: &User) -> io::Result<Offers> {
        self.shop.offers(user.id).await
    }
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
    #[allow(
        dead_code,
        clippy::unused_self,
        clippy::missing_const_for_fn,
        clippy::future_not_send
    )]
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
enum __DagCheckoutFailure<ApiError> {
    ApiError(ApiError),
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
pub struct __DagCheckoutCells<'__dag> {
    page: ::adagio::__private::TaskCell<String, Self>,
    offers: ::adagio::__private::TaskCell<io::Result<Offers>, Self>,
    rates: ::adagio::__private::TaskCell<&'__dag Rates, Self>,
    user: ::adagio::__private::TaskCell<User, Self>,
    __dag_self: ::core::marker::PhantomData<&'__dag Checkout>,
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
impl<'__dag> __DagCheckoutCells<'__dag> {
    fn empty() -> Self {
        Self {
            page: ::adagio::__private::TaskCell::empty(),
            offers: ::adagio::__private::TaskCell::empty(),
            rates: ::adagio::__private::TaskCell::empty(),
            user: ::adagio::__private::TaskCell::empty(),
            __dag_self: ::core::marker::PhantomData,
        }
    }
}
#[diagnostic::on_unimplemented(
    message = "`offers` cannot be awaited by itself: its error `{Error}` is not made from `{Failure}`, which `user` fails with",
    label = "there is no `From<{Failure}>` for `{Error}`",
    note = "write `impl From<{Failure}> for {Error}` if either is yours, or await a task that depends on `offers`"
)]
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
trait __DagCheckout_offers_Failure0<Failure, Error> {
    fn convert(self) -> Error;
}
#[diagnostic::do_not_recommend]
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
impl<
    Failure,
    Error: ::core::convert::From<Failure>,
> __DagCheckout_offers_Failure0<Failure, Error>
for ::adagio::__private::Defer<'_, Failure> {
    #[inline]
    fn convert(self) -> Error {
        <Error as ::core::convert::From<Failure>>::from(self.into_inner())
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
struct __DagCheckout_offers_Terminal<Object>(
    ::core::marker::PhantomData<fn() -> Object>,
);
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
impl ::adagio::__private::DeferredTerminal for __DagCheckout_offers_Terminal<Checkout> {
    type Failure = __DagCheckoutFailure<ApiError>;
    type Error = <io::Result<Offers> as ::adagio::__private::Fallible>::Error;
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
impl ::adagio::__private::ConvertFailure for __DagCheckout_offers_Terminal<Checkout>
where
    for<'__z> ::adagio::__private::Defer<
        '__z,
        ApiError,
    >: __DagCheckout_offers_Failure0<
        ApiError,
        <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
    >,
{
    fn convert(__failure: Self::Failure) -> Self::Error {
        match __failure {
            __DagCheckoutFailure::ApiError(__error) => {
                __DagCheckout_offers_Failure0::convert(
                    ::adagio::__private::Defer::new(__error),
                )
            }
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
impl Checkout {
    #[doc(hidden)]
    const __DAG_GRAPH: &'static ::adagio::__private::Graph = &::adagio::__private::Graph::new(
        "Checkout",
        &[
            ::adagio::__private::Node {
                name: "user",
                dependencies: &[],
                needed: &[0x1],
                kind: ::adagio::__private::TaskKind::Async,
                docs: "Who is buying.",
            },
            ::adagio::__private::Node {
                name: "rates",
                dependencies: &[],
                needed: &[0x2],
                kind: ::adagio::__private::TaskKind::Fn,
                docs: "",
            },
            ::adagio::__private::Node {
                name: "offers",
                dependencies: &[0],
                needed: &[0x5],
                kind: ::adagio::__private::TaskKind::Async,
                docs: "",
            },
            ::adagio::__private::Node {
                name: "page",
                dependencies: &[0, 1, 2],
                needed: &[0xf],
                kind: ::adagio::__private::TaskKind::Async,
                docs: "",
            },
        ],
    );
    /// Returns the tasks and how they depend on each other, to be looked at: `Display` is a tree, and there are
    /// `to_svg()`, `to_mermaid()` and `to_dot()`.
    #[must_use]
    pub fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[doc(hidden)]
    /// What drives a run: a function of its own, so that rustc knows of the future whether it is `Send`.
    async fn __dag_run<'__dag>(
        __this: &'__dag Self,
        mut __writer: ::adagio::__private::ArcWriter<__DagCheckoutCells<'__dag>>,
        __seed: ::adagio::__private::Seed<1>,
        __keep: fn(
            __DagCheckoutFailure<ApiError>,
        ) -> ::core::result::Result<
            ::adagio::__private::ErrorSource,
            __DagCheckoutFailure<ApiError>,
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
    /**Makes a run, in which each task runs at most once, however many results are awaited. Nothing starts yet.

See [`CheckoutRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    pub fn run<'__dag>(&'__dag self) -> CheckoutRun<'__dag>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            ApiError,
        >: ::adagio::__private::IntoTaskError<ApiError>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        CheckoutRun {
            __dag: ::adagio::__private::Run::new(
                self,
                __DagCheckoutCells::empty(),
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
                                    __DagCheckoutFailure::ApiError(__error) => {
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
        __cells: &'__c mut __DagCheckoutCells<'__dag>,
        __needed: [u64; 1],
        __ready: [u64; 1],
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<(), __DagCheckoutFailure<ApiError>>,
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
        mut __writer: ::adagio::__private::Writer<'_, __DagCheckoutCells<'__dag>>,
        mut __scheduler: impl ::adagio::__private::Schedule,
        __keep: impl ::core::ops::Fn(
            __DagCheckoutFailure<ApiError>,
        ) -> ::core::result::Result<
                ::adagio::__private::ErrorSource,
                __DagCheckoutFailure<ApiError>,
            > + ::core::marker::Copy + ::core::marker::Sync,
    ) -> ::core::result::Result<(), __DagCheckoutFailure<ApiError>> {
        #[allow(unused_imports)]
        use ::adagio::__private::ProbeValue as _;
        let __cells = __writer.reader();
        let mut __user_slot = ::core::pin::pin!(::core::option::Option::None);
        let mut __offers_slot = ::core::pin::pin!(::core::option::Option::None);
        let mut __page_slot = ::core::pin::pin!(::core::option::Option::None);
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
                                        __user_slot.as_mut(),
                                        __cx,
                                        move || Self::__dag_task_user(__this),
                                    )
                                {
                                    match __result {
                                        ::core::result::Result::Ok(__value) => {
                                            __writer.put(&__writer.reader().user, __value);
                                            __scheduler.finish(0, 0x1);
                                            __scheduler.visit(0, 0xc);
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
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .call(1, move || Self::__dag_task_rates(__this))
                                {
                                    let __value = __result;
                                    __writer.put(&__writer.reader().rates, __value);
                                    __scheduler.finish(0, 0x2);
                                    __scheduler.visit(0, 0x8);
                                }
                            }
                            if __scheduler.is_due(0, 0x4, 0x5) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        2,
                                        __offers_slot.as_mut(),
                                        __cx,
                                        move || Self::__dag_task_offers(
                                            __this,
                                            __cells.user.ready(),
                                        ),
                                    )
                                {
                                    let __value = __result;
                                    __writer.put(&__writer.reader().offers, __value);
                                    __scheduler.finish(0, 0x4);
                                    __scheduler.visit(0, 0x8);
                                }
                            }
                            if __scheduler.is_due(0, 0x8, 0xf) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        3,
                                        __page_slot.as_mut(),
                                        __cx,
                                        move || Self::__dag_task_page(
                                            __this,
                                            __cells.user.ready(),
                                            {
                                                let __owned = ::adagio::__private::clone_result(
                                                    __cells.rates.ready(),
                                                );
                                                __owned
                                            },
                                            __cells.offers.ready(),
                                        ),
                                    )
                                {
                                    let __value = __result;
                                    __writer.put(&__writer.reader().page, __value);
                                    __scheduler.finish(0, 0x8);
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
    fn __dag_check<'__dag, user, offers, page>(_: &'__dag Self) {
        #[allow(unused_imports)]
        use ::adagio::__private::{NotSend as _, ProbeValue as _};
        ::adagio::__private::require_shareable::<User>();
        ::adagio::__private::require_shareable::<&'__dag Rates>();
        ::adagio::__private::require_shareable::<io::Result<Offers>>();
        ::adagio::__private::require_shareable::<String>();
        ::adagio::__private::IfSend::<
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
        ::adagio::__private::require_result::<Result<User, ApiError>, User, ApiError>();
        ::adagio::__private::require_caught::<
            offers,
            _,
        >(::adagio::__private::Probe::<io::Result<Offers>>::kind());
        ::adagio::__private::require_value::<
            page,
            _,
        >(::adagio::__private::Probe::<String>::kind());
        let __shared = ::adagio::__private::IfSend::<
            &'__dag __DagCheckoutCells<'__dag>,
        >::NEW;
        let _ = __shared
            .require_send(Self::__dag_task_user(::adagio::__private::never()));
        let _ = __shared
            .require_send(
                Self::__dag_task_offers(
                    ::adagio::__private::never(),
                    ::adagio::__private::never(),
                ),
            );
        let _ = __shared
            .require_send(
                Self::__dag_task_page(
                    ::adagio::__private::never(),
                    ::adagio::__private::never(),
                    ::adagio::__private::never(),
                    ::adagio::__private::never(),
                ),
            );
    }
}
/**A run of the tasks of [`Checkout`], made by [`Checkout::run`]: each task runs at most once, however many results are awaited, one after another or at once, from however many threads.

A result is lent: it stays in the run. Whoever awaits one drives the run; while nobody does, it pauses. A task that awaits its own result from its own run waits for ever.

# Examples
```ignore
let run = checkout.run();
let page = run.page().await?;
```

# Errors
A `TaskError` names the task that failed; its source is what the task failed with. It is there at once for every result that needs the task, and for no other, and is remembered until [`retry_failed`](Self::retry_failed).

# Panics
A panic in a task unwinds into the one who drives the run. All others who wait for a result, and all who await one later, panic, too, and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or go on when another result is awaited. Dropping the run drops the tasks under way.*/
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
pub struct CheckoutRun<'__dag> {
    __dag: ::adagio::__private::Run<
        &'__dag Checkout,
        __DagCheckoutCells<'__dag>,
        dyn ::core::future::Future<Output = ()> + ::core::marker::Send + '__dag,
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
impl<'__dag> CheckoutRun<'__dag> {
    /// Who is buying.
    /**
# Errors
If this task fails, or one that it needs.*/
    fn user(&self) -> ::adagio::__private::TryGoal<'_, User> {
        let _ = <Checkout>::user;
        ::adagio::__private::TryGoal::new(self.__dag_any(), 0, &self.__dag.cells().user)
    }
    /**Puts `value` in the place of what `user` gives: the task does not run, nor does what only it needs.

# Panics
If a result of the run has been awaited, or if `user` has a value already.*/
    #[must_use]
    #[inline]
    fn with_user(self, value: User) -> Self {
        self.__dag.inject(0, &self.__dag.cells().user, value);
        self
    }
    ///What `rates` gives.
    fn rates(&self) -> ::adagio::__private::Goal<'_, &'__dag Rates> {
        let _ = <Checkout>::rates;
        ::adagio::__private::Goal::new(self.__dag_any(), 1, &self.__dag.cells().rates)
    }
    /**Puts `value` in the place of what `rates` gives: the task does not run, nor does what only it needs.

# Panics
If a result of the run has been awaited, or if `rates` has a value already.*/
    #[must_use]
    #[inline]
    fn with_rates(self, value: &'__dag Rates) -> Self {
        self.__dag.inject(1, &self.__dag.cells().rates, value);
        self
    }
    ///What `offers` gives.
    /**
# Errors
If this task fails, or one that it needs.*/
    fn offers(&self) -> ::adagio::__private::TryGoal<'_, io::Result<Offers>> {
        let _ = <Checkout>::offers;
        ::adagio::__private::TryGoal::new(
            self.__dag_any(),
            2,
            &self.__dag.cells().offers,
        )
    }
    /**Puts `value` in the place of what `offers` gives: the task does not run, nor does what only it needs.

# Panics
If a result of the run has been awaited, or if `offers` has a value already.*/
    #[must_use]
    #[inline]
    fn with_offers(self, value: io::Result<Offers>) -> Self {
        self.__dag.inject(2, &self.__dag.cells().offers, value);
        self
    }
    ///What `page` gives.
    /**
# Errors
If this task fails, or one that it needs.*/
    pub fn page(&self) -> ::adagio::__private::TryGoal<'_, String> {
        let _ = <Checkout>::page;
        ::adagio::__private::TryGoal::new(self.__dag_any(), 3, &self.__dag.cells().page)
    }
    /**Puts `value` in the place of what `page` gives: the task does not run, nor does what only it needs.

# Panics
If a result of the run has been awaited, or if `page` has a value already.*/
    #[must_use]
    #[inline]
    pub fn with_page(self, value: String) -> Self {
        self.__dag.inject(3, &self.__dag.cells().page, value);
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
    /**Runs every task, and gives all results.

# Errors
The first failure of a task, in time.*/
    pub async fn all(
        &self,
    ) -> ::core::result::Result<CheckoutOutputs<'_>, ::adagio::__private::TaskError> {
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
    pub async fn settle(&self) -> ::std::vec::Vec<::adagio::__private::TaskError> {
        self.__dag.settle().await
    }
    /// Lets at most `tasks` tasks of this run be under way at once. A task that awaits another result of its
    /// own run keeps its slot: if there is none left for that one, both wait for ever.
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
    /// Forgets the failures so far: what failed runs anew when a result that needs it is awaited again. What
    /// succeeded is kept, and what is under way goes on.
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
impl<'__dag> ::core::fmt::Debug for CheckoutRun<'__dag> {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__dag, __formatter)
    }
}
/**All results of a run, lent by it: what [`CheckoutRun::all`] gives.

# Examples
```ignore
let run = checkout.run();
let CheckoutOutputs { page, .. } = run.all().await?;
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
pub struct CheckoutOutputs<'__dag> {
    ///What `user` gave.
    user: &'__dag User,
    ///What `rates` gave.
    rates: &'__dag &'__dag Rates,
    ///What `offers` gave.
    offers: &'__dag io::Result<Offers>,
    ///What `page` gave.
    pub page: &'__dag String,
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
impl<'__dag> ::core::fmt::Debug for CheckoutOutputs<'__dag>
where
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'__dag <fn(&'__dag ()) -> User as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'__dag <fn(&'__dag ()) -> &'__dag Rates as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
    for<'__x> ::adagio::__private::Defer<
        '__x,
        &'__dag <fn(
            &'__dag (),
        ) -> io::Result<Offers> as ::adagio::__private::Returns>::Output,
    >: ::core::fmt::Debug,
    for<'__x> ::adagio::__private::Defer<'__x, &'__dag String>: ::core::fmt::Debug,
{
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("CheckoutOutputs")
            .field("user", &::adagio::__private::Defer::new(self.user))
            .field("rates", &::adagio::__private::Defer::new(self.rates))
            .field("offers", &::adagio::__private::Defer::new(self.offers))
            .field("page", &::adagio::__private::Defer::new(self.page))
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
pub struct __DagCheckoutFailed(
    __DagCheckoutFailure<ApiError>,
    ::core::marker::PhantomData<fn() -> Checkout>,
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
pub struct CheckoutTasks(::core::marker::PhantomData<fn() -> Checkout>);
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
impl ::adagio::__private::Subgraph for Checkout {
    type Failure = __DagCheckoutFailed;
    type Tasks = CheckoutTasks;
    type Place = ::adagio::__private::AnyThread;
    #[inline]
    fn tasks() -> Self::Tasks {
        CheckoutTasks(::core::marker::PhantomData)
    }
    fn inner_graph() -> &'static ::adagio::__private::Graph {
        <Checkout>::__DAG_GRAPH
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
impl CheckoutTasks {
    #[inline]
    pub fn __dag_cells<'__dag>(&self) -> __DagCheckoutCells<'__dag> {
        __DagCheckoutCells::empty()
    }
    #[inline]
    pub fn __dag_scheduler<'__b>(
        &self,
        __border: &'__b ::adagio::__private::Border<'__b>,
    ) -> ::adagio::__private::InnerScheduler<'__b, 1> {
        ::adagio::__private::InnerScheduler::new(
            __border,
            <Checkout>::__DAG_GRAPH,
            ::core::option::Option::None,
        )
    }
    #[inline]
    pub async fn __dag_drive<'__dag>(
        self,
        __this: &'__dag Checkout,
        __writer: ::adagio::__private::Writer<'_, __DagCheckoutCells<'__dag>>,
        __scheduler: &mut ::adagio::__private::InnerScheduler<'_, 1>,
        __keep: &(dyn ::core::ops::Fn(
            __DagCheckoutFailed,
        ) -> ::core::result::Result<
                ::adagio::__private::ErrorSource,
                __DagCheckoutFailed,
            > + ::core::marker::Sync),
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
    fn __dag_error_0(
        __failed: __DagCheckoutFailed,
    ) -> ::adagio::__private::Fails<ApiError> {
        ::adagio::__private::Fails(
            match __failed.0 {
                __DagCheckoutFailure::ApiError(__error) => __error,
            },
        )
    }
    #[inline]
    fn __dag_error_1(
        __failed: __DagCheckoutFailed,
    ) -> ::adagio::__private::Fails<
        <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
    >
    where
        for<'__z> ::adagio::__private::Defer<
            '__z,
            ApiError,
        >: __DagCheckout_offers_Failure0<
            ApiError,
            <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
        >,
    {
        ::adagio::__private::Fails(
            match __failed.0 {
                __DagCheckoutFailure::ApiError(__error) => {
                    __DagCheckout_offers_Failure0::convert(
                        ::adagio::__private::Defer::new(__error),
                    )
                }
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
impl CheckoutTasks {
    #[inline]
    fn user<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagCheckoutCells<'__dag>,
        <fn(&'__dag ()) -> User as ::adagio::__private::Returns>::Output,
        __DagCheckoutFailed,
        ::adagio::__private::Fails<ApiError>,
    > {
        let _ = <Checkout>::user;
        ::adagio::__private::InnerTask::new(
            0,
            |__cells| &__cells.user,
            Self::__dag_error_0,
        )
    }
    #[inline]
    fn rates<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagCheckoutCells<'__dag>,
        <fn(&'__dag ()) -> &'__dag Rates as ::adagio::__private::Returns>::Output,
        __DagCheckoutFailed,
        ::adagio::__private::Never,
    > {
        let _ = <Checkout>::rates;
        ::adagio::__private::InnerTask::unfailing(1, |__cells| &__cells.rates)
    }
    #[inline]
    fn offers<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagCheckoutCells<'__dag>,
        <fn(&'__dag ()) -> io::Result<Offers> as ::adagio::__private::Returns>::Output,
        __DagCheckoutFailed,
        ::adagio::__private::Fails<
            <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
        >,
    >
    where
        for<'__z> ::adagio::__private::Defer<
            '__z,
            ApiError,
        >: __DagCheckout_offers_Failure0<
            ApiError,
            <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
        >,
    {
        let _ = <Checkout>::offers;
        ::adagio::__private::InnerTask::new(
            2,
            |__cells| &__cells.offers,
            Self::__dag_error_1,
        )
    }
    #[inline]
    pub fn page<'__dag>(
        &self,
    ) -> ::adagio::__private::InnerTask<
        __DagCheckoutCells<'__dag>,
        String,
        __DagCheckoutFailed,
        ::adagio::__private::Fails<ApiError>,
    > {
        let _ = <Checkout>::page;
        ::adagio::__private::InnerTask::new(
            3,
            |__cells| &__cells.page,
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
    > ::adagio::__private::IntoInnerError<__DagCheckoutFailed, 0x7d6780e4032b48f2>
    for ::adagio::__private::Defer<'__x, __DagCheckoutFailed>
    where
        for<'__y> ::adagio::__private::Defer<
            '__y,
            ApiError,
        >: ::adagio::__private::IntoTaskError<ApiError>,
    {
        #[inline]
        fn into_source(self) -> ::adagio::__private::ErrorSource {
            let ::adagio::__private::Fails(__error) = <CheckoutTasks>::__dag_error_0(
                self.into_inner(),
            );
            ::adagio::__private::IntoTaskError::into_source(
                ::adagio::__private::Defer::new(__error),
            )
        }
    }
    impl<
        '__x,
    > ::adagio::__private::IntoInnerError<__DagCheckoutFailed, 0xfbf23011819ac75c>
    for ::adagio::__private::Defer<'__x, __DagCheckoutFailed> {
        #[inline]
        fn into_source(self) -> ::adagio::__private::ErrorSource {
            ::adagio::__private::unneeded_failure()
        }
    }
    impl<
        '__x,
    > ::adagio::__private::IntoInnerError<__DagCheckoutFailed, 0xab9019f7e153284a>
    for ::adagio::__private::Defer<'__x, __DagCheckoutFailed>
    where
        for<'__y> ::adagio::__private::Defer<
            '__y,
            <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
        >: ::adagio::__private::IntoTaskError<
            <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
        >,
        for<'__z> ::adagio::__private::Defer<
            '__z,
            ApiError,
        >: __DagCheckout_offers_Failure0<
            ApiError,
            <io::Result<Offers> as ::adagio::__private::Fallible>::Error,
        >,
    {
        #[inline]
        fn into_source(self) -> ::adagio::__private::ErrorSource {
            let ::adagio::__private::Fails(__error) = <CheckoutTasks>::__dag_error_1(
                self.into_inner(),
            );
            ::adagio::__private::IntoTaskError::into_source(
                ::adagio::__private::Defer::new(__error),
            )
        }
    }
    impl<
        '__x,
    > ::adagio::__private::IntoInnerError<__DagCheckoutFailed, 0x38b2a0deba58916>
    for ::adagio::__private::Defer<'__x, __DagCheckoutFailed>
    where
        for<'__y> ::adagio::__private::Defer<
            '__y,
            ApiError,
        >: ::adagio::__private::IntoTaskError<ApiError>,
    {
        #[inline]
        fn into_source(self) -> ::adagio::__private::ErrorSource {
            let ::adagio::__private::Fails(__error) = <CheckoutTasks>::__dag_error_0(
                self.into_inner(),
            );
            ::adagio::__private::IntoTaskError::into_source(
                ::adagio::__private::Defer::new(__error),
            )
        }
    }
};
