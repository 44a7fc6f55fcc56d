//! Any bytes as a record: the laws of enrichment, in the schema that the length chooses.

use std::cell::RefCell;

use tapsieve_host_test::check::laws_on;
use tapsieve_host_test::engines::{Engine, Native};

use crate::common::hold;

/// Policies that ask for each schema.
const SCHEMAS: [&str; 3] = ["{}", r#"{"schema":"ecs"}"#, r#"{"schema":"ocsf"}"#];

/// No panic; the prefilter and the full path agree; every byte is kept; JSON stays JSON; a second pass changes nothing.
pub fn record(bytes: &[u8]) {
    thread_local!(static NATIVES: RefCell<[Native; 3]> = RefCell::new(SCHEMAS.map(|policy| {
        let mut native = Native::new();
        hold(native.configure(policy));
        native
    })));
    let schema = bytes.len() % SCHEMAS.len();
    NATIVES.with_borrow_mut(|natives| hold(laws_on(&mut natives[schema], bytes, schema == 2)));
}
