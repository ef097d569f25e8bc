//! GraphQL toolkit that knows no entity: the request's scope, loaders, connections, filters,
//! orders, errors, and the frame in which mutations run.

mod ahead;
mod connection;
mod cursor;
pub mod direct;
mod drive;
mod engine;
mod error;
mod filter;
pub mod guard;
mod ids;
mod list;
pub mod live;
mod loader;
mod mutation;
mod order;
mod scalars;
mod scope;
mod upload;
mod user_error;

pub use ahead::ask_ahead;
pub use connection::{Connection, Edge, ListNode, PageInfo};
use drive::drive;
pub use engine::{Engine, Entrance, Tree};
pub use error::{ErrorCode, ErrorDetails, complete};
pub use filter::{
    BooleanFilter, ColumnFilter, DateTimeFilter, FilterInput, IdFilter, IntFilter, StringFilter,
    column, each, field_name, has_four_digits, search,
};
pub use ids::{id_argument, id_text, parse_id};
pub use list::{Key, Listing, PageArgs, Span, children, children_by, field_place, list};
pub use live::{FreshScopes, Live, LiveExt};
pub use loader::{Batch, ById, Lanes};
pub use mutation::{
    AnonymousTx, Attempt, Outcome, Refusal, Tx, bulk_ids, mutate, mutate_anonymously,
    mutate_at_once, payload,
};
pub use order::{OrderDirection, OrderField, OrderTerms};
pub use scalars::{Color, Duration, FieldId, Locale, TimeZone, Url};
pub use scope::{Limits, ResponseNotes, Scope, ScopeExt};
pub use upload::{Upload, UploadedFile, Uploads};
pub use user_error::{UserError, UserErrorCode, UserErrors, id_at};
pub(crate) use {
    filter::enum_filter, filter::filterable, list::by_id_loader, list::listing, order::sortable,
};
