//! Reports from JSON to what is read: `fixtures/page.golden` is the page of the JSON files there.

use roxmltree::{Document, Node};

use super::{Missing, Report, chart, page};
use crate::bench::Bench;
use crate::bench::report::Surroundings;

fn reports() -> Vec<Report> {
    let files = [
        include_str!("fixtures/failover.json"),
        include_str!("fixtures/arp.json"),
    ];
    let reports = files.map(|text| serde_json::from_str(text).unwrap());
    reports.to_vec()
}

#[test]
fn the_page_is_as_written_down() {
    let missing = Missing {
        name: "flood".to_owned(),
        takes: "about 7:36 min".to_owned(),
    };
    let page = page::render(&reports(), &[missing]);
    assert_eq!(page, include_str!("fixtures/page.golden"), "\n{page}");
}

#[test]
fn a_page_without_reports_names_every_bench() {
    let benches = Bench::all().unwrap();
    let missing: Vec<_> = benches
        .iter()
        .map(|bench| Missing {
            name: bench.name().to_owned(),
            takes: String::new(),
        })
        .collect();
    let page = page::render(&[], &missing);
    for bench in benches {
        assert!(page.contains(&format!("cargo xtask bench {}`", bench.name())));
    }
}

#[test]
fn a_report_survives_its_file() {
    for report in reports() {
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}

#[test]
fn drawings_are_well_formed_and_keep_within_their_page() {
    for report in reports() {
        let text = chart::draw(&report);
        let drawing = Document::parse(&text).unwrap();
        let [width, height] = size(drawing.root_element());
        for node in drawing.descendants().filter(|node| node.has_attribute("y")) {
            let ([x, y], [w, h]) = (["x", "y"].map(|name| number(node, name)), size(node));
            assert!(x >= 0.0 && x + w <= width, "{node:?} of {}", report.name);
            assert!(y >= 0.0 && y + h <= height, "{node:?} of {}", report.name);
        }
    }
}

#[test]
fn words_are_drawn_as_they_are() {
    let [failover, ..] = &reports()[..] else {
        panic!("no report");
    };
    let text = chart::draw(failover);
    let drawing = Document::parse(&text).unwrap();
    let words: Vec<_> = drawing
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    for word in [
        "silence",
        "cut <cable>, 0.1 s",
        "∞",
        "ms (logarithmic)",
        "1000",
    ] {
        assert!(words.contains(&word), "no {word} in {words:?}");
    }
    assert!(
        !words.contains(&"6000"),
        "a column of another unit is drawn"
    );
}

#[test]
fn a_machine_is_described_without_gaps() {
    for (name, value) in Surroundings::detect().describe() {
        assert!(!value.is_empty(), "{name}");
    }
}

/// Width and height, if they are numbers.
fn size(node: Node<'_, '_>) -> [f64; 2] {
    ["width", "height"].map(|name| number(node, name))
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let value = node.attribute(name).and_then(|value| value.parse().ok());
    value.unwrap_or_default()
}
