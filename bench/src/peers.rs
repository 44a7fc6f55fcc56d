//! What a user would use instead, behind one function each: how many records it selects.

use std::collections::BTreeMap;

use serde_json::Value;
use tapsieve_host_test::oracle::SEED_VRL;
use vrl::compiler::runtime::Runtime;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Program, TargetValue, TimeZone};
use vrl::value::{KeyString, Secrets, Value as VrlValue};

/// A compiled VRL program.
pub struct Vrl {
    program: Program,
    runtime: Runtime,
}

impl Vrl {
    /// Compiles the program.
    pub fn new() -> Result<Self, String> {
        // Events come as text.
        let program = format!(". = parse_json!(string!(.message))\n{SEED_VRL}");
        let compiled = vrl::compiler::compile(&program, &vrl::stdlib::all());
        let program = compiled.map_err(|problems| format!("{problems:?}"))?.program;
        Ok(Self { program, runtime: Runtime::new(RuntimeState::default()) })
    }

    /// Whether the program selects the record. Writing the event as JSON again is not part of it.
    pub fn event(&mut self, record: &[u8]) -> Result<bool, String> {
        let message = VrlValue::Bytes(record.to_vec().into());
        let mut target = TargetValue {
            value: VrlValue::Object(BTreeMap::from([(KeyString::from("message"), message)])),
            metadata: VrlValue::Object(BTreeMap::new()),
            secrets: Secrets::default(),
        };
        let result = self.runtime.resolve(&mut target, &self.program, &TimeZone::default());
        self.runtime.clear();
        Ok(result.map_err(|error| error.to_string())? == VrlValue::Boolean(true))
    }
}

/// The same in Lua, as Fluent Bit's Lua filter calls it: one table in, a code and a table out.
const LUA_PROGRAM: &str = r#"
local names = {"createtrafficmirrorsession", "createtrafficmirrortarget", "createtrafficmirrorfilter",
  "modifytrafficmirrorsession", "modifytrafficmirrorfilterrule", "deletetrafficmirrorsession"}
local operations = {"virtualnetworktaps/write", "tapconfigurations/write"}
local methods = {"insertpacketmirroring", "patchpacketmirroring", "deletepacketmirroring"}
local function contains(text, list)
  text = string.lower(text or "")
  for _, name in ipairs(list) do
    if string.find(text, name, 1, true) then return true end
  end
  return false
end
function process(tag, timestamp, record)
  local payload = record["protoPayload"] or {}
  local name, operation, method = record["eventName"], record["operationName"], payload["methodName"]
  if not (contains(name, names) or contains(operation, operations) or contains(method, methods)) then
    return 0, timestamp, record
  end
  local action = "Other"
  if contains(name, {"create", "insert"}) then action = "Creation"
  elseif contains(name, {"modify", "patch", "update"}) then action = "Modification"
  elseif contains(name, {"delete"}) then action = "Deletion"
  elseif contains(operation, {"write"}) then action = "Creation/Modification" end
  record["mirrorAction"] = action
  record["ActorIdentity"] = (record["userIdentity"] or {})["arn"] or record["caller"]
    or (payload["authenticationInfo"] or {})["principalEmail"]
  record["SourceIP"] = record["sourceIPAddress"] or record["callerIpAddress"]
    or (payload["requestMetadata"] or {})["callerIp"]
  record["ResolvedEventName"] = name or operation or method
  return 2, timestamp, record
end
"#;

/// A Lua state with the program.
pub struct Lua {
    lua: mlua::Lua,
    process: mlua::Function,
}

impl Lua {
    /// Loads the program.
    pub fn new() -> Result<Self, String> {
        let load = || {
            let lua = mlua::Lua::new();
            lua.load(LUA_PROGRAM).exec()?;
            let process = lua.globals().get("process")?;
            Ok(Self { lua, process })
        };
        load().map_err(|error: mlua::Error| error.to_string())
    }

    /// Whether the program selects an event, which Fluent Bit has parsed before it calls any filter.
    pub fn event(&mut self, event: &Value) -> Result<bool, String> {
        use mlua::LuaSerdeExt;
        let call = || {
            let options =
                mlua::serde::SerializeOptions::new().serialize_none_to_null(false).set_array_metatable(false);
            let table = self.lua.to_value_with(event, options.serialize_unit_to_null(false))?;
            let (code, _, record): (u8, f64, mlua::Value) = self.process.call(("audit", 1.7e9, table))?;
            // Fluent Bit packs the table again where the code is not 0.
            if code != 0 {
                let _: Value = self.lua.from_value(record)?;
            }
            Ok(code != 0)
        };
        call().map_err(|error: mlua::Error| error.to_string())
    }
}

/// Whether the seed's rule selects an event of which only three members were looked up.
pub fn selected_by_lookup(record: &[u8]) -> bool {
    use sonic_rs::JsonValueTrait;
    let contains = |path: &[&str], names: &[&str]| {
        let found = sonic_rs::get_from_slice(record, path).ok();
        let text = found.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_ascii_lowercase();
        names.iter().any(|name| text.contains(name))
    };
    contains(
        &["eventName"],
        &[
            "createtrafficmirrorsession",
            "createtrafficmirrortarget",
            "createtrafficmirrorfilter",
            "modifytrafficmirrorsession",
            "modifytrafficmirrorfilterrule",
            "deletetrafficmirrorsession",
        ],
    ) || contains(&["operationName"], &["virtualnetworktaps/write", "tapconfigurations/write"])
        || contains(
            &["protoPayload", "methodName"],
            &["insertpacketmirroring", "patchpacketmirroring", "deletepacketmirroring"],
        )
}
