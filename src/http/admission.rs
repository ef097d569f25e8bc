//! Before and after a run: the caller's budget, and what resolvers left to the HTTP layer.

use super::{
    Edge,
    caller::Caller,
    failure::Failure,
    operation::Ready,
    run::{Cost, Report},
};
use crate::gql::ResponseNotes;
use std::time::Instant;

/// Checks the cost of all operations together, and takes it from the caller's budget.
pub(super) fn admit(
    edge: &Edge,
    caller: &Caller,
    ready: &[&Ready],
) -> Result<(Cost, Report), Failure> {
    let total = ready
        .iter()
        .fold(0_u32, |sum, ready| sum.saturating_add(ready.cost));
    let checked = edge.app.guard.check_cost(total);
    checked.map_err(|refusal| Failure::refused(&refusal, false))?;
    let budget = edge.rate.points(&caller.principal, total)?;
    let mut report = Report {
        cost: total,
        user: caller.viewer.as_ref().map(|viewer| viewer.user.to_string()),
        began: Some(Instant::now()),
        budget,
        ..Report::refused("ok")
    };
    if let [one] = ready {
        report.operation.clone_from(&one.name);
        report.kind = one.kind.as_str();
    }
    Ok((Cost::new(edge, total, budget), report))
}

/// Forgets who had which rights, where a mutation changed them.
pub(super) async fn settle(edge: &Edge, caller: &Caller, notes: &ResponseNotes) {
    let authenticator = &edge.app.authenticator;
    if notes.changed_rights {
        authenticator.forget_all();
    } else if notes.signed_out || notes.session_token.is_some() {
        // A new session may have taken the place of the caller's.
        if let Some(pass) = &caller.pass {
            authenticator.forget(pass).await;
        }
    }
}
