//! Small charts as SVG. Knows lines, bars and logarithmic axes, nothing of what they show.

use std::fmt::Write;

const FONT: &str = r##"font-family="system-ui, sans-serif" font-size="12" fill="#24292f""##;
const COLOURS: [&str; 4] = ["#0969da", "#bf3989", "#1a7f37", "#9a6700"];

/// One bar.
pub struct Bar {
    /// What stands beside it.
    pub name: String,
    /// Its length.
    pub value: f64,
    /// What stands after it.
    pub label: String,
    /// Whether it is one of those that the chart is about.
    pub ours: bool,
}

/// Horizontal bars on a logarithmic axis.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    let (left, width, row) = (235.0, 400.0, 22.0);
    let values = bars.iter().map(|bar| bar.value);
    let (low, high) = (values.clone().fold(f64::MAX, f64::min) / 2.0, values.fold(0.0, f64::max));
    let height = 40.0 + row * bars.len() as f64;
    let mut svg = open(720.0, height, title);
    for (index, bar) in bars.iter().enumerate() {
        let y = 36.0 + row * index as f64;
        let length = ((bar.value / low).ln() / (high / low).ln() * width).max(1.0);
        let colour = if bar.ours { COLOURS[0] } else { "#8c959f" };
        let _ = writeln!(
            svg,
            r#"<text x="{}" y="{}" text-anchor="end">{}</text><rect x="{left}" y="{y}" width="{length:.1}" height="15" fill="{colour}"/><text x="{:.1}" y="{}">{}</text>"#,
            left - 8.0,
            y + 12.0,
            escape(&bar.name),
            left + length + 6.0,
            y + 12.0,
            escape(&bar.label)
        );
    }
    svg + "</g></svg>\n"
}

/// One plot of a row of plots.
pub struct Plot<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// What is given, along the x axis.
    pub x: &'a str,
    /// What is measured, along the y axis.
    pub y: &'a str,
    /// Both axes are logarithmic; otherwise both begin at 0.
    pub logarithmic: bool,
    /// Names and points.
    pub lines: Vec<(&'a str, &'a [(f64, f64)])>,
}

/// Plots in two columns.
pub fn plots(title: &str, plots: &[Plot<'_>]) -> String {
    let rows = plots.len().div_ceil(2);
    let mut svg = open(760.0, 30.0 + 270.0 * rows as f64, title);
    for (index, plot) in plots.iter().enumerate() {
        let (x, y) = (380.0 * (index % 2) as f64, 30.0 + 270.0 * (index / 2) as f64);
        let _ = writeln!(svg, r#"<g transform="translate({x} {y})">{}</g>"#, draw(plot));
    }
    svg + "</g></svg>\n"
}

/// An axis from values to places.
struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, logarithmic: bool) -> Self {
        let high = values.clone().fold(0.0, f64::max);
        let low = if logarithmic { values.fold(f64::MAX, f64::min) } else { 0.0 };
        if logarithmic {
            Self { low: 10f64.powf(low.log10().floor()), high: 10f64.powf(high.log10().ceil()), logarithmic }
        } else {
            Self { low, high: nice(high * 1.1), logarithmic }
        }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let decades = (self.high / self.low).log10().round() as i32;
            (0..=decades).map(|decade| self.low * 10f64.powi(decade)).collect()
        } else {
            (0..=4).map(|quarter| self.high * f64::from(quarter) / 4.0).collect()
        }
    }
}

/// The next number that divides well by four.
fn nice(value: f64) -> f64 {
    let unit = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * unit)
        .find(|end| *end >= value)
        .unwrap_or(value)
}

fn draw(plot: &Plot<'_>) -> String {
    let (left, top, width, height) = (62.0, 26.0, 290.0, 180.0);
    let points = || plot.lines.iter().flat_map(|(_, points)| points.iter());
    let x = Axis::new(points().map(|point| point.0), plot.logarithmic);
    let y = Axis::new(points().map(|point| point.1), plot.logarithmic);
    let mut svg = format!(r#"<text x="{left}" y="14" font-weight="600">{}</text>"#, escape(plot.title));
    for tick in x.ticks() {
        let at = left + x.place(tick) * width;
        let _ = write!(
            svg,
            r##"<path d="M{at:.1} {top}v{height}" stroke="#d0d7de"/><text x="{at:.1}" y="{}" text-anchor="middle" font-size="11">{}</text>"##,
            top + height + 15.0,
            number(tick)
        );
    }
    for tick in y.ticks() {
        let at = top + (1.0 - y.place(tick)) * height;
        let _ = write!(
            svg,
            r##"<path d="M{left} {at:.1}h{width}" stroke="#d0d7de"/><text x="{}" y="{:.1}" text-anchor="end" font-size="11">{}</text>"##,
            left - 5.0,
            at + 4.0,
            number(tick)
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">{}</text><text transform="translate(12 {}) rotate(-90)" text-anchor="middle">{}</text>"#,
        left + width / 2.0,
        top + height + 32.0,
        escape(plot.x),
        top + height / 2.0,
        escape(plot.y)
    );
    for (index, (name, points)) in plot.lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let place = |&(px, py): &(f64, f64)| (left + x.place(px) * width, top + (1.0 - y.place(py)) * height);
        let path: Vec<_> =
            points.iter().map(|point| format!("{:.1},{:.1}", place(point).0, place(point).1)).collect();
        let _ = write!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            path.join(" ")
        );
        for point in *points {
            let (px, py) = place(point);
            let _ = write!(svg, r#"<circle cx="{px:.1}" cy="{py:.1}" r="3" fill="{colour}"/>"#);
        }
        let legend = top + 14.0 + 15.0 * index as f64;
        let _ = write!(
            svg,
            r#"<rect x="{}" y="{}" width="10" height="10" fill="{colour}"/><text x="{}" y="{}" font-size="11">{}</text>"#,
            left + 8.0,
            legend - 9.0,
            left + 22.0,
            legend,
            escape(name)
        );
    }
    svg
}

fn number(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", value / 1e6),
        value if value >= 1e3 => format!("{}k", value / 1e3),
        value => format!("{}", (value * 1000.0).round() / 1000.0),
    }
}

fn open(width: f64, height: f64, title: &str) -> String {
    let title = escape(title);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}"><rect width="100%" height="100%" fill="#ffffff"/><g {FONT}><text x="12" y="20" font-size="14" font-weight="600">{title}</text>
"##
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
