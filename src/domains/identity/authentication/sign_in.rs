//! From a password to a session.
//!
//! A try is counted before the password is looked at, and the password is compared while no
//! connection is held: a flood of sign-ins waits for processors, not for the database. Whoever
//! names an account that does not exist causes the same work and hears the same.

use super::{
    mutation::SignInInput,
    store::{self, Attempt, NewSession},
};
use crate::{
    authz::{Access, Credential, System, Viewer},
    db,
    domains::identity::{
        password::{Passwords, Verdict},
        session::SessionRow,
    },
    gql::{
        AnonymousTx, Outcome, Scope, ScopeExt as _, UserError, UserErrorCode, UserErrors,
        mutate_anonymously,
    },
    kernel::{Error, Result, Secret, SecretKind, entity::OrganizationId},
};
use async_graphql::Context;
use std::{sync::Arc, time::Duration};

const ACTION: &str = "signIn";
/// Longest login in characters; longer ones are nobody's.
const LOGIN_MAX: usize = 255;
/// What the fourth wrong password in a row waits for its answer; every further one waits twice as
/// long.
const FIRST_DELAY: Duration = Duration::from_millis(25);

/// Somebody who has just signed in.
pub(super) struct SignedIn {
    pub(super) session: SessionRow,
    pub(super) token: Secret,
    pub(super) viewer: Arc<Viewer>,
}

pub(super) async fn sign_in(
    scope: &Arc<Scope>,
    passwords: &Passwords,
    input: &SignInInput,
) -> Result<Outcome<SignedIn>> {
    let organization = match wanted(scope, input) {
        Ok(organization) => organization,
        Err(errors) => return Ok(Err(errors)),
    };
    let system = System::new("sign in");
    // No account has such a name, and PostgreSQL cannot hold some of them.
    let login: String = input.login.trim().replace('\0', "\u{fffd}");
    let login: String = login.chars().take(LOGIN_MAX).collect();
    let now = scope.clock.now();
    let attempt = {
        let mut conn = scope.exclusive().await?;
        db::transaction(conn.get()?, async |conn: &db::Conn| -> Result<_> {
            store::begin_attempt(conn, system, &login, &scope.origin, now).await
        })
        .await?
    };
    let Some(attempt) = attempt else {
        return mutate_anonymously(scope, ACTION, async |_| {
            Ok(mistake(
                UserErrorCode::TooManyAttempts,
                "too many failed tries: wait 15 minutes before the next",
            ))
        })
        .await;
    };
    scope.release().await;
    let hash = attempt.candidate.as_ref().map(|c| c.hash.as_str());
    let verdict = passwords.verify(&input.password, hash).await?;
    let new_hash = match verdict {
        Verdict::Outdated => Some(passwords.hash(&input.password).await?),
        Verdict::Right | Verdict::Wrong => None,
    };
    let outcome = mutate_anonymously(scope, ACTION, async |tx| {
        finish(tx, &attempt, verdict, new_hash, organization).await
    })
    .await?;
    if verdict == Verdict::Wrong {
        scope.release().await;
        tokio::time::sleep(delay(attempt.earlier)).await;
    }
    if let Ok(signed_in) = &outcome {
        scope.go_on_as(signed_in.viewer.clone());
        let token = signed_in.token.expose().to_owned();
        scope.note(|notes| {
            notes.session_token = Some(token);
            notes.signed_out = false;
        });
    }
    Ok(outcome)
}

/// How long the answer to a wrong password waits: longer with every one of the last quarter of an
/// hour, and as long for an account that does not exist.
fn delay(earlier: i64) -> Duration {
    let doublings = u32::try_from(earlier - 3).ok();
    doublings.map_or(Duration::ZERO, |n| FIRST_DELAY * 2_u32.pow(n.min(6)))
}

fn mistake<T>(code: UserErrorCode, text: &str) -> Outcome<T> {
    Err(vec![UserError::new(code, "", text)])
}

/// The organization to work in, if the input names one.
fn wanted(scope: &Scope, input: &SignInInput) -> Outcome<Option<OrganizationId>> {
    if scope.has_signed_in() {
        return mistake(
            UserErrorCode::Conflict,
            "somebody signed in in this request already",
        );
    }
    let mut errors = UserErrors::default();
    let id = input.organization_id.as_ref();
    let id = id.map(|id| errors.id("organizationId", id));
    match errors.into_list() {
        errors if errors.is_empty() => Ok(id),
        errors => Err(errors),
    }
}

async fn finish(
    tx: &AnonymousTx<'_>,
    attempt: &Attempt,
    verdict: Verdict,
    new_hash: Option<String>,
    wanted: Option<OrganizationId>,
) -> Result<Outcome<SignedIn>> {
    let system = System::new("sign in");
    if let Some(candidate) = &attempt.candidate {
        tx.audit(|entry| {
            entry.actor = Some(candidate.user);
            entry.organization = candidate.home;
        });
    }
    let right = verdict != Verdict::Wrong;
    let Some(candidate) = attempt.candidate.as_ref().filter(|_| right) else {
        return refuse(tx, attempt).await;
    };
    let access = Access::load(tx.conn, candidate.user).await?;
    if let Some(wanted) = wanted
        && !access.organizations.contains(&wanted)
    {
        let text = "you do not belong to such an organization";
        let error = UserError::new(UserErrorCode::NotFound, "organizationId", text);
        return Ok(Err(vec![error]));
    }
    if !store::accept(tx.conn, system, attempt, new_hash, tx.now).await? {
        return refuse(tx, attempt).await;
    }
    let mut organizations: Vec<_> = wanted.into_iter().collect();
    organizations.extend(store::wanted_organizations(tx.conn, system, candidate.user).await?);
    let organization = access.working_organization(&organizations);
    let token = Secret::generate(SecretKind::Session).map_err(Error::from)?;
    // A browser's session is exchanged for the new one, as its cookie is. A program may keep the
    // tokens of several sessions.
    let replaced = tx
        .scope
        .viewer_if_any()
        .filter(|_| tx.scope.origin.by_cookie)
        .map(|viewer| viewer.credential);
    let new = NewSession {
        user: candidate.user,
        organization,
        token_hash: token.hash(),
        instead_of: match replaced {
            Some(Credential::Session(id)) => Some(id),
            _ => None,
        },
    };
    let session = store::open_session(tx.conn, system, &new, &tx.scope.origin, tx.now).await?;
    tx.audit(|entry| {
        entry.organization = organization;
        entry.target(session.id);
    });
    let viewer = Arc::new(Viewer {
        user: candidate.user,
        credential: Credential::Session(session.id),
        organization,
        access,
    });
    Ok(Ok(SignedIn {
        session,
        token,
        viewer,
    }))
}

/// The one answer to a wrong name, a wrong password and an account that is switched off.
async fn refuse(tx: &AnonymousTx<'_>, attempt: &Attempt) -> Result<Outcome<SignedIn>> {
    store::lock_if_too_many(tx.conn, System::new("sign in"), attempt, tx.now).await?;
    Ok(mistake(
        UserErrorCode::CredentialsInvalid,
        "the name or the password is wrong",
    ))
}

/// What a signed-in caller's guess at their own password came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// It is the password.
    Right,
    /// It is not, or there is none.
    Wrong,
    /// There were too many wrong ones before.
    TooMany,
}

/// Compares a text with the caller's password. Counts as a try to sign in, so that a stolen
/// session is no way to find the password.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn guess(ctx: &Context<'_>, password: &str) -> Result<Guess> {
    let scope = ctx.scope();
    let user = scope.viewer()?.user;
    let system = System::new("compare the caller's password");
    let now = scope.clock.now();
    let attempt = {
        let mut conn = scope.exclusive().await?;
        db::transaction(conn.get()?, async |conn: &db::Conn| -> Result<_> {
            match store::username(conn, system, user).await? {
                Some(login) => store::begin_attempt(conn, system, &login, &scope.origin, now).await,
                None => Ok(None),
            }
        })
        .await?
    };
    let Some(attempt) = attempt else {
        return Ok(Guess::TooMany);
    };
    scope.release().await;
    let hash = attempt.candidate.as_ref().map(|c| c.hash.as_str());
    match Passwords::of(ctx)?.verify(password, hash).await? {
        Verdict::Wrong => Ok(Guess::Wrong),
        Verdict::Right | Verdict::Outdated => {
            let mut conn = scope.exclusive().await?;
            store::forgive(conn.get()?, system, &attempt).await?;
            Ok(Guess::Right)
        }
    }
}
