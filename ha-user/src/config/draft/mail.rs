//! Mail about transitions.

use super::super::model::mail::Mail;

/// What `global_defs` says of it.
#[derive(Debug, Default)]
pub(in crate::config) struct MailDraft {
    pub mail: Mail,
    /// `smtp_alert`, `smtp_alert_vrrp` and `smtp_alert_checker`.
    pub all: Option<bool>,
    pub vrrp: Option<bool>,
    pub checker: Option<bool>,
    /// `no_checker_emails`.
    pub no_checker: bool,
}

impl MailDraft {
    /// Whether there is mail about an instance or a group that says `own` of it.
    pub(in crate::config) fn of_vrrp(&self, own: Option<bool>) -> bool {
        own.or(self.vrrp).or(self.all).unwrap_or(false)
    }

    /// Whether there is mail about a virtual or real server that says `own` of it.
    pub(in crate::config) fn of_checker(&self, own: Option<bool>) -> bool {
        let wanted = own.or(self.checker).or(self.all);
        wanted.unwrap_or(false) && !self.no_checker
    }
}
