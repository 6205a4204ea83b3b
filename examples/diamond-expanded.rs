//! What `#[dag]` makes of the block in `diamond.rs`, without the macro call around the items, and the rest of that program.
//! Made by the macro, never by hand: `BLESS=1 cargo test -p dag-macros --lib expanded_example`.
//! The same test, without `BLESS`, compares it with the macro's output token by token.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(dead_code, clippy::all, clippy::pedantic)]

struct Diamond;
#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Diamond: async a() -> u64; async b(a) -> u64; async c() -> u64; async d(b, c) -> u64; async e(d) -> u64; async f(c, d) -> u64; async g(e, f) -> u64"
    )
)]
impl Diamond {
    async fn a(&self) -> u64 {
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x1], [0x1]).await;
        __cells.a.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_a(&self) -> u64 {
        call("a", 1).await
    }
    async fn b(&self) -> u64 {
        let _ = Self::a;
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x3], [0x1]).await;
        __cells.b.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_b(&self, a: &u64) -> u64 {
        call("b", a + 1).await
    }
    async fn c(&self) -> u64 {
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x4], [0x4]).await;
        __cells.c.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_c(&self) -> u64 {
        call("c", 3).await
    }
    async fn d(&self) -> u64 {
        let _ = Self::b;
        let _ = Self::c;
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0xf], [0x5]).await;
        __cells.d.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_d(&self, b: &u64, c: &u64) -> u64 {
        call("d", b + c).await
    }
    async fn e(&self) -> u64 {
        let _ = Self::d;
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x1f], [0x5]).await;
        __cells.e.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_e(&self, d: &u64) -> u64 {
        call("e", d + 1).await
    }
    async fn f(&self) -> u64 {
        let _ = Self::c;
        let _ = Self::d;
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x2f], [0x5]).await;
        __cells.f.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_f(&self, c: &u64, d: &u64) -> u64 {
        call("f", c + d).await
    }
    async fn g(&self) -> u64 {
        let _ = Self::e;
        let _ = Self::f;
        let mut __cells = __DagDiamondCells::empty();
        let _ = Self::__dag_reach(self, &mut __cells, [0x7f], [0x5]).await;
        __cells.g.take_value()
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_g(&self, e: &u64, f: &u64) -> u64 {
        call("g", e * f).await
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct __DagDiamondCells<'a> {
    g: ::adagio::__private::TaskCell<u64, Self>,
    f: ::adagio::__private::TaskCell<u64, Self>,
    e: ::adagio::__private::TaskCell<u64, Self>,
    d: ::adagio::__private::TaskCell<u64, Self>,
    c: ::adagio::__private::TaskCell<u64, Self>,
    b: ::adagio::__private::TaskCell<u64, Self>,
    a: ::adagio::__private::TaskCell<u64, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Diamond>,
}
/**A run of the tasks of [`Diamond`], returned by [`Diamond::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = diamond.run();
let e = run.e().await;
// `e` does not run again:
let g = run.g().await;
```

To run `g` alone, inject its dependencies:
```ignore
let run = diamond.run().with_e(e).with_f(f);
let g = run.g().await;
```

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct DiamondRun<'a> {
    __dag: ::adagio::__private::SendRun<'a, &'a Diamond, __DagDiamondCells<'a>, 1>,
}
/**All results of a run, as references. [`DiamondRun::all`] returns them. It is `Debug` if every result is.

# Examples
```ignore
let run = diamond.run();
let DiamondOutputs { g, .. } = run.all().await;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[derive(::core::clone::Clone, ::core::marker::Copy)]
struct DiamondOutputs<'a> {
    ///The result of `a`.
    a: &'a u64,
    ///The result of `b`.
    b: &'a u64,
    ///The result of `c`.
    c: &'a u64,
    ///The result of `d`.
    d: &'a u64,
    ///The result of `e`.
    e: &'a u64,
    ///The result of `f`.
    f: &'a u64,
    ///The result of `g`.
    g: &'a u64,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl Diamond {
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`DiamondRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(&self) -> DiamondRun<'_> {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            self,
            __DagDiamondCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                ::core::result::Result::Err,
            ),
        );
        DiamondRun {
            __dag: ::adagio::__private::IfSend::of(&__run).erased(__run),
        }
    }
    #[cfg(doc)]
    ///Returns a run as [`run`](Self::run) does, which owns a share of the object and has no lifetime: it can be kept in a struct, or moved into a task.
    #[must_use]
    fn run_owned(self: &::std::sync::Arc<Self>) -> DiamondRun<'static> {
        ::core::unreachable!()
    }
    #[cfg(not(doc))]
    ///Returns a run as [`run`](Self::run) does, which owns a share of the object and has no lifetime: it can be kept in a struct, or moved into a task.
    #[must_use]
    fn run_owned(self: &::std::sync::Arc<Self>) -> DiamondRun<'static>
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            Self,
        >: ::adagio::__private::OwnedObject<Self>,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            ::std::sync::Arc::clone(self),
            __DagDiamondCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                ::core::result::Result::Err,
            ),
        );
        DiamondRun {
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
    impl __dag::DoesNotContainItself for Diamond {}
    impl<'__dag> __DagDiamondCells<'__dag> {
        fn empty() -> Self {
            Self {
                g: __dag::TaskCell::empty(),
                f: __dag::TaskCell::empty(),
                e: __dag::TaskCell::empty(),
                d: __dag::TaskCell::empty(),
                c: __dag::TaskCell::empty(),
                b: __dag::TaskCell::empty(),
                a: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl Diamond {
        #[inline]
        fn __dag_reach<'__c, '__dag>(
            __this: &'__dag Self,
            __cells: &'__c mut __DagDiamondCells<'__dag>,
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
            mut __writer: __dag::Writer<'_, __DagDiamondCells<'__dag>>,
            mut __scheduler: impl __dag::Schedule,
            __keep: fn(__dag::Infallible) -> __dag::Kept<__dag::Infallible>,
        ) -> __dag::Result<(), __dag::Infallible> {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __cells = __writer.reader();
            let mut __chain_0 = ::core::pin::pin!(
                __dag::Chain4::new(__scheduler.spare())
            );
            let mut __chain_1 = ::core::pin::pin!(
                __dag::Chain3::new(__scheduler.spare())
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
                                            move || Self::__dag_task_a(__this),
                                        )
                                    {
                                        __writer.put(&__writer.reader().a, __value);
                                        __scheduler.finish_for(0, 0x1, 0x2);
                                    }
                                }
                                if __scheduler.is_due(0, 0x2, 0x3) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            1,
                                            __chain_0.slot2(),
                                            __cx,
                                            move || Self::__dag_task_b(__this, __cells.a.ready()),
                                        )
                                    {
                                        __writer.put(&__writer.reader().b, __value);
                                        __scheduler.finish_for(0, 0x2, 0x8);
                                    }
                                }
                                if __scheduler.is_due(0, 0x4, 0x4) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            2,
                                            __chain_1.slot1(),
                                            __cx,
                                            move || Self::__dag_task_c(__this),
                                        )
                                    {
                                        __writer.put(&__writer.reader().c, __value);
                                        __scheduler.finish_for(0, 0x4, 0x28);
                                    }
                                }
                                if __scheduler.is_due(0, 0x8, 0xe) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            3,
                                            __chain_1.slot2(),
                                            __cx,
                                            move || Self::__dag_task_d(
                                                __this,
                                                __cells.b.ready(),
                                                __cells.c.ready(),
                                            ),
                                        )
                                    {
                                        __writer.put(&__writer.reader().d, __value);
                                        __scheduler.finish_for(0, 0x8, 0x30);
                                    }
                                }
                                if __scheduler.is_due(0, 0x10, 0x18) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            4,
                                            __chain_1.slot3(),
                                            __cx,
                                            move || Self::__dag_task_e(__this, __cells.d.ready()),
                                        )
                                    {
                                        __writer.put(&__writer.reader().e, __value);
                                        __scheduler.finish_for(0, 0x10, 0x40);
                                    }
                                }
                                if __scheduler.is_due(0, 0x20, 0x2c) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            5,
                                            __chain_0.slot3(),
                                            __cx,
                                            move || Self::__dag_task_f(
                                                __this,
                                                __cells.c.ready(),
                                                __cells.d.ready(),
                                            ),
                                        )
                                    {
                                        __writer.put(&__writer.reader().f, __value);
                                        __scheduler.finish_for(0, 0x20, 0x40);
                                    }
                                }
                                if __scheduler.is_due(0, 0x40, 0x70) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll(
                                            6,
                                            __chain_0.slot4(),
                                            __cx,
                                            move || Self::__dag_task_g(
                                                __this,
                                                __cells.e.ready(),
                                                __cells.f.ready(),
                                            ),
                                        )
                                    {
                                        __writer.put(&__writer.reader().g, __value);
                                        __scheduler.finish(0, 0x40);
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
            mut __writer: __dag::ArcWriter<__DagDiamondCells<'__dag>>,
            __seed: __dag::Seed<1>,
            __keep: fn(__dag::Infallible) -> __dag::Kept<__dag::Infallible>,
        ) {
            let __this = &*__this;
            let __scheduler = __seed.into_scheduler();
            let _ = Self::__dag_drive(__this, __writer.borrow(), __scheduler, __keep)
                .await;
        }
        const __DAG_GRAPH: &'static __dag::Graph = &__dag::Graph::new(
                "Diamond",
                &[
                    __dag::Node::new("a", __dag::TaskKind::Async, &[], &[0x1]),
                    __dag::Node::new("b", __dag::TaskKind::Async, &[0], &[0x3]),
                    __dag::Node::new("c", __dag::TaskKind::Async, &[], &[0x4]),
                    __dag::Node::new("d", __dag::TaskKind::Async, &[1, 2], &[0xf]),
                    __dag::Node::new("e", __dag::TaskKind::Async, &[3], &[0x1f]),
                    __dag::Node::new("f", __dag::TaskKind::Async, &[2, 3], &[0x2f]),
                    __dag::Node::new("g", __dag::TaskKind::Async, &[4, 5], &[0x7f]),
                ],
            )
            .with_results("u64\nu64\nu64\nu64\nu64\nu64\nu64");
        fn __dag_check<'__dag>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<u64>();
            __dag::IfSend::<(u64, &'__dag u64)>::NEW.require_shareable_object::<Self>();
            let __shared = __dag::IfSend::<&'__dag __DagDiamondCells<'__dag>>::NEW;
            __shared.require_send(Self::__dag_task_a(__any()));
            __shared.require_send(Self::__dag_task_b(__any(), __any()));
            __shared.require_send(Self::__dag_task_c(__any()));
            __shared.require_send(Self::__dag_task_d(__any(), __any(), __any()));
            __shared.require_send(Self::__dag_task_e(__any(), __any()));
            __shared.require_send(Self::__dag_task_f(__any(), __any(), __any()));
            __shared.require_send(Self::__dag_task_g(__any(), __any(), __any()));
        }
    }
    impl<'a> DiamondRun<'a> {
        ///Returns the result of `a`.
        fn a(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::a;
            __dag::Goal::new(self.__dag_any(), 0, &self.__dag.cells().a)
        }
        /**Uses `value` as the result of `a`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `a` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_a(self, value: u64) -> Self {
            self.__dag.inject(0, &self.__dag.cells().a, value);
            self
        }
        ///Returns the result of `b`.
        fn b(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::b;
            __dag::Goal::new(self.__dag_any(), 1, &self.__dag.cells().b)
        }
        /**Uses `value` as the result of `b`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `b` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_b(self, value: u64) -> Self {
            self.__dag.inject(1, &self.__dag.cells().b, value);
            self
        }
        ///Returns the result of `c`.
        fn c(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::c;
            __dag::Goal::new(self.__dag_any(), 2, &self.__dag.cells().c)
        }
        /**Uses `value` as the result of `c`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `c` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_c(self, value: u64) -> Self {
            self.__dag.inject(2, &self.__dag.cells().c, value);
            self
        }
        ///Returns the result of `d`.
        fn d(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::d;
            __dag::Goal::new(self.__dag_any(), 3, &self.__dag.cells().d)
        }
        /**Uses `value` as the result of `d`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `d` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_d(self, value: u64) -> Self {
            self.__dag.inject(3, &self.__dag.cells().d, value);
            self
        }
        ///Returns the result of `e`.
        fn e(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::e;
            __dag::Goal::new(self.__dag_any(), 4, &self.__dag.cells().e)
        }
        /**Uses `value` as the result of `e`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `e` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_e(self, value: u64) -> Self {
            self.__dag.inject(4, &self.__dag.cells().e, value);
            self
        }
        ///Returns the result of `f`.
        fn f(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::f;
            __dag::Goal::new(self.__dag_any(), 5, &self.__dag.cells().f)
        }
        /**Uses `value` as the result of `f`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `f` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_f(self, value: u64) -> Self {
            self.__dag.inject(5, &self.__dag.cells().f, value);
            self
        }
        ///Returns the result of `g`.
        fn g(&self) -> __dag::Goal<'_, u64> {
            let _ = <Diamond>::g;
            __dag::Goal::new(self.__dag_any(), 6, &self.__dag.cells().g)
        }
        /**Uses `value` as the result of `g`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `g` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_g(self, value: u64) -> Self {
            self.__dag.inject(6, &self.__dag.cells().g, value);
            self
        }
        #[doc(hidden)]
        fn __dag_any(&self) -> &(dyn __dag::AnyRun + ::core::marker::Sync + '_) {
            #[allow(unused_imports)]
            use __dag::NotShared as _;
            __dag::IfSend::of(&&self.__dag).any(&self.__dag)
        }
        ///Runs every task and returns all results.
        async fn all(&self) -> DiamondOutputs<'_> {
            let _ = <Diamond>::g;
            __dag::reached(self.__dag.all().await);
            DiamondOutputs {
                a: self.__dag.cells().a.ready(),
                b: self.__dag.cells().b.ready(),
                c: self.__dag.cells().c.ready(),
                d: self.__dag.cells().d.ready(),
                e: self.__dag.cells().e.ready(),
                f: self.__dag.cells().f.ready(),
                g: self.__dag.cells().g.ready(),
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
    impl<'a> ::core::fmt::Debug for DiamondRun<'a> {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[doc(hidden)]
    impl<'a> ::core::fmt::Debug for DiamondOutputs<'a>
    where
        for<'__x> __dag::DeferDebug<'__x, 0, &'a u64>: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("DiamondOutputs")
                .field("a", &__dag::DeferDebug::<0, _>::new(self.a))
                .field("b", &__dag::DeferDebug::<0, _>::new(self.b))
                .field("c", &__dag::DeferDebug::<0, _>::new(self.c))
                .field("d", &__dag::DeferDebug::<0, _>::new(self.d))
                .field("e", &__dag::DeferDebug::<0, _>::new(self.e))
                .field("f", &__dag::DeferDebug::<0, _>::new(self.f))
                .field("g", &__dag::DeferDebug::<0, _>::new(self.g))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct DiamondTasks(::core::marker::PhantomData<fn() -> Diamond>);
    impl __dag::InnerObject for Diamond {
        type Failure = __dag::Infallible;
        type Tasks = DiamondTasks;
        type Place = __dag::AnyThread;
        fn tasks() -> Self::Tasks {
            DiamondTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Diamond>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl DiamondTasks {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagDiamondCells<'__dag> {
            __DagDiamondCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Diamond>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Diamond,
            __writer: __dag::Writer<'_, __DagDiamondCells<'__dag>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __dag::Infallible>,
        ) -> ::core::result::Result<(), __dag::Infallible> {
            <Diamond>::__dag_drive(__this, __writer, __scheduler, __dag::Err).await
        }
    }
    type __DagInner<'__dag, __Value, __Error> = __dag::InnerTask<
        __DagDiamondCells<'__dag>,
        __Value,
        __dag::Infallible,
        __Error,
    >;
    impl DiamondTasks {
        fn a<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::a;
            __dag::InnerTask::unfailing(0, |__cells| &__cells.a)
        }
        fn b<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::b;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.b)
        }
        fn c<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::c;
            __dag::InnerTask::unfailing(2, |__cells| &__cells.c)
        }
        fn d<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::d;
            __dag::InnerTask::unfailing(3, |__cells| &__cells.d)
        }
        fn e<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::e;
            __dag::InnerTask::unfailing(4, |__cells| &__cells.e)
        }
        fn f<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::f;
            __dag::InnerTask::unfailing(5, |__cells| &__cells.f)
        }
        fn g<'__dag>(&self) -> __DagInner<'__dag, u64, __dag::Never> {
            let _ = <Diamond>::g;
            __dag::InnerTask::unfailing(6, |__cells| &__cells.g)
        }
    }
};
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
