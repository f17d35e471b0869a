//! Names of files as `include` writes them: `*` and `?` in the last part of the path.

use super::host::Host;
use std::path::{Path, PathBuf};

/// The files that `path` stands for, in order. Without `*` and `?` that is the path itself.
pub(super) fn files(path: &Path, host: &dyn Host) -> Vec<PathBuf> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    if !name.contains(['*', '?']) {
        return vec![path.to_owned()];
    }
    let hidden = |file: &String| file.starts_with('.') && !name.starts_with('.');
    let files = host.list(directory).into_iter();
    files
        .filter(|file| !hidden(file) && fits(name.as_bytes(), file.as_bytes()))
        .map(|file| directory.join(file))
        .collect()
}

/// Whether `name` fits a pattern of characters, `?` and `*`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else {
                    return false;
                };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.config", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "a", true),
            ("?", "", false),
            ("*", "", true),
        ] {
            assert_eq!(
                fits(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
