//! Orders of lists: a GraphQL enum of fields, each with its SQL expression.

use crate::db::OrderTerm;
use async_graphql::Enum;
use serde::{Deserialize, Serialize};

/// In which direction a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderDirection {
    /// Lower values first; texts from A to Z, times from the oldest.
    #[default]
    Asc,
    /// Higher values first; texts from Z to A, times from the newest.
    Desc,
}

/// A field by which some list can be ordered. Declared by `sortable!`.
pub trait OrderField: Copy + PartialEq + Send + Sync + 'static {
    /// Name of the list, by which cursors are told apart.
    const LIST: &'static str;
    /// Unique expression that ends every order, with its type.
    const TIE: (&'static str, &'static str);

    /// The expression and the type of its values.
    fn term(self) -> (&'static str, &'static str);

    /// The order if the caller names none.
    fn default_order() -> (Self, OrderDirection);
}

/// The sort keys of one list, tie included, and the text by which cursors recognise them.
#[derive(Debug, Clone)]
pub struct OrderTerms {
    /// The keys.
    pub terms: Vec<OrderTerm>,
    /// Differs between lists and orders.
    pub signature: u32,
}

impl OrderTerms {
    /// The terms of an order; the tie goes in the direction of the last field.
    pub fn new<F: OrderField>(orders: &[(F, OrderDirection)]) -> Self {
        let default = [F::default_order()];
        let orders = if orders.is_empty() { &default } else { orders };
        let mut terms: Vec<OrderTerm> = Vec::with_capacity(orders.len() + 1);
        for (field, direction) in orders {
            let (expression, cast) = field.term();
            if terms.iter().all(|term| term.expression != expression) {
                let descending = *direction == OrderDirection::Desc;
                terms.push(OrderTerm {
                    expression,
                    binds: Vec::new(),
                    cast,
                    descending,
                });
            }
        }
        let descending = terms.last().is_some_and(|term| term.descending);
        let (expression, cast) = F::TIE;
        terms.push(OrderTerm {
            expression,
            binds: Vec::new(),
            cast,
            descending,
        });
        let mut text = String::from(F::LIST);
        for term in &terms {
            text.push(if term.descending { '-' } else { '+' });
            text.push_str(term.expression);
        }
        Self {
            terms,
            signature: crc32fast::hash(text.as_bytes()),
        }
    }
}

/// Declares the order of a list.
///
/// ```text
/// sortable! {
///     /// Fields by which charts can be ordered.
///     pub enum ChartOrderField, ChartOrder in "charts", tie "charts.id", default UpdatedAt Desc {
///         /// By name.
///         Name = "NAME" => "charts.name" as "::text",
///     }
/// }
/// // → enum ChartOrderField, input ChartOrder { field direction }, impl OrderField
/// ```
macro_rules! sortable {
    ($(#[$meta:meta])* $vis:vis enum $field:ident, $order:ident in $list:literal, tie $tie:literal,
        default $default:ident $direction:ident
        { $($(#[$vmeta:meta])* $variant:ident = $text:literal => $expression:literal as $cast:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, async_graphql::Enum)]
        $vis enum $field { $($(#[$vmeta])* #[graphql(name = $text)] $variant),* }

        /// One field of an order and its direction.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::InputObject)]
        $vis struct $order {
            /// The field to order by.
            pub field: $field,
            /// The direction.
            #[graphql(default)]
            pub direction: $crate::gql::OrderDirection,
        }

        impl $crate::gql::OrderField for $field {
            const LIST: &'static str = $list;
            const TIE: (&'static str, &'static str) = ($tie, "::uuid");
            fn term(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($expression, $cast)),* }
            }
            fn default_order() -> (Self, $crate::gql::OrderDirection) {
                (Self::$default, $crate::gql::OrderDirection::$direction)
            }
        }

        impl From<$order> for ($field, $crate::gql::OrderDirection) {
            fn from(order: $order) -> Self { (order.field, order.direction) }
        }
    };
}
pub(crate) use sortable;
