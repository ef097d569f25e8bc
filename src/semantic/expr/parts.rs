//! What expressions are made of.

use super::{Expr, WindowCall, Written};

impl WindowCall {
    /// What it computes with.
    pub const fn argument(&self) -> Option<&Expr> {
        match self {
            Self::Function(_, of) => of.as_ref(),
            Self::Lag(of) | Self::Offset(of, _) | Self::Nth(of, _) | Self::Last(of) => Some(of),
            Self::Row => None,
        }
    }

    const fn argument_mut(&mut self) -> Option<&mut Expr> {
        match self {
            Self::Function(_, of) => of.as_mut(),
            Self::Lag(of) | Self::Offset(of, _) | Self::Nth(of, _) | Self::Last(of) => Some(of),
            Self::Row => None,
        }
    }
}

impl Expr {
    /// The expressions right inside; those of selects are their own.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Column(..)
            | Self::Text(_)
            | Self::Sign(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Date(_)
            | Self::Instant(_)
            | Self::Wall(_)
            | Self::Null
            | Self::Exists(_) => Vec::new(),
            Self::Written(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    match part {
                        Written::Expr(expr) => found.push(expr),
                        Written::List(list) => found.extend(list),
                        Written::Text(_) | Written::Relation(_) => {}
                    }
                }
                found
            }
            Self::Aggregate(_, of)
            | Self::Not(of)
            | Self::IsNull { of, .. }
            | Self::Like { of, .. }
            | Self::Upper(of)
            | Self::Float(of)
            | Self::Decimal(of)
            | Self::ToDate(of)
            | Self::ToText(of)
            | Self::Floor(of)
            | Self::Ceil(of) => vec![of],
            Self::Case(branches, otherwise) => {
                let mut found: Vec<&mut Self> = Vec::new();
                for (condition, value) in branches {
                    found.extend([condition, value]);
                }
                found.extend(otherwise.as_deref_mut());
                found
            }
            Self::And(all) | Self::Or(all) | Self::Concat(all) | Self::Call(_, all) => {
                all.iter_mut().collect()
            }
            Self::In { of, list, .. } => {
                let mut found: Vec<&mut Self> = vec![of];
                found.extend(list);
                found
            }
            Self::Compare(_, a, b)
            | Self::Same(a, b)
            | Self::Math(a, _, b)
            | Self::NullIf(a, b) => {
                vec![a, b]
            }
            Self::Time(time) => vec![&mut time.of],
            Self::Window(window) => {
                let mut found: Vec<&mut Self> = Vec::new();
                found.extend(window.function.argument_mut());
                found.extend(&mut window.partition);
                found.extend(window.order.iter_mut().map(|order| &mut order.by));
                found
            }
        }
    }
}
