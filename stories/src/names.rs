//! How ids are shown to people: the part of them that tells one from another.

/// The end of a long path; an id as it is.
pub(crate) fn short(id: &str) -> String {
    if !id.contains('/') || id.len() <= 24 || id.contains("0/0") {
        return id.to_owned();
    }
    // A load balancer's ARN ends with a hash, its name stands before.
    if let Some((_, name)) = id.split_once(":loadbalancer/") {
        return name.to_owned();
    }
    let mut segments = id.trim_end_matches('/').rsplit('/');
    let last = segments.next().unwrap_or(id);
    match (segments.next(), segments.next()) {
        // The address of an interface or a load balancer, whose name says more.
        (Some(kind), Some(owner)) if kind.to_ascii_lowercase().ends_with("ipconfigurations") => {
            format!("{owner}/{last}")
        }
        _ => last.to_owned(),
    }
}

/// For one line: of an id of Oracle Cloud, which has a hundred letters, its kind and its end.
pub(crate) fn brief(id: &str) -> String {
    let ends = || {
        let kind = id.strip_prefix("ocid1.")?.split('.').next()?;
        Some(format!("ocid1.{kind}…{}", id.get(id.len() - 6..)?))
    };
    ends().filter(|_| id.len() > 24).unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_one_it_is() {
        let azure = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network";
        for (id, shown) in [
            ("tmt-0a1b2c3d4e5f60002".to_owned(), "tmt-0a1b2c3d4e5f60002"),
            ("0.0.0.0/0 -> 0.0.0.0/0, accepted".to_owned(), "0.0.0.0/0 -> 0.0.0.0/0, accepted"),
            (
                "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/sink/50dc".to_owned(),
                "net/sink/50dc",
            ),
            (format!("{azure}/virtualNetworkTaps/tap9"), "tap9"),
            (format!("{azure}/loadBalancers/lb9/frontendIPConfigurations/fe"), "lb9/fe"),
            (format!("{azure}/networkInterfaces/nic9/ipConfigurations/one/"), "nic9/one"),
        ] {
            assert_eq!(short(&id), shown);
        }
        assert_eq!(brief("ocid1.vtap.oc1.eu-frankfurt-1.amaaaaaavt0123"), "ocid1.vtap…vt0123");
        assert_eq!(brief("tms-1"), "tms-1");
    }
}
