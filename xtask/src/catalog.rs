//! The tables of docs/CATALOG.md and the counts in README.md, from the catalog that the detector reads.

use tapsieve_detector::catalog::{Operation, Provider, Requires, Source, TABLES, Test};

use crate::tidy::between_marks;

/// The tables of operations and of conditions in docs/CATALOG.md.
pub(crate) fn page(current: &str) -> Result<String, String> {
    let page = between_marks(current, "operations", &operations())?;
    between_marks(&page, "conditions", &conditions())
}

/// The counts in README.md.
pub(crate) fn readme(current: &str) -> Result<String, String> {
    let all: usize = Provider::ALL.iter().map(|provider| rows(*provider).count()).sum();
    let mut out = format!(
        "{all} operations of {} providers:\n\n| provider | operations |\n| --- | ---: |\n",
        Provider::ALL.len()
    );
    for provider in Provider::ALL {
        out.push_str(&format!("| {} | {} |\n", title(*provider), rows(*provider).count()));
    }
    between_marks(current, "counts", &out)
}

fn rows(provider: Provider) -> impl Iterator<Item = (&'static Operation, &'static Source)> {
    let all = TABLES.into_iter().flat_map(|(rows, sources)| rows.iter().zip(sources));
    all.filter(move |(row, _)| row.provider == provider)
}

fn operations() -> String {
    let mut out = String::new();
    for provider in Provider::ALL {
        out.push_str(&format!("\n### {}\n{} operations.\n\n", title(*provider), rows(*provider).count()));
        out.push_str("| operation | action | kind | severity | technique | evidence | source |\n");
        out.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        for (row, source) in rows(*provider) {
            let condition = match words(row.requires) {
                "" => String::new(),
                words => format!(", if {words}"),
            };
            out.push_str(&format!(
                "| `{}`{condition} | {} | {} | {} | {} | {} | {} |\n",
                row.name,
                row.action.name(),
                row.kind.name(),
                row.severity.name(),
                row.technique.name(),
                source.evidence.name(),
                source.text
            ));
        }
    }
    out.push('\n');
    out
}

fn conditions() -> String {
    let mut out = String::from("| condition | one of these holds |\n| --- | --- |\n");
    for requires in Requires::ALL.into_iter().filter(|requires| !words(*requires).is_empty()) {
        let tests: Vec<_> = requires.conditions().iter().map(|(path, test)| asks(path, *test)).collect();
        out.push_str(&format!("| {} | {} |\n", words(requires), tests.join("; ")));
    }
    out
}

fn asks(path: &str, test: Test) -> String {
    // What a condition asks of a request to a cluster may stand in the answer.
    let rest = path.strip_prefix("requestObject");
    let path = rest.map_or(path.to_owned(), |rest| format!("{path}` or `responseObject{rest}"));
    match test {
        Test::True => format!("`{path}` is true"),
        Test::Present => format!("`{path}` is there and not empty"),
        Test::There => format!("`{path}` is there"),
        Test::Holds(text) => format!("a text in `{path}` has `{text}` in it"),
        Test::Has(name) => format!("a member in `{path}` is named `{name}`"),
    }
}

/// What goes after the name of the operation and "if".
fn words(requires: Requires) -> &'static str {
    match requires {
        Requires::Nothing => "",
        Requires::MirrorTagged => "it tags a part of a mirroring",
        Requires::TargetShared => "it shares a mirror target",
        Requires::TypeMirror => "the resource is a part of a mirroring",
        Requires::MirrorRunbook => "the runbook sets up a mirroring",
        Requires::MirroringRules => "the policy carries mirroring rules",
        Requires::MirroringCollector => "the forwarding rule takes in mirrored packets",
        Requires::MirroringProfile => "the profile is one for mirroring",
        Requires::UrlMapMirror => "a route copies requests",
        Requires::VtapFilter => "the filter is one for VTAPs",
        Requires::MirrorAction => "traffic is copied, not redirected",
        Requires::RequestMirror => "a filter copies requests",
        Requires::OvsMirror => "the network mirrors ports or receives what is mirrored",
        Requires::RouteMirror => "a route copies requests",
        Requires::EnvoyMirror => "Envoy is told to copy requests",
        Requires::IngressMirror => "an annotation copies requests",
        Requires::Mirroring => "the service copies requests",
        Requires::ServiceMirror => "a route copies requests to a service",
        Requires::PodMirror => "an annotation copies a pod's packets",
    }
}

fn title(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => "AWS",
        Provider::Azure => "Azure",
        Provider::Gcp => "Google Cloud",
        Provider::Oci => "Oracle Cloud",
        Provider::Alibaba => "Alibaba Cloud",
        Provider::Huawei => "Huawei Cloud",
        Provider::Tencent => "Tencent Cloud",
        Provider::Kubernetes => "Kubernetes",
        Provider::Network => "Network devices",
        Provider::Host => "Hosts",
    }
}
