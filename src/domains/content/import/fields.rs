//! Reads a mapping key by key, so that every mistake is noted and no key is passed over silently.

use super::{
    report::Sink,
    yaml::{Entry, Mark, Node, Value},
};
use serde_json::{Number, Value as Json};
use std::cell::RefCell;

/// A mapping being read. [`Fields::finish`] warns of the keys nobody asked for.
pub(super) struct Fields<'a> {
    entries: &'a [Entry],
    /// Where the mapping starts.
    pub(super) at: Mark,
    path: String,
    sink: &'a Sink<'a>,
    taken: RefCell<Vec<&'a str>>,
}

/// An item of a list, with its path for messages.
pub(super) struct Item<'a> {
    /// The value.
    pub(super) node: &'a Node,
    /// Its path, for example `tiles[3]`.
    pub(super) path: String,
}

impl<'a> Fields<'a> {
    /// The mapping that a node is; anything else is noted as an error.
    pub(super) fn of(node: &'a Node, path: String, sink: &'a Sink<'a>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            sink.error(
                node.at,
                sentence(&path, &format!("must be a mapping; is {}", node.value)),
            );
            return None;
        };
        Some(Self {
            entries,
            at: node.at,
            path,
            sink,
            taken: RefCell::default(),
        })
    }

    /// Where mistakes go.
    pub(super) const fn sink(&self) -> &'a Sink<'a> {
        self.sink
    }

    /// Path of a key, for messages.
    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The keys, with their values.
    pub(super) const fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// Where a key stands; the start of the mapping if it does not.
    pub(super) fn key_at(&self, key: &str) -> Mark {
        self.find(key).map_or(self.at, |entry| entry.at)
    }

    fn find(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key, null included.
    pub(super) fn raw(&self, key: &str) -> Option<&'a Node> {
        let entry = self.find(key)?;
        self.taken.borrow_mut().push(&entry.key);
        Some(&entry.node)
    }

    /// The value of a key that is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.raw(key)
            .filter(|node| !matches!(node.value, Value::Null))
    }

    /// As [`Fields::get`]; an absent one is an error.
    pub(super) fn required(&self, key: &str) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            let at = self.key_at(key);
            self.sink.error(at, sentence(&self.path(key), "is missing"));
        }
        found
    }

    /// Notes that a value is of the wrong kind.
    pub(super) fn unfit(&self, key: &str, node: &Node, right: &str) {
        let what = format!("must be {right}; is {}", node.value);
        self.sink.error(node.at, sentence(&self.path(key), &what));
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        let node = self.get(key)?;
        self.as_text(key, node)
    }

    /// A text that has to be there.
    pub(super) fn required_text(&self, key: &str) -> Option<&'a str> {
        let node = self.required(key)?;
        self.as_text(key, node)
    }

    fn as_text(&self, key: &str, node: &'a Node) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::Boolean(_) => {
                self.unfit(key, node, "a text (put it in quotes)");
                None
            }
            Value::Null | Value::List(_) | Value::Map(_) => {
                self.unfit(key, node, "a text");
                None
            }
        }
    }

    /// A boolean.
    pub(super) fn boolean(&self, key: &str) -> Option<bool> {
        let node = self.get(key)?;
        if let Value::Boolean(value) = node.value {
            return Some(value);
        }
        self.unfit(key, node, "true or false");
        None
    }

    /// A number.
    pub(super) fn number(&self, key: &str) -> Option<&'a Number> {
        let node = self.get(key)?;
        if let Value::Number(value) = &node.value {
            return Some(value);
        }
        self.unfit(key, node, "a number");
        None
    }

    /// A whole number within bounds; absent ones are an error.
    pub(super) fn required_whole(&self, key: &str, least: i32, most: i32) -> Option<i32> {
        let node = self.required(key)?;
        let found = match &node.value {
            Value::Number(number) => whole(number),
            _ => None,
        };
        let found = found.filter(|value| (least..=most).contains(value));
        if found.is_none() {
            self.unfit(key, node, &format!("a whole number from {least} to {most}"));
        }
        found
    }

    /// The items of a list; empty if it is not there.
    pub(super) fn list(&self, key: &str) -> Vec<Item<'a>> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            self.unfit(key, node, "a list");
            return Vec::new();
        };
        let path = self.path(key);
        items
            .iter()
            .enumerate()
            .map(|(index, node)| Item {
                node,
                path: format!("{path}[{index}]"),
            })
            .collect()
    }

    /// A list of texts; empty if it is not there.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self.list(key) {
            match &item.node.value {
                Value::Text(text) => texts.push(text.clone()),
                other => self.sink.error(
                    item.node.at,
                    sentence(&item.path, &format!("must be a text; is {other}")),
                ),
            }
        }
        texts
    }

    /// A mapping inside.
    pub(super) fn fields(&self, key: &str) -> Option<Self> {
        let node = self.get(key)?;
        Self::of(node, self.path(key), self.sink)
    }

    /// Any value, as JSON.
    pub(super) fn json(&self, key: &str) -> Option<Json> {
        self.get(key).map(Node::json)
    }

    /// One of some words, given with what each means here; anything else is an error naming them.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let node = self.get(key)?;
        let found = match &node.value {
            Value::Text(text) => words.iter().find(|(word, _)| word == text),
            _ => None,
        };
        if found.is_none() {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.unfit(key, node, &format!("one of {}", all.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Warns that the value of a key is not taken over, unless it is empty.
    pub(super) fn not_taken(&self, key: &str, why: &str) {
        if self.raw(key).is_some_and(|node| !node.is_empty()) {
            self.warn(key, &format!("is not taken over: {why}"));
        }
    }

    /// Accepts keys that say nothing about the content.
    pub(super) fn skip(&self, keys: &[&str]) {
        for key in keys {
            self.raw(key);
        }
    }

    /// Notes an error at the value of a key.
    pub(super) fn error(&self, key: &str, what: &str) {
        let at = self.find(key).map_or(self.at, |entry| entry.node.at);
        self.sink.error(at, sentence(&self.path(key), what));
    }

    /// Notes a warning at a key.
    pub(super) fn warn(&self, key: &str, what: &str) {
        self.sink
            .warning(self.key_at(key), sentence(&self.path(key), what));
    }

    /// Warns of every key that was not asked for.
    pub(super) fn finish(self) {
        let taken = self.taken.borrow();
        for entry in self
            .entries
            .iter()
            .filter(|entry| !taken.contains(&entry.key.as_str()))
        {
            let path = self.path(&entry.key);
            self.sink.warning(
                entry.at,
                sentence(&path, "is not known here and not taken over"),
            );
        }
    }
}

impl<'a> Item<'a> {
    /// The mapping that the item is.
    pub(super) fn fields(self, sink: &'a Sink<'a>) -> Option<Fields<'a>> {
        Fields::of(self.node, self.path, sink)
    }
}

fn whole(number: &Number) -> Option<i32> {
    if let Some(value) = number.as_i64() {
        return i32::try_from(value).ok();
    }
    // `500.0` is how some writers put a whole number.
    let text = number.to_string();
    text.strip_suffix(".0")?.parse().ok()
}

fn sentence(path: &str, what: &str) -> String {
    if path.is_empty() {
        format!("the file {what}")
    } else {
        format!("{path} {what}")
    }
}
