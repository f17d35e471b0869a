//! Reading the configuration at start, at reload and for `--config-test`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use super::exit::Exit;
use crate::config::model::Config;
use crate::config::{self, Loaded, Severity};

/// Reads the configuration of a daemon that starts; what is wrong with it is logged.
///
/// # Errors
/// How the process must end if there is nothing to run.
pub(super) fn at_start(path: &Path) -> Result<Config, Exit> {
    let loaded = config::load(path);
    say(&loaded);
    match (loaded.is_usable(), loaded.sources.is_empty()) {
        (true, _) => Ok(loaded.config),
        (false, true) => Err(Exit::NoConfig),
        (false, false) => Err(Exit::Config),
    }
}

/// Reads a new configuration for a daemon that runs; `None` if it must not take the place of the
/// one in force.
#[must_use]
pub(super) fn at_reload(path: &Path) -> Option<Config> {
    let loaded = config::load(path);
    say(&loaded);
    loaded.is_usable().then_some(loaded.config)
}

/// `--config-test`: says what is wrong with the configuration, in `destination` or on standard
/// error.
#[must_use]
pub(super) fn test(path: &Path, destination: Option<&Path>) -> ExitCode {
    let loaded = config::load(path);
    let said = match destination {
        None => write(&loaded, io::stderr().is_terminal(), &mut io::stderr()),
        Some(file) => File::create(file).and_then(|mut file| write(&loaded, false, &mut file)),
    };
    match said {
        Ok(()) => ExitCode::from(loaded.exit_code()),
        Err(error) => {
            // Nobody can be told if standard error is what failed.
            let _ = writeln!(io::stderr(), "cannot write the findings: {error}");
            Exit::Fatal.into()
        }
    }
}

fn write(loaded: &Loaded, with_excerpts: bool, to: &mut dyn Write) -> io::Result<()> {
    for diagnostic in &loaded.diagnostics {
        writeln!(to, "{diagnostic}")?;
        if with_excerpts && let Some(excerpt) = diagnostic.excerpt(&loaded.sources) {
            writeln!(to, "{excerpt}")?;
        }
    }
    Ok(())
}

fn say(loaded: &Loaded) {
    for diagnostic in &loaded.diagnostics {
        match diagnostic.severity {
            Severity::Notice => log::info!("{diagnostic}"),
            Severity::Warning | Severity::Security => log::warn!("{diagnostic}"),
            Severity::Error | Severity::Fatal => log::error!("{diagnostic}"),
        }
    }
}
