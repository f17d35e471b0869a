//! `notify_fifo` and its likes: which of them there are, and what reads them.

use super::super::diagnostic::{At, Severity};
use super::super::draft::fifo::{FifoDraft, FifosDraft};
use super::super::model::fifo::{Fifo, Fifos};
use super::{Context, command};

/// Makes pipes of their drafts. No path is two of them.
pub(super) fn resolve(draft: &FifosDraft, context: &mut Context<'_>) -> Fifos {
    let all = one("notify_fifo", &draft.all, context);
    let mut vrrp = one("vrrp_notify_fifo", &draft.vrrp, context);
    let mut servers = one("lvs_notify_fifo", &draft.servers, context);
    let others = [
        ("vrrp", &mut vrrp, &draft.vrrp),
        ("lvs", &mut servers, &draft.servers),
    ];
    for (kind, other, draft) in others {
        let path = |fifo: &Option<Fifo>| fifo.as_ref().map(|fifo| fifo.path.clone());
        if let (true, Some(At { at, .. })) = (path(other) == path(&all), &draft.path) {
            let message = format!("{kind}_notify_fifo is notify_fifo, too: ignoring it");
            context.report.add(Severity::Notice, at, message);
            *other = None;
        }
    }
    Fifos {
        all,
        vrrp,
        servers,
        states_on_reload: draft.states_on_reload,
    }
}

fn one(keyword: &str, draft: &FifoDraft, context: &mut Context<'_>) -> Option<Fifo> {
    let At {
        value: (path, owner),
        ..
    } = draft.path.as_ref()?;
    let what = format!("{keyword}_script");
    let script = draft.script.as_ref().filter(|script| {
        let user = script.value.user.as_ref();
        command::is_usable(&what, script, user, Severity::Notice, context)
    });
    Some(Fifo {
        path: path.clone(),
        owner: owner.clone(),
        script: script.map(|script| script.value.clone()),
    })
}
