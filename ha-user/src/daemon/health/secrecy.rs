//! How probes speak TLS: as the operator says in `SSL`.

use std::sync::Arc;

use rustls::{ClientConfig, Error};

use super::{HealthThread, Means};
use crate::check::dialogue::tls;
use crate::check::{Failure, Recipe};
use crate::config::model::check::Method;
use crate::config::model::ssl::Ssl;

/// One client for all probes.
#[derive(Debug)]
pub(super) struct Secrecy {
    ssl: Ssl,
    client: Arc<ClientConfig>,
}

impl Secrecy {
    /// One that shows nothing and believes anybody.
    pub(super) fn new() -> Result<Self, Error> {
        let ssl = Ssl::default();
        let client = tls::client(&ssl)?;
        Ok(Self { ssl, client })
    }

    /// How a probe is run that talks to somebody.
    ///
    /// # Errors
    /// Something in it has no meaning.
    pub(super) fn recipe(&self, method: &Method) -> Result<Means, String> {
        let recipe = Recipe::new(method, &self.client)?;
        Ok(match recipe {
            Some(recipe) => Means::Recipe(Box::new(recipe)),
            None => Means::None(Failure::new("nobody knows how")),
        })
    }

    /// Whether that changes anything.
    fn follow(&mut self, ssl: Ssl) -> Result<bool, Error> {
        if ssl == self.ssl {
            return Ok(false);
        }
        self.client = tls::client(&ssl)?;
        self.ssl = ssl;
        Ok(true)
    }
}

impl HealthThread {
    /// From their next run on, probes speak TLS like that. What is thought of servers stays until then.
    pub(super) fn speak_as(&mut self, ssl: Ssl) {
        match self.secrecy.follow(ssl) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return log::error!("SSL: {error}"),
        }
        for probe in self.probes.values_mut() {
            if let method @ Method::Https(..) = &probe.check.method {
                let means = self.secrecy.recipe(method);
                probe.means = means.unwrap_or_else(|reason| Means::None(Failure::new(reason)));
            }
        }
    }
}
