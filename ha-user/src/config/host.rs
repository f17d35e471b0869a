//! What reading a configuration asks of the machine: its only way to files and interfaces.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The machine that a configuration is for.
pub trait Host {
    /// Content of a file.
    ///
    /// # Errors
    /// As the operating system reports them.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Names in a directory, in order; none if it cannot be read.
    fn list(&self, directory: &Path) -> Vec<String>;

    /// There is a network interface of this name.
    fn has_interface(&self, name: &str) -> bool;

    /// What would happen if this program were run: a path, or a name to be found in `PATH`.
    fn program(&self, name: &str) -> Program;
}

/// What is known of a program before it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// It can be run.
    Runnable,
    /// The file is there but nobody may execute it.
    NotExecutable,
    /// There is no such file.
    Missing,
}

/// The machine that this process runs on, in the network namespace of this thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Host for System {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// Asks the kernel and not `/sys`, which can show another network namespace.
    fn has_interface(&self, name: &str) -> bool {
        use rustix::net::{AddressFamily, SocketType, netdevice, socket};
        let Ok(socket) = socket(AddressFamily::INET, SocketType::DGRAM, None) else {
            return true;
        };
        netdevice::name_to_index(&socket, name).is_ok()
    }

    fn program(&self, name: &str) -> Program {
        if name.contains('/') {
            return probe(Path::new(name));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let candidates = std::env::split_paths(&path).map(|directory| directory.join(name));
        let found: Vec<Program> = candidates.map(|path: PathBuf| probe(&path)).collect();
        match found {
            found if found.contains(&Program::Runnable) => Program::Runnable,
            found if found.contains(&Program::NotExecutable) => Program::NotExecutable,
            _ => Program::Missing,
        }
    }
}

fn probe(path: &Path) -> Program {
    match std::fs::metadata(path) {
        Ok(file) if !file.is_file() => Program::Missing,
        Ok(file) if file.permissions().mode() & 0o111 == 0 => Program::NotExecutable,
        Ok(_) => Program::Runnable,
        Err(_) => Program::Missing,
    }
}

/// A machine with every interface and program and no files, for text that is not for this one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anywhere;

impl Host for Anywhere {
    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> Vec<String> {
        Vec::new()
    }

    fn has_interface(&self, _: &str) -> bool {
        true
    }

    fn program(&self, _: &str) -> Program {
        Program::Runnable
    }
}
