//! What the sidecar counts; knows names and labels, not when they change.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::ndjson::MirrorKey;

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper ends of the batch latencies' buckets, in seconds.
const LATENCIES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct OutcomeLabel {
    pub(crate) outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct MirrorLabels {
    provider: String,
    action: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct StatusLabel {
    pub(crate) status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    pub(crate) reason: &'static str,
}

/// A counter of seconds.
type Seconds = Counter<f64, AtomicU64>;

/// Everything that is counted. Events count once their batch is delivered, so a batch that is sent again counts once.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) events: Family<OutcomeLabel, Counter>,
    mirror_events: Family<MirrorLabels, Counter>,
    pub(crate) unanswered: Counter,
    pub(crate) module_seconds: Seconds,
    batch_seconds: Histogram,
    pub(crate) requests: Family<StatusLabel, Counter>,
    pub(crate) retries: Family<ReasonLabel, Counter>,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) bytes_saved: Counter,
    pub(crate) in_flight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) queued: Gauge,
    pub(crate) gave_way: Family<ReasonLabel, Counter>,
    pub(crate) reloads: Family<OutcomeLabel, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let metrics = Metrics {
            registry: Registry::with_prefix("tapsieve"),
            events: Family::default(),
            mirror_events: Family::default(),
            unanswered: Counter::default(),
            module_seconds: Seconds::default(),
            batch_seconds: Histogram::new(LATENCIES),
            requests: Family::default(),
            retries: Family::default(),
            bytes_in: Counter::default(),
            bytes_out: Counter::default(),
            bytes_saved: Counter::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            queued: Gauge::default(),
            gave_way: Family::default(),
            reloads: Family::default(),
        };
        for outcome in ["unchanged", "enriched", "dropped"] {
            let _ = metrics.events.get_or_create(&OutcomeLabel { outcome });
        }
        metrics.register()
    }

    fn register(mut self) -> Metrics {
        let to = &mut self.registry;
        to.register("events", "Events of delivered batches by what became of them", self.events.clone());
        to.register(
            "mirror_events",
            "Mirror events of delivered batches by provider, action and what became of them",
            self.mirror_events.clone(),
        );
        to.register(
            "events_unanswered",
            "Events that passed unchanged because the module failed on them",
            self.unanswered.clone(),
        );
        to.register_with_unit(
            "module",
            "Time spent in the module",
            Unit::Seconds,
            self.module_seconds.clone(),
        );
        to.register_with_unit(
            "batch",
            "Time from a batch's first byte to its answer, delivered batches",
            Unit::Seconds,
            self.batch_seconds.clone(),
        );
        to.register("requests", "Requests by the status of the answer", self.requests.clone());
        to.register(
            "retries",
            "Batches that the sender was asked to send again, by reason",
            self.retries.clone(),
        );
        to.register(
            "batch_bytes_in",
            "Bytes of delivered batches as they came, uncompressed",
            self.bytes_in.clone(),
        );
        to.register("batch_bytes_out", "Bytes of delivered batches as they went on", self.bytes_out.clone());
        to.register("batch_bytes_saved", "Bytes of events that the policy dropped", self.bytes_saved.clone());
        to.register(
            "in_flight_bytes",
            "Bytes reserved for batches that wait for an answer",
            self.in_flight.clone(),
        );
        to.register("connections", "Open connections", self.connections.clone());
        to.register("bodies_queued", "Bodies that wait for memory or for their turn", self.queued.clone());
        to.register(
            "connections_gave_way",
            "Connections closed before their time, to make room or because the answer was not read, by what was waited for",
            self.gave_way.clone(),
        );
        to.register("reloads", "Reloads of module and policy", self.reloads.clone());
        self
    }

    pub(crate) fn mirror_event(&self, key: MirrorKey, dropped: bool) {
        let outcome = if dropped { "dropped" } else { "enriched" };
        self.mirror_events
            .get_or_create(&MirrorLabels { provider: key.provider, action: key.action, outcome })
            .inc();
    }

    pub(crate) fn delivered(&self, latency: Duration) {
        self.batch_seconds.observe(latency.as_secs_f64());
    }

    /// Every number as OpenMetrics text, which Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
