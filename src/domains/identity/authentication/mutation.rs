//! Signing in.

use super::sign_in::sign_in;
use crate::{
    domains::identity::{password::Passwords, session::Session, viewer::Viewer},
    gql::{ScopeExt as _, UserError, payload},
    kernel::Result,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// Who signs in.
#[derive(InputObject)]
pub struct SignInInput {
    /// Username or mail address, in upper or lower case.
    pub login: String,
    /// The password.
    pub password: String,
    /// Organization to work in; the default one of the user unless given.
    pub organization_id: Option<ID>,
}

/// What `signIn` answers.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// The new session; null if there are mistakes.
    pub session: Option<Session>,
    /// The token of the session, shown this once: send it as `Authorization: Bearer …`. Browsers
    /// get it as a cookie, too.
    pub token: Option<String>,
    /// Who signed in; null if there are mistakes.
    pub viewer: Option<Viewer>,
    /// Mistakes: CREDENTIALS_INVALID tells neither whether the account exists nor what was wrong;
    /// TOO_MANY_ATTEMPTS asks to wait.
    pub user_errors: Vec<UserError>,
}

/// Signing in.
#[derive(Default)]
pub struct AuthenticationMutation;

#[Object]
impl AuthenticationMutation {
    /// Opens a session. Ten wrong passwords within 15 minutes lock signing in to the account for
    /// the rest of that time, a hundred within an hour the address.
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Result<SignInPayload> {
        let outcome = sign_in(ctx.scope(), Passwords::of(ctx)?, &input).await?;
        let (signed_in, user_errors) = payload(outcome, |signed_in| signed_in);
        let Some(signed_in) = signed_in else {
            return Ok(SignInPayload {
                session: None,
                token: None,
                viewer: None,
                user_errors,
            });
        };
        Ok(SignInPayload {
            session: Some(Arc::new(signed_in.session).into()),
            token: Some(signed_in.token.expose().to_owned()),
            viewer: Some(Viewer(signed_in.viewer)),
            user_errors,
        })
    }
}
