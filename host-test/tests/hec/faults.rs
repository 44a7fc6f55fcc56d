//! Every acknowledged event is at the receiver with its whole payload, whatever happens to either side: the small edition
//! of `cargo xtask soak hec`.

use std::time::Duration;

use tapsieve_host_test::hec::{Fault, Mood, Size, Strict, run};

#[test]
fn nothing_acknowledged_is_lost() {
    for (name, fault) in Fault::ALL {
        // Only a body that no socket's buffer holds can be answered before it was sent.
        let is_early = fault == Fault::Downstream(Mood::AnswersEarly);
        let (body_events, bodies) = if is_early { (4000, 4) } else { (20, 40) };
        let size = Size { events: body_events * bodies, strikes: 1, lasting: Duration::from_millis(200) };
        let row =
            run(fault, size, &Strict::new(body_events, 4)).unwrap_or_else(|why| panic!("{name}: {why}"));
        let balance = &row.balance;
        assert!(row.is_good(), "{name}, struck {}: {balance:?}", row.struck);
        assert_eq!((balance.acknowledged, balance.missing), (size.events + 1, 0), "{name}");
        // What the downstream has not taken is not there twice either.
        match fault {
            Fault::Killed | Fault::SenderKilled | Fault::BothRestarted | Fault::Downstream(Mood::Hangs) => {}
            Fault::Downstream(Mood::ClosesUnanswered) => assert!(balance.doubled > 0, "{name}"),
            _ => assert_eq!(balance.doubled, 0, "{name}"),
        }
    }
}
