//! Short commands of CatOS and of HPE switches, looked for in command accounting only. `*` stands for any words, `_` for one.

use crate::catalog::operations;

const SIGMA: &str = "Sigma rule Cisco Sniffing; CatOS, in command accounting only";
const CX: &str = "AOS-CX commands, in command accounting only; a log line was never seen";
const HPE: &str = "HPE and Aruba switch commands, in command accounting only; a log line was never seen";

operations! { Network,
    "class * action mirror _" CreateOrModify MirroringRule High TrafficDuplication Inferred HPE;
    "mirror * port" CreateOrModify SpanSession High TrafficDuplication Inferred HPE;
    "mirror * remote ip" CreateOrModify SpanSession High TrafficDuplication Inferred HPE;
    "mirror session" CreateOrModify SpanSession High TrafficDuplication Inferred CX;
    "no mirror" Delete SpanSession Medium TrafficDuplication Inferred HPE;
    "no mirror session" Delete SpanSession Medium TrafficDuplication Inferred CX;
    "set rspan" CreateOrModify SpanSession High TrafficDuplication Claimed SIGMA;
    "set span" CreateOrModify SpanSession High TrafficDuplication Claimed SIGMA;
}
