//! What reading a configuration asks of the machine, and what becomes of the answer.

use ha_user::config::{self, Host, Loaded, Program};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::Path;

const PROBE_KEY: &[u8] = include_bytes!("../../tests/data/tls/probe.key");

/// A machine with one interface, one address, one script that can be run and one that cannot.
struct Small;

impl Host for Small {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/etc/v/part.conf") => Ok(b"$ID=${_ENV SITE}-${N} \nrouter_id ${_PWD}\n".to_vec()),
            Some("/etc/wrong.conf") => Ok(b"prority 100\nnopreempt\n".to_vec()),
            Some("/etc/d/a.conf") => Ok(b"router_id from-a\n".to_vec()),
            Some("/tls/ca") => Ok(include_bytes!("../../tests/data/tls/ca.pem").to_vec()),
            Some("/tls/probe") => Ok(include_bytes!("../../tests/data/tls/probe.pem").to_vec()),
            Some("/tls/probe.key") => Ok(PROBE_KEY.to_vec()),
            Some("/tls/other.key") => {
                Ok(include_bytes!("../../tests/data/tls/issued.key").to_vec())
            }
            Some("/tls/encrypted") => Ok(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_vec()),
            Some("/tls/secret") => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let names: &[&str] = match directory.to_str() {
            Some("/etc/d") => &["a.conf", "b.conf", "c.txt"],
            _ => &[],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn has_interface(&self, name: &str) -> bool {
        name == "eth0"
    }

    fn has_address(&self, address: IpAddr) -> bool {
        address == IpAddr::from([192, 0, 2, 9])
    }

    fn program(&self, name: &str) -> Program {
        match name {
            "/ok" => Program::Runnable,
            "/shared" => Program::Changeable,
            "/text" => Program::NotExecutable,
            _ => Program::Missing,
        }
    }

    fn config_id(&self) -> String {
        "small".into()
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "SITE").then(|| "north".into())
    }
}

fn on_small_host(text: &str) -> (Loaded, String) {
    let loaded = config::parse_for(&Small, text.as_bytes(), "/etc/k.conf");
    let rendered = loaded.plain();
    (loaded, rendered)
}

fn instance(interface: &str, more: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface {interface}\n virtual_router_id 1\n \
         virtual_ipaddress {{\n 192.0.2.1\n }}\n {more}\n}}\n"
    )
}

#[test]
fn an_interface_that_does_not_exist_stops_us_unless_it_may_come_later() {
    assert!(!on_small_host(&instance("eth0", "")).0.is_fatal());
    let (loaded, said) = on_small_host(&instance("eth7", ""));
    assert!(loaded.is_fatal());
    assert!(
        said.starts_with("/etc/k.conf:2:12: fatal: interface eth7 for"),
        "{said}"
    );
    let later = format!(
        "global_defs {{\n dynamic_interfaces\n}}\n{}",
        instance("eth7", "")
    );
    assert!(!on_small_host(&later).0.is_fatal());
}

#[test]
fn what_is_wrong_with_a_file_is_said_once_however_often_it_is_included() {
    let twice = instance("eth0", "include wrong.conf")
        .replace(" 1\n", " 2\n")
        .replace("VI_1", "VI_2")
        + &instance("eth0", "include wrong.conf");
    let (loaded, said) = on_small_host(&twice);
    assert_eq!(said.matches("/etc/wrong.conf:1:1: ").count(), 1, "{said}");
    let preempt = loaded.config.instances.iter().map(|one| one.preempt);
    assert_eq!(preempt.collect::<Vec<_>>(), [false, false]);
}

#[test]
fn a_script_that_cannot_be_run_holds_nobody_up() {
    for (script, kept) in [("/ok", 1), ("/text", 0), ("/gone", 0)] {
        let tracked = instance("eth0", "track_script {\n chk\n }");
        let (loaded, said) = on_small_host(&format!(
            "vrrp_script chk {{\n script \"{script}\"\n}}\n{tracked}"
        ));
        assert_eq!(loaded.config.scripts.len(), kept, "{said}");
        assert_eq!(
            loaded.config.instances[0].track_scripts.len(),
            kept,
            "{said}"
        );
        assert_eq!(
            said.contains("Disabling track script chk"),
            kept == 0,
            "{said}"
        );
        assert_eq!(
            loaded.test_status() == 6,
            kept == 1,
            "security is about scripts that run"
        );
    }
}

#[test]
fn script_security_keeps_root_from_what_others_can_change() {
    for (global, kept) in [
        ("", true),
        ("enable_script_security", false),
        ("enable_script_security\n script_user root", false),
        ("enable_script_security\n script_user nobody", true),
    ] {
        let instance = instance("eth0", "notify \"/shared all\"\n track_script {\n chk\n }");
        let (loaded, said) = on_small_host(&format!(
            "global_defs {{\n {global}\n}}\nvrrp_script chk {{\n script /shared\n}}\n{instance}"
        ));
        let instance = &loaded.config.instances[0];
        assert_eq!(instance.track_scripts.len() == 1, kept, "{global}: {said}");
        assert_eq!(instance.notify.all.is_some(), kept, "{global}: {said}");
        assert_eq!(said.contains("since insecure"), !kept, "{global}: {said}");
    }
}

fn service(server: &str, more: &str) -> String {
    format!(
        "virtual_server 192.0.2.1 80 {{\n protocol TCP\n real_server {server} 80 {{\n {more}\n }}\n}}\n"
    )
}

#[test]
fn servers_that_are_elsewhere_get_no_traffic_yet() {
    let ours = instance("eth0", "virtual_ipaddress_excluded {\n 192.0.2.7\n }");
    for (server, is_here) in [
        ("127.0.0.5", true),
        ("::1", true),
        ("192.0.2.1", true),
        ("192.0.2.7", true),
        ("192.0.2.9", true),
        ("192.0.2.8", false),
        ("2001:db8::1", false),
    ] {
        let (loaded, said) = on_small_host(&format!("{ours}{}", service(server, "")));
        let warned = said.contains("traffic is not forwarded to real servers yet");
        assert_eq!(warned, !is_here, "{server}: {said}");
        assert_eq!(loaded.test_status(), if is_here { 0 } else { 5 }, "{said}");
        assert_eq!(loaded.config.services.len(), 1, "{said}");
    }
}

#[test]
fn a_check_that_cannot_be_run_is_left_out() {
    for (path, kept) in [("/ok", 1), ("/text", 0), ("/gone", 0)] {
        let misc = format!("MISC_CHECK {{\n misc_path {path}\n }}");
        let (loaded, said) = on_small_host(&service("127.0.0.1", &misc));
        let checks = &loaded.config.services[0].servers[0].checks;
        assert_eq!(checks.len(), kept, "{said}");
        let (loaded, said) = on_small_host(&format!("vrrp_check c {{\n {misc}\n}}\n"));
        assert_eq!(loaded.config.checks.len(), kept, "{said}");
        assert_eq!(loaded.test_status() == 6, kept == 1, "{said}");
    }
}

#[test]
fn commands_of_servers_are_those_that_can_be_run() {
    for (path, kept) in [("/ok", true), ("/gone", false)] {
        let text = service(
            "127.0.0.1",
            &format!("notify_up {path}\n notify_down {path}"),
        );
        let text = text.replace(
            "protocol",
            &format!("quorum_up {path}\n quorum_down {path}\n protocol"),
        );
        let (loaded, said) = on_small_host(&text);
        let service = &loaded.config.services[0];
        let server = &service.servers[0];
        for command in [
            &service.quorum_up,
            &service.quorum_down,
            &server.notify_up,
            &server.notify_down,
        ] {
            assert_eq!(command.is_some(), kept, "{said}");
        }
    }
}

#[test]
fn patterns_include_what_they_match() {
    let (loaded, said) = on_small_host("global_defs {\n include d/*.conf\n}\n");
    assert_eq!(loaded.config.global.router_id.as_deref(), Some("from-a"));
    assert!(said.contains("cannot read /etc/d/b.conf"), "{said}");
    assert!(!said.contains("c.txt"), "{said}");
}

/// A machine with these files in `/etc`, which counts how often they are read.
struct Library {
    files: BTreeMap<String, String>,
    reads: Cell<usize>,
}

impl Library {
    fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files.into_iter().collect();
        let reads = Cell::new(0);
        Self { files, reads }
    }
}

impl Host for Library {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.reads.set(self.reads.get() + 1);
        let name = path.strip_prefix("/etc").ok().and_then(Path::to_str);
        let text = name.and_then(|name| self.files.get(name));
        text.map(|text| text.clone().into_bytes())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn config_id(&self) -> String {
        "library".into()
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }
}

#[test]
fn files_in_a_ring_are_one_error_that_names_it() {
    let files = [
        ("self.conf", "include ./self.conf\ninclude self.conf\n"),
        ("a.conf", "include b.conf\ninclude leaf.conf\n"),
        ("b.conf", "include c.conf\ninclude c.conf\n"),
        ("c.conf", "include a.conf\n"),
        ("leaf.conf", "global_defs {\n router_id leaf\n}\n"),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    for (start, ring, most, id) in [
        (
            "self.conf",
            "/etc/self.conf includes itself: ignoring",
            1,
            None,
        ),
        (
            "a.conf",
            "/etc/a.conf includes /etc/b.conf includes /etc/c.conf includes /etc/a.conf: ignoring",
            4,
            Some("leaf"),
        ),
    ] {
        let library = Library::new(files.clone());
        let text = format!("include {start}\n");
        let loaded = config::parse_for(&library, text.as_bytes(), "/etc/vipd.conf");
        let said = loaded.plain();
        assert!(said.contains(ring), "{said}");
        assert_eq!(said.matches("error").count(), 1, "{said}");
        assert!(library.reads.get() <= most, "{} reads", library.reads.get());
        assert_eq!(loaded.config.global.router_id.as_deref(), id, "{said}");
        assert_eq!(loaded.test_status(), 5);
    }
}

#[test]
fn files_that_include_each_other_by_a_pattern_are_not_read_in_every_order() {
    let name = |number| (format!("{number}.conf"), "include *.conf\n".to_owned());
    let library = Library::new((0..12).map(name));
    let loaded = config::parse_for(&library, b"include *.conf\n", "/etc/0.conf");
    let said = loaded.plain();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("/etc/0.conf includes itself"), "{said}");
    assert!(library.reads.get() <= 12, "{} reads", library.reads.get());
}

#[test]
fn files_are_included_so_deep_and_no_deeper() {
    let name = |number| {
        let next = format!("include {}.conf\n", number + 1);
        (format!("{number}.conf"), next)
    };
    let library = Library::new((1..100).map(name));
    let loaded = config::parse_for(&library, b"include 1.conf\n", "/etc/0.conf");
    let said = loaded.plain();
    assert!(said.contains("files include each other 16 deep"), "{said}");
    assert_eq!(library.reads.get(), 16);
}

#[test]
fn a_file_with_endless_variables_is_one_fault() {
    let text = b"vrrp_instance A {\n $A=$A\n ~SEQ(B,1,4000000000) x${B}\n";
    let loaded = config::parse(text, "f");
    let said = loaded.plain();
    assert!(
        said.starts_with("f:3:2: fatal: variables and sequences add"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn variables_go_through_included_files() {
    let (loaded, said) = on_small_host(
        "$PART=v/part.conf\n$N=7\nglobal_defs {\n @small include $PART\n @other include x\n}\n",
    );
    let router_id = loaded.config.global.router_id.as_deref();
    assert_eq!(router_id, Some("/etc/v"), "{said}");
    let (loaded, said) = on_small_host(
        "global_defs {\n include v/part.conf\n $N=8\n router_id ${ID}.${_INSTANCE}\n}\n",
    );
    let router_id = loaded.config.global.router_id.as_deref();
    assert_eq!(router_id, Some("north-8.small"), "{said}");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn files_of_ssl_are_read_and_must_fit() {
    let ssl = |words: &str| {
        let (loaded, said) = on_small_host(&format!("SSL {{\n{words}\n}}\n"));
        assert!(!loaded.is_fatal());
        (loaded.config.ssl, said)
    };
    let (all, said) = ssl("ca /tls/ca\n certificate /tls/probe\n key /tls/probe.key");
    assert_eq!(said, "");
    assert_eq!((all.certificates.len(), all.authorities.len()), (1, 1));
    assert!(!all.key.is_empty());
    for (words, complaint) in [
        (
            "ca /tls/none",
            "/etc/k.conf:2:4: error: SSL: ca /tls/none: entity not found - ignoring it",
        ),
        (
            "ca /tls/probe.key",
            "/etc/k.conf:2:4: error: SSL: ca /tls/probe.key: there is no certificate in it",
        ),
        (
            "certificate /tls/probe",
            "/etc/k.conf:2:13: error: SSL: certificate /tls/probe: there is no `key`",
        ),
        (
            "key /tls/probe.key",
            "/etc/k.conf:2:5: error: SSL: key /tls/probe.key: there is no `certificate`",
        ),
        (
            "certificate /tls/probe\nkey /tls/other.key",
            "/etc/k.conf:3:5: error: SSL: key /tls/other.key: it is not the key of the certificate",
        ),
        (
            "certificate /tls/probe\nkey /tls/ca",
            "/etc/k.conf:3:5: error: SSL: key /tls/ca: there is no key in it",
        ),
        (
            "certificate /tls/probe\nkey /tls/secret",
            "/etc/k.conf:3:5: warning: SSL: key /tls/secret: this user may not read it (root may",
        ),
        (
            "certificate /tls/probe\nkey /tls/encrypted\npassword open",
            "/etc/k.conf:3:5: error: SSL: key /tls/encrypted: it is encrypted, which cannot be read yet (`openssl",
        ),
    ] {
        let (none, said) = ssl(words);
        assert_eq!(none, config::model::ssl::Ssl::default(), "{words}");
        assert!(said.starts_with(complaint), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// Not among the files that keepalived is asked of: it never ends over this one.
#[test]
fn a_file_that_there_is_no_block_for_is_not_followed() {
    let file = "track_file known {\n file /run/known\n}\n";
    let text = file.to_owned() + &instance("eth0", "track_file {\n unknown\n known\n }");
    let (loaded, said) = on_small_host(&text);
    let followed = &loaded.config.instances[0].track_files;
    assert_eq!(followed.len(), 1, "{said}");
    assert_eq!(followed[0].name, "known", "{said}");
    assert!(said.contains("track file unknown not found"), "{said}");
    let group = "vrrp_sync_group G {\n group {\n VI_1\n }\n track_file {\n unknown\n }\n}\n";
    let (loaded, said) = on_small_host(&(group.to_owned() + &instance("eth0", "")));
    assert!(loaded.config.instances[0].track_files.is_empty(), "{said}");
    assert!(said.contains("(G) track file unknown not found"), "{said}");
}
