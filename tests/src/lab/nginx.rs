//! nginx on a host.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Host, responder};

/// nginx as if built with `--prefix=/usr/local/nginx`, or another one.
#[derive(Debug)]
pub struct Nginx {
    host: Host,
    prefix: String,
}

impl Nginx {
    /// Installs nginx, which is at `program` outside, below `prefix` of `host`, where the articles
    /// have it; `config` becomes `conf/nginx.conf` there.
    ///
    /// # Errors
    /// As of the file system.
    pub fn install(host: &Host, prefix: &str, program: &Path, config: &str) -> Result<Self> {
        host.write(&format!("{prefix}/conf/nginx.conf"), config)?;
        host.sh(&format!(
            "mkdir -p {prefix}/logs {prefix}/temp {prefix}/html"
        ))?;
        let nginx = Self {
            host: host.clone(),
            prefix: prefix.to_owned(),
        };
        let script = format!(
            "#!/bin/sh\nexec '{}' -p {prefix}/ -e logs/error.log -c conf/nginx.conf \"$@\"\n",
            program.display()
        );
        host.write_script(&nginx.program(), &script)?;
        Ok(nginx)
    }

    /// Installs this very executable where the articles have nginx: called by that name, it must
    /// call [`super::stand_in_for_nginx`].
    ///
    /// # Errors
    /// As of the file system.
    pub fn substitute(host: &Host) -> Result<Self> {
        let nginx = Self {
            host: host.clone(),
            prefix: "/usr/local/nginx".to_owned(),
        };
        host.write(responder::NAME_FILE, host.name())?;
        let link = host.outside(&nginx.program());
        std::fs::create_dir_all(link.parent().unwrap_or(Path::new("/")))?;
        std::os::unix::fs::symlink(std::env::current_exe()?, link)?;
        Ok(nginx)
    }

    /// Directives for the `http` block that keep nginx inside its prefix.
    #[must_use]
    pub fn http_preamble() -> String {
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths = kinds.map(|kind| format!("{kind}_temp_path temp/{kind};\n"));
        format!("access_log off;\n{}", paths.concat())
    }

    /// Its path on the host.
    #[must_use]
    pub fn program(&self) -> String {
        format!("{}/sbin/nginx", self.prefix)
    }

    /// Starts it; it goes to the background by itself.
    ///
    /// # Errors
    /// When it does not start; with what it said.
    pub fn start(&self) -> Result<()> {
        let output = self.host.output(&mut Command::new(self.program()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "nginx: {}", said.trim());
        Ok(())
    }

    /// Kills all its processes (SIGKILL). Others may have been started when this returns.
    ///
    /// # Errors
    /// When one is left after two seconds.
    pub fn kill(&self) -> Result<()> {
        self.host.kill("nginx")
    }

    /// Takes its program away, so that nobody can start it.
    ///
    /// # Errors
    /// As of the file system.
    pub fn hide(&self) -> Result<()> {
        let path = self.host.outside(&self.program());
        Ok(std::fs::rename(&path, path.with_extension("away"))?)
    }

    /// Ends [`Self::hide`].
    ///
    /// # Errors
    /// As of the file system.
    pub fn unhide(&self) -> Result<()> {
        let path = self.host.outside(&self.program());
        Ok(std::fs::rename(path.with_extension("away"), &path)?)
    }
}
