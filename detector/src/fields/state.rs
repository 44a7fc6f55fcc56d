//! Items of state, which say what a thing has become and not who asked for it: AWS Config's and CloudFormation's, Google's feeds of assets,
//! the changes of Azure's Resource Graph and its notifications of resources. Each is told as the operation that leads to
//! the state, without an actor.

use super::schema::Says;
use crate::fields::pieces::pieces;
use crate::json::{Raw, joined, paths, write_string};
use alloc::borrow::ToOwned;
use alloc::vec;

paths! {
    /// An item of AWS Config.
    pub(super) CONFIG:
    Says::Thing.code() => "resourceType",
    Says::Change.code() => "changeType",
    Says::Change.code() => "configurationItemStatus",
    Says::Id.code() => "resourceId",
    Says::Account.code() => "awsAccountId",
    Says::Account.code() => "accountId",
    Says::Time.code() => "configurationItemCaptureTime",
    Says::Request.code() => "configuration";
}

paths! {
    /// An event of CloudFormation's about a resource of a stack.
    pub(super) STACK:
    Says::Thing.code() => "resource-type",
    Says::Change.code() => "status-details.status",
    Says::Id.code() => "physical-resource-id";
}

paths! {
    /// A message of a feed of Google's Cloud Asset Inventory.
    pub(super) ASSET:
    Says::Thing.code() => "asset.assetType",
    Says::Change.code() => "deleted",
    Says::Change.code() => "priorAssetState",
    Says::Resource.code() => "asset.name",
    Says::Region.code() => "asset.resource.location",
    Says::Time.code() => "window.startTime",
    Says::Time.code() => "asset.updateTime",
    Says::Request.code() => "asset.resource.data";
}

paths! {
    /// An event of `Microsoft.ResourceNotifications`.
    pub(super) NOTIFICATION:
    Says::Thing.code() => "data.resourceInfo.id",
    Says::Change.code() => "eventType",
    Says::Change.code() => "type",
    Says::Resource.code() => "data.resourceInfo.id",
    Says::Region.code() => "data.resourceInfo.location",
    Says::Time.code() => "data.operationalInfo.resourceEventTime",
    Says::Time.code() => "eventTime",
    Says::Time.code() => "time",
    Says::EventId.code() => "id",
    Says::Request.code() => "data.resourceInfo";
}

paths! {
    /// A row of `resourcechanges`.
    pub(super) CHANGE:
    Says::Thing.code() => "targetResourceId",
    Says::Change.code() => "changeType",
    Says::Actor.code() => "changeAttributes.changedBy",
    Says::Actor.code() => "changedBy",
    Says::ActorType.code() => "changeAttributes.changedByType",
    Says::ActorType.code() => "changedByType",
    Says::Agent.code() => "changeAttributes.clientType",
    Says::Agent.code() => "clientType",
    Says::Time.code() => "changeAttributes.timestamp",
    Says::Time.code() => "changeTime",
    Says::Time.code() => "timestamp",
    Says::Correlation.code() => "changeAttributes.correlationId",
    Says::Resource.code() => "targetResourceId";
}

/// What has become of a thing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is there now.
    Created,
    /// It is another now.
    Updated,
    /// It is gone.
    Deleted,
    /// It is there now or is another.
    Written,
}

/// The words for it, as they are spelled: a state before has `DELETED` where what comes after is new.
const CHANGES: [(Change, &str); 4] = [
    (
        Change::Created,
        "CREATE Create CREATE_COMPLETE ResourceDiscovered ResourceNotRecorded DOES_NOT_EXIST DELETED",
    ),
    (Change::Updated, "UPDATE Update UPDATE_COMPLETE OK PRESENT"),
    (
        Change::Deleted,
        "DELETE Delete DELETE_COMPLETE ResourceDeleted ResourceDeletedNotRecorded Deleted true",
    ),
    (Change::Written, "CreatedOrUpdated"),
];

/// What a word says, or the last of several joined by dots.
pub(super) fn change(word: &str) -> Option<Change> {
    let word = word.as_bytes();
    let start = word.iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot.saturating_add(1));
    let word = word.get(start..)?;
    let has = |words: &str| pieces(words.as_bytes(), b" ").any(|known| known == word);
    CHANGES.iter().find(|(_, words)| has(words)).map(|(change, _)| *change)
}

/// Writes what the provider's own event would have, of a thing by its type, or by a path of Azure's that has its type in
/// it; `None` where nothing is said of the thing itself.
pub(super) fn add(
    thing: &str,
    change: Option<Change>,
    told: Option<Raw<'_>>,
    id: Option<Raw<'_>>,
    mut each: impl FnMut(&str, &[u8]),
) -> Option<()> {
    let verb = |create: &'static str, update: &'static str, delete: &'static str| match change {
        Some(Change::Deleted) => delete,
        Some(Change::Created) | None => create,
        Some(Change::Updated | Change::Written) => update,
    };
    let text = |parts: &[&str]| {
        let mut value = vec![];
        write_string(&mut value, &joined(parts));
        value
    };
    if let Some(kind) = thing.strip_prefix("AWS::EC2::") {
        change?;
        each("eventName", &text(&[verb("Create", "Modify", "Delete"), kind]));
        if let Some(id) = id {
            each(&joined(&["requestParameters.", kind, "Id"]), id.0);
        }
        return Some(());
    }
    if let Some((service, kind)) = thing.split_once('/')
        && let Some(service) = service.strip_suffix(".googleapis.com")
    {
        // What is kept beside a thing, such as who may do what with it, is another matter.
        (change == Some(Change::Deleted) || told.is_some()).then_some(())?;
        let mut first = kind.to_owned();
        first.get_mut(..1)?.make_ascii_lowercase();
        let name = if service == "compute" {
            let (stem, end) = first.strip_suffix('y').map_or((&*first, "s."), |stem| (stem, "ies."));
            text(&["compute.", stem, end, verb("insert", "patch", "delete")])
        } else {
            if let Some(told) = told {
                each(&joined(&["protoPayload.request.", &first]), told.0);
            }
            let name = verb("Create", "Update", "Delete");
            text(&["google.cloud.", service, ".v1.Mirroring.", name, kind])
        };
        each("protoPayload.methodName", &name);
        return Some(());
    }
    change?;
    let mut segments = thing.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case("providers"))?;
    let mut kind = segments.next()?.to_owned();
    for segment in segments.step_by(2) {
        kind = joined(&[&kind, "/", segment]);
    }
    each("operationName", &text(&[&kind, verb("/write", "/write", "/delete")]));
    each("resultType", b"\"Success\"");
    each(
        "resultSignature",
        if change == Some(Change::Created) {
            b"\"Created\""
        } else if change == Some(Change::Updated) {
            b"\"OK\""
        } else {
            b"\"\""
        },
    );
    if let Some(told) = told {
        each(
            "properties",
            joined(&["{\"responseBody\":", core::str::from_utf8(told.0).ok()?, "}"]).as_bytes(),
        );
    }
    Some(())
}
