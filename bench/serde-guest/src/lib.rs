//! What a Fluent Bit user would write with serde_json: parse, compare, insert, write back. The peer of tapsieve's module.
//!
//! It decides what the seed's query decides and no more: see docs/SEED.md.

use std::alloc::{Layout, alloc, dealloc};

use serde_json::Value;

const HEADER: usize = 8;

/// The block's size stands in the eight bytes before the address.
#[unsafe(no_mangle)]
extern "C" fn malloc(len: usize) -> *mut u8 {
    let Ok(layout) = Layout::from_size_align(len + HEADER, HEADER) else { return std::ptr::null_mut() };
    // SAFETY: the layout is never empty and has room for the header.
    unsafe {
        let base = alloc(layout);
        base.cast::<usize>().write(len);
        base.add(HEADER)
    }
}

/// # Safety
/// `address` comes from `malloc` and was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(address: *mut u8) {
    // SAFETY: `malloc` wrote the header.
    unsafe {
        let base = address.sub(HEADER);
        let layout = Layout::from_size_align_unchecked(base.cast::<usize>().read() + HEADER, HEADER);
        dealloc(base, layout);
    }
}

/// # Safety
/// `record_len` bytes from `record` are readable during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn fluent_bit_process(
    _tag: *const u8,
    _tag_len: u32,
    _sec: u32,
    _nsec: u32,
    record: *const u8,
    record_len: usize,
) -> *const u8 {
    static mut ANSWER: Vec<u8> = Vec::new();
    // SAFETY: one thread, no export calls another, and the host's promise about the record.
    let (answer, record) =
        unsafe { (&mut *(&raw mut ANSWER), std::slice::from_raw_parts(record, record_len)) };
    answer.clear();
    if let Ok(mut event) = serde_json::from_slice::<Value>(record) {
        describe(&mut event);
        let _ = serde_json::to_writer(&mut *answer, &event);
    }
    answer.push(0);
    answer.as_ptr()
}

/// Inserts the query's columns into an event that the query selects.
fn describe(event: &mut Value) {
    let lower = |value: &Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let name = lower(&event["eventName"]);
    let operation = lower(&event["operationName"]);
    let method = lower(&event["protoPayload"]["methodName"]);
    let contains = |text: &str, names: &[&str]| names.iter().any(|name| text.contains(name));
    let selected = contains(
        &name,
        &[
            "createtrafficmirrorsession",
            "createtrafficmirrortarget",
            "createtrafficmirrorfilter",
            "modifytrafficmirrorsession",
            "modifytrafficmirrorfilterrule",
            "deletetrafficmirrorsession",
        ],
    ) || contains(&operation, &["virtualnetworktaps/write", "tapconfigurations/write"])
        || contains(&method, &["insertpacketmirroring", "patchpacketmirroring", "deletepacketmirroring"]);
    if !selected {
        return;
    }
    let action = if contains(&name, &["create", "insert"]) {
        "Creation"
    } else if contains(&name, &["modify", "patch", "update"]) {
        "Modification"
    } else if name.contains("delete") {
        "Deletion"
    } else if operation.contains("write") {
        "Creation/Modification"
    } else {
        "Other"
    };
    let first = |paths: [&str; 3]| paths.into_iter().find_map(|path| event.pointer(path)).cloned();
    let resolved = first(["/eventName", "/operationName", "/protoPayload/methodName"]);
    let actor = first(["/userIdentity/arn", "/caller", "/protoPayload/authenticationInfo/principalEmail"]);
    let source = first(["/sourceIPAddress", "/callerIpAddress", "/protoPayload/requestMetadata/callerIp"]);
    event["mirrorAction"] = action.into();
    for (column, value) in [("ResolvedEventName", resolved), ("ActorIdentity", actor), ("SourceIP", source)] {
        if let Some(value) = value {
            event[column] = value;
        }
    }
}
