//! The semantic layer against a real PostgreSQL: cases by hand, hostile values, random queries.

mod case;
mod cases;
mod differential;
mod document;
mod golden;
mod hostile;
mod reference;
mod warehouse;
