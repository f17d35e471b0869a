//! What differs between two configurations, for people: blocks that come and go, and what changes in
//! those that stay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::model::Config;

/// One step further in.
const INDENT: &str = "  ";
/// Members that tell one block of a list from others.
const NAMES: [&str; 3] = ["name", "address", "file"];

/// The differences, a line each; none if both mean the same.
///
/// ```text
/// vrrp_instance VI_1
///   priority: 100 -> 150
///   virtual_ipaddress: + 192.0.2.101/24
/// - vrrp_instance VI_2
/// ```
///
/// # Errors
/// If one of them cannot be written down, which would be a mistake in the program.
pub fn difference(before: &Config, after: &Config) -> serde_json::Result<Vec<String>> {
    let mut lines = Vec::new();
    members(&plain(before)?, &plain(after)?, "", &mut lines);
    Ok(lines)
}

/// A configuration as a tree, in which what is tracked has its name instead of its number.
fn plain(config: &Config) -> serde_json::Result<Value> {
    let mut plain = serde_json::to_value(config)?;
    let scripts: Vec<&str> = config.scripts.iter().map(|one| &*one.name).collect();
    let checks: Vec<&str> = config.checks.iter().map(|one| &*one.name).collect();
    let processes: Vec<&str> = config.processes.iter().map(|one| &*one.name).collect();
    let instances = plain.get_mut("vrrp_instance").and_then(Value::as_array_mut);
    for instance in instances.into_iter().flatten() {
        for (list, index, names) in [
            ("track_script", "script", &scripts),
            ("track_check", "check", &checks),
            ("track_process", "process", &processes),
        ] {
            let tracked = instance.get_mut(list).and_then(Value::as_array_mut);
            for one in tracked.into_iter().flatten() {
                name_by_number(one, index, names);
            }
        }
    }
    Ok(plain)
}

fn name_by_number(tracked: &mut Value, index: &str, names: &[&str]) {
    let Some(tracked) = tracked.as_object_mut() else {
        return;
    };
    let number = tracked.remove(index).and_then(|number| number.as_u64());
    let place = number.and_then(|number| usize::try_from(number).ok());
    let name = place.and_then(|place| names.get(place)).copied();
    tracked.insert("name".to_owned(), name.into());
}

/// Compares what two blocks have in them.
fn members(before: &Value, after: &Value, indent: &str, lines: &mut Vec<String>) {
    let nothing = Map::new();
    let before = before.as_object().unwrap_or(&nothing);
    let after = after.as_object().unwrap_or(&nothing);
    let keywords: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for keyword in keywords {
        let [before, after] = [before, after].map(|block| block.get(keyword));
        let [before, after] = [before, after].map(|value| value.unwrap_or(&Value::Null));
        if before != after {
            differ(keyword, before, after, indent, lines);
        }
    }
}

/// Tells how two different values of `keyword` differ.
fn differ(keyword: &str, before: &Value, after: &Value, indent: &str, lines: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(_), Value::Object(_)) => {
            lines.push(format!("{indent}{keyword}"));
            members(before, after, &format!("{indent}{INDENT}"), lines);
        }
        (Value::Array(before), Value::Array(after)) => {
            elements(keyword, before, after, indent, lines);
        }
        (Value::Null, _) => lines.push(format!("{indent}+ {keyword}: {}", spell(after))),
        (_, Value::Null) => lines.push(format!("{indent}- {keyword}: {}", spell(before))),
        _ => lines.push(format!(
            "{indent}{keyword}: {} -> {}",
            spell(before),
            spell(after)
        )),
    }
}

/// Compares two lists of `keyword`: by name where there are names. Another order alone is no
/// difference.
fn elements(
    keyword: &str,
    before: &[Value],
    after: &[Value],
    indent: &str,
    lines: &mut Vec<String>,
) {
    let [were, are] = [before, after].map(|list| {
        let titled = list.iter().map(|one| (title(one), one));
        titled.collect::<BTreeMap<_, _>>()
    });
    let gone = were.keys().filter(|title| !are.contains_key(*title));
    lines.extend(gone.map(|title| format!("{indent}- {keyword} {title}")));
    for (title, one) in &are {
        match were.get(title) {
            None => lines.push(format!("{indent}+ {keyword} {title}")),
            Some(other) if other != one => {
                lines.push(format!("{indent}{keyword} {title}"));
                members(other, one, &format!("{indent}{INDENT}"), lines);
            }
            Some(_) => {}
        }
    }
}

fn name(value: &Value) -> Option<&Value> {
    NAMES.iter().find_map(|member| value.get(member))
}

/// What a line calls a block, or all of one without a name.
fn title(value: &Value) -> String {
    spell(name(value).unwrap_or(value))
}

fn spell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let words: Vec<String> = values.iter().map(spell).collect();
            words.join(" ")
        }
        Value::Null => "none".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    const BEFORE: &str = "
        vrrp_script chk { script /bin/true }
        vrrp_script other { script /bin/false }
        vrrp_instance VI_1 {
            interface eth0
            virtual_router_id 51
            priority 100
            authentication { auth_type PASS
                auth_pass secret }
            virtual_ipaddress { 192.0.2.100/24
                192.0.2.101/24 }
            track_script { chk }
        }
        vrrp_instance VI_2 {
            interface eth0
            virtual_router_id 52
            virtual_ipaddress { 192.0.2.120/24 }
        }
        virtual_server 192.0.2.100 80 {
            protocol TCP
            real_server 192.0.2.11 80 { TCP_CHECK { } }
            real_server 192.0.2.12 80 { TCP_CHECK { } }
        }
    ";

    fn config(text: &str) -> Config {
        parse(text.as_bytes(), "keepalived.conf").config
    }

    /// How `change` of [`BEFORE`] differs from it.
    fn told(change: impl FnOnce(String) -> String) -> String {
        let changed = change(BEFORE.to_owned());
        assert_ne!(changed, BEFORE);
        let lines = difference(&config(BEFORE), &config(&changed)).unwrap();
        lines.join("\n")
    }

    #[test]
    fn what_means_the_same_is_no_difference() {
        assert_eq!(told(|text| format!("! a comment\n{text}")), "");
        let moved = |text: String| {
            let (first, rest) = text.split_once("vrrp_instance VI_2").unwrap();
            let (second, services) = rest.split_once("virtual_server").unwrap();
            format!("vrrp_instance VI_2{second}{first}virtual_server{services}")
        };
        assert_eq!(told(moved), "");
        let scripts = |text: String| {
            let other = "vrrp_script other { script /bin/false }\n";
            format!("{other}{}", text.replace(other, ""))
        };
        assert_eq!(told(scripts), "", "numbers of scripts are none of theirs");
    }

    #[test]
    fn values_addresses_and_blocks_are_named_as_in_the_file() {
        assert_eq!(
            told(|text| text
                .replace("priority 100", "priority 150")
                .replace("192.0.2.101/24", "192.0.2.102/24 dev eth1")),
            "vrrp_instance VI_1\n  \
               priority: 100 -> 150\n  \
               - virtual_ipaddress 192.0.2.101/24\n  \
               + virtual_ipaddress 192.0.2.102/24 dev eth1"
        );
        assert_eq!(
            told(|text| text.replace("track_script { chk }", "track_script { chk weight 5 }")),
            "vrrp_instance VI_1\n  track_script chk\n    weight: 0 -> 5"
        );
        assert_eq!(
            told(|text| text
                .replace("VI_2", "VI_3")
                .replace("192.0.2.12 80", "192.0.2.13 80")),
            "virtual_server 192.0.2.100:80/TCP\n  \
               - real_server 192.0.2.12:80\n  \
               + real_server 192.0.2.13:80\n\
             - vrrp_instance VI_2\n\
             + vrrp_instance VI_3"
        );
    }

    #[test]
    fn a_password_is_said_to_be_another_one_and_not_shown() {
        let told = told(|text| text.replace("auth_pass secret", "auth_pass another"));
        assert!(told.contains("auth_pass: (not shown"), "{told}");
        assert!(
            !told.contains("another") && !told.contains("secret"),
            "{told}"
        );
    }
}
