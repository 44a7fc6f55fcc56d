//! From an observation to a verdict. Pure and total: every observation has one.

use crate::catalog::{Action, EventOutcome, Severity};
use crate::fields::Observation;

/// The decision about one event.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// What the event says.
    pub observation: Observation<'a>,
    /// What was done.
    pub action: Action,
    /// How it ended.
    pub outcome: EventOutcome,
    /// How grave it is.
    pub severity: Severity,
    /// Which entry of the policy approves it.
    pub approved: Option<Approval<'a>>,
}

/// The entry of a policy that approves an event.
#[derive(Clone, Copy, Debug)]
pub struct Approval<'a> {
    /// The entry's name.
    pub name: &'a str,
    /// The change ticket, where the entry has one.
    pub ticket: Option<&'a str>,
}

/// Decides.
pub fn classify(observation: Observation<'_>) -> Verdict<'_> {
    let action = observation.action.unwrap_or(observation.operation.action);
    let outcome = observation.outcome;
    let severity = match (action, outcome) {
        (Action::Read, _) => Severity::Informational,
        // An attempt that was refused is worth keeping; it copied nothing.
        (_, EventOutcome::Failure) => Severity::Low,
        (Action::Stop, _) => observation.operation.severity.min(Severity::Medium),
        _ => observation.operation.severity,
    };
    Verdict { observation, action, outcome, severity, approved: None }
}
