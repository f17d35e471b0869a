//! Reading the configuration at start, at reload and for `--config-test`.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use super::exit::Exit;
use super::heap;
use crate::cli::Options;
use crate::config::diagnostic::{Diagnostic, Severity};
use crate::config::model::Config;
use crate::config::{self, Loaded};

/// Reads the configuration of a daemon that starts; what is wrong with it is logged.
///
/// # Errors
/// How the process must end if there is nothing to run.
pub(super) fn at_start(options: &Options) -> Result<Config, Exit> {
    heap::without_crumbs(
        || read_first(options),
        |read| match read {
            Ok(config) => Ok(config.detached()),
            Err(exit) => Err(*exit),
        },
    )
}

fn read_first(options: &Options) -> Result<Config, Exit> {
    let loaded = config::load(&options.system(), &options.config);
    say(&loaded);
    if !loaded.readable {
        return Err(Exit::NoConfig);
    }
    if loaded.is_fatal() {
        return Err(Exit::Config);
    }
    Ok(loaded.config)
}

/// A file that was read for a daemon that runs.
pub(super) struct Reread {
    /// What is to be in force; or why what is in force stays.
    pub(super) config: Result<Config, String>,
    /// Everything that there is to say about the file.
    pub(super) remarks: Vec<Diagnostic>,
}

/// Reads a new configuration for a daemon that runs; what is wrong with it is logged.
///
/// With an error in it a daemon starts, by keepalived's rules for such a file: nobody runs one
/// otherwise. But one that runs has something better.
#[must_use]
pub(super) fn at_reload(options: &Options) -> Reread {
    let loaded = config::load(&options.system(), &options.config);
    say(&loaded);
    judge(loaded, options)
}

/// As [`at_reload`], for somebody who only wants to know; nothing is logged.
#[must_use]
pub(super) fn for_comparison(options: &Options) -> Reread {
    judge(config::load(&options.system(), &options.config), options)
}

fn judge(loaded: Loaded, options: &Options) -> Reread {
    let fault = if !loaded.readable {
        Some("it cannot be read")
    } else if loaded.has_errors() {
        Some("there are errors in it")
    } else if loaded.config == Config::default() {
        // An editor that is half-way through saving leaves such a file.
        Some("it says nothing: stop the daemon to leave every router")
    } else {
        None
    };
    let refusal = fault.map(|fault| format!("{}: {fault}", options.config.display()));
    Reread {
        config: refusal.map_or(Ok(loaded.config), Err),
        remarks: loaded.diagnostics,
    }
}

/// `--config-test`: says what is wrong with the configuration, in `destination` or on standard
/// error.
#[must_use]
pub(super) fn test(options: &Options, destination: Option<&Path>) -> ExitCode {
    let loaded = config::load(&options.system(), &options.config);
    let said = match destination {
        None => {
            let terminal = std::io::stderr().is_terminal();
            std::io::stderr().write_all(loaded.render(terminal).as_bytes())
        }
        Some(file) => {
            File::create(file).and_then(|mut file| file.write_all(loaded.render(false).as_bytes()))
        }
    };
    match said {
        Ok(()) => ExitCode::from(loaded.test_status()),
        Err(_) => Exit::Fatal.into(),
    }
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
