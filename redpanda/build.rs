//! Puts the policy that `TAPSIEVE_POLICY` names into the transform; one that the detector refuses fails the build.

use std::path::PathBuf;
use std::{env, fs};

use tapsieve_detector::Detector;
use tapsieve_policy::Policy;

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-env-changed=TAPSIEVE_POLICY");
    let json = match env::var("TAPSIEVE_POLICY") {
        Ok(path) => {
            println!("cargo::rerun-if-changed={path}");
            let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            let policy = Policy::parse(&text).map_err(|error| format!("{path}:{error}"))?;
            let checked = Detector::new().configure(policy.json().as_bytes());
            checked.map_err(|message| format!("{path}:{}", policy.refused(&message)))?;
            policy.json().to_owned()
        }
        Err(_) => String::new(),
    };
    let folder = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    fs::write(PathBuf::from(folder).join("policy.json"), json).map_err(|error| error.to_string())
}
