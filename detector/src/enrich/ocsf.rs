//! API Activity, class 6003 of the Open Cybersecurity Schema Framework, version [`VERSION`], with the profiles `cloud` and
//! `security_control`. The record stands in `unmapped` byte for byte, the description among the enrichments.

use crate::catalog::{Action, EventOutcome, Provider};
use crate::classify::Verdict;
use crate::envelope::{PRODUCT, Record};
use crate::json::Object;
use crate::policy::{Address, millis};
use alloc::vec::Vec;

/// The version of the schema.
const VERSION: &str = "1.6.0";

const CLASS: u64 = 6003;

/// Writes an event with the record in it into `out`; `None` where the record has no bytes.
pub(super) fn wrap(
    out: &mut Vec<u8>,
    record: &Record<'_, '_>,
    verdict: &Verdict<'_>,
    description: &[u8],
) -> Option<()> {
    let (object, after) = record.index.bytes().split_at_checked(record.index.end()?.checked_add(1)?)?;
    let observation = &verdict.observation;
    let operation = &observation.operation;
    let activity = match verdict.action {
        Action::Create => 1,
        Action::Read => 2,
        Action::Modify | Action::CreateOrModify => 3,
        Action::Delete => 4,
        Action::Start | Action::Stop | Action::Other => 99,
    };
    let (status, status_id) = match verdict.outcome {
        EventOutcome::Success => ("Success", 1),
        EventOutcome::Failure => ("Failure", 2),
        EventOutcome::Started => ("Started", 99),
        EventOutcome::Unknown => ("Unknown", 0),
    };
    let time = observation.time.as_deref();
    let is_cloud = operation.provider.is_cloud();
    out.clear();
    let mut event = Object::begin(out);
    event.number("category_uid", CLASS / 1000);
    event.number("class_uid", CLASS);
    event.number("activity_id", activity);
    if activity == 99 {
        event.text("activity_name", Some(verdict.action.name()));
    }
    event.number("type_uid", (CLASS * 100).wrapping_add(activity));
    event.number("severity_id", (verdict.severity as u64).wrapping_add(1));
    event.number("status_id", status_id);
    event.text("status", Some(status));
    event.text("status_code", observation.error.as_deref());
    // Required; a device's line may have no time that can be read without a calendar at hand.
    event.number("time", time.and_then(millis).and_then(|time| time.try_into().ok()).unwrap_or(0));
    let mut metadata = event.open("metadata");
    metadata.text("version", Some(VERSION));
    let profiles =
        if is_cloud { &br#"["cloud","security_control"]"#[..] } else { br#"["security_control"]"# };
    metadata.raw("profiles", profiles);
    metadata.text("original_time", time);
    let mut product = metadata.open("product");
    product.text("name", Some(PRODUCT));
    product.text("vendor_name", Some(PRODUCT));
    product.close();
    metadata.close();
    let mut api = event.open("api");
    api.text("operation", Some(&observation.name));
    api.close();
    let mut actor = event.open("actor");
    let mut user = actor.open("user");
    user.text("name", Some(observation.actor.as_deref().unwrap_or("Unknown")));
    let (user_type, user_type_id) = match observation.actor_type {
        Some("user") => ("User", 1),
        Some("service") => ("Service", 4),
        Some(other) => (other, 99),
        None => ("Unknown", 0),
    };
    user.number("type_id", user_type_id);
    user.text("type", Some(user_type));
    user.close();
    actor.close();
    let mut source = event.open("src_endpoint");
    match observation.source_ip.as_deref() {
        Some(address) if Address::parse(address).is_some() => source.text("ip", Some(address)),
        Some(service) => source.text("svc_name", Some(service)),
        None => source.text("name", Some("Unknown")),
    }
    source.close();
    if is_cloud {
        let mut cloud = event.open("cloud");
        cloud.text("provider", Some(operation.provider.name()));
        cloud.text("region", observation.region.as_deref());
        let gcp = operation.provider == Provider::Gcp;
        match observation.account.as_deref() {
            Some(project) if gcp => cloud.text("project_uid", Some(project)),
            Some(account) => {
                let mut object = cloud.open("account");
                object.text("uid", Some(account));
                object.close();
            }
            None => {}
        }
        cloud.close();
    }
    if !observation.resources.is_empty() {
        let mut resources = event.open_list("resources");
        for (name, id) in &observation.resources {
            let mut resource = resources.open_next();
            resource.text("type", Some(name));
            resource.text("uid", Some(id));
            resource.close();
        }
        resources.close_list();
    }
    let attack = operation.technique.attack();
    let mut attacks = event.open_list("attacks");
    let mut one = attacks.open_next();
    for (key, known) in [
        ("tactic", Some(attack.tactic)),
        ("technique", Some(attack.technique)),
        ("sub_technique", attack.sub_technique),
    ] {
        let Some((id, name)) = known else { continue };
        let mut object = one.open(key);
        object.text("uid", Some(id));
        object.text("name", Some(name));
        object.close();
    }
    one.close();
    attacks.close_list();
    let mut enrichments = event.open_list("enrichments");
    let mut mirror = enrichments.open_next();
    mirror.text("name", Some("mirror"));
    mirror.text("value", Some(&operation.name));
    mirror.text("provider", Some(PRODUCT));
    mirror.raw("data", description);
    mirror.close();
    enrichments.close_list();
    event.raw("unmapped", object);
    event.close();
    out.extend_from_slice(after);
    Some(())
}
