//! Who is behind an event: the identity that lasts, the person, and who acted as whom.

use serde_json::Value;

/// The identity that lasts: of an assumed role the role, without the name of the session.
pub fn lasting(actor: &str) -> &str {
    let assumed = actor.find(":assumed-role/").map(|at| at + ":assumed-role/".len());
    match assumed.and_then(|from| actor.get(from..)?.find('/').map(|at| from + at)) {
        Some(end) => actor.get(..end).unwrap_or(actor),
        None => actor,
    }
}

/// The session's name of an assumed role.
pub(crate) fn session_name(actor: &str) -> Option<&str> {
    actor.get(lasting(actor).len()..)?.strip_prefix('/').filter(|name| !name.is_empty())
}

/// The person, where the identity names one: several roles of one person are one person.
///
/// A session's name is whatever its caller chose, so it names a person only where it is an address
/// or where IAM Identity Center has chosen it.
pub(crate) fn person(actor: &str) -> Option<&str> {
    let name = session_name(actor)?;
    (name.contains('@') || actor.contains(":assumed-role/AWSReservedSSO_")).then_some(name)
}

/// Where records say who acted as the actor, or whom the actor acted as.
const IMPERSONATORS: [&str; 7] = [
    "/userIdentity/sessionContext/sourceIdentity",
    "/userIdentity/onBehalfOf/userId",
    "/userIdentity/invokedBy",
    "/protoPayload/authenticationInfo/serviceAccountDelegationInfo/0/firstPartyPrincipal/principalEmail",
    "/protoPayload/authenticationInfo/serviceAccountDelegationInfo/0/principalSubject",
    "/impersonatedUser/username",
    "/data/identity/principalName",
];

/// Identities beside the actor that the record itself names, with the person first.
pub(crate) fn behind(record: &Value, actor: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    for base in ["", "/detail", "/event"] {
        let Some(event) = record.pointer(base) else { continue };
        for path in IMPERSONATORS {
            if let Some(name) = event.pointer(path).and_then(Value::as_str)
                && actor != Some(name)
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// The person that the record says is behind the actor.
pub(crate) fn declared_person(record: &Value) -> Option<&str> {
    ["", "/detail", "/event"].iter().find_map(|base| {
        let event = record.pointer(base)?;
        [IMPERSONATORS[0], IMPERSONATORS[3]].iter().find_map(|path| event.pointer(path)?.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_lasts_and_the_person_is_named_by_an_address() {
        let arn = "arn:aws:sts::1:assumed-role/Admin/dana@example.com";
        assert_eq!(lasting(arn), "arn:aws:sts::1:assumed-role/Admin");
        assert_eq!(person(arn), Some("dana@example.com"));
        assert_eq!(person("arn:aws:sts::1:assumed-role/Admin/cli"), None);
        assert_eq!(person("arn:aws:sts::1:assumed-role/AWSReservedSSO_Ops_1/dana"), Some("dana"));
        assert_eq!(lasting("dana"), "dana");
        assert_eq!(session_name("dana"), None);
    }
}
