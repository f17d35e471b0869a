//! What is done to lb1.

use anyhow::Result;

use super::stage::Stage;

/// A fault of lb1, or of its cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    StopDaemon,
    KillNginx,
    Freeze,
    Kill,
    Cut,
}

impl Fault {
    pub(super) const ALL: [Self; 5] = [
        Self::StopDaemon,
        Self::KillNginx,
        Self::Freeze,
        Self::Kill,
        Self::Cut,
    ];

    /// In a table and in the JSON file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::StopDaemon => "stop lb1's daemon",
            Self::KillNginx => "kill nginx on lb1",
            Self::Freeze => "freeze lb1's daemon",
            Self::Kill => "kill -9 lb1's daemon",
            Self::Cut => "cut lb1's cable",
        }
    }

    /// Does it.
    pub(super) fn inject(self, stage: &mut Stage) -> Result<()> {
        let [lb1, _] = &mut stage.directors;
        match self {
            Self::StopDaemon => lb1.daemon().stop().map(drop),
            Self::KillNginx => {
                // Without its program, or the script would simply start it again.
                lb1.nginx.hide()?;
                lb1.nginx.kill()
            }
            Self::Freeze => lb1.daemon().freeze(),
            Self::Kill => lb1.daemon().kill(),
            Self::Cut => stage.scene.lan.cut(&lb1.host),
        }
    }

    /// Undoes it; lb1 takes the VIP back after that.
    pub(super) fn mend(self, stage: &mut Stage) -> Result<()> {
        let [lb1, _] = &mut stage.directors;
        match self {
            Self::StopDaemon | Self::Kill => lb1.restart(),
            Self::KillNginx => {
                lb1.nginx.unhide()?;
                lb1.nginx.start()?;
                // The script may have stopped it.
                lb1.restart()
            }
            Self::Freeze => lb1.daemon().thaw(),
            Self::Cut => stage.scene.lan.heal(&lb1.host),
        }
    }
}
