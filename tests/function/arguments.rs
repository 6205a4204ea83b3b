//! The arguments of a `#[task]` function, and its result.
#![allow(
    clippy::elidable_lifetime_names,
    clippy::multiple_bound_locations,
    clippy::needless_borrows_for_generic_args,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::{Task, all, task};

#[task]
async fn text(number: u32) -> String {
    number.to_string()
}

#[task]
async fn concatenate(left: &str, right: &str) -> String {
    format!("{left}{right}")
}

#[task]
async fn sum(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[task]
fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[task]
async fn shout(text: String) -> String {
    text.to_uppercase()
}

#[task]
async fn double(number: &u32) -> u32 {
    number * 2
}

#[tokio::test]
async fn an_argument_is_a_value_a_task_or_a_reference_to_a_task() {
    let _deadline = crate::common::deadline();
    let one = text(1);
    assert_eq!(concatenate("0", &one).await.unwrap(), "01");
    assert_eq!(concatenate(one, String::from("2")).await.unwrap(), "12");
    assert_eq!(text(Task::value(7)).await.unwrap(), "7");
}

#[tokio::test]
async fn a_str_borrows_from_whatever_holds_one() {
    let _deadline = crate::common::deadline();
    let arc: Arc<str> = "b".into();
    let boxed: Box<str> = "c".into();
    let ab = concatenate("a", arc);
    let cd = concatenate(boxed, Arc::new(String::from("d")).to_string());
    assert_eq!(concatenate(&ab, &cd).await.unwrap(), "abcd");
    assert_eq!(concatenate(Task::value("x"), &Task::value(Arc::<str>::from("y"))).await.unwrap(), "xy");
}

#[tokio::test]
async fn a_slice_borrows_from_vectors_and_arrays_and_tasks_of_them() {
    let _deadline = crate::common::deadline();
    assert_eq!(sum(vec![1, 2]).await.unwrap(), 3);
    assert_eq!(sum([1, 2, 3]).await.unwrap(), 6);
    assert_eq!(sum(&[4, 5][..]).await.unwrap(), 9);
    assert_eq!(sum(all(vec![Task::value(20), Task::value(22)])).await.unwrap(), 42);
    let kept = vec![Task::value(20), Task::value(22)];
    assert_eq!(sum(all(&kept)).await.unwrap() + sum(all(&kept[1..])).await.unwrap(), 64);
    assert_eq!(sum(Task::value([1; 4])).await.unwrap(), 4);
}

#[tokio::test]
async fn a_path_borrows_from_a_path_buf() {
    let _deadline = crate::common::deadline();
    assert_eq!(file_name(PathBuf::from("/a/b")).await.unwrap(), "b");
    assert_eq!(file_name(Path::new("/a/c")).await.unwrap(), "c");
    assert_eq!(file_name(Task::value(PathBuf::from("d"))).await.unwrap(), "d");
}

#[tokio::test]
async fn a_reference_borrows_from_the_value_an_arc_a_box_and_a_static() {
    static SEVEN: u32 = 7;
    let _deadline = crate::common::deadline();
    assert_eq!(double(1).await.unwrap(), 2);
    assert_eq!(double(Arc::new(2)).await.unwrap(), 4);
    assert_eq!(double(Box::new(3)).await.unwrap(), 6);
    assert_eq!(double(&SEVEN).await.unwrap(), 14);
    assert_eq!(double(Task::value(Arc::new(5))).await.unwrap(), 10);
    assert_eq!(double(&Task::value(Box::new(6))).await.unwrap(), 12);
}

#[tokio::test]
async fn a_string_takes_a_str() {
    let _deadline = crate::common::deadline();
    assert_eq!(shout("a").await.unwrap(), "A");
    assert_eq!(shout(String::from("b")).await.unwrap(), "B");
    assert_eq!(shout(&text(1)).await.unwrap(), "1");
}

#[task]
async fn keep<'a>(cow: Cow<'a, str>, fixed: &'static str, (left, right): (u8, u8)) -> Cow<'static, str> {
    Cow::Owned(format!("{cow}{fixed}{left}{right}"))
}

#[tokio::test]
async fn parameters_may_have_lifetimes_and_patterns() {
    let _deadline = crate::common::deadline();
    assert_eq!(keep(Cow::Borrowed("a"), "b", (1, 2)).await.unwrap(), "ab12");
}

#[task]
async fn nothing() {}

#[task]
async fn after_nothing((): (), also: &()) {
    let () = *also;
}

#[tokio::test]
async fn a_result_may_be_nothing() {
    let _deadline = crate::common::deadline();
    after_nothing(nothing(), nothing()).await.unwrap();
}

#[task]
async fn longest<T: Send + Sync + 'static + Clone, const N: usize>(left: Vec<T>, _right: &[T; N]) -> usize
where
    T: Ord,
{
    left.len().max(N)
}

#[task]
async fn same<T: Clone + Send + Sync + 'static>(value: T) -> T {
    value
}

#[tokio::test]
async fn a_function_may_be_generic() {
    let _deadline = crate::common::deadline();
    assert_eq!(longest(vec![1, 2], [1, 2, 3]).await.unwrap(), 3);
    assert_eq!(longest(Task::value(vec!["a"]), &Task::value(["b"; 1])).await.unwrap(), 1);
    assert_eq!(same(1).await.unwrap(), 1);
    assert_eq!(same::<u32>(&Task::value(2)).await.unwrap(), 2);
}

struct Shop<T>(T);

impl<T: Clone + Send + Sync + 'static> Shop<T> {
    #[task]
    async fn open(stock: T) -> Arc<Self> {
        Arc::new(Self(stock))
    }

    #[task]
    async fn stock(shop: &Self) -> T {
        shop.0.clone()
    }
}

#[tokio::test]
async fn an_associated_function_may_be_a_task() {
    let _deadline = crate::common::deadline();
    let shop = Shop::open(5_u8);
    assert_eq!(Shop::stock(&shop).await.unwrap(), 5);
}

#[derive(Default)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

#[task]
async fn count() -> Counted {
    Counted::default()
}

#[task]
async fn look(counted: &Counted) -> usize {
    counted.0.load(Ordering::Relaxed)
}

#[task]
async fn consume(counted: Counted) -> usize {
    counted.0.load(Ordering::Relaxed)
}

#[tokio::test]
async fn borrowing_clones_nothing_however_many_borrow() {
    let _deadline = crate::common::deadline();
    let counted = count();
    let looks: Vec<Task<usize>> = (0..100).map(|_| look(&counted)).collect();
    assert_eq!(all(looks).await.unwrap(), [0; 100]);
}

#[tokio::test]
async fn who_takes_a_value_that_nobody_else_holds_gets_itself() {
    let _deadline = crate::common::deadline();
    assert_eq!(consume(count()).await.unwrap(), 0);
    let then = count().then(|counted| async move { counted.0.load(Ordering::Relaxed) });
    assert_eq!(then.await.unwrap(), 0);
    assert_eq!(count().await.unwrap().0.load(Ordering::Relaxed), 0);
    let [counted] = all([count()]).await.unwrap();
    assert_eq!(counted.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_last_of_several_who_take_a_value_gets_itself() {
    let _deadline = crate::common::deadline();
    let counted = count();
    let (first, second) = (consume(&counted), consume(counted));
    assert_eq!(first.await.unwrap() + second.await.unwrap(), 1 + 1);
}

#[tokio::test]
async fn a_shared_result_need_not_be_clone() {
    struct Big(u8);
    let _deadline = crate::common::deadline();
    let big = Task::spawn(async { Big(1) });
    let (one, other) = (big.shared().await.unwrap(), big.shared().await.unwrap());
    drop(big);
    assert_eq!(one.clone().0 + other.0, 2);
}
