//! Names and macros around a block that could conflict with the expansion. A separate binary, because it tests the
//! names of a crate.
#![allow(
    clippy::unused_async,
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref,
    clippy::ptr_arg,
    reason = "names are what is tested"
)]

mod common;

/// A crate that has modules with the names of the standard ones.
mod shadowed_crates {
    #![allow(dead_code, reason = "they only have names")]

    mod core {}
    mod std {}
    mod alloc {}
    mod adagio {}

    use ::adagio::dag;

    pub(super) struct Graph;

    #[dag]
    impl Graph {
        async fn text(&self) -> ::std::string::String {
            ::std::string::String::from("text")
        }

        #[depends(text)]
        pub(super) async fn length(&self, text: &str) -> Result<usize, ::std::fmt::Error> {
            Ok(text.len())
        }

        #[depends(length)]
        pub(super) fn twice(&self, length: usize) -> usize {
            length * 2
        }

        fn bytes(&self) -> [u8; 2] {
            [1, 2]
        }

        #[depends(byte in bytes)]
        async fn pieces(&self, byte: &u8) -> Result<u8, ::std::fmt::Error> {
            Ok(byte + 1)
        }

        #[depends(piece in copies)]
        pub(super) fn doubled(&self, piece: u8) -> u8 {
            piece * 2
        }

        #[depends(pieces)]
        fn copies(&self, pieces: &[u8]) -> ::std::vec::Vec<u8> {
            pieces.to_vec()
        }
    }
}

#[test]
fn modules_called_core_and_std_do_not_matter() {
    assert_eq!(common::now(shadowed_crates::Graph.length()), Ok(4));
    assert_eq!(common::now(shadowed_crates::Graph.twice()), Ok(8));
    assert_eq!(common::now(shadowed_crates::Graph.doubled()), Ok(::std::vec![4, 6]));
}

/// Own types and variants with the names of the prelude.
mod shadowed_prelude {
    #![allow(dead_code, non_snake_case, unused_macros, unused_imports, reason = "they only have names")]

    use adagio::dag;

    pub(super) struct Option;
    pub(super) struct Some;
    pub(super) struct None;
    struct Box;
    struct Vec;
    struct String;
    trait Future {}
    trait Send {}
    trait Sync {}
    trait Clone {}
    trait From {}
    trait Into {}
    fn Ok() {}
    fn Err() {}
    fn drop() {}
    type Result<T> = std::result::Result<T, u8>;

    macro_rules! ready {
        () => {};
    }
    macro_rules! pin {
        () => {};
    }
    pub(super) use {pin, ready};

    pub(super) struct Graph;

    #[dag]
    impl Graph {
        async fn number(&self) -> Result<u32> {
            std::result::Result::Ok(7)
        }

        #[depends(number)]
        async fn by_value(&self, number: u32) -> u32 {
            number
        }

        fn bytes(&self) -> [u8; 2] {
            [1, 2]
        }

        #[depends(byte in bytes)]
        async fn pieces(&self, byte: u8) -> Result<u8> {
            std::result::Result::Ok(byte)
        }

        #[depends(piece in bytes, pieces)]
        fn plain(&self, piece: &u8, pieces: &[u8]) -> u8 {
            piece + pieces[0]
        }

        #[depends(by_value, plain)]
        pub(super) async fn goal(&self, by_value: &u32, plain: &[u8]) -> std::result::Result<u32, u64> {
            std::result::Result::Ok(*by_value + u32::from(plain[0]))
        }
    }
}

#[test]
fn own_items_with_the_names_of_the_prelude_do_not_matter() {
    assert_eq!(common::now(shadowed_prelude::Graph.goal()), Ok::<u32, u64>(9));
}

mod names_of_tasks {
    #![allow(
        non_upper_case_globals,
        non_camel_case_types,
        dead_code,
        unused_macros,
        unused_imports,
        reason = "they only have names"
    )]

    use adagio::dag;

    const user: u8 = 1;
    struct cart;
    static quote: u8 = 2;
    fn page() {}
    enum Choice {
        rates,
    }
    use Choice::rates;
    macro_rules! offers {
        () => {};
    }
    pub(super) use offers;
    mod total {}

    pub(super) struct Graph;

    #[dag]
    impl Graph {
        async fn user(&self) -> u32 {
            1
        }

        #[depends(user)]
        async fn cart(&self, _user: u32) -> u32 {
            2
        }

        #[depends(user)]
        fn quote(&self) -> Result<u32, u8> {
            Ok(3)
        }

        #[depends(cart, quote)]
        async fn page(&self, _cart: &u32, _quote: &u32) -> u32 {
            5
        }

        async fn rates(&self) -> u32 {
            4
        }

        #[depends(rates)]
        async fn offers(&self, _rates: &u32) -> u32 {
            4
        }

        #[depends(page, offers)]
        pub(super) async fn total(&self, page: &u32, offers: &u32) -> u32 {
            page + offers
        }
    }
}

mod modules_of_tasks {
    use adagio::dag;

    pub(super) mod config {
        #[derive(Clone)]
        pub(crate) struct Config(pub(crate) u32);
    }

    pub(super) struct Graph;

    #[dag]
    impl Graph {
        async fn config(&self) -> config::Config {
            config::Config(1)
        }

        #[depends(config)]
        pub(super) async fn next(&self, config: config::Config) -> u32 {
            config.0 + 1
        }
    }
}

#[test]
fn a_task_may_have_the_name_of_the_module_of_its_result() {
    assert_eq!(common::now(modules_of_tasks::Graph.next()), 2);
}

#[test]
fn constants_unit_structs_and_functions_may_have_the_names_of_tasks() {
    assert_eq!(common::now(names_of_tasks::Graph.total()), Ok::<u32, u8>(9));
}

/// Tasks with the names of items that the expansion uses.
mod names_of_the_expansion {
    use adagio::dag;

    pub(super) struct Graph;

    #[dag]
    impl Graph {
        async fn cells(&self) -> u32 {
            1
        }

        #[depends(cells)]
        async fn writer(&self, cells: &u32) -> u32 {
            cells + 1
        }

        #[depends(writer, cells)]
        async fn task(&self, writer: u32, cells: &u32) -> u32 {
            writer + cells
        }

        #[depends(task)]
        async fn cx(&self, task: &u32) -> Result<u32, String> {
            Ok(task + 1)
        }

        #[depends(cx)]
        fn result(&self, cx: &u32) -> u32 {
            cx + 1
        }

        #[depends(result)]
        async fn needed(&self, result: &u32) -> u32 {
            result + 1
        }

        #[depends(needed)]
        async fn this(&self, needed: &u32) -> u32 {
            needed + 1
        }

        #[depends(this)]
        async fn dag_self(&self, this: &u32) -> u32 {
            this + 1
        }

        #[depends(dag_self)]
        pub(super) async fn error(&self, dag_self: &u32) -> u32 {
            dag_self + 1
        }

        #[depends(error)]
        async fn empty(&self) {}

        #[depends(empty)]
        async fn check(&self) {}

        #[depends(check)]
        async fn drive(&self) {}

        #[depends(drive)]
        async fn core(&self) {}

        #[depends(core)]
        pub(super) async fn writer_slot(&self) {}
    }
}

#[test]
fn tasks_may_have_the_names_that_the_expansion_uses() {
    assert_eq!(common::now(names_of_the_expansion::Graph.error()), Ok(9));
    assert_eq!(common::now(names_of_the_expansion::Graph.writer_slot()), Ok(()));
}

mod raw {
    use adagio::dag;

    #[allow(non_camel_case_types, reason = "a raw identifier")]
    pub(super) struct r#struct;

    #[dag]
    impl r#struct {
        async fn r#type(&self) -> u32 {
            1
        }

        #[depends(r#type)]
        fn r#match(&self, r#type: &u32) -> Result<u32, r#enum> {
            Ok(r#type + 1)
        }

        #[depends(r#match, r#type)]
        pub(super) async fn r#async(&self, r#match: u32, _type: &u32) -> u32 {
            r#match + 1
        }

        // Raw although this is not necessary.
        #[depends(r#async)]
        pub(super) async fn r#plain(&self, r#async: u32) -> u32 {
            r#async + 1
        }

        #[depends(plain)]
        pub(super) async fn after_plain(&self, plain: u32) -> u32 {
            plain + 1
        }
    }

    #[allow(non_camel_case_types, reason = "a raw identifier")]
    #[derive(Debug, PartialEq)]
    pub(super) struct r#enum;
}

#[test]
fn names_may_be_raw_identifiers() {
    assert_eq!(common::now(raw::r#struct.r#async()), Ok(3));
    assert_eq!(common::now(raw::r#struct.after_plain()), Ok(5));
}

mod by_macro {
    use adagio::dag;

    macro_rules! graph {
        (
            $(#[$attr:meta])*
            $vis:vis struct $name:ident<$lifetime:lifetime>($ty:ty);
            $field:ident;
            $(#[$first_attr:meta])* $first:ident -> $first_ty:ty $first_body:block
            $second:ident($($parameter:ident: $parameter_ty:ty),*) -> $result:ty $second_body:block
            $third:ident = $value:expr
        ) => {
            $(#[$attr])*
            $vis struct $name<$lifetime>($vis &$lifetime $ty);

            #[dag]
            impl<$lifetime> $name<$lifetime> {
                fn $field(&self) -> &$lifetime $ty {
                    self.0
                }

                $(#[$first_attr])*
                $vis async fn $first(&self) -> $first_ty $first_body

                #[depends($first, $field)]
                $vis async fn $second(&self, $($parameter: $parameter_ty),*) -> $result $second_body

                #[depends($second)]
                $vis async fn $third(&self, $second: &u64) -> u64 {
                    $value + *$second
                }
            }
        };
    }

    graph! {
        /// Made by a macro.
        pub(super) struct Graph<'g>(str);
        text;
        /// The first task.
        first -> u64 { 40 }
        second(first: &u64, text: &str) -> Result<u64, String> { if text.is_empty() { Err("empty".to_owned()) } else { Ok(first + 1) } }
        third = 1
    }

    macro_rules! whole {
        ($item:item) => {
            $item
        };
    }

    pub(super) struct Whole;

    whole! {
        #[dag(local)]
        impl Whole {
            async fn a(&self) -> u64 {
                1
            }

            #[depends(a)]
            pub(super) async fn b(&self, a: &u64) -> u64 {
                a + 1
            }
        }
    }

    macro_rules! tasks {
        ($name:ident { $($task:ident: $ty:ty = $value:expr;)* } $goal:ident) => {
            pub(super) struct $name;

            #[dag]
            impl $name {
                $(async fn $task(&self) -> $ty {
                    $value
                })*

                #[depends($($task),*)]
                pub(super) async fn $goal(&self, $($task: &$ty),*) -> ($($ty,)*) {
                    ($($task.clone(),)*)
                }
            }
        };
    }

    tasks! { Tasks { one: u8 = 1; two: &'static str = "two"; three: Vec<u64> = vec![3]; } goal }
}

#[test]
fn a_macro_may_make_the_whole_block() {
    assert_eq!(common::now(by_macro::Graph("text").third()), Ok(42));
    assert_eq!(common::now(by_macro::Graph("").third()), Err("empty".to_owned()));
    assert_eq!(common::now(by_macro::Whole.b()), 2);
    assert_eq!(common::now(by_macro::Tasks.goal()), (1, "two", vec![3]));
}

#[test]
fn a_block_may_stand_inside_a_function() {
    struct Local(u32);

    #[derive(Debug, PartialEq)]
    struct LocalError;

    #[adagio::dag]
    impl Local {
        async fn value(&self) -> Result<u32, LocalError> {
            Ok(self.0)
        }

        #[depends(value)]
        async fn twice(&self, value: &u32) -> u32 {
            value * 2
        }
    }

    assert_eq!(common::now(Local(2).twice()), Ok(4));
}

/// The facade under another name, as if a crate re-exports it.
mod reexport {
    pub(super) mod tools {
        pub(crate) use ::adagio as graphs;
    }

    pub(super) struct Graph;

    #[tools::graphs::dag(crate = tools::graphs)]
    impl Graph {
        async fn value(&self) -> Result<u32, String> {
            Ok(1)
        }

        #[depends(value)]
        pub(super) async fn goal(&self, value: &u32) -> u32 {
            value + 1
        }
    }

    pub(super) struct Local;

    #[tools::graphs::dag(local, crate = crate::reexport::tools::graphs)]
    impl Local {
        pub(super) fn value(&self) -> std::rc::Rc<u32> {
            std::rc::Rc::new(1)
        }
    }
}

#[test]
fn the_crate_may_be_found_at_another_path() {
    assert_eq!(common::now(reexport::Graph.goal()), Ok(2));
    assert_eq!(*common::now(reexport::Local.value()), 1);
}

mod one_module {
    use adagio::dag;

    pub(super) struct First;
    pub(super) struct Second;

    #[dag]
    impl First {
        pub(super) async fn value(&self) -> Result<u32, String> {
            Ok(1)
        }
    }

    #[dag]
    impl Second {
        pub(super) async fn value(&self) -> Result<u32, String> {
            Ok(2)
        }
    }

    // Beside the block.
    impl Second {
        pub(super) fn new() -> Self {
            Self
        }
    }
}

#[test]
fn two_blocks_may_stand_in_one_module() {
    assert_eq!(common::now(one_module::First.value()), Ok(1));
    assert_eq!(common::now(one_module::Second::new().value()), Ok(2));
}

mod by_path {
    pub(super) mod inner {
        pub(crate) struct Graph;
    }

    #[adagio::dag]
    impl inner::Graph {
        pub(super) async fn value(&self) -> u32 {
            1
        }

        #[depends(value)]
        pub(super) async fn goal(&self, value: &u32) -> u32 {
            value + 1
        }
    }
}

#[test]
fn the_type_may_be_named_by_a_path() {
    assert_eq!(common::now(by_path::inner::Graph.goal()), 2);
}
