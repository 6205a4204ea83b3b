//! Stored collections: how many elements they have, and what a call for one of these gets.
//!
//! The number is read as the type of the collection says, when a plan is made. Everybody who follows the plan cuts the
//! collection by the places of its entries in the JSON, whatever its type is by then.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use adagio::TaskError;
use adagio::durable::StoredElements;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::order::Order;

/// What is known of collections; each is read once, not for each of its elements.
#[derive(Default)]
pub(crate) struct Collections {
    /// By the places of the tasks that run for each element.
    counted: Mutex<BTreeMap<usize, (Arc<RawValue>, StoredElements)>>,
    /// By the names of the tasks that returned the collections.
    cut: Mutex<BTreeMap<String, (Arc<RawValue>, Pieces)>>,
}

/// For each entry of a collection, one that has only this entry.
pub(crate) type Pieces = Arc<[Box<RawValue>]>;

impl Collections {
    /// Returns the elements of the collection of a task.
    pub(crate) fn count(
        &self,
        order: &Order,
        task: usize,
        collection: &Arc<RawValue>,
    ) -> Result<StoredElements, TaskError> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, elements)) = counted.get(&task)
            && Arc::ptr_eq(known, collection)
        {
            return Ok(*elements);
        }
        let elements = order.elements(task, collection.get().as_bytes())?;
        counted.insert(task, (Arc::clone(collection), elements));
        Ok(elements)
    }

    /// Returns the pieces of the result of a task. There are none if it is neither an array nor an object.
    pub(crate) fn cut(&self, task: &str, collection: &Arc<RawValue>) -> Pieces {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, pieces)) = cut.get(task)
            && Arc::ptr_eq(known, collection)
        {
            return Arc::clone(pieces);
        }
        let pieces: Pieces = pieces(collection).unwrap_or_default().into();
        cut.insert(task.to_owned(), (Arc::clone(collection), Arc::clone(&pieces)));
        pieces
    }
}

/// Returns the collection that has only one element.
pub(crate) fn alone(element: &RawValue) -> Option<Box<RawValue>> {
    RawValue::from_string(format!("[{}]", element.get())).ok()
}

fn pieces(collection: &RawValue) -> Option<Vec<Box<RawValue>>> {
    if collection.get().starts_with('{') {
        return serde_json::Deserializer::from_str(collection.get()).deserialize_map(Entries).ok();
    }
    let entries: Vec<&RawValue> = serde_json::from_str(collection.get()).ok()?;
    entries.into_iter().map(alone).collect()
}

/// The entries of an object, in its order, and also those that have the same key.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Box<RawValue>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = object.next_entry::<String, &RawValue>()? {
            let entry = serde_json::to_string(&key)
                .and_then(|key| RawValue::from_string(format!("{{{key}:{}}}", value.get())))
                .map_err(serde::de::Error::custom)?;
            entries.push(entry);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(json: &str) -> Vec<String> {
        let whole: Arc<RawValue> = RawValue::from_string(json.to_owned()).unwrap().into();
        Collections::default().cut("ids", &whole).iter().map(|piece| piece.get().to_owned()).collect()
    }

    #[test]
    fn a_piece_of_an_array_is_an_array() {
        assert_eq!(cut(r#"[1, "a]", [2,3], null]"#), ["[1]", r#"["a]"]"#, "[[2,3]]", "[null]"]);
        assert_eq!(cut("[]"), [""; 0]);
    }

    #[test]
    fn a_piece_of_an_object_is_an_object() {
        let pieces = [r#"{"b":1}"#, r#"{"a \"\n":{"c": 2}}"#, r#"{"b":3}"#];
        assert_eq!(cut(r#"{"b": 1, "a \"\n":{"c": 2}, "b": 3}"#), pieces);
    }

    #[test]
    fn a_collection_is_cut_once_until_its_task_has_another() {
        let wholes = ["[1]", "[2]"].map(|json| Arc::<RawValue>::from(RawValue::from_string(json.to_owned()).unwrap()));
        let collections = Collections::default();
        let [first, again, other] = [&wholes[0], &wholes[0], &wholes[1]].map(|whole| collections.cut("ids", whole));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(other[0].get(), "[2]");
    }

    #[test]
    fn what_has_no_entries_has_no_pieces() {
        assert_eq!([cut("7"), cut("null"), cut(r#""[1]""#)], [const { Vec::<String>::new() }; 3]);
    }
}
