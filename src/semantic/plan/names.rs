//! Names of steps, told apart from what models name.
//!
//! A step hides a relation of its name, and a table of the explore hides a step: what the model reads or
//! is called must not be called like a step.

use crate::semantic::expr::{Expr, Plan, Select, Source, Written};
use std::collections::{BTreeMap, BTreeSet};

/// Renames steps whose name occurs in SQL of the model, as a table, or anywhere else.
pub(in crate::semantic) fn apart(plan: &mut Plan) {
    let mut taken = BTreeSet::new();
    visit(plan, &mut |piece| match piece {
        Piece::Text(text) => {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            taken.extend(words.filter(|word| !word.is_empty()).map(str::to_lowercase));
        }
        Piece::Table(name) => {
            taken.insert(name.to_lowercase());
        }
        Piece::Step(_) => {}
    });
    let own: BTreeSet<String> = plan.steps.iter().map(|(name, _)| name.clone()).collect();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for name in &own {
        let mut free = name.clone();
        while taken.contains(&free) || (free != *name && own.contains(&free)) {
            free.insert_str(0, "step_");
        }
        if free != *name {
            renamed.insert(name.clone(), free);
        }
    }
    if renamed.is_empty() {
        return;
    }
    visit(plan, &mut |piece| {
        if let Piece::Step(name) = piece
            && let Some(free) = renamed.get(name)
        {
            name.clone_from(free);
        }
    });
}

/// A name, or text in which there may be some.
enum Piece<'p> {
    Text(&'p str),
    Table(&'p str),
    Step(&'p mut String),
}

fn visit(plan: &mut Plan, found: &mut impl FnMut(Piece<'_>)) {
    for (name, select) in &mut plan.steps {
        found(Piece::Step(name));
        visit_select(select, found);
    }
    visit_select(&mut plan.result, found);
}

fn visit_select(select: &mut Select, found: &mut impl FnMut(Piece<'_>)) {
    if let Some(source) = &mut select.from {
        visit_source(source, found);
    }
    for join in &mut select.joins {
        visit_source(&mut join.source, found);
        for on in &mut join.on {
            visit_expr(on, found);
        }
    }
    let items = select.items.iter_mut().map(|item| &mut item.expr);
    let order = select.order.iter_mut().map(|order| &mut order.by);
    for expr in items.chain(&mut select.filters).chain(order) {
        visit_expr(expr, found);
    }
}

fn visit_source(source: &mut Source, found: &mut impl FnMut(Piece<'_>)) {
    match source {
        Source::Step(name) => found(Piece::Step(name)),
        Source::Relation { sql, alias, filter } => {
            found(Piece::Table(alias));
            visit_written(sql, found);
            if let Some(filter) = filter {
                visit_expr(filter, found);
            }
        }
    }
}

fn visit_written(parts: &mut [Written], found: &mut impl FnMut(Piece<'_>)) {
    for part in parts {
        match part {
            Written::Text(text) => found(Piece::Text(text)),
            Written::Relation(name) => found(Piece::Table(name)),
            Written::Expr(expr) => visit_expr(expr, found),
            Written::List(list) => {
                for expr in list {
                    visit_expr(expr, found);
                }
            }
        }
    }
}

fn visit_expr(expr: &mut Expr, found: &mut impl FnMut(Piece<'_>)) {
    match expr {
        // Only steps are named by columns: what the model writes is text.
        Expr::Column(step, _) => found(Piece::Step(step)),
        Expr::Exists(select) => visit_select(select, found),
        Expr::Written(parts) => visit_written(parts, found),
        other => {
            for part in other.parts_mut() {
                visit_expr(part, found);
            }
        }
    }
}
