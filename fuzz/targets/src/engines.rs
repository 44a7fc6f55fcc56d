//! The same record in the detector, in wasmtime, in wasmi, and behind Fluent Bit's call in wasmi: the same answer.

use std::cell::RefCell;

use tapsieve_host_test::check::show;
use tapsieve_host_test::engines::{Answer, Engine, Native, Wasmi, WasmiFluentBit};

use crate::common::hold;

/// The engine that is called as Fluent Bit calls it.
const FLUENT_BIT: &str = "wasmi-fluent-bit";

/// Every engine gives the same answer, the same verdict, and rules out the same.
pub fn engines(bytes: &[u8]) {
    thread_local!(static OPEN: RefCell<Vec<(&'static str, Box<dyn Engine>)>> = RefCell::new(opened()));
    OPEN.with_borrow_mut(|engines| {
        let mut expected = None;
        for (name, engine) in engines.iter_mut() {
            // To Fluent Bit a zero byte is a text's end.
            if *name == FLUENT_BIT && bytes.contains(&0) {
                continue;
            }
            let got = answers(engine.as_mut(), bytes);
            let expected = expected.get_or_insert_with(|| got.clone());
            assert!(*expected == got, "native {}\n{name} {}", show(&expected.0), show(&got.0));
        }
    });
}

type Answers = (Answer, Option<Vec<u8>>, usize);

fn answers(engine: &mut dyn Engine, bytes: &[u8]) -> Answers {
    (hold(engine.process(bytes)), hold(engine.verdict()), hold(engine.scan(bytes)))
}

/// All but wasmtime in builds without it.
fn opened() -> Vec<(&'static str, Box<dyn Engine>)> {
    let mut engines: Vec<(_, Box<dyn Engine>)> = vec![("native", Box::new(Native::new()))];
    #[cfg(feature = "every-engine")]
    for kind in tapsieve_host_test::engines::ENGINES.iter().filter(|kind| kind.name == "wasmtime") {
        engines.push((kind.name, hold((kind.open)())));
    }
    engines.push(("wasmi", Box::new(hold(Wasmi::new()))));
    engines.push((FLUENT_BIT, Box::new(hold(WasmiFluentBit::new()))));
    engines
}
