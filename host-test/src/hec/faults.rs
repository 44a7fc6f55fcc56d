//! What goes wrong while bodies are on their way, and what arrives all the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use super::{Gateway, Mood, Receiver, Sender};
use crate::load::{Balance, Ledger};
use crate::process::until;

/// How long bodies may take to be on their way, or a fresh event to arrive.
const PATIENCE: Duration = Duration::from_secs(60);
/// From taking a body to the answer, so that there are always bodies that are taken and not answered.
const PAUSE: Duration = Duration::from_millis(20);

/// Longer than tapsieve waits for an answer in a run with a downstream that hangs.
const HANGING: Duration = Duration::from_millis(1500);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Nothing,
    /// tapsieve ends at once.
    Killed,
    /// tapsieve is asked to end.
    Stopped,
    /// tapsieve reads module and policy again.
    Reloaded,
    /// The downstream treats bodies badly.
    Downstream(Mood),
    /// The sender ends at once.
    SenderKilled,
    /// tapsieve and the downstream end at once.
    BothRestarted,
}

impl Fault {
    /// All, with what they are called.
    pub const ALL: [(&str, Fault); 13] = [
        ("nothing", Fault::Nothing),
        ("tapsieve killed", Fault::Killed),
        ("tapsieve stopped", Fault::Stopped),
        ("tapsieve reloaded", Fault::Reloaded),
        (
            "downstream answers 503",
            Fault::Downstream(Mood::Answers(503, r#"{"text":"Server is busy","code":9}"#)),
        ),
        ("downstream answers 429", Fault::Downstream(Mood::Answers(429, "slow down"))),
        (
            "downstream answers 400",
            Fault::Downstream(Mood::Answers(400, r#"{"text":"Invalid data format","code":6}"#)),
        ),
        ("downstream hangs", Fault::Downstream(Mood::Hangs)),
        ("downstream closes midway", Fault::Downstream(Mood::ClosesMidway)),
        ("downstream closes in place of its answer", Fault::Downstream(Mood::ClosesUnanswered)),
        ("downstream answers before it has the body", Fault::Downstream(Mood::AnswersEarly)),
        ("sender killed", Fault::SenderKilled),
        ("both restarted", Fault::BothRestarted),
    ];
}

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How many events are sent.
    pub events: usize,
    /// How often the fault happens.
    pub strikes: usize,
    /// How long the downstream stays as it is.
    pub lasting: Duration,
}

/// What came of a run.
pub struct Row {
    /// Bodies that were on their way when the fault happened, or that it was done to.
    pub struck: usize,
    /// What arrived.
    pub balance: Balance,
}

impl Row {
    /// Every acknowledged event has arrived whole, and the fault was one.
    pub fn is_good(&self) -> bool {
        let Balance { lost, strange, unenriched, altered, .. } = self.balance;
        lost == 0 && strange == 0 && unenriched == 0 && altered == 0 && self.struck > 0
    }
}

/// Sends events through a gateway, lets the fault happen while bodies are on their way, and sends one more at the end.
///
/// # Errors
/// A part does not start, no body is on its way, or the last event does not arrive.
pub fn run(fault: Fault, size: Size, sender: &(impl Sender + Sync)) -> Result<Row, String> {
    let ledger = Ledger::new(size.events + 1);
    let take = ledger.clone();
    let receiver = Receiver::start(PAUSE, move |_, envelopes| {
        envelopes.iter().for_each(|envelope| take.take(&envelope["event"], &envelope["fields"]));
    })?;
    let hangs = fault == Fault::Downstream(Mood::Hangs);
    let patience: &[&str] = if hangs { &["--answer-seconds=1"] } else { &[] };
    let gateway = Gateway::start(receiver.address(), "", patience)?;
    let to = gateway.address;
    let mut parts = Parts { gateway, receiver };
    let ended = AtomicBool::new(false);
    let struck = thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let sent = sender.send(to, &ledger, 0..size.events);
            ended.store(true, Ordering::SeqCst);
            sent
        });
        let mut struck = 0;
        for strike in 0..size.strikes {
            let due = size.events * strike / (size.strikes + 1);
            // Bodies that come later are the downstream's to treat badly; everything else needs one to be on its way.
            let is_due = || {
                let needs_body = !matches!(fault, Fault::Downstream(_));
                ledger.arrived() >= due && (!needs_body || parts.receiver.under_way() > 0)
            };
            until(PATIENCE, || ended.load(Ordering::SeqCst) || is_due());
            if ended.load(Ordering::SeqCst) {
                return Err(format!("all was sent before strike {strike}"));
            }
            struck += parts.strike(fault, size.lasting, sender)?;
        }
        sending.join().map_err(|_| "the sender panicked")??;
        Ok(struck)
    })?;
    let fresh = size.events;
    sender.send(to, &ledger, fresh..fresh + 1)?;
    match until(PATIENCE, || ledger.has_arrived(fresh)) {
        true => Ok(Row { struck, balance: ledger.balance() }),
        false => Err("a fresh event does not arrive".into()),
    }
}

struct Parts {
    gateway: Gateway,
    receiver: Receiver,
}

impl Parts {
    /// Lets the fault happen once, and says to how many bodies.
    fn strike(&mut self, fault: Fault, lasting: Duration, sender: &impl Sender) -> Result<usize, String> {
        let on_their_way = self.receiver.under_way();
        match fault {
            Fault::Nothing => {}
            Fault::Killed => {
                self.gateway.process()?.signal("KILL");
                sleep(PAUSE);
                self.gateway.restart()?;
            }
            Fault::Stopped => {
                self.gateway.process()?.signal("TERM");
                self.gateway.process()?.ended(PATIENCE);
                self.gateway.restart()?;
            }
            Fault::Reloaded => self.gateway.process()?.signal("HUP"),
            Fault::Downstream(mood) => {
                let before = self.receiver.struck();
                self.receiver.set(mood);
                // A hanging one has to outlast tapsieve's patience.
                sleep(if mood == Mood::Hangs { lasting + HANGING } else { lasting });
                until(PATIENCE, || self.receiver.struck() > before);
                self.receiver.set(Mood::Takes);
                return Ok(self.receiver.struck() - before);
            }
            Fault::SenderKilled => return sender.break_off(),
            Fault::BothRestarted => {
                self.gateway.process()?.signal("KILL");
                self.receiver.stop();
                sleep(PAUSE);
                self.receiver.restart()?;
                self.gateway.restart()?;
            }
        }
        Ok(on_their_way)
    }
}
