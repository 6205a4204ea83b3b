//! What `#[dag]` makes of the block in `diamond.rs`, and the rest of that program as it stands.
//! Made by the macro, never by hand: `BLESS=1 cargo test -p dag-macros --lib expanded_example`.
//! The same test, without `BLESS`, compares it with the macro's output token by token.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(clippy::all, clippy::pedantic)]

struct Diamond;
impl Diamond {
    async fn a(&self) -> u64 {
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0x1]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.a.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_a(&self) -> u64 {
        call("a", 1).await
    }
    async fn b(&self) -> u64 {
        let _ = Self::a;
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0x3]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.b.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_b(&self, a: &u64) -> u64 {
        call("b", a + 1).await
    }
    async fn c(&self) -> u64 {
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0x4]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.c.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_c(&self) -> u64 {
        call("c", 3).await
    }
    async fn d(&self) -> u64 {
        let _ = Self::b;
        let _ = Self::c;
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0xf]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.d.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_d(&self, b: &u64, c: &u64) -> u64 {
        call("d", b + c).await
    }
    async fn e(&self) -> u64 {
        let _ = Self::d;
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0x1f]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.e.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_e(&self, d: &u64) -> u64 {
        call("e", d + 1).await
    }
    async fn f(&self) -> u64 {
        let _ = Self::c;
        let _ = Self::d;
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0x2f]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.f.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_f(&self, c: &u64, d: &u64) -> u64 {
        call("f", c + d).await
    }
    async fn g(&self) -> u64 {
        let _ = Self::e;
        let _ = Self::f;
        let __this = self;
        let mut __cells = __DagDiamondCells::empty();
        match Self::__dag_drive(
                __this,
                ::adagio::__private::Writer::new(&mut __cells),
                ::adagio::__private::TaskSet([0x7f]),
            )
            .await
        {
            ::core::result::Result::Ok(()) => __cells.g.into_value(),
            ::core::result::Result::Err(__never) => match __never {}
        }
    }
    #[allow(dead_code, clippy::unused_self, clippy::missing_const_for_fn)]
    async fn __dag_g(&self, e: &u64, f: &u64) -> u64 {
        call("g", e * f).await
    }
}
#[doc(hidden)]
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::cognitive_complexity
)]
struct __DagDiamondCells<'__dag> {
    a: ::adagio::__private::TaskCell<u64>,
    b: ::adagio::__private::TaskCell<u64>,
    c: ::adagio::__private::TaskCell<u64>,
    d: ::adagio::__private::TaskCell<u64>,
    e: ::adagio::__private::TaskCell<u64>,
    f: ::adagio::__private::TaskCell<u64>,
    g: ::adagio::__private::TaskCell<u64>,
    __dag_self: ::core::marker::PhantomData<&'__dag Diamond>,
}
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::cognitive_complexity
)]
impl<'__dag> __DagDiamondCells<'__dag> {
    fn empty() -> Self {
        Self {
            a: ::adagio::__private::TaskCell::empty(),
            b: ::adagio::__private::TaskCell::empty(),
            c: ::adagio::__private::TaskCell::empty(),
            d: ::adagio::__private::TaskCell::empty(),
            e: ::adagio::__private::TaskCell::empty(),
            f: ::adagio::__private::TaskCell::empty(),
            g: ::adagio::__private::TaskCell::empty(),
            __dag_self: ::core::marker::PhantomData,
        }
    }
}
#[doc(hidden)]
#[allow(
    dead_code,
    deprecated,
    non_camel_case_types,
    non_snake_case,
    unreachable_code,
    clippy::let_unit_value,
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::too_many_lines,
    clippy::cognitive_complexity
)]
impl Diamond {
    async fn __dag_drive<'__dag>(
        __this: &'__dag Self,
        mut __writer: ::adagio::__private::Writer<'_, __DagDiamondCells<'__dag>>,
        __needed: ::adagio::__private::TaskSet<1>,
    ) -> ::core::result::Result<(), ::core::convert::Infallible> {
        let __cells = __writer.reader();
        let mut __scheduler = ::adagio::__private::Scheduler::new(
            __needed,
            ::adagio::__private::TaskSet([0x5]),
        );
        let mut __a = ::core::pin::pin!(::core::option::Option::None);
        let mut __b = ::core::pin::pin!(::core::option::Option::None);
        let mut __c = ::core::pin::pin!(::core::option::Option::None);
        let mut __d = ::core::pin::pin!(::core::option::Option::None);
        let mut __e = ::core::pin::pin!(::core::option::Option::None);
        let mut __f = ::core::pin::pin!(::core::option::Option::None);
        let mut __g = ::core::pin::pin!(::core::option::Option::None);
        ::core::future::poll_fn(move |
                __cx,
            | -> ::core::task::Poll<
                ::core::result::Result<(), ::core::convert::Infallible>,
            > {
                __scheduler.begin_pass(__cx);
                while let ::core::option::Option::Some(__group) = __scheduler
                    .next_group(__cx)
                {
                    match __group {
                        0 => {
                            if __scheduler.is_due(0, 0x1, 0x1) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(0, __a.as_mut(), __cx, move || Self::__dag_a(__this))
                                {
                                    __writer.set(|__cells| &__cells.a, __result);
                                    __scheduler.finish(0, 0x1);
                                    __scheduler.visit(0, 0x2);
                                }
                            }
                            if __scheduler.is_due(0, 0x2, 0x3) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        1,
                                        __b.as_mut(),
                                        __cx,
                                        move || Self::__dag_b(__this, __cells.a.ready()),
                                    )
                                {
                                    __writer.set(|__cells| &__cells.b, __result);
                                    __scheduler.finish(0, 0x2);
                                    __scheduler.visit(0, 0x8);
                                }
                            }
                            if __scheduler.is_due(0, 0x4, 0x4) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(2, __c.as_mut(), __cx, move || Self::__dag_c(__this))
                                {
                                    __writer.set(|__cells| &__cells.c, __result);
                                    __scheduler.finish(0, 0x4);
                                    __scheduler.visit(0, 0x28);
                                }
                            }
                            if __scheduler.is_due(0, 0x8, 0xe) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        3,
                                        __d.as_mut(),
                                        __cx,
                                        move || Self::__dag_d(
                                            __this,
                                            __cells.b.ready(),
                                            __cells.c.ready(),
                                        ),
                                    )
                                {
                                    __writer.set(|__cells| &__cells.d, __result);
                                    __scheduler.finish(0, 0x8);
                                    __scheduler.visit(0, 0x30);
                                }
                            }
                            if __scheduler.is_due(0, 0x10, 0x18) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        4,
                                        __e.as_mut(),
                                        __cx,
                                        move || Self::__dag_e(__this, __cells.d.ready()),
                                    )
                                {
                                    __writer.set(|__cells| &__cells.e, __result);
                                    __scheduler.finish(0, 0x10);
                                    __scheduler.visit(0, 0x40);
                                }
                            }
                            if __scheduler.is_due(0, 0x20, 0x2c) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        5,
                                        __f.as_mut(),
                                        __cx,
                                        move || Self::__dag_f(
                                            __this,
                                            __cells.c.ready(),
                                            __cells.d.ready(),
                                        ),
                                    )
                                {
                                    __writer.set(|__cells| &__cells.f, __result);
                                    __scheduler.finish(0, 0x20);
                                    __scheduler.visit(0, 0x40);
                                }
                            }
                            if __scheduler.is_due(0, 0x40, 0x70) {
                                if let ::core::task::Poll::Ready(__result) = __scheduler
                                    .poll(
                                        6,
                                        __g.as_mut(),
                                        __cx,
                                        move || Self::__dag_g(
                                            __this,
                                            __cells.e.ready(),
                                            __cells.f.ready(),
                                        ),
                                    )
                                {
                                    __writer.set(|__cells| &__cells.g, __result);
                                    __scheduler.finish(0, 0x40);
                                }
                            }
                        }
                        _ => ::adagio::__private::unknown_group(__group),
                    }
                }
                __scheduler.end_pass()
            })
            .await
    }
    fn __dag_check<'__dag>(_: &'__dag Self) {
        ::adagio::__private::require_shareable::<u64>();
        {
            struct a;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                a,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
        ::adagio::__private::require_shareable::<u64>();
        {
            struct b;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                b,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
        ::adagio::__private::require_shareable::<u64>();
        {
            struct c;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                c,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
        ::adagio::__private::require_shareable::<u64>();
        {
            struct d;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                d,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
        ::adagio::__private::require_shareable::<u64>();
        {
            struct e;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                e,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
        ::adagio::__private::require_shareable::<u64>();
        {
            struct f;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                f,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
        ::adagio::__private::require_shareable::<u64>();
        {
            struct g;
            #[allow(unused_imports)]
            use ::adagio::__private::ProbeValue as _;
            ::adagio::__private::require_value(
                g,
                ::adagio::__private::Probe::<u64>::kind(),
            );
        }
    }
}
/// Stands for what a task waits for: lets the others have a turn.
async fn call(task: &str, value: u64) -> u64 {
    println!("{task} starts");
    tokio::task::yield_now().await;
    println!("{task} = {value}");
    value
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let g = Diamond.g().await;
    assert_eq!(g, 48);
}
