//! Table calculations: columns over the columns of the result, in the order in which they need each other.

use super::{Resolver, column_name, formula, metrics::ratio, reference_id};
use crate::semantic::{
    error::{Code, Issue, Result},
    explore::LENGTH_MAX,
    expr::{Expr, Operation, Order, Window, WindowCall, Written},
    formula::Ast,
    model::FormatKeys,
    query::{
        Direction, Frame, FrameEdge, FrameEdgeType, FrameType, TableCalculation, Template,
        TemplateType, TotalMode, WindowFunction,
    },
    scope::in_parentheses,
    snippet::{Part, checked_expression, names as words_of},
    value::ValueType,
};
use std::collections::{BTreeSet, HashMap};

/// A calculation.
#[derive(Debug, Clone)]
pub struct Calculation {
    /// Its name, by which the query refers to it.
    pub id: String,
    /// Its name in the result.
    pub name: String,
    /// Title.
    pub label: String,
    /// Type of its values.
    pub kind: ValueType,
    /// The expression over the columns.
    pub expr: Expr,
    /// In which step it is computed; those of one step do not need each other.
    pub step: usize,
    /// Columns that it uses.
    pub uses: BTreeSet<String>,
    /// Whether it looks at other rows.
    pub windowed: bool,
    /// What stands in totals.
    pub total: TotalMode,
    /// How values are written.
    pub format: FormatKeys,
}

/// What is known of the calculations of a query.
#[derive(Default)]
struct Known<'q> {
    names: BTreeSet<&'q str>,
    kinds: HashMap<String, ValueType>,
}

impl Resolver<'_> {
    pub(super) fn calculations(&mut self) {
        let query = self.resolved.scope.request.query;
        let mut found: HashMap<String, (usize, Calculation)> = HashMap::new();
        let mut issues: Vec<(usize, Issue)> = Vec::new();
        let mut known = Known::default();
        for calculation in &query.table_calculations {
            known.names.insert(&calculation.name);
            let kind = calculation.kind.unwrap_or(ValueType::Number);
            known.kinds.insert(calculation.name.clone(), kind);
        }
        let formulas = formula::read(query, &mut issues);
        for n in formula::order(query, &formulas) {
            let Some(calculation) = query.table_calculations.get(n) else {
                continue;
            };
            if calculation.name.trim().is_empty() {
                let issue = Issue::new(Code::BadDefinition, "name", "must not be empty");
                issues.push((n, issue));
                continue;
            }
            match self.calculation(calculation, formulas.get(&n), &known) {
                Ok(own) => {
                    known.kinds.insert(own.id.clone(), own.kind);
                    found.insert(own.id.clone(), (n, own));
                }
                Err(issue) => issues.push((n, issue)),
            }
        }
        issues.sort_by_key(|(n, _)| *n);
        for (n, issue) in issues {
            self.note_at(&format!("tableCalculations.{n}"), issue);
        }
        let steps = match steps(&found) {
            Ok(steps) => steps,
            Err((n, issue)) => {
                return self.note_at(&format!("tableCalculations.{n}"), issue);
            }
        };
        let mut ordered: Vec<(usize, Calculation)> = found.into_values().collect();
        ordered.sort_by_key(|(_, own)| steps.get(&own.id).copied());
        let mut lengths = HashMap::new();
        for (n, own) in &mut ordered {
            let length = written_out(&mut own.expr, &lengths);
            if length > LENGTH_MAX {
                let message = format!(
                    "is longer than {LENGTH_MAX} bytes with the calculations that it refers to written out"
                );
                let issue = Issue::new(Code::BadDefinition, "", message);
                return self.note_at(&format!("tableCalculations.{n}"), issue);
            }
            lengths.insert(own.name.clone(), length);
        }
        ordered.sort_by_key(|(n, _)| *n);
        for (_, mut calculation) in ordered {
            calculation.step = steps.get(&calculation.id).copied().unwrap_or(0);
            self.resolved.calculations.push(calculation);
        }
    }

    fn calculation(
        &mut self,
        calculation: &TableCalculation,
        formula: Option<&Ast>,
        known: &Known<'_>,
    ) -> Result<Calculation> {
        let mut uses = BTreeSet::new();
        let given = [
            calculation
                .sql
                .as_deref()
                .is_some_and(|sql| !sql.trim().is_empty()),
            calculation.template.is_some(),
            calculation.formula.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            let message = "give exactly one of `sql`, `template` and `formula`";
            return Err(Issue::new(Code::BadDefinition, "sql", message));
        }
        let mut kind = calculation.kind.unwrap_or(ValueType::Number);
        let (expr, windowed) = match (&calculation.template, &calculation.sql, formula) {
            (Some(template), ..) => {
                let expr = self.template(template, &known.names, &mut uses);
                (expr.map_err(|issue| under("template", issue))?, true)
            }
            (None, _, Some(ast)) => {
                let made = formula::made(self, ast, &known.kinds)?;
                kind = formula::kind(calculation, &made)?;
                uses = made.uses;
                self.resolved.totals.extend(made.totals);
                (made.expr, made.windowed)
            }
            (None, sql, None) => {
                let sql = sql.as_deref().unwrap_or_default();
                self.calculated_sql(sql, &known.names, &mut uses)?
            }
        };
        Ok(Calculation {
            id: calculation.name.clone(),
            name: column_name(&calculation.name),
            label: calculation.display_name.clone(),
            kind,
            expr,
            step: 0,
            uses,
            windowed,
            total: super::totalled(calculation.total_mode),
            format: self.format_keys(&calculation.name, calculation.format.as_ref()),
        })
    }

    fn calculated_sql(
        &self,
        sql: &str,
        names: &BTreeSet<&str>,
        uses: &mut BTreeSet<String>,
    ) -> Result<(Expr, bool)> {
        let dialect = self.resolved.scope.request.dialect;
        let checked = checked_expression(sql, dialect.family(), dialect.backslash_escapes());
        let snippet = checked.map_err(|issue| issue.at("sql"))?;
        let mut parts = Vec::new();
        // As a word of the SQL: texts and other names may hold it.
        let words = words_of(sql, dialect.backslash_escapes())?;
        let windowed = words.iter().any(|word| word == "over");
        for part in &snippet.parts {
            match part {
                Part::Field { table, name } => {
                    let id = reference_id(table.as_deref(), name);
                    let column = self.column(&id, names, uses);
                    let column = column.map_err(|issue| issue.at("sql"))?;
                    in_parentheses(&mut parts, column);
                }
                Part::Table => {
                    let message = "`${TABLE}` means nothing here: name a column of the query";
                    return Err(Issue::new(Code::BadReference, "sql", message));
                }
                other => parts.push(self.resolved.scope.plain_part("", other)?),
            }
        }
        Ok((Expr::Written(parts), windowed))
    }

    /// A column of the query, or another calculation.
    fn column(
        &self,
        id: &str,
        names: &BTreeSet<&str>,
        uses: &mut BTreeSet<String>,
    ) -> Result<Expr> {
        let query = self.resolved.scope.request.query;
        let known = names.contains(id)
            || query.dimensions.iter().any(|own| own == id)
            || query.metrics.iter().any(|own| own == id);
        if !known {
            let message = format!("`{id}` is not a column of the query");
            return Err(Issue::new(Code::BadReference, "", message));
        }
        uses.insert(id.to_owned());
        Ok(Expr::column("", &column_name(id)))
    }

    fn template(
        &self,
        template: &Template,
        names: &BTreeSet<&str>,
        uses: &mut BTreeSet<String>,
    ) -> Result<Expr> {
        let mut column =
            |id: &str, path: &str| self.column(id, names, uses).map_err(|issue| issue.at(path));
        let field = template.field_id.as_deref();
        let field = field.map(|id| column(id, "fieldId")).transpose()?;
        let needed = || {
            field
                .clone()
                .ok_or_else(|| Issue::new(Code::BadDefinition, "fieldId", "must be given"))
        };
        let mut partition = Vec::new();
        for (n, id) in template.partition_by.iter().enumerate() {
            partition.push(column(id, &format!("partitionBy.{n}"))?);
        }
        let mut order = Vec::new();
        for (n, by) in template.order_by.iter().enumerate() {
            let path = format!("orderBy.{n}.fieldId");
            let descending = by.order == Some(Direction::Desc);
            order.push(Order {
                by: column(&by.field_id, &path)?,
                descending,
                nulls_first: descending,
            });
        }
        let window = |function: WindowCall, order: Vec<Order>, frame: Option<String>| {
            Expr::Window(Box::new(Window {
                function,
                partition: partition.clone(),
                order,
                frame,
            }))
        };
        let by_value = |of: Expr, descending: bool| {
            vec![Order {
                by: of,
                descending,
                nulls_first: descending,
            }]
        };
        match template.kind {
            TemplateType::PercentChangeFromPrevious => {
                let x = needed()?;
                let previous = window(WindowCall::Lag(x.clone()), order, None);
                let one = Expr::integer(1);
                Ok(ratio(x, previous).math(Operation::Subtract, one))
            }
            TemplateType::PercentOfPreviousValue => {
                let x = needed()?;
                Ok(ratio(x.clone(), window(WindowCall::Lag(x), order, None)))
            }
            TemplateType::PercentOfColumnTotal => {
                let x = needed()?;
                let sum = WindowCall::Function(WindowFunction::Sum, Some(x.clone()));
                Ok(ratio(x, window(sum, Vec::new(), None)))
            }
            TemplateType::RankInColumn => {
                let x = needed()?;
                let rank = WindowCall::Function(WindowFunction::Rank, None);
                Ok(window(rank, by_value(x, false), None))
            }
            TemplateType::RunningTotal => {
                let x = needed()?;
                let sum = WindowCall::Function(WindowFunction::Sum, Some(x.clone()));
                let order = if order.is_empty() {
                    by_value(x, true)
                } else {
                    order
                };
                Ok(window(
                    sum,
                    order,
                    Some("ROWS UNBOUNDED PRECEDING".to_owned()),
                ))
            }
            TemplateType::WindowFunction => {
                let function = template.window_function.ok_or_else(|| {
                    Issue::new(Code::BadDefinition, "windowFunction", "must be given")
                })?;
                let of = if function.takes_field() {
                    Some(needed()?)
                } else {
                    None
                };
                let frame = template.frame.as_ref().filter(|_| function.takes_field());
                let frame = frame.map(frame_text).transpose()?;
                Ok(window(WindowCall::Function(function, of), order, frame))
            }
        }
    }
}

fn under(place: &str, issue: Issue) -> Issue {
    let path = if issue.path.is_empty() {
        place.to_owned()
    } else {
        format!("{place}.{}", issue.path)
    };
    issue.at(path)
}

fn frame_text(frame: &Frame) -> Result<String> {
    let kind = match frame.frame_type {
        FrameType::Rows => "ROWS",
        FrameType::Range => "RANGE",
    };
    let current = FrameEdge {
        kind: FrameEdgeType::CurrentRow,
        offset: None,
    };
    let start = edge_text(frame.start.as_ref().unwrap_or(&current))?;
    let end = edge_text(&frame.end)?;
    Ok(format!("{kind} BETWEEN {start} AND {end}"))
}

fn edge_text(edge: &FrameEdge) -> Result<String> {
    let offset = || {
        edge.offset.ok_or_else(|| {
            Issue::new(
                Code::BadDefinition,
                "frame",
                "needs an `offset` for its edge",
            )
        })
    };
    Ok(match edge.kind {
        FrameEdgeType::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
        FrameEdgeType::Preceding => format!("{} PRECEDING", offset()?),
        FrameEdgeType::CurrentRow => "CURRENT ROW".to_owned(),
        FrameEdgeType::Following => format!("{} FOLLOWING", offset()?),
        FrameEdgeType::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
    })
}

/// The step of each calculation: one after those that it uses.
fn steps(
    found: &HashMap<String, (usize, Calculation)>,
) -> Result<HashMap<String, usize>, (usize, Issue)> {
    let mut steps: HashMap<String, usize> = HashMap::new();
    while steps.len() < found.len() {
        let before = steps.len();
        for (id, (_, calculation)) in found {
            if steps.contains_key(id) {
                continue;
            }
            let mut step = Some(0);
            for used in calculation
                .uses
                .iter()
                .filter(|used| found.contains_key(*used))
            {
                let own = steps.get(used).filter(|_| *used != *id);
                step = step
                    .zip(own)
                    .map(|(step, own): (usize, &usize)| step.max(own + 1));
            }
            if let Some(step) = step {
                steps.insert(id.clone(), step);
            }
        }
        if steps.len() == before {
            let mut stuck: Vec<(usize, &str)> = found
                .iter()
                .filter(|(id, _)| !steps.contains_key(*id))
                .map(|(id, (n, _))| (*n, id.as_str()))
                .collect();
            stuck.sort_unstable();
            let names: Vec<&str> = stuck.iter().map(|(_, id)| *id).collect();
            let message = format!("calculations need each other: {}", names.join(", "));
            let n = stuck.first().map_or(0, |(n, _)| *n);
            return Err((n, Issue::new(Code::CircularReference, "", message)));
        }
    }
    Ok(steps)
}

/// How long an expression is when the calculations in it are written out, as warehouses do when they plan: a chain of
/// which each names the one before twice doubles at every step.
fn written_out(expr: &mut Expr, lengths: &HashMap<String, usize>) -> usize {
    let own = match expr {
        Expr::Column(_, name) => name.len() + lengths.get(name).copied().unwrap_or(0),
        Expr::Written(parts) => {
            let texts = parts.iter().map(|part| match part {
                Written::Text(text) => text.len(),
                _ => 0,
            });
            texts.sum()
        }
        Expr::Text(text) | Expr::Number(text) => text.len(),
        _ => 8,
    };
    let parts = expr.parts_mut().into_iter();
    parts.fold(own, |sum, part| {
        sum.saturating_add(written_out(part, lengths))
    })
}

/// Fills the order of windows that take that of the query.
pub(super) fn with_query_order(expr: &mut Expr, order: &[Order]) {
    for part in expr.parts_mut() {
        with_query_order(part, order);
    }
    if let Expr::Window(window) = expr {
        let takes_order = match &window.function {
            WindowCall::Function(..) => window.frame.is_some(),
            _ => true,
        };
        if takes_order && window.order.is_empty() {
            window.order = order.to_vec();
        }
    }
}
