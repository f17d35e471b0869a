//! Which packets are captured.

use ha_common::Reason;
use ha_common::abi::ReasonSet;
use ha_common::reason::Verdict;

/// Which packets to capture. Without any of these: adverts, ARP for the virtual addresses, and
/// whatever is dropped.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Choice {
    /// Also what passes because it is none of vipd's business, and traffic of the virtual addresses
    #[arg(long)]
    all: bool,
    /// Only packets of this verdict: pass, drop or answer
    #[arg(long, value_name = "VERDICT", value_delimiter = ',', value_parser = verdict)]
    verdict: Vec<Verdict>,
    /// Only packets of this reason; `vipctl reasons` explains them
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = reason)]
    reason: Vec<Reason>,
}

impl Choice {
    pub(super) fn reasons(&self) -> ReasonSet {
        let wanted = |reason: &Reason| self.wants(*reason);
        ReasonSet::of(Reason::ALL.iter().copied().filter(wanted))
    }

    fn wants(&self, reason: Reason) -> bool {
        if self.verdict.is_empty() && self.reason.is_empty() {
            return self.all || !is_bulk(reason);
        }
        let of_verdict = self.verdict.is_empty() || self.verdict.contains(&reason.verdict());
        let of_reason = self.reason.is_empty() || self.reason.contains(&reason);
        of_verdict && of_reason
    }
}

/// Whether there may be far more of these than of everything else, and little to learn from them.
const fn is_bulk(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Foreign
            | Reason::ArpForeign
            | Reason::VipOwned
            | Reason::ServicePassed
            | Reason::VipOperator
            | Reason::OutPassed
    )
}

fn verdict(word: &str) -> Result<Verdict, String> {
    let found = Verdict::ALL.into_iter().find(|one| one.name() == word);
    found.ok_or_else(|| "verdicts are pass, drop and answer".to_owned())
}

fn reason(word: &str) -> Result<Reason, String> {
    let found = Reason::ALL.iter().find(|one| one.name() == word);
    found
        .copied()
        .ok_or_else(|| "`vipctl reasons` lists the reasons that there are".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unless_told_otherwise_bulk_stays_out_and_drops_are_in() {
        let reasons = Choice::default().reasons();
        assert!(!reasons.contains(Reason::OutPassed));
        assert!(reasons.contains(Reason::AdvertForeign));
        for reason in Reason::ALL {
            let dropped = reason.verdict() == Verdict::Drop;
            assert!(!dropped || reasons.contains(*reason), "{}", reason.name());
        }
    }

    #[test]
    fn verdict_and_reason_narrow_each_other() {
        let choice = Choice {
            all: false,
            verdict: vec![verdict("pass").expect("a verdict")],
            reason: vec![Reason::VipOwned, Reason::VipNotOwned],
        };
        let reasons = choice.reasons();
        assert!(reasons.contains(Reason::VipOwned));
        assert!(!reasons.contains(Reason::VipNotOwned) && !reasons.contains(Reason::Foreign));
        assert!(verdict("reject").is_err() && reason("rain").is_err());
    }
}
