//! Variables that no file defines: `${_PWD}`, `${_INSTANCE}`, `${_ENV NAME}` and their like.

use super::host::Host;
use super::variables::Use;
use std::path::Path;

/// The largest that `${_RANDOM}` is unless it says another bound.
const RANDOM_MAX: u64 = 32_767;

/// The value of a predefined variable in `file`; `None` if it is none.
pub(super) fn value(used: &Use, file: &str, host: &dyn Host) -> Option<String> {
    let argument = used.arguments.first().map(String::as_str);
    Some(match used.name.as_str() {
        "_HASH" => "#".into(),
        "_BANG" => "!".into(),
        "_INSTANCE" => host.config_id(),
        "_PWD" => host.directory(Path::new(file)).display().to_string(),
        "_ENV" => host.environment(argument?).unwrap_or_default(),
        "_RANDOM" => random(&used.arguments, host)?.to_string(),
        _ => return None,
    })
}

/// A number between two bounds, by default 0 and [`RANDOM_MAX`]; `None` if there is none.
fn random(bounds: &[String], host: &dyn Host) -> Option<u64> {
    let bound = |index: usize, default| match bounds.get(index) {
        Some(text) => text.parse::<u32>().ok().map(u64::from),
        None => Some(default),
    };
    let (low, high) = (bound(0, 0)?, bound(1, RANDOM_MAX)?);
    let numbers = high.checked_sub(low)? + 1;
    Some(low + host.random() % numbers)
}

#[cfg(test)]
mod tests {
    use super::super::host::Anywhere;
    use super::*;

    #[test]
    fn random_numbers_keep_their_bounds() {
        let number = |bounds: &[&str]| {
            let bounds: Vec<String> = bounds.iter().map(|&bound| bound.into()).collect();
            random(&bounds, &super::super::host::System::default())
        };
        assert!(number(&[]).is_some_and(|number| number <= RANDOM_MAX));
        assert!((0..100).all(|_| number(&["5", "6"]).is_some_and(|n| n == 5 || n == 6)));
        assert_eq!(number(&["3", "3"]), Some(3));
        assert_eq!(number(&["4", "3"]), None);
        assert_eq!(number(&["x"]), None);
    }

    #[test]
    fn what_is_not_predefined_has_no_value() {
        let used = |name: &str| Use {
            name: name.into(),
            arguments: vec![],
        };
        assert_eq!(value(&used("_HASH"), "f", &Anywhere).as_deref(), Some("#"));
        assert_eq!(value(&used("_ENV"), "f", &Anywhere), None);
        assert_eq!(value(&used("A"), "f", &Anywhere), None);
    }
}
