//! Stories: a file's events as what somebody did, from a story to its events and back, and what finds them again.

use crate::Act;
use crate::file::{choose, write};
use crate::visit::{Visit, holds};

pub(crate) const ACTS: &[(&str, Act)] = &[
    ("stories/one-attack-is-one-story", one_story),
    ("stories/from-a-story-to-an-event-and-back", there_and_back),
    ("stories/exports", exports),
    ("stories/a-large-story-is-cut-and-says-so", large),
    ("stories/without-a-year", without_a_year),
    ("stories/none-without-mirror-events", none),
];

fn call(minute: u32, name: &str, request: &str, response: &str) -> String {
    format!(
        r#"{{"userIdentity":{{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/BuildAgent/cli"}},"eventTime":"2026-03-04T09:{minute:02}:07Z","eventSource":"ec2.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","requestParameters":{{"{name}Request":{{{request}}}}},"responseElements":{response},"recipientAccountId":"111122223333"}}"#
    )
}

/// A session with its target and its end, and a port mirroring on a switch.
pub(crate) fn file() -> String {
    let session = r#""TrafficMirrorTargetId":"tmt-0b00000000000000b","TrafficMirrorFilterId":"tmf-0b00000000000000c","NetworkInterfaceId":"eni-0b00000000000000f""#;
    let records = [
        call(
            41,
            "CreateTrafficMirrorTarget",
            r#""NetworkInterfaceId":"eni-0b00000000000000a""#,
            r#"{"CreateTrafficMirrorTargetResponse":{"trafficMirrorTarget":{"trafficMirrorTargetId":"tmt-0b00000000000000b"}}}"#,
        ),
        call(44, "CreateTrafficMirrorSession", session, "null").replace(
            r#""eventSource""#,
            r#""errorCode":"Client.UnauthorizedOperation","eventSource""#,
        ),
        call(
            46,
            "CreateTrafficMirrorSession",
            session,
            r#"{"CreateTrafficMirrorSessionResponse":{"trafficMirrorSession":{"trafficMirrorSessionId":"tms-0b000000000000010"}}}"#,
        ),
        call(
            59,
            "DeleteTrafficMirrorSession",
            r#""TrafficMirrorSessionId":"tms-0b000000000000010""#,
            "null",
        ),
        r#"{"message":"<189>1: sw1: 000009: Mar  7 12:00:01.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:erin  logged command:monitor session 1 source interface GigabitEthernet1/0/1 both"}"#.into(),
        r#"{"message":"<189>1: sw1: 000009: Mar  7 12:01:01.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:erin  logged command:monitor session 1 destination interface GigabitEthernet1/0/24"}"#.into(),
        r#"{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances"}"#.into(),
    ];
    records.join("\n")
}

/// Trials run side by side, so each has a file of its own.
fn read(visit: &Visit, name: &str) -> Result<(), String> {
    choose(visit, &write(name, file().as_bytes())?).map(drop)
}

fn one_story(visit: &Visit) -> Result<(), String> {
    read(visit, "one-stories.ndjson")?;
    holds(&visit.text("stories-note")?, &["6 mirror events in 2 stories, 2 alerts"])?;
    let list = visit.text("stories")?;
    holds(
        &list,
        &[
            "critical",
            "tms-0b000000000000010 copies eni-0b00000000000000f to eni-0b00000000000000a",
            "4 events",
        ],
    )?;
    holds(&list, &["span session 1 copies", "2 events · still runs"])?;
    holds(
        &visit.text("story-why")?,
        &["packets were copied", "1 attempt refused", "created and removed within an hour: after 13 min"],
    )?;
    holds(
        &visit.text("story-facts")?,
        &["BuildAgent as cli", "203.0.113.9", "filter tmf-0b00000000000000c was never seen created"],
    )?;
    holds(
        &visit.text("story-events")?,
        &["create target", "Client.UnauthorizedOperation", "delete session"],
    )?;
    let picture = "document.querySelector('#story-picture svg').getAttribute('aria-label')";
    holds(
        &visit.page.text(picture)?,
        &[
            "source eni-0b00000000000000f to session tms-0b000000000000010 to target tmt-0b00000000000000b to destination eni-0b00000000000000a",
        ],
    )?;
    visit.page.run("document.querySelectorAll('#stories button')[1].click()")?;
    holds(&visit.page.text(picture)?, &["GigabitEthernet1/0/1", "GigabitEthernet1/0/24"])
}

fn there_and_back(visit: &Visit) -> Result<(), String> {
    read(visit, "back-stories.ndjson")?;
    visit.page.run("document.querySelectorAll('#story-events button')[2].click()")?;
    visit.page.wait("document.getElementById('detail').open")?;
    holds(&visit.text("detail-record")?, &["trafficMirrorSessionId", "tms-0b000000000000010"])?;
    visit.page.run("document.getElementById('detail').close()")?;
    // By way of the table to the other story, and back to the first.
    visit.page.run("document.querySelectorAll('#stories button')[1].click()")?;
    visit.page.run("[...document.querySelectorAll('#rows button')].find((button) => button.innerText.includes('Delete')).click()")?;
    visit.page.wait("document.getElementById('detail').open")?;
    visit.click("detail-story")?;
    holds(&visit.text("story-title")?, &["tms-0b000000000000010"])?;
    match visit.page.run("document.getElementById('detail').open")? == false {
        true => Ok(()),
        false => Err("the event still covers its story".into()),
    }
}

fn export(visit: &Visit, id: &str, what: &str) -> Result<String, String> {
    visit.page.run(&format!(
        "(() => {{ const field = document.querySelector('#{id} select'); field.value = '{what}'; field.dispatchEvent(new Event('change')); }})()"
    ))?;
    visit.page.text(&format!("document.querySelector('#{id} pre').textContent"))
}

fn exports(visit: &Visit) -> Result<(), String> {
    read(visit, "exports-stories.ndjson")?;
    let search = export(visit, "story-export", "LogScale search")?;
    holds(
        &search,
        &["mirror.schema = 1\n| in(field=\"mirror.story\", values=[\"", "test(@timestamp >= 1772617267000)"],
    )?;
    holds(
        &export(visit, "story-export", "Command line")?,
        &["tapsieve stories --json 'exports-stories.ndjson' | jq 'select(.id == \""],
    )?;
    visit.page.run("document.querySelectorAll('#story-events button')[0].click()")?;
    visit.page.wait("document.getElementById('detail').open")?;
    holds(
        &export(visit, "detail-export", "LogScale search")?,
        &["mirror.operation = \"CreateTrafficMirrorTarget\"", "mirror.time = "],
    )?;
    holds(
        &export(visit, "detail-export", "Command line")?,
        &["tapsieve run --only-mirror --split-records 'exports-stories.ndjson' | jq -c 'select("],
    )?;
    // The row says what the detector inserts, byte for byte.
    let row = export(visit, "detail-export", "Conformance row")?;
    let record = file().lines().next().unwrap_or_default().to_owned();
    let mut detector = tapsieve_detector::Detector::new();
    let tapsieve_detector::Outcome::Enriched(enriched) = detector.process(record.as_bytes()) else {
        return Err("the record is no mirror event".into());
    };
    let enriched = String::from_utf8_lossy(enriched).into_owned();
    let inserted = &enriched[record.len()..enriched.len() - 1];
    holds(&row, &["[[case]]", &format!("record = '''{record}'''"), &format!("inserted = '''{inserted}'''")])
}

/// A target with `sessions` sessions, each delivered twice.
fn many(sessions: u32) -> String {
    let target = call(
        0,
        "CreateTrafficMirrorTarget",
        r#""NetworkInterfaceId":"eni-0sink""#,
        r#"{"CreateTrafficMirrorTargetResponse":{"trafficMirrorTarget":{"trafficMirrorTargetId":"tmt-0"}}}"#,
    );
    let sessions = (0..sessions).flat_map(|number| {
        let request = format!(r#""TrafficMirrorTargetId":"tmt-0","NetworkInterfaceId":"eni-{number}""#);
        let response = format!(
            r#"{{"CreateTrafficMirrorSessionResponse":{{"trafficMirrorSession":{{"trafficMirrorSessionId":"tms-{number}"}}}}}}"#
        );
        let record = call(number % 60, "CreateTrafficMirrorSession", &request, &response);
        [record.clone(), record]
    });
    [target].into_iter().chain(sessions).collect::<Vec<_>>().join("\n")
}

fn large(visit: &Visit) -> Result<(), String> {
    choose(visit, &write("large-stories.ndjson", many(230).as_bytes())?)?;
    holds(&visit.text("stories-note")?, &["231 mirror events in 1 story, 1 alert; 230 delivered again"])?;
    holds(&visit.text("story-title")?, &["and 229 more flows"])?;
    holds(&visit.text("story-more")?, &["more flows"])?;
    holds(&visit.text("story-events")?, &["31 more, not listed"])?;
    let heights = "(() => { const list = document.getElementById('story-events'); return String(list.clientHeight < 600 && list.scrollHeight > 600); })()";
    holds(&visit.page.text(heights)?, &["true"])
}

fn without_a_year(visit: &Visit) -> Result<(), String> {
    let lines = file().lines().filter(|line| line.contains("%PARSER")).collect::<Vec<_>>().join("\n");
    choose(visit, &write("yearless-stories.ndjson", lines.as_bytes())?)?;
    holds(&visit.text("story-facts")?, &["03-07 12:00:01 to 03-07 12:01:01"])?;
    let search = export(visit, "story-export", "LogScale search")?;
    match search.contains("timestamp") || visit.text("story")?.contains("1970") {
        true => Err(format!("a year that nobody said: {search}")),
        false => Ok(()),
    }
}

fn none(visit: &Visit) -> Result<(), String> {
    read(visit, "none-stories.ndjson")?;
    choose(visit, &write("quiet.ndjson", br#"{"eventName":"RunInstances"}"#)?)?;
    match visit.seen("stories-card")? {
        true => Err("stories without a mirror event".into()),
        false => Ok(()),
    }
}
