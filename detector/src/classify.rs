//! From an observation to a verdict. Pure and total: every observation has one. docs/SEVERITY.md says the same in prose.

use crate::catalog::{Action, EventOutcome, Severity};
use crate::fields::{Observation, is_everything};

/// The decision about one event.
#[derive(Clone, Debug)]
pub(crate) struct Verdict<'a> {
    /// What the event says.
    pub(crate) observation: Observation<'a>,
    /// What was done.
    pub(crate) action: Action,
    /// How it ended.
    pub(crate) outcome: EventOutcome,
    /// How grave it is.
    pub(crate) severity: Severity,
    /// Why it is graver than its row says: `cross_account` or `every_address`.
    pub(crate) raised_by: Option<&'static str>,
    /// Which entry of the policy approves it.
    pub(crate) approved: Option<Approval<'a>>,
}

/// The entry of a policy that approves an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Approval<'a> {
    /// The entry's name.
    pub(crate) name: &'a str,
    /// The change ticket, where the entry has one.
    pub(crate) ticket: Option<&'a str>,
}

/// Decides.
pub(crate) fn classify(observation: Observation<'_>) -> Verdict<'_> {
    let (action, outcome) = (observation.done(), observation.outcome);
    let is_tried = observation.is_tried();
    let mut severity = observation.severity();
    // A rule that takes traffic out of a mirroring copies nothing.
    if is_exception(&observation) {
        severity = severity.min(Severity::Medium);
    }
    let widens = matches!(
        action,
        Action::Create | Action::Modify | Action::CreateOrModify | Action::Start | Action::Other
    );
    let mut raised_by = None;
    if widens && outcome != EventOutcome::Failure && !is_tried {
        raised_by = if crosses_accounts(&observation) {
            Some("cross_account")
        } else if takes_every_address(&observation) {
            Some("every_address")
        } else {
            None
        };
    }
    if raised_by.is_some() {
        severity = match severity {
            Severity::Informational | Severity::Low => Severity::Medium,
            Severity::Medium => Severity::High,
            Severity::High | Severity::Critical => Severity::Critical,
        };
    }
    Verdict { observation, action, outcome, severity, raised_by, approved: None }
}

fn is_exception(observation: &Observation<'_>) -> bool {
    matches!(observation.id_of("rule_action"), Some("do_not_mirror" | "goto_next" | "reject" | "drop"))
}

/// Whether every address range that the event names is the whole address space.
fn takes_every_address(observation: &Observation<'_>) -> bool {
    let mut ranges = observation
        .resources
        .iter()
        .filter(|(name, _)| name.ends_with("cidr"))
        .map(|(_, range)| &**range)
        .peekable();
    ranges.peek().is_some() && ranges.all(is_everything) && !is_exception(observation)
}

/// Whether the packets go to, or the part is shared with, an account that is not the event's own.
fn crosses_accounts(observation: &Observation<'_>) -> bool {
    const ELSEWHERE: [&str; 6] =
        ["destination", "target", "owner", "deployment_group", "endpoint_group", "shared_with"];
    let Some(own) = observation.account.as_deref() else { return false };
    observation
        .resources
        .iter()
        .filter(|(name, _)| ELSEWHERE.contains(name))
        .filter_map(|(_, id)| account_in(id))
        .any(|other| is_number(other) == is_number(own) && !other.eq_ignore_ascii_case(own))
}

/// The account, subscription or project that an id names.
fn account_in(id: &str) -> Option<&str> {
    if is_number(id) && id.len() == 12 {
        return Some(id);
    }
    if id.starts_with("arn:") {
        return id.split(':').nth(4).filter(|account| is_number(account));
    }
    let mut segments = id.split('/');
    segments
        .find(|part| part.eq_ignore_ascii_case("subscriptions") || part.eq_ignore_ascii_case("projects"))?;
    segments.next().filter(|account| !account.is_empty())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
