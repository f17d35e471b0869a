//! Taking a new configuration in.

use super::Worker;
use crate::config::model::Config;
use crate::control::protocol::Reloading;
use crate::daemon::configuration::{self, Reread};
use crate::daemon::gate;

impl Worker<'_> {
    /// Reads the file again. It is taken if it has no errors; what is the same in it goes on.
    pub(super) fn reload(&mut self) -> Reloading {
        log::info!("Reloading {}", self.options.config.display());
        let Reread { config, remarks } = configuration::at_reload(self.options);
        let refused = config.map(|config| self.take_config(config)).err();
        if let Some(reason) = &refused {
            log::error!("{reason}; the running configuration stays in force");
        }
        let remarks = remarks.iter().map(ToString::to_string).collect();
        Reloading { refused, remarks }
    }

    fn take_config(&mut self, config: Config) {
        if config.xdp.mode != self.config.xdp.mode {
            log::warn!(
                "the xdp mode takes effect at the next start: attaching takes longer than a reload \
                 may"
            );
        }
        gate::apply(self.adverts.records.gate(), &config.xdp);
        self.config = config;
        self.look_after_config();
    }
}
