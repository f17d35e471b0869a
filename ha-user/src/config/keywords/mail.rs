//! Mail about transitions in `global_defs`.

use super::super::draft::GlobalDraft;
use super::{Keyword, dispensable, flag, switch, words};

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    dispensable(words(
        "smtp_helo_name",
        "NAME",
        1..=1,
        "name in HELO to the mail server; this machine's if not given",
        |global, _, words, _| {
            global.mail.mail.helo = words.first().map(|word| word.text.to_string());
        },
    )),
    switch(
        "smtp_alert",
        "mail on every transition, unless a block says otherwise",
        |global, on| global.mail.all = Some(on),
    ),
    switch(
        "smtp_alert_vrrp",
        "mail on transitions of instances and groups, unless a block says otherwise",
        |global, on| global.mail.vrrp = Some(on),
    ),
    switch(
        "smtp_alert_checker",
        "mail on transitions of virtual and real servers, unless a block says otherwise",
        |global, on| global.mail.checker = Some(on),
    ),
    switch(
        "no_checker_emails",
        "no mail on transitions of virtual and real servers, wherever it is asked for",
        |global, on| global.mail.no_checker = on,
    ),
    flag("no_email_faults", "no mail on FAULT", |global, _| {
        global.mail.mail.is_silent_of_faults = true;
    }),
];
