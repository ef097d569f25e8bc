//! Validation: which charts, dashboards and tables do not fit the models of their project any more.
//!
//! A job compiles every stored query as its chart would, with all attributes that the models ask for,
//! and keeps what it finds. `check` knows the rules and nothing else; what one may see of the findings
//! is decided when they are read.

mod check;
mod kind;
mod list;
mod mutation;
mod object;
mod policy;
mod row;
mod store;

pub use kind::{Validate, ValidationOutcome};
pub use list::{ValidationErrorFilter, errors_of_dashboard, errors_of_project};
pub use mutation::ValidationMutation;
pub use object::{ContentRef, ValidationError, ValidationReport};
pub use policy::POLICIES;
pub use row::ValidationErrorRow;
