//! Fluent Bit's generated rules send no event past the module that it would enrich; Fluent Bit itself is not needed.

use std::fs;

use libtest_mimic::{Failed, Trial};
use regex::bytes::Regex;
use tapsieve_detector::catalog::{Requires, TABLES};
use tapsieve_detector::{Detector, Outcome};
use tapsieve_host_test::vectors::{Case, Expectation, VectorFile};

pub(crate) fn trials(files: impl Iterator<Item = &'static VectorFile>) -> Vec<Trial> {
    let cases = files.flat_map(|file| file.cases.iter().filter(|case| is_for_rules(file, case)));
    let cases: Vec<&'static Case> = cases.collect();
    vec![
        Trial::test("fluent-bit-route/every-enriched-vector-is-picked", move || every_vector(&cases)),
        Trial::test("fluent-bit-route/every-spelling-of-a-name-is-picked", every_spelling),
    ]
}

/// Whether an event comes as a provider writes it into a file, which is what the rules are for: other products' schemas
/// come by the inputs without rules, and services hand over base64.
pub(crate) fn is_for_rules(file: &VectorFile, case: &Case) -> bool {
    let marks = ["\"data\":\"", "\"bootstrapServers\":\"", "\"eyJ"];
    let is_base64 =
        marks.iter().any(|mark| case.record.windows(mark.len()).any(|window| window == mark.as_bytes()));
    !file.name.starts_with("schemas/") && !is_base64
}

/// The rules for the lines of one provider's file.
fn rules(provider: &str) -> Result<Vec<Regex>, Failed> {
    let yaml = tapsieve_host_test::root().join("fluent-bit-config/inputs-routed.yaml");
    let yaml = fs::read_to_string(yaml)?;
    let tail = format!(" audit.{provider} false'");
    let patterns = yaml.lines().filter_map(|line| line.trim().strip_prefix("- '$log ")?.strip_suffix(&tail));
    let rules: Result<Vec<_>, _> = patterns.map(|pattern| Regex::new(&plain(pattern))).collect();
    match rules? {
        rules if rules.is_empty() => Err(format!("no rules for {provider}").into()),
        rules => Ok(rules),
    }
}

/// The same without what only Fluent Bit's expressions have: what stands between a key and its value ends at a letter,
/// so that nothing is lost by giving back none of it, and the letter of an escape has its backslash as last of that.
fn plain(pattern: &str) -> String {
    pattern.replace(r"[^A-Za-z]*+(?:(?<=\\)[a-z]|(?i:", r"(?:[^A-Za-z]*\\[a-z]|[^A-Za-z]*(?i:")
}

fn every_vector(cases: &[&Case]) -> Result<(), Failed> {
    for provider in ["aws", "azure", "gcp"] {
        let rules = rules(provider)?;
        let mine = format!("\"provider\":\"{provider}\"");
        let mut count = 0;
        for case in cases {
            // README.md says that added operations need rules of their own.
            let added = case.policy.as_ref().is_some_and(|policy| policy.contains("\"operation\""));
            let Expectation::Inserted(inserted) = &case.expectation else { continue };
            if added || !inserted.contains(&mine) {
                continue;
            }
            count += 1;
            if !rules.iter().any(|rule| rule.is_match(&case.record)) {
                return Err(format!("{}: no rule of {provider} picks it", case.name).into());
            }
        }
        println!("{count} vectors of {provider}");
        if count < 20 {
            return Err(format!("only {count} vectors of {provider}").into());
        }
    }
    Ok(())
}

/// Every operation of AWS as an event, spelled in all ways that JSON has, as it is and in texts.
fn every_spelling() -> Result<(), Failed> {
    let rules = rules("aws")?;
    let mut detector = Detector::new();
    let (mut enriched, mut all) = (0, 0);
    for row in TABLES.iter().flat_map(|(rows, _)| *rows).filter(|row| row.provider.name() == "aws") {
        let service = match row.requires {
            Requires::TargetShared => "ram",
            Requires::TypeMirror => "cloudcontrolapi",
            Requires::MirrorRunbook => "ssm",
            _ => "ec2",
        };
        for (key, between, name) in spellings(&row.name) {
            let event = format!(
                r#"{{"eventSource":"{service}.amazonaws.com","{key}"{between}"{name}","requestParameters":{{"typeName":"AWS::EC2::TrafficMirrorSession","documentName":"AWSSupport-ConfigureTrafficMirroring","resourcesSet":{{"items":[{{"resourceId":"tms-0123456789abcdef0"}}]}},"resourceArns":["arn:aws:ec2:eu-west-1:111122223333:traffic-mirror-target/tmt-0123456789abcdef0"]}}}}"#
            );
            for record in records(&event) {
                all += 1;
                if !matches!(detector.process_fully(record.as_bytes()), Outcome::Enriched(_)) {
                    continue;
                }
                enriched += 1;
                if !rules.iter().any(|rule| rule.is_match(record.as_bytes())) {
                    return Err(format!("no rule picks {record}").into());
                }
            }
        }
    }
    println!("{enriched} of {all} spelled records are enriched and picked");
    if enriched * 10 < all * 9 {
        return Err(format!("only {enriched} of {all} records are enriched").into());
    }
    Ok(())
}

/// A key, what stands between it and its value, and a name.
fn spellings(name: &str) -> Vec<(String, &'static str, String)> {
    let escaped = |text: &str, at: usize| {
        let (before, after) = text.split_at(at);
        let letter = u32::from(after.chars().next().unwrap_or_default());
        format!("{before}\\u{letter:04X}{}", after.get(1..).unwrap_or_default())
    };
    let key = "eventName";
    let mut spellings = Vec::new();
    for between in [":", " : ", " \t:\r\n  "] {
        spellings.push((key.into(), between, name.into()));
        spellings.push((key.to_uppercase(), between, name.to_uppercase()));
        spellings.push((key.to_lowercase(), between, name.to_lowercase()));
        spellings.extend((0..key.len()).map(|at| (escaped(key, at), between, name.into())));
        spellings.extend((0..name.len()).map(|at| (key.into(), between, escaped(name, at))));
    }
    spellings
}

/// The event itself, wrapped, in a list, and in texts, with the quotes of texts spelled in two ways.
fn records(event: &str) -> Vec<String> {
    let text = |event: &str| serde_json::Value::from(event).to_string();
    let hidden = |event: &str| text(event).replace("\\\"", "\\u0022");
    let inside = format!("{{\"message\":{}}}", text(event));
    vec![
        event.to_owned(),
        format!("{{\"detail\":{event}}}"),
        format!("{{\"Records\":[{event}]}}"),
        format!("{{\"CloudTrailEvent\":{},\"EventName\":\"x\"}}", text(event)),
        format!("{{\"log\":{}}}", hidden(event)),
        format!("{{\"log\":{}}}", text(&inside)),
        format!("{{\"log\":{}}}", hidden(&inside)),
        inside,
    ]
}
