//! People who have an account.
//!
//! Usernames and mail addresses are unique on the installation, also against each other. Whoever
//! changes another account has to hold everything that the account holds. Who sees it: `policy`.

mod command;
mod holdings;
mod input;
mod list;
mod mutation;
mod object;
mod own;
mod permissions;
mod policy;
mod query;
mod refs;
mod row;
mod secret;
mod store;

pub use input::{
    ChangePasswordInput, CreateUserInput, DeleteUsersInput, SetDefaultOrganizationInput,
    SetUserPasswordInput, UnlockUsersInput, UpdateUserInput, UpdateViewerInput,
};
pub use list::{UserFilter, UserKindFilter, UserOrder, UserOrderField, UserStatusFilter};
pub use mutation::{
    CreateUserPayload, DeleteUsersPayload, SetUserPasswordPayload, UnlockUsersPayload,
    UpdateUserPayload, UserMutation,
};
pub use object::User;
pub use own::{
    ChangePasswordPayload, DeleteViewerPayload, OwnMutation, SetDefaultOrganizationPayload,
    UpdateViewerPayload,
};
pub use permissions::{may_take_over, permissions_at};
pub use policy::POLICIES;
pub use query::UserQuery;
pub use refs::UserRef;
pub use row::{PasswordExpirationPolicy, UserDetails, UserKind, UserRow, UserStatus};
