//! Fields with one response name must merge: compared on a budget, before apollo compares them.
//!
//! Three reasons for a check of our own. Apollo's check follows each concrete type of an abstract
//! parent on its own, which some documents turn into exponential work; here every visited field
//! counts and the budget ends it. Apollo's takes `[1]` and `[1, 2]` for the same argument. And the
//! merged sets are what "aliases of one field" has to be counted in: `a { x: f } a { y: f }` is two
//! aliases, wherever they stand.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use apollo_compiler::{
    ExecutableDocument,
    ast::{Argument, Value},
    executable::{Field, Selection, SelectionSet},
    {Node, Schema},
};

use super::{
    limits::{LimitName, Limits},
    refusal::{Location, Problem, Refusal, RefusalCode},
};

/// Comparisons of names and values that are as much work as one visit of a field.
const COMPARISONS_PER_STEP: usize = 8;

type Group<'d> = Vec<Selected<'d>>;

#[derive(Clone, Copy)]
struct Selected<'d> {
    parent: &'d str,
    field: &'d Node<Field>,
}

/// Refuses documents whose fields do not merge, or whose merging would take too long, or that
/// alias one field too often. Says whether objects have to be merged: whether the fields of one are
/// selected in several places.
pub(super) fn check(
    document: &ExecutableDocument,
    schema: &Schema,
    limits: &Limits,
) -> Result<bool, Refusal> {
    let mut merge = Merge {
        document,
        schema,
        limits,
        steps: 0,
        reported: HashSet::new(),
        problems: Vec::new(),
        objects: false,
    };
    for operation in document.operations.iter() {
        merge.set(&[&operation.selection_set])?;
    }
    if merge.problems.is_empty() {
        return Ok(merge.objects);
    }
    merge
        .problems
        .sort_by_key(|problem| problem.location.map(|at| (at.line, at.column)));
    Err(Refusal::of(
        RefusalCode::ValidationFailed,
        merge.problems,
        limits.problems,
    ))
}

struct Merge<'d> {
    document: &'d ExecutableDocument,
    schema: &'d Schema,
    limits: &'d Limits,
    steps: u64,
    /// Start of each field already reported, since a field stands in many merged sets.
    reported: HashSet<usize>,
    problems: Vec<Problem>,
    /// Whether the fields of some object are selected in several places.
    objects: bool,
}

impl<'d> Merge<'d> {
    /// Recurses along fields, which [`super::shape`] has bounded.
    fn set(&mut self, sets: &[&'d SelectionSet]) -> Result<(), Refusal> {
        let fields = self.expand(sets)?;
        self.count_aliases(&fields)?;
        let mut keys: HashMap<&str, usize> = HashMap::new();
        let mut groups: Vec<Group<'d>> = Vec::new();
        for selected in fields {
            push(
                &mut keys,
                &mut groups,
                selected.field.response_key().as_str(),
                selected,
            );
        }
        for group in groups {
            for same_parents in self.by_parents(group)? {
                self.same_fields(&same_parents)?;
                let below: Vec<_> = same_parents
                    .iter()
                    .map(|selected| &selected.field.selection_set)
                    .filter(|set| !set.selections.is_empty())
                    .collect();
                self.objects |= below.len() > 1;
                if !below.is_empty() {
                    self.set(&below)?;
                }
            }
        }
        Ok(())
    }

    /// All fields of the sets, fragments expanded, each fragment once.
    fn expand(&mut self, sets: &[&'d SelectionSet]) -> Result<Vec<Selected<'d>>, Refusal> {
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        let mut queue = sets.to_vec();
        while let Some(set) = queue.pop() {
            self.step(set.selections.len())?;
            for selection in &set.selections {
                match selection {
                    Selection::Field(field) => fields.push(Selected {
                        parent: &set.ty,
                        field,
                    }),
                    Selection::InlineFragment(inline) => queue.push(&inline.selection_set),
                    Selection::FragmentSpread(spread) => {
                        let name = &spread.fragment_name;
                        if let Some(fragment) = self.document.fragments.get(name)
                            && seen.insert(name)
                        {
                            queue.push(&fragment.selection_set);
                        }
                    }
                }
            }
        }
        Ok(fields)
    }

    fn count_aliases(&self, fields: &[Selected<'d>]) -> Result<(), Refusal> {
        let mut aliases: HashMap<_, HashSet<&str>> = HashMap::new();
        for Selected { parent, field } in fields {
            if let Some(alias) = field.alias.as_ref().filter(|alias| **alias != field.name) {
                let of_field = aliases.entry((*parent, field.name.as_str())).or_default();
                of_field.insert(alias.as_str());
                let found = u64::try_from(of_field.len()).unwrap_or(u64::MAX);
                let maximum = self.limits.aliases_per_field;
                Refusal::check(LimitName::AliasesPerField, maximum, found)?;
            }
        }
        Ok(())
    }

    /// Fields of different object types never meet in one answer; all others may.
    fn by_parents(&mut self, group: Group<'d>) -> Result<Vec<Group<'d>>, Refusal> {
        if group.len() < 2 {
            return Ok(vec![group]);
        }
        let (concrete, shared): (Group<'d>, Group<'d>) = group
            .into_iter()
            .partition(|selected| self.schema.get_object(selected.parent).is_some());
        if concrete.is_empty() {
            return Ok(vec![shared]);
        }
        let (mut keys, mut groups) = (HashMap::new(), Vec::new());
        for selected in concrete {
            push(&mut keys, &mut groups, selected.parent, selected);
        }
        for group in &mut groups {
            self.step(shared.len())?;
            group.extend(shared.iter().copied());
        }
        Ok(groups)
    }

    fn same_fields(&mut self, group: &[Selected<'d>]) -> Result<(), Refusal> {
        let Some((first, rest)) = group.split_first() else {
            return Ok(());
        };
        let mut comparisons = 0;
        for other in rest {
            let (a, b) = (first.field, other.field);
            let key = a.response_key();
            let problem = if a.name != b.name {
                format!(
                    "`{key}` stands for both `{}` and `{}`; give one an alias.",
                    a.name, b.name
                )
            } else if same_arguments(&a.arguments, &b.arguments, &mut comparisons) {
                continue;
            } else {
                format!("`{key}` is selected twice with different arguments; give one an alias.")
            };
            let span = b.location();
            if span.is_none_or(|span| self.reported.insert(span.offset())) {
                let location = Location::of(span, &self.document.sources);
                self.problems.push(Problem::new(problem, location));
            }
        }
        self.step(comparisons / COMPARISONS_PER_STEP)
    }

    fn step(&mut self, count: usize) -> Result<(), Refusal> {
        self.steps = self
            .steps
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Refusal::check(LimitName::MergeSteps, self.limits.merge_steps, self.steps)
    }
}

/// Adds to the group of `key`, keeping the groups in the order of the text.
fn push<'d>(
    keys: &mut HashMap<&'d str, usize>,
    groups: &mut Vec<Group<'d>>,
    key: &'d str,
    selected: Selected<'d>,
) {
    match keys.entry(key) {
        Entry::Occupied(at) => {
            if let Some(group) = groups.get_mut(*at.get()) {
                group.push(selected);
            }
        }
        Entry::Vacant(at) => {
            at.insert(groups.len());
            groups.push(vec![selected]);
        }
    }
}

fn same_arguments(a: &[Node<Argument>], b: &[Node<Argument>], comparisons: &mut usize) -> bool {
    *comparisons = comparisons.saturating_add(a.len().saturating_mul(b.len()));
    let find = |name: &str| b.iter().find(|argument| argument.name == name);
    a.len() == b.len()
        && a.iter().all(|argument| {
            find(&argument.name).is_some_and(|b| same(&argument.value, &b.value, comparisons))
        })
}

/// Equal values; the order of an object's fields does not count. Looking the fields up one by one
/// is quadratic, here as in apollo's check, so it is counted.
fn same(a: &Value, b: &Value, comparisons: &mut usize) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            *comparisons = comparisons.saturating_add(a.len());
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, comparisons))
        }
        (Value::Object(a), Value::Object(b)) => {
            *comparisons = comparisons.saturating_add(a.len().saturating_mul(b.len()));
            let find = |name: &str| b.iter().find(|(other, _)| other == name);
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| find(name).is_some_and(|(_, b)| same(a, b, comparisons)))
        }
        _ => a == b,
    }
}
