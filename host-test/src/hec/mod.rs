//! `tapsieve serve --hec` between senders and a strict receiver; knows HEC and how the parts are put together, nothing of
//! mirroring.

mod faults;
mod gateway;
mod program;
mod receiver;
mod sender;

pub use self::faults::{Fault, Row, Size, run};
pub use self::gateway::{EVENT, Gateway};
pub use self::program::{KINDS, Kind, Program};
pub use self::receiver::{Mood, Receiver, TOKEN};
pub use self::sender::{Sender, Strict};
