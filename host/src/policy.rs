//! A policy put in force in a module, with the place of what the module finds wrong with it.

pub use tapsieve_policy::{NEW, Policy, PolicyError};

use crate::{ConfigureError, Module};

impl Module {
    /// The module with the policy in force in every new instance.
    ///
    /// # Errors
    /// The module's message with its place, or the trap.
    pub fn with_written_policy(self, policy: &Policy) -> Result<Module, PolicyError> {
        self.with_policy(policy.json().as_bytes()).map_err(|error| match error {
            ConfigureError::Refused(message) => policy.refused(&message),
            trap @ ConfigureError::Trap(_) => PolicyError::without_place(trap.to_string()),
        })
    }
}
