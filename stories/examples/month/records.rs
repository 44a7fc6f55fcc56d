//! Audit records as providers and devices write them, for one moment and one actor.

use serde_json::{Value, json};
use tapsieve_stories::time;

/// Who acts, from where, in which account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Actor {
    /// An ARN, an address, a user's name.
    pub(crate) name: String,
    /// The address.
    pub(crate) address: String,
    /// The account, subscription, project, tenancy or device.
    pub(crate) account: String,
}

/// `2026-03-04T09:41:07Z`
fn rfc3339(millis: i64) -> String {
    time::text(millis).replace(' ', "T") + "Z"
}

/// `Mar  4 09:41:07`
fn syslog(millis: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = time::text(millis);
    let number = |from: usize, to: usize| text[from..to].parse::<usize>().unwrap_or(1);
    format!("{} {:>2} {}", MONTHS[number(5, 7) - 1], number(8, 10), &text[11..])
}

/// A call of EC2 or another service of AWS.
pub(crate) fn aws(actor: &Actor, millis: i64, name: &str, request: Value, response: Value) -> String {
    aws_of(actor, millis, "ec2.amazonaws.com", name, request, response, None)
}

/// A call that AWS refused.
pub(crate) fn aws_refused(actor: &Actor, millis: i64, name: &str, request: Value, code: &str) -> String {
    aws_of(actor, millis, "ec2.amazonaws.com", name, request, Value::Null, Some(code))
}

/// A call of any service of AWS.
pub(crate) fn aws_of(
    actor: &Actor,
    millis: i64,
    service: &str,
    name: &str,
    request: Value,
    response: Value,
    error: Option<&str>,
) -> String {
    let mut record = json!({
        "eventVersion": "1.10",
        "userIdentity": {"type": "AssumedRole", "arn": actor.name, "accountId": actor.account},
        "eventTime": rfc3339(millis),
        "eventSource": service,
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": actor.address,
        "requestParameters": request,
        "responseElements": response,
        "recipientAccountId": actor.account,
    });
    if let Some(code) = error {
        record["errorCode"] = code.into();
        record["errorMessage"] = "You are not authorized to perform this operation.".into();
    }
    record.to_string()
}

/// A line of the activity log.
pub(crate) fn azure(
    actor: &Actor,
    millis: i64,
    resource: &str,
    operation: &str,
    result: &str,
    run: &str,
    body: Option<Value>,
) -> String {
    let id = format!(
        "/subscriptions/{}/resourceGroups/rg-net/providers/Microsoft.Network/{resource}",
        actor.account
    );
    let mut record = json!({
        "time": rfc3339(millis),
        "resourceId": id.to_uppercase(),
        "operationName": format!("MICROSOFT.NETWORK/{}", operation.to_uppercase()),
        "category": "Administrative",
        "resultType": result,
        "resultSignature": if result == "Success" { "201" } else { "" },
        "callerIpAddress": actor.address,
        "correlationId": run,
        "identity": {
            "authorization": {"scope": id, "action": format!("Microsoft.Network/{operation}")},
            "claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": actor.name},
        },
        "properties": {"statusCode": if result == "Success" { "Created" } else { result }},
    });
    if let Some(body) = body {
        record["properties"]["requestBody"] = body.to_string().into();
    }
    record.to_string()
}

/// An audit log entry of Compute Engine or Network Security; `run` is the operation's id and whether it ends here.
pub(crate) fn gcp(
    actor: &Actor,
    millis: i64,
    method: &str,
    resource: &str,
    request: Value,
    run: Option<(&str, bool)>,
) -> String {
    let service = if method.contains("networksecurity") { "networksecurity" } else { "compute" };
    let mut record = json!({
        "protoPayload": {
            "authenticationInfo": {"principalEmail": actor.name},
            "requestMetadata": {"callerIp": actor.address},
            "serviceName": format!("{service}.googleapis.com"),
            "methodName": method,
            "resourceName": resource,
            "request": request,
        },
        "resource": {"labels": {"project_id": actor.account, "location": "europe-west1"}},
        "timestamp": rfc3339(millis),
        "logName": format!("projects/{}/logs/cloudaudit.googleapis.com%2Factivity", actor.account),
    });
    if let Some((id, last)) = run {
        record["operation"] = json!({"id": id, "producer": "compute.googleapis.com"});
        record["operation"][if last { "last" } else { "first" }] = true.into();
    }
    record.to_string()
}

/// An event of Oracle Cloud.
pub(crate) fn oci(actor: &Actor, millis: i64, name: &str, id: &str, status: &str, payload: Value) -> String {
    json!({
        "eventType": format!("com.oraclecloud.virtualNetwork.{name}"),
        "cloudEventsVersion": "0.1",
        "eventTypeVersion": "2.0",
        "eventTime": rfc3339(millis),
        "data": {
            "eventName": name,
            "identity": {
                "principalName": actor.name, "authType": "natv",
                "tenantId": actor.account, "ipAddress": actor.address,
            },
            "response": {"status": status, "payload": payload},
            "resourceId": id,
        },
    })
    .to_string()
}

/// An event of ActionTrail.
pub(crate) fn alibaba(actor: &Actor, millis: i64, name: &str, request: Value, error: &str) -> String {
    json!({
        "eventName": name,
        "serviceName": "Vpc",
        "eventSource": "vpc.cn-hangzhou.aliyuncs.com",
        "acsRegion": "cn-hangzhou",
        "eventTime": rfc3339(millis),
        "userIdentity": {"type": "ram-user", "accountId": actor.account, "userName": actor.name},
        "sourceIpAddress": actor.address,
        "errorCode": error,
        "requestParameters": request,
    })
    .to_string()
}

/// A trace of Huawei's CTS.
pub(crate) fn huawei(actor: &Actor, millis: i64, name: &str, id: &str) -> String {
    json!({
        "trace_name": name,
        "service_type": "VPC",
        "resource_type": "trafficMirror",
        "resource_id": id,
        "source_ip": actor.address,
        "user": {"name": actor.name, "domain": {"id": actor.account}},
        "trace_rating": "normal",
        "time": millis,
    })
    .to_string()
}

/// An audit event of Kubernetes: Antrea's traffic control.
pub(crate) fn kubernetes(actor: &Actor, millis: i64, verb: &str, name: &str) -> String {
    json!({
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": actor.name},
        "sourceIPs": [actor.address],
        "objectRef": {"apiGroup": "crd.antrea.io", "resource": "trafficcontrols", "name": name},
        "responseStatus": {"code": 201},
        "requestObject": {"spec": {"direction": "Both", "action": "Mirror", "targetPort": {"networkDevice": {"name": "tap0"}}}},
        "requestReceivedTimestamp": rfc3339(millis),
    })
    .to_string()
}

/// A command in the accounting log of NX-OS.
pub(crate) fn nx_os(actor: &Actor, millis: i64, command: &str) -> String {
    let (time, text) = (syslog(millis), time::text(millis));
    let (device, address, name) = (&actor.account, &actor.address, &actor.name);
    let line = format!(
        "<189>{time} {device} : {} {time} UTC: %AAA-6-AAA_ACCOUNTING_MESSAGE: update:{address}@pts/0:{name}:configure terminal ; {command} (SUCCESS)",
        &text[..4]
    );
    json!({ "message": line }).to_string()
}

/// A command that IOS logs.
pub(crate) fn ios(actor: &Actor, millis: i64, command: &str) -> String {
    let (time, device, name) = (syslog(millis), &actor.account, &actor.name);
    let line = format!(
        "<189>1187: {device}: 001190: {time}.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:{name}  logged command:{command}"
    );
    json!({ "message": line }).to_string()
}

/// A change that Junos logs.
pub(crate) fn junos(actor: &Actor, millis: i64, path: &str, value: Option<&str>) -> String {
    let (time, device, name) = (syslog(millis), &actor.account, &actor.name);
    let line = match value {
        Some(value) => format!(
            "<189>{time} {device} mgd[3046]: UI_CFG_AUDIT_SET: User '{name}' set: [{path}] unconfigured -- \"{value}\""
        ),
        None => format!("<189>{time} {device} mgd[3046]: UI_CFG_AUDIT_OTHER: User '{name}' delete: [{path}]"),
    };
    json!({ "message": line }).to_string()
}

/// A command that sudo logs on a host.
pub(crate) fn sudo(actor: &Actor, millis: i64, command: &str) -> String {
    let (time, device, name) = (syslog(millis), &actor.account, &actor.name);
    let line =
        format!("{time} {device} sudo:     {name} : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND={command}");
    json!({ "message": line }).to_string()
}
