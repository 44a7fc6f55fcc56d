//! The members of `mirror`: every one, in order, with its type. Data only; the writer, the page and the Spark schema use it.

use super::fact::{ERROR_MESSAGE, Fact, MFA};

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// One fact.
    Fact(Fact),
    /// What was acted on, each id by its name; of several under one name a text with commas between them.
    Resources,
    /// The ids that events have in common.
    Related,
    /// A key of what belongs together.
    Story,
    /// The policy's entry that approves it.
    Approved,
    /// How many events the record holds.
    Matches,
    /// Whether a limit left a part of the record unread.
    Unread,
}

impl Holds {
    /// Its type, in Spark's words.
    pub fn type_name(self) -> &'static str {
        match self {
            Holds::Fact(Fact::Schema) | Holds::Matches => "int",
            Holds::Fact(Fact::Detail(MFA)) | Holds::Unread => "boolean",
            Holds::Fact(_) | Holds::Story => "string",
            Holds::Resources => "map<string,string>",
            Holds::Related => "array<string>",
            Holds::Approved => "struct<name:string,ticket:string>",
        }
    }
}

/// Writes the table, and beside it the sentence and the example for each member, which the module does not carry.
macro_rules! members {
    ($($name:literal $holds:expr, $example:literal, $doc:literal;)*) => {
        /// Each member's name and what it holds; sentence and example stand at the same place of the other table.
        pub static MEMBERS: &[(&str, Holds)] = &[$(($name, $holds)),*];
        /// What each member says, and an example as JSON.
        pub static MEMBER_DOCS: &[(&str, &str)] = &[$(($doc, $example)),*];
    };
}

const fn fact(fact: Fact) -> Holds {
    Holds::Fact(fact)
}

members! {
    "schema" fact(Fact::Schema), "1", "The version of these members.";
    "provider" fact(Fact::Provider), r#""aws""#, "Who offers the mirroring.";
    "operation" fact(Fact::Operation), r#""CreateTrafficMirrorSession""#, "The row of the catalog.";
    "kind" fact(Fact::Kind), r#""session""#, "What kind of thing was acted on.";
    "technique" fact(Fact::Technique), r#""T1020.001""#, "The technique of MITRE ATT&CK that it serves.";
    "action" fact(Fact::Action), r#""create""#, "What was done.";
    "outcome" fact(Fact::Outcome), r#""success""#, "How it ended.";
    "severity" fact(Fact::Severity), r#""high""#, "How grave it is, see SEVERITY.md.";
    "raised_by" fact(Fact::RaisedBy), r#""cross_account""#, "Why it is graver than its row says.";
    "actor" fact(Fact::Actor), r#""arn:aws:sts::111122223333:assumed-role/NetOps/dana""#, "Who did it.";
    "actor_type" fact(Fact::ActorType), r#""role""#, "`user`, `root`, `role` or `service`: a person, an account's owner, what a person or program acts as, a program.";
    "impersonator" fact(Fact::Detail("impersonator")), r#""dana@example.com""#, "Who acts as the actor, where the provider vouches for it.";
    "access_key" fact(Fact::Detail("access_key")), r#""ASIAEXAMPLE000000001""#, "The id of the key or credential that signed the request.";
    "mfa" fact(Fact::Detail(MFA)), "true", "Whether the actor's session began with a second factor.";
    "user_agent" fact(Fact::Detail("user_agent")), r#""aws-cli/2.22.1""#, "The program, as it calls itself.";
    "source_ip" fact(Fact::Source), r#""198.51.100.23""#, "From where: an address, or the name of a service.";
    "account" fact(Fact::Account), r#""111122223333""#, "The account, subscription or project that owns the network.";
    "tenant" fact(Fact::Detail("tenant")), r#""00000000-0000-4000-8000-0000000000aa""#, "The organization above the account.";
    "region" fact(Fact::Region), r#""eu-west-1""#, "The provider's region.";
    "resource_group" fact(Fact::ResourceGroup), r#""rg-net""#, "The resource group or compartment.";
    "time" fact(Fact::Time), r#""2026-03-04T09:01:07Z""#, "When, as the event spells it.";
    "event_id" fact(Fact::Detail("event_id")), r#""10000000-0000-4000-8000-000000000001""#, "The provider's id of this event.";
    "error" fact(Fact::Error), r#""Client.UnauthorizedOperation""#, "The provider's error code, or its message where there is no code.";
    "error_message" fact(Fact::Detail(ERROR_MESSAGE)), r#""You are not authorized to perform this operation.""#, "What the provider says of the failure.";
    "resources" Holds::Resources, r#"{"session":"tms-0a1b","source_interface":"eni-0a1b"}"#, "What was acted on, by name; several ids of one name have commas between them.";
    "related" Holds::Related, r#"["tms-0a1b","eni-0a1b"]"#, "The ids that events about the same thing have in common, each once.";
    "story" Holds::Story, r#""9f2c6a0d41b7e853""#, "A key of provider, account and lasting identity.";
    "approved" Holds::Approved, r#"{"name":"inspection","ticket":"CHG-1"}"#, "The policy's entry that approves it.";
    "matches" Holds::Matches, "3", "How many mirror events the record holds, where it is more than one.";
    "unread" Holds::Unread, "true", "That a limit left a part of the record unread, where it did.";
}
