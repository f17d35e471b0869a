//! JSON in the order in which it was written.

use std::fmt;

use anyhow::{Result, bail, ensure};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Keys whose values depend on the moment, or are not shown by one of the two.
const VARIABLE: [&str; 2] = ["last_transition", "auth_data"];
/// Counters of what goes on all the time.
const RUNNING: [&str; 2] = ["advert_rcvd", "advert_sent"];

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    Text(String),
    Number(f64),
    Flag(bool),
}

impl Node {
    /// The value of `key`, which must be a number.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else {
            return None;
        };
        let mut named = entries.iter().filter(|(name, _)| name == key);
        named.next().map(|(_, value)| value)
    }
}

/// The same keys in the same order with values of the same types, which are equal where they can be.
pub(super) fn compare(path: &str, expected: &Node, actual: &Node) -> Result<()> {
    match (expected, actual) {
        (Node::Object(expected), Node::Object(actual)) => {
            let keys = |entries: &[(String, Node)]| {
                let keys = entries.iter().map(|(key, _)| key.clone());
                keys.collect::<Vec<_>>()
            };
            let (wanted, there) = (keys(expected), keys(actual));
            ensure!(wanted == there, "{path}: {there:?}, not {wanted:?}");
            let mut pairs = expected.iter().zip(actual);
            pairs.try_for_each(|((key, expected), (_, actual))| {
                compare(&format!("{path}.{key}"), expected, actual)
            })
        }
        (Node::Array(expected), Node::Array(actual)) => {
            ensure!(
                expected.len() == actual.len(),
                "{path}: {actual:?}, not {expected:?}"
            );
            let mut pairs = (0..).zip(expected.iter().zip(actual));
            pairs.try_for_each(|(index, (expected, actual))| {
                compare(&format!("{path}[{index}]"), expected, actual)
            })
        }
        (Node::Number(expected), Node::Number(actual)) if ends_in(path, &RUNNING) => {
            let same = (*expected == 0.0) == (*actual == 0.0);
            ensure!(same, "{path}: {actual}, not {expected}");
            Ok(())
        }
        (Node::Number(_), Node::Number(_)) | (Node::Text(_), Node::Text(_))
            if ends_in(path, &VARIABLE) =>
        {
            Ok(())
        }
        (expected, actual) if expected == actual => Ok(()),
        _ => bail!("{path}: {actual:?}, not {expected:?}"),
    }
}

fn ends_in(path: &str, keys: &[&str]) -> bool {
    let last = path.rsplit('.').next();
    last.is_some_and(|last| keys.contains(&last))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what a dump has")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Flag(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = items.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}
