//! What reading a configuration asks of the machine: its only way to files and interfaces.

use super::diagnostic::Severity;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

/// The machine that a configuration is for.
pub trait Host {
    /// Content of a file.
    ///
    /// # Errors
    /// As the operating system reports them.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Names in a directory, in order; none if it cannot be read.
    fn list(&self, directory: &Path) -> Vec<String>;

    /// There is a network interface of this name; any, of a machine that nobody has looked at.
    fn has_interface(&self, _: &str) -> bool {
        true
    }

    /// How serious it is that an interface is not there.
    fn absence(&self) -> Severity {
        Severity::Fatal
    }

    /// An interface has this address; any, of such a machine.
    fn has_address(&self, _: IpAddr) -> bool {
        true
    }

    /// What would happen if this program were run: a path, or a name to be found in `PATH`. On such a
    /// machine it runs.
    fn program(&self, _: &str) -> Program {
        Program::Runnable
    }

    /// Who this director is to lines that are for some directors only.
    fn config_id(&self) -> String;

    /// A variable of the environment, if it is set and text.
    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    /// The directory of a file, from the root.
    fn directory(&self, file: &Path) -> PathBuf {
        file.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// What a file is, whatever it is called.
    fn identity(&self, file: &Path) -> PathBuf {
        let named = |part: &Component<'_>| !matches!(part, Component::CurDir);
        file.components().filter(named).collect()
    }

    /// Any number.
    fn random(&self) -> u64 {
        RandomState::new().build_hasher().finish()
    }
}

/// What is known of a program before it is run, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// It can be run, and nobody but root can change it.
    Runnable,
    /// It can be run, but others than root can change it or what it is called by.
    Changeable,
    /// The file is there but nobody may execute it.
    NotExecutable,
    /// There is no such file.
    Missing,
}

/// The machine that this process runs on, in the network namespace of this thread, for one
/// configuration: what it was asked once, as tens of thousands of real servers do, it is not asked again.
#[derive(Debug, Default)]
pub struct System {
    /// Who it is to lines that are for some directors only, if not what its name says.
    config_id: Option<String>,
    /// What its interfaces are to the configuration.
    role: Interfaces,
    /// Addresses of interfaces; none if they cannot be had.
    addresses: OnceCell<Option<HashSet<IpAddr>>>,
    interfaces: Remembered<bool>,
    programs: Remembered<Program>,
}

/// What the interfaces of this machine are to a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interfaces {
    /// It is to run with them.
    #[default]
    Needed,
    /// Somebody asks whether it would.
    Asked,
    /// It may be for another machine.
    Elsewhere,
}

impl System {
    /// As it is now. `config_id` is who it is to lines that are for some directors only, if not what its
    /// name says.
    #[must_use]
    pub fn now(config_id: Option<String>, interfaces: Interfaces) -> Self {
        Self {
            config_id,
            role: interfaces,
            ..Self::default()
        }
    }
}

/// Answers, by the name that was asked for.
#[derive(Debug)]
struct Remembered<V>(RefCell<HashMap<String, V>>);

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<V: Copy> Remembered<V> {
    fn of(&self, name: &str, ask: impl FnOnce(&str) -> V) -> V {
        if let Some(known) = self.0.borrow().get(name) {
            return *known;
        }
        let answer = ask(name);
        self.0.borrow_mut().insert(name.to_owned(), answer);
        answer
    }
}

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

    fn has_interface(&self, name: &str) -> bool {
        self.interfaces.of(name, is_interface)
    }

    fn absence(&self) -> Severity {
        match self.role {
            Interfaces::Needed => Severity::Fatal,
            Interfaces::Asked => Severity::Absent,
            Interfaces::Elsewhere => Severity::Notice,
        }
    }

    fn has_address(&self, address: IpAddr) -> bool {
        let all = self.addresses.get_or_init(addresses);
        all.as_ref().is_none_or(|all| all.contains(&address))
    }

    fn program(&self, name: &str) -> Program {
        self.programs.of(name, find_program)
    }

    /// As it was told, or the first part of the machine's name.
    fn config_id(&self) -> String {
        self.config_id.clone().unwrap_or_else(|| {
            let name = machine_name();
            let first = name.split('.').next();
            first.unwrap_or_default().to_owned()
        })
    }

    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn directory(&self, file: &Path) -> PathBuf {
        let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        path.parent().map(Path::to_owned).unwrap_or_default()
    }

    fn identity(&self, file: &Path) -> PathBuf {
        file.canonicalize().unwrap_or_else(|_| file.to_owned())
    }
}

/// What this machine calls itself.
#[must_use]
pub fn machine_name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

/// Asks the kernel and not `/sys`, which can show another network namespace.
fn is_interface(name: &str) -> bool {
    use rustix::net::{AddressFamily, SocketType, netdevice, socket};
    let Ok(socket) = socket(AddressFamily::INET, SocketType::DGRAM, None) else {
        return true;
    };
    netdevice::name_to_index(&socket, name).is_ok()
}

fn addresses() -> Option<HashSet<IpAddr>> {
    let all = nix::ifaddrs::getifaddrs().ok()?;
    Some(all.filter_map(|one| address_of(&one)).collect())
}

fn address_of(interface: &nix::ifaddrs::InterfaceAddress) -> Option<IpAddr> {
    let address = interface.address?;
    let ipv4 = address.as_sockaddr_in().map(|at| IpAddr::V4(at.ip()));
    ipv4.or_else(|| address.as_sockaddr_in6().map(|at| IpAddr::V6(at.ip())))
}

fn find_program(name: &str) -> Program {
    if name.contains('/') {
        return probe(Path::new(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found: Vec<Program> = std::env::split_paths(&path)
        .map(|directory| probe(&directory.join(name)))
        .collect();
    let runs = |program: &&Program| **program <= Program::Changeable;
    let first = found.iter().find(runs).or(found.iter().min());
    first.copied().unwrap_or(Program::Missing)
}

fn probe(path: &Path) -> Program {
    let Ok(path) = path.canonicalize() else {
        return Program::Missing;
    };
    match std::fs::metadata(&path) {
        Ok(file) if !file.is_file() => Program::Missing,
        Ok(file) if file.permissions().mode() & 0o111 == 0 => Program::NotExecutable,
        Ok(_) if path.ancestors().all(only_root_changes) => Program::Runnable,
        Ok(_) => Program::Changeable,
        Err(_) => Program::Missing,
    }
}

/// In a sticky directory others can add files but not replace ours.
fn only_root_changes(path: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let Ok(file) = std::fs::metadata(path) else {
        return false;
    };
    let by_group = file.mode() & 0o020 != 0 && file.gid() != 0;
    let by_all = file.mode() & 0o002 != 0;
    let sticky = file.is_dir() && file.mode() & STICKY != 0;
    file.uid() == 0 && (sticky || !(by_group || by_all))
}

/// A machine with every interface, address and program and no files, for text that is not for this one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anywhere;

impl Host for Anywhere {
    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> Vec<String> {
        Vec::new()
    }

    fn config_id(&self) -> String {
        "anywhere".into()
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }
}
