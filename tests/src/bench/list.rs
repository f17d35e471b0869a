//! What there is to measure.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::Bench;
use super::progress::clock;
use crate::screen::Screen;

/// A line for each bench: its name, how long it takes, and with `--quick`, and what is asked.
pub(super) fn show(screen: &Screen) -> Result<()> {
    screen.say(&text()?);
    Ok(())
}

fn text() -> Result<String> {
    let mut text = String::from("bench      takes quick\n");
    let mut total = [Duration::ZERO; 2];
    for mut bench in Bench::all()? {
        let [asked, _] = bench.about();
        let takes = bench.options().takes();
        bench.options().quicken();
        let takes = [takes, bench.options().takes()];
        total = [total[0] + takes[0], total[1] + takes[1]];
        writeln!(text, "{}  {asked}", line(bench.name(), takes))?;
    }
    writeln!(text, "{}  every one of them", line("all", total))?;
    write!(
        text,
        "{:<22}  docs/benchmarks.md, from what was measured",
        "report"
    )?;
    Ok(text)
}

fn line(name: &str, takes: [Duration; 2]) -> String {
    let [full, quick] = takes.map(clock);
    format!("{name:<10} {full:>5} {quick:>5}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bench_is_listed_with_what_it_asks() {
        let text = text().unwrap();
        for bench in Bench::all().unwrap() {
            let [asked, _] = bench.about();
            assert!(!asked.is_empty(), "{}", bench.name());
            let line = text.lines().find(|line| line.starts_with(bench.name()));
            assert!(line.is_some_and(|line| line.ends_with(&asked)), "{text}");
        }
    }

    #[test]
    fn little_effort_takes_less_time() {
        for mut bench in Bench::all().unwrap() {
            let full = bench.options().takes();
            bench.options().quicken();
            assert!(bench.options().takes() < full, "{}", bench.name());
        }
    }
}
