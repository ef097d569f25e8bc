//! "Did you mean": names of the schema close to one that it does not have.
//!
//! Kept apart from the messages, because hints answer guesses about the schema and so are not for
//! anonymous callers. What was misspelt is read back from apollo's messages, which put names in
//! backticks; a message that reads otherwise after an upgrade just gets no hint (and fails a test).

use apollo_compiler::{Name, schema::ExtendedType};

use super::{refusal::Problem, schema::Model};

/// Longest name that is compared, and most names that are offered.
const NAME_BYTES: usize = 64;
const OFFERED: usize = 3;

/// Adds hints to those problems that are about unknown names.
pub(super) fn add(problems: &mut [Problem], model: &Model) {
    for problem in problems {
        let mut quoted = problem.message.split('`').skip(1).step_by(2);
        let (first, second) = (quoted.next(), quoted.next());
        let says = |part: &str| problem.message.contains(part);
        let (wrong, known) = match (first, second) {
            (Some(ty), Some(field)) if says("does not have a field") => (field, fields(model, ty)),
            (Some(argument), Some(place)) if says("is not supported by") => {
                (argument, arguments(model, place))
            }
            (Some(member), Some(ty)) if says("does not exist on") => (member, members(model, ty)),
            (Some(ty), _) if says("find type") || says("Type condition") => {
                (ty, model.schema.types.keys().map(Name::as_str).collect())
            }
            (Some(name), _) if says("find directive") => {
                let known = model.schema.directive_definitions.keys();
                (
                    name.trim_start_matches('@'),
                    known.map(Name::as_str).collect(),
                )
            }
            _ => continue,
        };
        problem.hint = hint(wrong, known);
    }
}

fn fields<'m>(model: &'m Model, ty: &str) -> Vec<&'m str> {
    match model.schema.types.get(ty) {
        Some(ExtendedType::Object(object)) => object.fields.keys().map(Name::as_str).collect(),
        Some(ExtendedType::Interface(of)) => of.fields.keys().map(Name::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Arguments of `Type.field` or `@directive`.
fn arguments<'m>(model: &'m Model, place: &str) -> Vec<&'m str> {
    let arguments = if let Some((ty, field)) = place.split_once('.') {
        model.field(ty, field).map(|field| &field.arguments)
    } else {
        let name = place.trim_start_matches('@');
        model
            .schema
            .directive_definitions
            .get(name)
            .map(|directive| &directive.arguments)
    };
    arguments
        .into_iter()
        .flatten()
        .map(|argument| argument.name.as_str())
        .collect()
}

/// Fields of an input object, or values of an enum.
fn members<'m>(model: &'m Model, ty: &str) -> Vec<&'m str> {
    match model.schema.types.get(ty) {
        Some(ExtendedType::InputObject(of)) => of.fields.keys().map(Name::as_str).collect(),
        Some(ExtendedType::Enum(of)) => of.values.keys().map(Name::as_str).collect(),
        _ => Vec::new(),
    }
}

fn hint(wrong: &str, known: Vec<&str>) -> Option<String> {
    if wrong.len() > NAME_BYTES {
        return None;
    }
    let most = wrong.len() * 2 / 5 + 1;
    let close = |name: &str| {
        let distance = distance(&wrong.to_ascii_lowercase(), &name.to_ascii_lowercase());
        (distance <= most).then_some(distance)
    };
    let mut offered: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|name| name.len().abs_diff(wrong.len()) <= most && !name.starts_with("__"))
        .filter_map(|name| close(name).map(|distance| (distance, name)))
        .collect();
    offered.sort_unstable();
    let names: Vec<_> = offered
        .iter()
        .take(OFFERED)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    match names.split_last() {
        None => None,
        Some((only, [])) => Some(format!("Did you mean {only}?")),
        Some((last, rest)) => Some(format!("Did you mean {} or {last}?", rest.join(", "))),
    }
}

/// Levenshtein's distance, row by row.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let (mut diagonal, mut left) = (i, i + 1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (above, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let here = (diagonal + usize::from(x != y))
                .min(*above + 1)
                .min(left + 1);
            (diagonal, left) = (*above, here);
            *above = here;
        }
    }
    row.last().copied().unwrap_or_default()
}
