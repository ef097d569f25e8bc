//! How to sign in.

use crate::{authz::FieldPolicy, gql::Url};
use async_graphql::{Context, Enum, Object, SimpleObject};

/// Policies of the root fields of signing in.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::public(
        "Query.loginOptions",
        "the sign-in form needs it; the answer is the same for every address",
    ),
    FieldPolicy::public("Mutation.signIn", "whoever calls it has no session yet"),
];

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum LoginMethod {
    /// Username or mail address, and a password.
    Email,
}

/// How to sign in here.
#[derive(Debug, SimpleObject)]
pub struct LoginOptions {
    /// The ways that are open.
    pub methods: Vec<LoginMethod>,
    /// Whether the form should go to `redirectUrl` at once.
    pub force_redirect: bool,
    /// Where to sign in instead of here.
    pub redirect_url: Option<Url>,
}

/// How to sign in.
#[derive(Default)]
pub struct AuthenticationQuery;

#[Object]
impl AuthenticationQuery {
    /// How to sign in. The same answer for every address, whether somebody has it or not.
    async fn login_options(
        &self,
        _ctx: &Context<'_>,
        #[graphql(desc = "Address typed into the form.")] email: Option<String>,
    ) -> LoginOptions {
        drop(email);
        LoginOptions {
            methods: vec![LoginMethod::Email],
            force_redirect: false,
            redirect_url: None,
        }
    }
}
