//! Builds the tree of values, within the limits.

use super::{DEPTH_MAX, Entry, Mark, NODES_MAX, Node, Value, YamlError, scalar};
use saphyr_parser::{Event, Span, Tag};
use std::collections::HashMap;

/// A list or mapping whose end has not come yet.
struct Open {
    at: Mark,
    anchor: usize,
    value: Value,
    key: Option<(String, Mark)>,
    /// Line of each key so far.
    lines: HashMap<String, usize>,
    size: usize,
    height: usize,
}

/// A finished value with its measures: how many values, how many levels.
#[derive(Clone)]
struct Built {
    node: Node,
    size: usize,
    height: usize,
}

/// Makes the tree from the events of the parser.
#[derive(Default)]
pub(super) struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    nodes: usize,
    /// The document, once it is complete.
    pub(super) document: Option<Node>,
}

impl Builder {
    /// Takes in the next event.
    pub(super) fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let at = Mark::of(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.document.is_some() => Err(wrong(
                at,
                "a second document; put each into a file of its own",
            )),
            Event::DocumentStart(_) => Ok(()),
            Event::SequenceStart(anchor, tag) => {
                self.start(at, anchor, tag.as_deref(), Value::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.start(at, anchor, tag.as_deref(), Value::Map(Vec::new()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
            Event::Scalar(text, style, anchor, tag) => {
                let value =
                    scalar::value(text, style, tag.as_deref()).map_err(|why| wrong(at, &why))?;
                let built = Built {
                    node: Node { at, value },
                    size: 1,
                    height: 0,
                };
                self.finish(built, anchor)
            }
            Event::Alias(anchor) => {
                let mut built = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    wrong(
                        at,
                        "an alias inside the value it names; write the value out",
                    )
                })?;
                built.node.at = at;
                self.finish(built, 0)
            }
        }
    }

    fn start(
        &mut self,
        at: Mark,
        anchor: usize,
        tag: Option<&Tag>,
        value: Value,
    ) -> Result<(), YamlError> {
        if let Some(tag) = tag.filter(|tag| {
            !(tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "map" | "seq"))
        }) {
            return Err(wrong(
                at,
                &format!("the tag {tag} is not known here; leave it out"),
            ));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(wrong(
                at,
                &format!("nested more than {DEPTH_MAX} levels deep"),
            ));
        }
        self.count(at, 1)?;
        self.open.push(Open {
            at,
            anchor,
            value,
            key: None,
            lines: HashMap::new(),
            size: 1,
            height: 0,
        });
        Ok(())
    }

    fn end(&mut self, at: Mark) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else {
            return Err(wrong(at, "an end without a start"));
        };
        let built = Built {
            node: Node {
                at: open.at,
                value: open.value,
            },
            size: open.size,
            height: open.height + 1,
        };
        // Its values have been counted one by one.
        self.nodes = self.nodes.saturating_sub(open.size);
        self.finish(built, open.anchor)
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), YamlError> {
        let at = built.node.at;
        self.count(at, built.size)?;
        if self.open.len() + built.height > DEPTH_MAX {
            return Err(wrong(
                at,
                &format!("nested more than {DEPTH_MAX} levels deep"),
            ));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.document = Some(built.node);
            return Ok(());
        };
        open.size += built.size;
        open.height = open.height.max(built.height);
        match &mut open.value {
            Value::List(items) => items.push(built.node),
            Value::Map(entries) => match open.key.take() {
                None => open.key = Some(key(built.node, &mut open.lines)?),
                Some((key, at)) => entries.push(Entry {
                    key,
                    at,
                    node: built.node,
                }),
            },
            Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) => {}
        }
        Ok(())
    }

    fn count(&mut self, at: Mark, more: usize) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > NODES_MAX {
            return Err(wrong(
                at,
                &format!("more than {NODES_MAX} values, those repeated by aliases included"),
            ));
        }
        Ok(())
    }
}

fn wrong(at: Mark, message: &str) -> YamlError {
    YamlError {
        at,
        message: message.to_owned(),
    }
}

/// The text of a key, if it can be one and was not there before.
fn key(node: Node, lines: &mut HashMap<String, usize>) -> Result<(String, Mark), YamlError> {
    let text = match node.value {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        other @ (Value::Null | Value::List(_) | Value::Map(_)) => {
            return Err(wrong(
                node.at,
                &format!("a key must be a text; this is {other}"),
            ));
        }
    };
    if text == "<<" {
        return Err(wrong(
            node.at,
            "merge keys (<<) are not read; write the keys out",
        ));
    }
    if let Some(first) = lines.insert(text.clone(), node.at.line) {
        return Err(wrong(
            node.at,
            &format!("the key {text} stands here again, first on line {first}"),
        ));
    }
    Ok((text, node.at))
}
