//! Which collections a task can go over, how it takes an element, and what its dependents and callers get.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::ParseIntError;
use std::sync::Arc;

use adagio::{Timeline, dag};

use crate::common::now;

/// Many kinds of collections.
struct Collections {
    own: Vec<u32>,
}

#[dag]
impl Collections {
    fn vec(&self) -> Vec<String> {
        vec!["a".to_owned(), "b".to_owned()]
    }

    #[depends(text in vec)]
    async fn of_vec(&self, text: &str) -> String {
        format!("{text}!")
    }

    #[depends(text in vec)]
    fn of_vec_by_value(&self, text: String) -> String {
        text + "?"
    }

    fn array(&self) -> [u8; 3] {
        [1, 2, 3]
    }

    #[depends(byte in array)]
    async fn of_array(&self, byte: &u8) -> u8 {
        byte * 2
    }

    fn slice(&self) -> &[u32] {
        &self.own
    }

    #[depends(number in slice)]
    async fn of_slice(&self, number: u32) -> u32 {
        number + 1
    }

    fn shared(&self) -> Arc<[char]> {
        ['x', 'y'].into()
    }

    #[depends(letter in shared)]
    fn of_shared(&self, letter: &char) -> String {
        letter.to_string()
    }

    async fn queue(&self) -> VecDeque<Option<u8>> {
        [Some(1), None].into()
    }

    #[depends(item in queue)]
    async fn of_queue(&self, item: Option<&u8>) -> bool {
        item.is_some()
    }

    async fn prices(&self) -> BTreeMap<String, u64> {
        [("apple".to_owned(), 3), ("pear".to_owned(), 5)].into()
    }

    #[depends((name, price) in prices, array)]
    async fn offers(&self, name: &str, price: u64, array: &[u8]) -> String {
        format!("{name} {}", price * array.len() as u64)
    }

    #[depends(entry in prices)]
    fn names(&self, entry: (&String, &u64)) -> String {
        entry.0.clone()
    }

    #[depends((_name, price) in prices)]
    async fn cents(&self, price: &u64) -> u64 {
        price * 100
    }

    #[depends(_x in array)]
    async fn nothing(&self) {}

    #[depends(of_vec, offers, nothing)]
    fn all_of_them(&self, of_vec: &[String], offers: &Vec<String>, nothing: &[()]) -> String {
        format!("{} {} {}", of_vec.concat(), offers.join(", "), nothing.len())
    }
}

fn collections() -> Collections {
    Collections { own: vec![7, 8] }
}

#[test]
fn a_task_goes_over_whatever_iterates_by_reference() {
    let collections = collections();
    assert_eq!(now(collections.of_vec()), ["a!", "b!"]);
    assert_eq!(now(collections.of_vec_by_value()), ["a?", "b?"]);
    assert_eq!(now(collections.of_array()), [2, 4, 6]);
    assert_eq!(now(collections.of_slice()), [8, 9]);
    assert_eq!(now(collections.of_shared()), ["x", "y"]);
    assert_eq!(now(collections.of_queue()), [true, false]);
    assert_eq!(now(collections.names()), ["apple", "pear"]);
}

#[test]
fn each_name_of_a_pattern_is_a_parameter() {
    let collections = collections();
    assert_eq!(now(collections.offers()), ["apple 9", "pear 15"]);
    assert_eq!(now(collections.cents()), [300, 500]);
}

#[test]
fn dependents_get_all_results_as_a_slice() {
    assert_eq!(now(collections().all_of_them()), "a!b! apple 9, pear 15 3");
    let nothing: Vec<()> = now(collections().nothing());
    assert_eq!(nothing.len(), 3);
}

#[test]
fn a_run_lends_all_results_and_takes_injected_ones() {
    let collections = collections();
    let run = collections.run().with_of_vec(vec!["given".to_owned()]);
    assert_eq!(now(run.all_of_them()), "given apple 9, pear 15 3");
    assert_eq!(*now(run.of_vec()), ["given"]);
    assert_eq!(run.of_array().peek(), None);
    let all = now(run.all());
    assert_eq!((all.of_array, all.cents), (&vec![2, 4, 6], &vec![300, 500]));
}

/// Texts to parse.
struct Texts {
    texts: Vec<&'static str>,
}

#[dag]
impl Texts {
    fn texts(&self) -> Result<&[&'static str], Failure> {
        if self.texts.first() == Some(&"stop") { Err(Failure("stopped".to_owned())) } else { Ok(&self.texts) }
    }

    #[depends(text in texts)]
    async fn numbers(&self, text: &str) -> Result<u32, Failure> {
        Ok(text.parse::<u32>()?)
    }

    #[depends(number in numbers_as_they_are)]
    fn halves(&self, number: &u32) -> fmt::Result {
        if number % 2 == 0 { Ok(()) } else { Err(fmt::Error) }
    }

    #[depends(numbers)]
    fn numbers_as_they_are(&self, numbers: Vec<u32>) -> Vec<u32> {
        numbers
    }

    #[depends(numbers)]
    fn sum(&self, numbers: &[u32]) -> u32 {
        numbers.iter().sum()
    }
}

#[derive(Debug, PartialEq)]
struct Failure(String);

impl From<ParseIntError> for Failure {
    fn from(error: ParseIntError) -> Self {
        Self(error.to_string())
    }
}

impl From<Failure> for fmt::Error {
    fn from(_: Failure) -> Self {
        Self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

#[test]
fn the_failure_of_an_element_is_that_of_the_task() {
    assert_eq!(now(Texts { texts: vec!["4", "2"] }.numbers()), Ok(vec![4, 2]));
    assert_eq!(now(Texts { texts: vec!["4", "2"] }.sum()), Ok(6));
    assert_eq!(now(Texts { texts: vec!["4", "2"] }.halves()), Ok(vec![(), ()]));
    assert_eq!(now(Texts { texts: vec!["4", "3"] }.halves()), Err(fmt::Error));
    let failure = Failure("invalid digit found in string".to_owned());
    assert_eq!(now(Texts { texts: vec!["4", "x"] }.sum()), Err(failure));
    assert_eq!(now(Texts { texts: vec!["stop"] }.sum()), Err(Failure("stopped".to_owned())));
}

#[test]
fn a_run_says_which_element_failed() {
    let texts = Texts { texts: vec!["4", "x", "y"] };
    let run = texts.run();
    let error = now(run.sum()).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.task(), error.index()),
        ("task `numbers[1]` failed", "numbers", Some(1))
    );
    assert!(error.downcast_ref::<Failure>().is_some());
    assert_eq!(
        format!("{error:?}"),
        "TaskError { task: \"numbers\", index: 1, source: Failure(\"invalid digit found in string\") }"
    );
    let texts = Texts { texts: vec!["stop"] };
    assert_eq!(now(texts.run().sum()).unwrap_err().index(), None);
}

#[test]
fn a_timeline_says_which_element_failed() {
    let texts = Texts { texts: vec!["4", "x", "y"] };
    let timeline = Timeline::new();
    let run = texts.run().observe(timeline.clone());
    _ = now(run.sum());
    assert!(timeline.to_string().contains("failed: element 1: invalid digit"), "{timeline}");
    assert!(timeline.to_html().contains("element 1: invalid digit found in string"));
}

#[test]
fn an_empty_collection_gives_an_empty_vec() {
    let texts = Texts { texts: Vec::new() };
    assert_eq!((now(texts.numbers()), now(texts.sum()), now(texts.halves())), (Ok(vec![]), Ok(0), Ok(vec![])));
    assert_eq!(now(texts.run().numbers()).unwrap(), &[] as &[u32]);
}
