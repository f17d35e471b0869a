//! Pages point at files that are there.

use crate::source::{self, Source, root};

#[test]
fn relative_links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in source::below("")
        .iter()
        .filter(|source| source.path.ends_with(".md"))
    {
        broken.extend(broken_links(page));
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn links_are_found_in_text_and_pictures() {
    let text = "see [a](A.md#top) and ![b](docs/b.svg), not [c] (d) or f(x)";
    assert_eq!(links(text).collect::<Vec<_>>(), ["A.md", "docs/b.svg"]);
}

fn broken_links(page: &Source) -> Vec<String> {
    let page_path = root().join(&page.path);
    let directory = page_path.parent().unwrap_or(root());
    let local = links(&page.text).filter(|link| !link.is_empty() && !link.contains("://"));
    local
        .filter(|link| !directory.join(link).exists())
        .map(|link| format!("{}: no {link}", page.path))
        .collect()
}

/// The targets of `[…](target)`, without their `#anchor`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.map(|target| target.split('#').next().unwrap_or(target))
}
