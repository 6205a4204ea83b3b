#[cfg_attr(
    doc,
    doc = ::adagio::__private::picture!(
        "Photos: fn files() -> Vec<PathBuf>; blocking images(in files) -> io::Result<Vec<Image>>; spawn sizes(in images) -> Vec<usize>"
    )
)]
impl Photos {
    async fn files(self: &::std::sync::Arc<Self>) -> Vec<PathBuf> {
        let mut __offload = Self::__dag_offload(self, 0);
        match Self::__dag_reach(&mut __offload, [0x1], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                __offload.into_goal(|__cells| &__cells.files)
            }
            ::core::result::Result::Err(_) => ::adagio::__private::unneeded_failure(),
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_files(&self) -> Vec<PathBuf> {
        self.folder.files()
    }
    async fn images(
        self: &::std::sync::Arc<Self>,
    ) -> io::Result<::std::vec::Vec<Image>> {
        let _ = Self::files;
        let mut __offload = Self::__dag_offload(self, 1);
        match Self::__dag_reach(&mut __offload, [0x3], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(
                    __offload.into_goal(|__cells| &__cells.images),
                )
            }
            ::core::result::Result::Err(__DagPhotosFailure::Error(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    fn __dag_task_images(&self, file: &Path) -> io::Result<Image> {
        self.folder.read(file)
    }
    #[allow(clippy::missing_errors_doc)]
    async fn sizes(self: &::std::sync::Arc<Self>) -> io::Result<::std::vec::Vec<usize>> {
        let _ = Self::images;
        let mut __offload = Self::__dag_offload(self, 2);
        match Self::__dag_reach(&mut __offload, [0x7], [0x1]).await {
            ::core::result::Result::Ok(()) => {
                ::core::result::Result::Ok(__offload.into_goal(|__cells| &__cells.sizes))
            }
            ::core::result::Result::Err(__DagPhotosFailure::Error(__error)) => {
                ::core::result::Result::Err(__error)
            }
        }
    }
    #[allow(clippy::unused_async)]
    #[doc(hidden)]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, clippy::future_not_send)]
    async fn __dag_task_sizes(&self, image: &Image) -> usize {
        image.size().await
    }
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct __DagPhotosCells<'a> {
    sizes: ::adagio::__private::EachCell<usize, Self>,
    images: ::adagio::__private::EachCell<Image, Self>,
    files: ::adagio::__private::TaskCell<Vec<PathBuf>, Self>,
    __dag_self: ::core::marker::PhantomData<&'a Photos>,
}
#[doc(hidden)]
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[allow(clippy::builtin_type_shadow, clippy::enum_variant_names)]
enum __DagPhotosFailure<Error> {
    Error(Error),
}
/**A run of the tasks of [`Photos`], returned by [`Photos::run`]: each task runs at most once, however many results are awaited, one after another or at once, from any number of threads.

The results stay in the run and are lent as references. Whoever awaits a result drives the run; while nobody does, its tasks pause. A task that awaits its own result from its own run panics or waits forever.

# Examples
```ignore
let run = photos.run();
let images = run.images().await?;
// `images` does not run again:
let sizes = run.sizes().await?;
```

To run `sizes` alone, inject its dependencies:
```ignore
let run = photos.run().with_images(images);
let sizes = run.sizes().await?;
```

# Errors
A `TaskError` names the task that failed; its source is the task's own error. Every result that needs the task returns it at once; other results are not affected. It is remembered until [`retry_failed`](Self::retry_failed).

# Panics
A panic in a task unwinds into the future that drives the run at that moment. All other futures of the run, and later ones, panic too and name the task.

# Cancel safety
Dropping the future of a result loses and repeats nothing: its tasks stay wanted, and start or continue when another result is awaited. Dropping the run drops its running tasks.*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
struct PhotosRun {
    __dag: ::adagio::__private::SendRun<
        'static,
        ::std::sync::Arc<Photos>,
        __DagPhotosCells<'static>,
        1,
    >,
}
/**All results of a run, as references. [`PhotosRun::all`] returns them. It is `Debug` if every result is.

# Examples
```ignore
let run = photos.run();
let PhotosOutputs { sizes, .. } = run.all().await?;
```
*/
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
#[derive(::core::clone::Clone, ::core::marker::Copy)]
struct PhotosOutputs<'a> {
    ///The result of `files`.
    files: &'a Vec<PathBuf>,
    ///The result of `images`.
    images: &'a ::std::vec::Vec<Image>,
    ///The result of `sizes`.
    sizes: &'a ::std::vec::Vec<usize>,
}
#[allow(deprecated, non_camel_case_types, private_bounds, private_interfaces)]
#[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::type_complexity)]
impl Photos {
    /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
    /// and `to_dot()` draw them.
    #[must_use]
    fn graph() -> &'static ::adagio::__private::Graph {
        Self::__DAG_GRAPH
    }
    #[cfg(doc)]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`PhotosRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(self: &::std::sync::Arc<Self>) -> PhotosRun {
        ::core::unreachable!("only rustdoc reads this")
    }
    #[cfg(not(doc))]
    /**Returns a new run, in which each task runs at most once, however many results are awaited. Nothing starts yet. The errors of the tasks have to convert into `Box<dyn Error + Send + Sync>`.

While nobody awaits a result, tasks that are not on other threads pause and keep what they hold, such as a lock or a pooled connection. If other code waits for these, keep one result awaited, call `cancel_abandoned()`, or write `#[task(spawn)]`.

See [`PhotosRun`].*/
    #[must_use = "a run does nothing until one of its results is awaited"]
    fn run(self: &::std::sync::Arc<Self>) -> PhotosRun
    where
        for<'__x> ::adagio::__private::Defer<
            '__x,
            <io::Result<Image> as ::adagio::__private::Fallible>::Error,
        >: ::adagio::__private::IntoTaskError<
            <io::Result<Image> as ::adagio::__private::Fallible>::Error,
        >,
    {
        #[allow(unused_imports)]
        use ::adagio::__private::NotSend as _;
        let __run = ::adagio::__private::Run::new(
            ::std::sync::Arc::clone(self),
            __DagPhotosCells::empty(),
            Self::__DAG_GRAPH,
            ::core::option::Option::None,
            |__this, __writer, __seed| Self::__dag_run(
                __this,
                __writer,
                __seed,
                |__failure| ::core::result::Result::Ok(
                    match __failure {
                        __DagPhotosFailure::Error(__error) => {
                            ::adagio::__private::IntoTaskError::into_source(
                                ::adagio::__private::Defer::new(__error),
                            )
                        }
                    },
                ),
            ),
        );
        PhotosRun {
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
    impl __dag::DoesNotContainItself for Photos {}
    impl<'__dag> __DagPhotosCells<'__dag> {
        fn empty() -> Self {
            Self {
                sizes: __dag::EachCell::empty(),
                images: __dag::EachCell::followed(),
                files: __dag::TaskCell::empty(),
                __dag_self: ::core::marker::PhantomData,
            }
        }
    }
    #[doc(hidden)]
    #[allow(dead_code)]
    impl Photos {
        fn __dag_offload(
            __this: &::std::sync::Arc<Self>,
            __goal: usize,
        ) -> __dag::Offload<
            Self,
            __DagPhotosCells<'static>,
            __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
            1,
        > {
            __dag::Offload::of_terminal(
                __this,
                __DagPhotosCells::empty(),
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
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
                1,
            >,
            __tasks: [u64; 1],
            __ready: [u64; 1],
        ) -> impl ::core::future::Future<
            Output = __dag::Result<
                (),
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
            >,
        > {
            let __scheduler = __dag::Scheduler::new(Self::__DAG_GRAPH, __tasks, __ready);
            Self::__dag_drive(__offload, __scheduler, __dag::Err)
        }
        async fn __dag_drive<'__dag>(
            __offload: &'__dag mut __dag::Offload<
                Self,
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
                1,
            >,
            mut __scheduler: impl __dag::ScheduleThreads,
            __keep: fn(
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
            ) -> __dag::Kept<
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
            >,
        ) -> __dag::Result<
            (),
            __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
        > {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __owned = __offload.team();
            let __team = &__owned;
            let (__this, __cells) = (__team.object(), __team.cells());
            let mut __images_slot = ::core::pin::pin!(__dag::None);
            let mut __sizes_slot = ::core::pin::pin!(__dag::None);
            ::core::future::poll_fn(move |__cx| {
                    ::core::task::ready!(__offload.begin_pass(& mut __scheduler, __cx))?;
                    loop {
                        match __scheduler.next_group(__cx) {
                            __dag::Some(0) => {
                                if __scheduler.is_due(0, 0x1, 0x1) {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .call(0, move || Self::__dag_task_files(__this))
                                    {
                                        __offload.set(0, |__cells| &__cells.files, __value);
                                        __scheduler.finish_for(0, 0x1, 0x2);
                                    }
                                }
                                if __scheduler.is_due(0, 0x2, 0x3) {
                                    if let ::core::task::Poll::Ready(__result) = __scheduler
                                        .poll_each(
                                            1,
                                            __images_slot.as_mut(),
                                            __cx,
                                            || {
                                                __dag::Crew::new(
                                                        (__team, 1),
                                                        &__cells.images,
                                                        ::core::iter::Iterator::count({
                                                            use __dag::IterateByReference as _;
                                                            __dag::Probe::<Vec<PathBuf>>::lend(__cells.files.ready())
                                                                .elements_for_in()
                                                        }),
                                                        ::core::option::Option::Some(4),
                                                        Self::__dag_hire_images,
                                                    )
                                                    .blocking()
                                                    .leading(&[2])
                                            },
                                            |__index, __failure| ::core::result::Result::Err((
                                                __index,
                                                __failure,
                                            )),
                                        )
                                    {
                                        match __result {
                                            ::core::result::Result::Ok(()) => {
                                                __offload.complete(1, |__cells| &__cells.images, false);
                                                __scheduler.finish_for(0, 0x2, 0x4);
                                            }
                                            ::core::result::Result::Err((__index, __error)) => {
                                                match __keep(__error) {
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
                                    __scheduler.visit(0, 0x4);
                                }
                                if __scheduler
                                    .is_due(
                                        0,
                                        0x4,
                                        if __cells.images.is_lending() { 0x4 } else { 0x6 },
                                    )
                                {
                                    if let ::core::task::Poll::Ready(__value) = __scheduler
                                        .poll_each(
                                            2,
                                            __sizes_slot.as_mut(),
                                            __cx,
                                            || __dag::Crew::following(
                                                (__team, 2),
                                                &__cells.sizes,
                                                __cells.images.follow(),
                                                ::core::option::Option::None,
                                                Self::__dag_hire_sizes,
                                            ),
                                            |_, _| ::core::result::Result::<
                                                (),
                                                __dag::Infallible,
                                            >::Ok(()),
                                        )
                                    {
                                        __offload.complete(2, |__cells| &__cells.sizes, false);
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
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
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
                    _ => __dag::unknown_task(__task),
                }
            }
        }
        fn __dag_pick_images(
            mut __picker: __dag::Picker<
                Self,
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
                1,
            >,
        ) {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __owned = __picker.team();
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (
                __team.object(),
                __team.cells(),
                __team.keep(),
            );
            let ::core::option::Option::Some(mut __elements) = __picker
                .look(|| __dag::Walk::new({
                    use __dag::IterateByReference as _;
                    __dag::Probe::<Vec<PathBuf>>::lend(__cells.files.ready())
                        .elements_for_in()
                })) else { return };
            while let ::core::option::Option::Some((__index, __element_file)) = __picker
                .next_here(&__cells.images, &mut __elements)
            {
                match __picker.catch(|| Self::__dag_task_images(__this, __element_file))
                {
                    ::core::option::Option::Some(::core::result::Result::Ok(__value)) => {
                        __picker.put(|__cells| &__cells.images, __index, __value)
                    }
                    ::core::option::Option::Some(
                        ::core::result::Result::Err(__error),
                    ) => __picker.fail(__index, __DagPhotosFailure::Error(__error)),
                    ::core::option::Option::None => {}
                }
            }
        }
        fn __dag_hire_images(
            __picker: __dag::Picker<
                Self,
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
                1,
            >,
            __runtime: &__dag::Handle,
        ) -> __dag::AbortHandle {
            __runtime
                .spawn_blocking(move || Self::__dag_pick_images(__picker))
                .abort_handle()
        }
        async fn __dag_pick_sizes(
            mut __picker: __dag::Picker<
                Self,
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
                1,
            >,
        ) {
            #[allow(unused_imports)]
            use __dag::ProbeValue as _;
            let __owned = __picker.team();
            let __team = &__owned;
            #[allow(unused_variables)]
            let (__this, __cells, __keep) = (
                __team.object(),
                __team.cells(),
                __team.keep(),
            );
            let ::core::option::Option::Some(mut __elements) = __picker
                .look(|| __cells.images.follow()) else { return };
            while let ::core::option::Option::Some((__index, __element_image)) = __picker
                .next(&__cells.sizes, &mut __elements)
                .await
            {
                match __dag::caught(
                        __picker.around(),
                        ::core::pin::pin!(
                            Self::__dag_task_sizes(__this, __element_image)
                        ),
                    )
                    .await
                {
                    ::core::result::Result::Ok(__value) => {
                        __picker.put(|__cells| &__cells.sizes, __index, __value)
                    }
                    ::core::result::Result::Err(__payload) => __picker.panic(__payload),
                }
            }
        }
        fn __dag_hire_sizes(
            __picker: __dag::Picker<
                Self,
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
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
                __DagPhotosCells<'static>,
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
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
            __writer: __dag::ArcWriter<__DagPhotosCells<'static>>,
            __seed: __dag::Seed<1>,
            __keep: fn(
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
            ) -> __dag::Kept<
                __DagPhotosFailure<<io::Result<Image> as __dag::Fallible>::Error>,
            >,
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
                "Photos",
                &[
                    __dag::Node::new("files", __dag::TaskKind::Fn, &[], &[0x1]),
                    __dag::Node::new("images", __dag::TaskKind::Blocking, &[0], &[0x3]),
                    __dag::Node::new("sizes", __dag::TaskKind::Spawn, &[1], &[0x7]),
                ],
            )
            .with_crews(&[1, 2])
            .with_elements(&[(1, 0), (2, 1)])
            .with_results("Vec<PathBuf>\nio::Result<Vec<Image>>\nVec<usize>");
        fn __dag_check<'__dag, files, images>(_: &'__dag Self) {
            #[allow(unused_imports)]
            use __dag::{NotSend as _, ProbeValue as _, never as __any};
            __dag::require_shareable::<Vec<PathBuf>>();
            __dag::require_shareable::<::std::vec::Vec<Image>>();
            __dag::require_shareable::<::std::vec::Vec<usize>>();
            __dag::IfSend::<
                (
                    Vec<PathBuf>,
                    &'__dag Vec<PathBuf>,
                    ::std::vec::Vec<Image>,
                    &'__dag ::std::vec::Vec<Image>,
                    ::std::vec::Vec<usize>,
                    &'__dag ::std::vec::Vec<usize>,
                ),
            >::NEW
                .require_shared_object::<Self>();
            __dag::require_value::<files, _>(__dag::Probe::<Vec<PathBuf>>::kind());
            __dag::require_result::<
                io::Result<::std::vec::Vec<Image>>,
                ::std::vec::Vec<Image>,
                _,
            >();
            let __shared = __dag::IfSend::<&'__dag __DagPhotosCells<'static>>::NEW;
            __shared.require_send(Self::__dag_task_sizes(__any(), __any()));
        }
    }
    impl PhotosRun {
        ///Returns the result of `files`.
        fn files(&self) -> __dag::Goal<'_, Vec<PathBuf>> {
            let _ = <Photos>::files;
            __dag::Goal::new(self.__dag_any(), 0, &self.__dag.cells().files)
        }
        /**Uses `value` as the result of `files`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `files` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_files(self, value: Vec<PathBuf>) -> Self {
            self.__dag.inject(0, &self.__dag.cells().files, value);
            self
        }
        ///Returns the result of `images`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn images(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<Image>> {
            let _ = <Photos>::images;
            __dag::TryGoal::new(self.__dag_any(), 1, &self.__dag.cells().images)
        }
        /**Uses `value` as the result of `images`; neither this task nor tasks needed only by it will run.

# Panics
If a result of the run has been awaited, or if `images` has been injected already.*/
        #[must_use]
        #[track_caller]
        fn with_images(self, value: ::std::vec::Vec<Image>) -> Self {
            self.__dag.inject(1, &self.__dag.cells().images, value);
            self
        }
        ///Returns the result of `sizes`.
        /**
# Errors
If this task, or one that it needs, fails.*/
        fn sizes(&self) -> __dag::TryGoal<'_, ::std::vec::Vec<usize>> {
            let _ = <Photos>::sizes;
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
        async fn all(
            &self,
        ) -> ::core::result::Result<PhotosOutputs<'_>, __dag::TaskError> {
            let _ = <Photos>::sizes;
            self.__dag.all().await?;
            ::core::result::Result::Ok(PhotosOutputs {
                files: self.__dag.cells().files.ready(),
                images: self.__dag.cells().images.ready(),
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
        async fn settle(&self) -> ::std::vec::Vec<__dag::TaskError> {
            let _ = <Photos>::sizes;
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
    impl ::core::fmt::Debug for PhotosRun {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            ::core::fmt::Debug::fmt(&self.__dag, formatter)
        }
    }
    #[doc(hidden)]
    impl<'a> ::core::fmt::Debug for PhotosOutputs<'a>
    where
        for<'__x> __dag::DeferDebug<
            '__x,
            0,
            &'a <fn(&'a ()) -> Vec<PathBuf> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            1,
            &'a <fn(&'a ()) -> ::std::vec::Vec<Image> as __dag::Returns>::Output,
        >: ::core::fmt::Debug,
        for<'__x> __dag::DeferDebug<
            '__x,
            2,
            &'a ::std::vec::Vec<usize>,
        >: ::core::fmt::Debug,
    {
        fn fmt(&self, formatter: &mut __dag::fmt::Formatter<'_>) -> __dag::fmt::Result {
            formatter
                .debug_struct("PhotosOutputs")
                .field("files", &__dag::DeferDebug::<0, _>::new(self.files))
                .field("images", &__dag::DeferDebug::<1, _>::new(self.images))
                .field("sizes", &__dag::DeferDebug::<2, _>::new(self.sizes))
                .finish()
        }
    }
    #[doc(hidden)]
    pub struct PhotosTasks(::core::marker::PhantomData<fn() -> Photos>);
    impl __dag::InnerObject for Photos {
        type Failure = __dag::Infallible;
        type Tasks = PhotosTasks;
        type Place = __dag::OffThread;
        fn tasks() -> Self::Tasks {
            PhotosTasks(::core::marker::PhantomData)
        }
        fn inner_graph() -> &'static __dag::Graph {
            <Photos>::__DAG_GRAPH
        }
    }
    #[allow(dead_code)]
    impl PhotosTasks {
        #[inline]
        pub fn __dag_cells<'__dag>(&self) -> __DagPhotosCells<'static> {
            __DagPhotosCells::empty()
        }
        #[inline]
        pub fn __dag_scheduler<'__b>(
            &self,
            __border: &'__b __dag::Border<'__b>,
        ) -> __dag::InnerScheduler<'__b, 1> {
            __dag::InnerScheduler::new(__border, <Photos>::__DAG_GRAPH, __dag::None)
        }
        #[inline]
        pub async fn __dag_drive<'__dag>(
            self,
            __this: &'__dag Photos,
            __writer: __dag::Writer<'_, __DagPhotosCells<'static>>,
            __scheduler: &mut __dag::InnerScheduler<'_, 1>,
            __keep: __dag::KeepInner<'_, __dag::Infallible>,
        ) -> ::core::result::Result<(), __dag::Infallible> {
            let _ = (__this, __writer, __scheduler, __keep);
            __dag::unneeded_failure()
        }
    }
    type __DagInner<'__dag, __Value, __Error> = __dag::InnerTask<
        __DagPhotosCells<'static>,
        __Value,
        __dag::Infallible,
        __Error,
    >;
    impl PhotosTasks {
        fn files<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> Vec<PathBuf> as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Photos>::files;
            __dag::InnerTask::unfailing(0, |__cells| &__cells.files)
        }
        fn images<'__dag>(
            &self,
        ) -> __DagInner<
            '__dag,
            <fn(&'__dag ()) -> ::std::vec::Vec<Image> as __dag::Returns>::Output,
            __dag::Never,
        > {
            let _ = <Photos>::images;
            __dag::InnerTask::unfailing(1, |__cells| &__cells.images)
        }
        fn sizes<'__dag>(
            &self,
        ) -> __DagInner<'__dag, ::std::vec::Vec<usize>, __dag::Never> {
            let _ = <Photos>::sizes;
            __dag::InnerTask::unfailing(2, |__cells| &__cells.sizes)
        }
    }
};
