//! `authentication { ... }`.

use super::super::diagnostic::Severity;
use super::super::draft::{AuthType, InstanceDraft};
use super::super::model::VrrpVersion;
use super::Context;
use ha_common::Family;

/// What an advert can carry of a password (RFC 2338 section 5.3.10).
const LENGTH: usize = 8;

/// What becomes of an instance's authentication.
pub(super) enum Authentication {
    /// Adverts carry none.
    None,
    /// Version 2 with a password, padded with zeros.
    Password([u8; LENGTH]),
    /// A kind that is not supported: the instance could not hear its peers.
    Unsupported,
}

/// The authentication of `instance`; what is left out of it is reported.
pub(super) fn resolve(
    instance: &InstanceDraft,
    family: Family,
    version: VrrpVersion,
    context: &mut Context<'_>,
) -> Authentication {
    let password = password(instance, context);
    let Some(kind) = &instance.auth_type else {
        without_type(instance, context);
        return Authentication::None;
    };
    let strict = context.is_strict(instance);
    let refused = match (version, password) {
        _ if family == Family::Ipv6 => "adverts over IPv6 have no authentication. Ignoring.",
        _ if strict => "Strict mode does not support authentication. Ignoring.",
        (VrrpVersion::V3, _) => "VRRP version 3 does not support authentication. Ignoring.",
        (_, None) => "Authentication specified but no password given. Ignoring",
        (VrrpVersion::V2, Some(password)) if kind.value == AuthType::Pass => {
            return Authentication::Password(password);
        }
        _ => {
            let text = "auth_type AH is not supported: leaving the instance out";
            context.say(Severity::Error, &instance.name, &kind.at, text);
            return Authentication::Unsupported;
        }
    };
    context.say(Severity::Warning, &instance.name, &kind.at, refused);
    Authentication::None
}

/// The bytes of `auth_pass` that count; `None` without any.
fn password(instance: &InstanceDraft, context: &mut Context<'_>) -> Option<[u8; LENGTH]> {
    let given = instance.auth_pass.as_ref()?;
    let bytes = given.value.as_bytes();
    if bytes.len() > LENGTH {
        let message = format!("Truncating auth_pass to {LENGTH} characters");
        context.report.add(Severity::Warning, &given.at, message);
    }
    let mut password = [0; LENGTH];
    for (to, from) in password.iter_mut().zip(bytes) {
        *to = *from;
    }
    (!bytes.is_empty()).then_some(password)
}

fn without_type(instance: &InstanceDraft, context: &mut Context<'_>) {
    if let Some(password) = &instance.auth_pass {
        let text = "auth_pass has no effect without auth_type PASS";
        context.say(Severity::Notice, &instance.name, &password.at, text);
    }
}
