//! Patterns of policies against regex-lite, and globs against the expression that says the same.

use std::cell::RefCell;
use std::fmt::Write;

use arbitrary::{Result, Unstructured};
use serde_json::json;
use tapsieve_host_test::engines::{Engine, Native};

use crate::common::verdict_on;

/// What tapsieve takes it compares as regex-lite does.
pub fn patterns(bytes: &[u8]) {
    let mut from = Unstructured::new(bytes);
    let Ok((pattern, expression, actor)) = drawn(&mut from) else { return };
    let Some(fits) = approves(&pattern, &actor) else { return };
    match regex_lite::Regex::new(&expression) {
        Ok(regex) => assert_eq!(fits, regex.is_match(&actor), "{pattern} on {actor:?}, {expression}"),
        // Counted repetitions may be too large for regex-lite alone.
        Err(error) => assert!(error.to_string().contains("size"), "taken here only: {pattern}: {error}"),
    }
}

/// A pattern, the expression for regex-lite, and a text.
fn drawn(from: &mut Unstructured<'_>) -> Result<(String, String, String)> {
    let is_glob = from.arbitrary()?;
    let fold = if from.ratio(1, 4)? { "(?i)" } else { "" };
    let pattern = if is_glob { glob(from)? } else { expression(from, 3)? };
    let mut actor = String::from("d");
    for _ in 0..from.int_in_range(0..=24)? {
        actor.push_str(
            from.choose(&["a", "b", "A", "B", "c", "1", "-", " ", "\u{e9}", ".", "_", "aa", "ab"])?,
        );
    }
    // Blanks at its ends are no part of an actor.
    let actor = actor.trim().to_owned();
    Ok(match is_glob {
        true => (pattern.clone(), as_expression(&pattern), actor),
        false => (format!("re:{fold}{pattern}"), format!("{fold}^(?:{pattern})$"), actor),
    })
}

fn glob(from: &mut Unstructured<'_>) -> Result<String> {
    let mut glob = String::from(*from.choose(&["d", "*", "?", "D"])?);
    for _ in 0..from.int_in_range(0..=70)? {
        glob.push_str(from.choose(&["a", "A", "b", "*", "?", "\u{e9}", "-", "1", ".", "_"])?);
    }
    Ok(glob)
}

/// Compares letters of ASCII in any case, as globs do.
fn as_expression(glob: &str) -> String {
    let mut text = String::from("(?s)^");
    for character in glob.chars() {
        let _ = match character {
            '*' => write!(text, ".*"),
            '?' => write!(text, "."),
            letter if letter.is_ascii_alphabetic() => {
                write!(text, "[{}{}]", letter.to_ascii_lowercase(), letter.to_ascii_uppercase())
            }
            other => write!(text, "{}", regex_lite::escape(&other.to_string())),
        };
    }
    text.push('$');
    text
}

/// Mostly an expression that is supported.
fn expression(from: &mut Unstructured<'_>, depth: usize) -> Result<String> {
    const ATOMS: &[&str] = &[
        ".",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\W",
        "\\S",
        "\\.",
        "\\-",
        "\u{e9}",
        "[ab]",
        "[^a]",
        "[a-c0]",
        "[\\d_-]",
        "[^\\w]",
        "[\u{e9}-\u{fc}]",
        "[\\]a]",
        "[B-D]",
        "^",
        "$",
        "a",
        "B",
        "b",
        "1",
        "-",
        "d",
    ];
    const TIMES: &[&str] =
        &["", "", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "*?", "{0}", "{40}", "{2,9}?"];
    let mut text = String::new();
    for _ in 0..from.int_in_range(0..=4)? {
        match from.int_in_range(0..=5)? {
            0 if depth > 0 => write!(text, "({})", expression(from, depth - 1)?),
            1 if depth > 0 => {
                write!(text, "(?:{}|{})", expression(from, depth - 1)?, expression(from, depth - 1)?)
            }
            2 => write!(text, "{}", char::from(from.int_in_range(b' '..=b'~')?)),
            _ => write!(text, "{}", from.choose(ATOMS)?),
        }
        .unwrap_or_default();
        text.push_str(from.choose(TIMES)?);
    }
    Ok(text)
}

/// Whether a pattern approves what an actor does; `None` where it is refused.
fn approves(pattern: &str, actor: &str) -> Option<bool> {
    thread_local!(static NATIVE: RefCell<Native> = RefCell::new(Native::new()));
    let event = json!({
        "eventSource": "ec2.amazonaws.com",
        "eventName": "CreateTrafficMirrorTarget",
        "userIdentity": {"arn": actor},
    });
    NATIVE.with_borrow_mut(|native| {
        let policy = json!({"approved": [{"name": "n", "actors": [pattern]}]});
        native.configure(&policy.to_string()).ok()?;
        let verdict = verdict_on(native, event.to_string().as_bytes()).expect("a mirror event");
        assert_eq!(verdict["actor"], actor);
        Some(verdict.get("approved").is_some())
    })
}
