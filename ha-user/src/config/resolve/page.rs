//! Pages of `HTTP_GET` and `SSL_GET`.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::check::{HttpDraft, PageDraft};
use super::super::model::check::{Page, Pattern};
use regex::bytes::RegexBuilder;
use rustls::pki_types::DnsName;

/// Most memory that an expression may take, in octets.
const LARGEST_EXPRESSION: usize = 1 << 20;

/// A page, and the name that TLS asks for.
pub(super) type Named = (Page, Option<String>);

/// The pages of a checker; what cannot be used is reported and left out. `outer` is the host that the
/// real server names.
pub(super) fn pages(
    http: HttpDraft,
    outer: Option<&At<String>>,
    report: &mut Report,
) -> Vec<Named> {
    let HttpDraft {
        pages,
        virtualhost,
        version,
        ..
    } = &http;
    let mut resolved = Vec::new();
    for draft in pages {
        let host = draft
            .virtualhost
            .as_ref()
            .or(virtualhost.as_ref())
            .or(outer);
        let pattern = match pattern(draft, report) {
            Ok(pattern) => pattern,
            Err(Unusable) => continue,
        };
        let page = Page {
            path: draft.path.clone().unwrap_or_default(),
            host: host.map(|host| host.value.clone()),
            version: *version,
            codes: codes(draft),
            digest: draft.digest,
            pattern,
        };
        resolved.push((page, server_name(&http, host, report)));
    }
    resolved
}

fn codes(draft: &PageDraft) -> Vec<(u16, u16)> {
    match draft.codes.as_slice() {
        [] => vec![(200, 299)],
        codes => codes.to_vec(),
    }
}

/// It has been reported why.
struct Unusable;

fn pattern(draft: &PageDraft, report: &mut Report) -> Result<Option<Pattern>, Unusable> {
    let Some(At { value: regex, at }) = &draft.regex else {
        return Ok(None);
    };
    let expression = match draft.flags.as_str() {
        "" => regex.clone(),
        flags => format!("(?{}){regex}", distinct(flags)),
    };
    let offsets = (draft.min_offset, draft.max_offset);
    let compiled = RegexBuilder::new(&expression)
        .size_limit(LARGEST_EXPRESSION)
        .build();
    let fault = match compiled {
        Err(error) => last_line(&error.to_string()),
        Ok(_) if offsets.1.is_some_and(|last| last < offsets.0) => {
            "regex_max_offset is below regex_min_offset".into()
        }
        Ok(_) => {
            return Ok(Some(Pattern {
                expression,
                is_wanted: !draft.is_unwanted,
                offsets,
            }));
        }
    };
    let message = format!("regex: {fault}: leaving the url out");
    report.add(Severity::Error, at, message);
    Err(Unusable)
}

/// The expression allows a flag once.
fn distinct(flags: &str) -> String {
    let mut distinct = String::new();
    for flag in flags.chars() {
        if !distinct.contains(flag) {
            distinct.push(flag);
        }
    }
    distinct
}

/// What is wrong: the lines before show the expression with marks below it.
fn last_line(error: &str) -> String {
    let line = error.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// What TLS asks for: `sni_name`, or with `enable_sni` the name in the Host header.
fn server_name(http: &HttpDraft, host: Option<&At<String>>, report: &mut Report) -> Option<String> {
    let host = host.filter(|_| http.sends_name);
    let At { value, at } = http.sni_name.as_ref().or(host)?;
    let name = value
        .split_once(':')
        .map_or(value.as_str(), |(name, _)| name);
    if DnsName::try_from(name).is_ok() {
        return Some(name.to_owned());
    }
    let message = format!("'{name}' is no name that TLS can ask for - asking for none");
    report.add(Severity::Warning, at, message);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_what_is_wrong() {
        let error = "regex parse error:\n    a(b\n     ^\nerror: unclosed group";
        assert_eq!(last_line(error), "unclosed group");
        assert_eq!(last_line(""), "");
    }

    #[test]
    fn flags_are_said_once() {
        assert_eq!(distinct("isi"), "is");
    }
}
