//! Whether an entry of a policy fits an event. Knows which of an event's texts its actor chose, and gives them no say.

use super::FREE_TEXT;
use super::members::{Addresses, Matchers, Patterns, Resources};
use super::net::Address;
use super::pattern::{Pattern, Test, glob_fits};
use crate::classify::Verdict;
use crate::fields::Observation;

impl Matchers {
    /// Whether nothing but a time is asked for.
    pub(super) fn fit_everything(&self) -> bool {
        let patterns =
            [&self.actors.0, &self.accounts.0, &self.source_ips.0, &self.resources.0, &self.operations.0];
        patterns.into_iter().all(|list| list.is_empty())
            && self.providers.is_empty()
            && self.actions.is_empty()
            && self.kinds.is_empty()
            && self.outcomes.is_empty()
    }

    /// Whether everything that the entry asks for holds for an event; `time` is the event's.
    pub(super) fn fit(&self, verdict: &Verdict<'_>, time: Option<i64>) -> bool {
        let observation = &verdict.observation;
        let operation = &observation.operation;
        self.providers.fit(operation.provider)
            && self.actions.fit(verdict.action)
            && self.kinds.fit(operation.kind)
            && self.outcomes.fit(verdict.outcome)
            && self.from.0.is_none_or(|from| time.is_some_and(|time| time >= from))
            && self.until.0.is_none_or(|until| time.is_some_and(|time| time < until))
            && self.accounts.fit(observation.account.as_deref(), Pattern::fits)
            && self.operations.fit(Some(&operation.name), Pattern::fits)
            && self.source_ips.fit(observation.source_ip.as_deref())
            && self.actors.fit(observation.actor.as_deref(), fits_actor)
            && self.resources.fit(observation)
    }
}

impl Patterns {
    fn fit(&self, text: Option<&str>, fits: fn(&Pattern, &str) -> bool) -> bool {
        self.0.is_empty() || text.is_some_and(|text| self.0.iter().any(|pattern| fits(pattern, text)))
    }
}

impl Addresses {
    fn fit(&self, text: Option<&str>) -> bool {
        let address = text.and_then(Address::parse);
        let fits = |pattern: &Pattern| match &pattern.test {
            Test::Net(net) => address.as_ref().is_some_and(|address| net.contains(address)),
            _ => text.is_some_and(|text| pattern.fits(text)),
        };
        self.0.is_empty() || self.0.iter().any(fits)
    }
}

impl Resources {
    fn fit(&self, observation: &Observation<'_>) -> bool {
        let fits = |pattern: &Pattern| {
            observation.resources.iter().any(|(name, id)| match pattern.resource.as_str() {
                "" => *name != FREE_TEXT && pattern.fits(id),
                wanted => wanted.eq_ignore_ascii_case(name) && pattern.fits(id),
            })
        };
        self.0.is_empty() || self.0.iter().any(fits)
    }
}

impl Pattern {
    fn fits(&self, text: &str) -> bool {
        match &self.test {
            Test::Glob(glob) => glob_fits(glob, text),
            Test::Expression(program) => program.fits(text),
            Test::Net(_) => false,
        }
    }
}

/// Whether an actor fits: by who the provider says it is, not by the name that it gave itself.
///
/// Whoever acts as a role names the session at the end of its ARN, so what a glob says of the role has to fit before
/// that name. A user's path can hold colons, which no other ARN has behind its account: it imitates one.
fn fits_actor(pattern: &Pattern, actor: &str) -> bool {
    if !pattern.fits(actor) {
        return false;
    }
    let account_end = if actor.starts_with("arn:") {
        5
    } else if actor.starts_with("acs:") {
        4
    } else if actor.starts_with("ARO") {
        return fits_before(pattern, actor, b':');
    } else {
        return true;
    };
    if actor.bytes().filter(|byte| *byte == b':').count() > account_end {
        return false;
    }
    let resource = actor.splitn(account_end.saturating_add(1), ':').nth(account_end).unwrap_or_default();
    let has_session = resource.starts_with("assumed-role/") || resource.starts_with("federated-user/");
    !has_session || fits_before(pattern, actor, b'/')
}

/// Whether a glob that fits a text as a whole says nothing of what is behind the last `mark` that it could not say of
/// anything else there.
fn fits_before(pattern: &Pattern, text: &str, mark: u8) -> bool {
    // An expression is compared with the whole, as it stands.
    let Test::Glob(glob) = &pattern.test else { return true };
    let Some((known, chosen)) = split(text, mark) else { return true };
    let by_part = |(head, tail)| glob_fits(head, known) && glob_fits(tail, chosen);
    split(glob, mark).is_some_and(by_part) || glob_fits(glob, text.strip_suffix(chosen).unwrap_or(known))
}

/// What stands before the last `mark`, and behind it.
fn split(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.as_bytes().iter().rposition(|byte| *byte == mark)?;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn both_parts_fit_or_none_does() {
        let fits = |glob: &str, text: &str| {
            let pattern = Pattern { resource: String::new(), test: Test::Glob(glob.into()) };
            fits_before(&pattern, text, b':')
        };
        assert!(fits("sw1:dana*", "sw1:dana2"));
        assert!(!fits("sw1:dana", "sw1:eve"));
        assert!(!fits("sw2:dana", "sw1:dana"));
    }
}
