/// Asks for a price.
#[track_caller]
pub fn quote<C: Client>(
    client: impl ::adagio::__private::Lends<C>,
    id: impl ::adagio::__private::Lends<str>,
    amount: impl ::adagio::__private::Gives<u32>,
) -> ::adagio::__private::Task<Price> {
    #[doc(hidden)]
    async fn __dag_task_quote<C: Client>(
        client: &C,
        id: &str,
        amount: u32,
    ) -> Result<Price, ApiError> {
        client.quote(id, amount).await
    }
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NoSharing as _;
        ::adagio::__private::require_shared_by_task::<
            &C,
            C,
            _,
        >(::adagio::__private::Sharing::<&C>::of_owners());
    }
    ::adagio::__private::require_task_argument::<&str>();
    ::adagio::__private::require_task_argument::<u32>();
    ::adagio::__private::require_task_result::<Price>();
    ::adagio::__private::require_result::<Result<Price, ApiError>, Price, ApiError>();
    #[allow(clippy::used_underscore_binding)]
    let client = ::adagio::__private::lend::<C, _>(client);
    #[allow(clippy::used_underscore_binding)]
    let id = ::adagio::__private::lend::<str, _>(id);
    #[allow(clippy::used_underscore_binding)]
    let amount = ::adagio::__private::give::<u32, _>(amount);
    #[allow(unused_imports)]
    use ::adagio::__private::{NoEdge as _, NotShareable as _};
    let __task = ::adagio::__private::IfShareable::<Price, (&C, &str, u32)>::NEW
        .task("quote", &[client.edge(), id.edge(), amount.edge()]);
    let __attempts = __task.attempts();
    __task
        .start(async move {
            let __result = ::adagio::__private::retry(
                    ::adagio::__private::Retry::new(
                        3,
                        ::core::time::Duration::from_millis(100),
                        ::core::time::Duration::from_millis(10000),
                    ),
                    {
                        let __is_worth_it: fn(&ApiError) -> bool = |_| true;
                        __is_worth_it
                    },
                    __attempts,
                    ::adagio::__private::OwnError::into_source,
                    || ::adagio::__private::timed(
                        ::core::time::Duration::from_millis(250),
                        ::adagio::__private::FromTimedOut::from_timed_out,
                        __dag_task_quote::<
                            C,
                        >(
                            ::adagio::__private::Holds::<C>::hold(client.get()),
                            ::adagio::__private::Holds::<str>::hold(id.get()),
                            ::adagio::__private::clone_result(amount.get()),
                        ),
                    ),
                )
                .await;
            ::adagio::__private::FailsWith::fails_as(__result, "quote")
        })
}
