//! Google's audit log as BigQuery keeps it: the event's own members under other names.

use super::schema::Says;
use crate::json::paths;

paths! {
    /// Where the tables have what.
    pub(super) PATHS:
    Says::Payload.code() => "protopayload_auditlog",
    Says::Request.code() => "protopayload_auditlog.requestJson";
}
