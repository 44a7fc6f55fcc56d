//! docs/MUTATIONS.md: the score, which is written by the task, and the survivors with their reasons, which the task reads.

use std::collections::{BTreeMap, BTreeSet};

use super::Fate;
use crate::tidy::between_marks;

/// The page's path.
pub(crate) const PAGE: &str = "docs/MUTATIONS.md";
/// The section of those that nobody explained.
const UNEXPLAINED: &str = "### Not explained yet\n";

/// The survivors that the page explains, as they are named there.
pub(crate) fn explained(page: &str) -> BTreeSet<String> {
    let page = page.split_once(UNEXPLAINED).map_or(page, |(head, _)| head);
    page.lines().filter_map(listed).map(str::to_owned).collect()
}

/// The mutant that a line of a list names.
fn listed(line: &str) -> Option<&str> {
    line.strip_prefix("- ").filter(|name| name.starts_with('`') && name.contains('⟨'))
}

/// The page with this score, without lines for mutants that do not survive, and with those nobody explained at the end.
///
/// # Errors
/// The page has no marks.
pub(crate) fn fresh(page: &str, fates: &[(&str, &str, Fate)]) -> Result<String, String> {
    let survivors: BTreeSet<&str> =
        fates.iter().filter(|(_, _, fate)| *fate == Fate::Survived).map(|(_, label, _)| *label).collect();
    let untried: BTreeSet<&str> =
        fates.iter().filter(|(_, _, fate)| *fate == Fate::LeftOut).map(|(_, label, _)| *label).collect();
    let known = explained(page);
    let head = page.split_once(UNEXPLAINED).map_or(page, |(head, _)| head);
    let stays =
        |line: &str| listed(line).is_none_or(|name| survivors.contains(name) || untried.contains(name));
    let mut text: String = head.split_inclusive('\n').filter(|line| stays(line.trim_end())).collect();
    let new: Vec<&&str> = survivors.iter().filter(|name| !known.contains(**name)).collect();
    if !new.is_empty() {
        text = format!("{}\n\n{UNEXPLAINED}", text.trim_end());
        new.iter().for_each(|name| text.push_str(&format!("- {name}\n")));
    }
    between_marks(&text, "score", &score(fates, &known))
}

/// One line for each package.
fn score(fates: &[(&str, &str, Fate)], explained: &BTreeSet<String>) -> String {
    let mut packages: BTreeMap<&str, Vec<(&str, Fate)>> = BTreeMap::new();
    for (package, label, fate) in fates {
        packages.entry(package).or_default().push((label, *fate));
    }
    let mut table = String::from(
        "| package | mutants | do not compile | not tried | caught | of them endless | survive | explained | score |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (package, fates) in packages {
        let count = |wanted: Fate| fates.iter().filter(|(_, fate)| *fate == wanted).count();
        let (endless, survived) = (count(Fate::Endless), count(Fate::Survived));
        let caught = count(Fate::Caught) + endless;
        let known =
            fates.iter().filter(|(label, fate)| *fate == Fate::Survived && explained.contains(*label));
        table.push_str(&format!(
            "| `{package}` | {} | {} | {} | {caught} | {endless} | {survived} | {} | {:.1} % |\n",
            fates.len(),
            count(Fate::Unviable),
            count(Fate::LeftOut),
            known.count(),
            100.0 * caught as f64 / (caught + survived).max(1) as f64,
        ));
    }
    table
}
