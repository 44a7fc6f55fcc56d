//! A month in which everything but the noise happens: attacks are one story each, decoys no alert.

#[path = "../examples/month/acts.rs"]
mod acts;
#[path = "../examples/month/logscale.rs"]
mod logscale;
#[path = "../examples/month/records.rs"]
mod records;
#[path = "../examples/month/score.rs"]
mod score;

use score::Scorer;
use tapsieve_stories::{Options, Story};

/// Several, because names that come again join what has nothing in common only in the next one.
const MONTHS: usize = 3;

fn told(
    months: usize,
    options: Options,
) -> (Vec<(String, score::Score, bool)>, Vec<Story>, tapsieve_stories::Counts) {
    let (truths, acts) = acts::acts(months);
    let mut scorer = Scorer::new(&truths, options);
    scorer.noise(br#"{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances"}"#);
    acts.iter().for_each(|act| scorer.act(act));
    let counts = scorer.counts();
    let (scores, stories) = scorer.finish(&truths);
    let attacks = |group: &str| truths.iter().any(|truth| truth.group == group && truth.attack);
    (
        scores.into_iter().map(|(group, score)| (group.to_owned(), score, attacks(group))).collect(),
        stories,
        counts,
    )
}

#[test]
fn every_attack_is_one_story_and_one_alert_and_no_decoy_is() {
    let (scores, _, _) = told(MONTHS, Options::default());
    let mut attacks = 0;
    for (group, score, attack) in scores {
        assert_eq!((score.split, score.merged), (0, 0), "{group}: {score:?}");
        assert_eq!(score.silent, 0, "{group}: the alert of LogScale is silent: {score:?}");
        if attack {
            attacks += score.acts;
            assert_eq!((score.right, score.alerts_after), (score.acts, score.acts), "{group}: {score:?}");
            assert!(score.alerts_before >= score.acts, "{group}: {score:?}");
        } else {
            assert_eq!(score.alerts_after, 0, "{group}: {score:?}");
            // To LogScale sessions are approved only where the policy names them, and not by way of their target.
            assert!(score.alerts_logscale == 0 || group == "approved automation", "{group}: {score:?}");
        }
    }
    assert_eq!(attacks, MONTHS * acts::STORIES);
}

#[test]
fn the_bound_is_kept_and_what_it_closes_is_counted() {
    let bound = Options { stories_max: 40, ..Options::default() };
    let (_, bounded, counts) = told(2, bound);
    let (_, all, _) = told(2, Options::default());
    assert!(counts.evicted > 0);
    assert!(bounded.len() >= all.len(), "every story is told, closed early or not");
    let events = |stories: &[Story]| stories.iter().map(|story| story.events_total).sum::<u64>();
    assert_eq!(events(&bounded), events(&all));
}

#[test]
fn a_story_of_many_events_keeps_the_first_and_the_last() {
    let (_, stories, _) = told(1, Options { events_max: 4, ..Options::default() });
    let long =
        stories.iter().find(|story| story.events_left_out > 0).expect("a story of more than four events");
    assert_eq!(long.events.len(), 4);
    assert_eq!(long.events_total, 4 + long.events_left_out);
}

#[test]
fn the_order_of_arrival_makes_no_difference_within_a_story() {
    let (truths, mut acts) = acts::acts(1);
    let join = |acts: &[acts::Act]| {
        let mut scorer = Scorer::new(&truths, Options::default());
        acts.iter().for_each(|act| scorer.act(act));
        let (_, stories) = scorer.finish(&truths);
        let mut told: Vec<_> = stories
            .into_iter()
            .filter(|story| story.alert)
            .map(|story| (story.id, story.runs, story.events_total))
            .collect();
        told.sort();
        told
    };
    let forward = join(&acts);
    // Neighbours trade places, as where two sources are read in turns.
    acts.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
    assert_eq!(join(&acts), forward);
}
