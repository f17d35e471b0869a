//! The set-up of the article "Keepalived + Nginx 实现高可用负载均衡": two directors, 192.168.192.10
//! and .11, nginx on each, and a script that looks after it.

use std::net::Ipv4Addr;

use anyhow::Result;

use super::stage::Stage;
use crate::lab::{DIRECTOR_HEADER, Nginx};
use crate::scene::Layout;

/// The page that the article looks at.
pub(super) const PAGE: &str = "/weight";
/// Its interfaces and addresses.
pub(super) const LAYOUT: Layout = Layout {
    interface: "ens33",
    directors: [
        Ipv4Addr::new(192, 168, 192, 10),
        Ipv4Addr::new(192, 168, 192, 11),
    ],
    vip: Ipv4Addr::new(192, 168, 192, 130),
};
/// Where the article has its script.
pub(super) const SCRIPT_PATH: &str = "/etc/keepalived/nginx_check.sh";

/// What is not the article's, for the reader of the output.
const ADDED: &str = "\
the second article's keepalived.conf and script; added here:
  track_script { chk_nginx }  it defines the script, but no instance tracks it
  ps ... --no-header          it prints a dash that ps does not know
  nginx.conf                  it shows a picture; here two upstreams on each
  kill nginx                  takes its program away, too, or the script would
                              start it again";

/// Its script.
pub(super) const SCRIPT: &str = r"#!/bin/bash
A=`ps -C nginx --no-header |wc -l`
if [ $A -eq 0 ];then
 /usr/local/nginx/sbin/nginx
 sleep 2
 if [ `ps -C nginx --no-header |wc -l` -eq 0 ];then
 killall keepalived
 fi
fi
";

/// keepalived.conf of director 0 or 1; with our own block for the attach mode, if one is asked
/// for.
pub(super) fn config(director: usize, mode: Option<&str>) -> String {
    let (state, priority, extra) = match director {
        0 => ("MASTER", 100, "\tnopreempt\n"),
        _ => ("BACKUP", 90, ""),
    };
    let Layout {
        interface,
        directors,
        vip,
    } = LAYOUT;
    let address = directors[director];
    let block = mode
        .map(|mode| format!("xdp {{\n\tmode {mode}\n}}\n"))
        .unwrap_or_default();
    format!(
        "! Configuration File for keepalived
global_defs {{
	router_id LVS_DEVEL
}}
{block}vrrp_script chk_nginx {{
	script \"{SCRIPT_PATH}\"
	interval 2
	weight -20
}}
vrrp_instance VI_1 {{
	state {state}
	interface {interface}
	virtual_router_id 33
	mcast_src_ip {address}
	priority {priority}
{extra}	advert_int 1
	authentication {{
		auth_type PASS
		auth_pass 1111
	}}
	track_script {{
		chk_nginx
	}}
	virtual_ipaddress {{
		{vip}
	}}
}}
"
    )
}

/// nginx.conf of the director called `name`: two upstreams in turn, as in the article, and a
/// header that tells who served.
pub(super) fn nginx_config(name: &str) -> String {
    let upstreams = [8080, 8081].map(|port| {
        format!(
            "server {{ listen 127.0.0.1:{port}; default_type text/html;\n\
             location / {{ return 200 \"<h1>port:{port}</h1>\\n\"; }} }}\n"
        )
    });
    format!(
        "user root;\nworker_processes 1;\npid logs/nginx.pid;\nevents {{ worker_connections 1024; }}\n\
         http {{\n{preamble}\
         upstream tomcats {{ server 127.0.0.1:8080; server 127.0.0.1:8081; }}\n{upstreams}\
         server {{ listen 80; add_header {DIRECTOR_HEADER} {name} always;\n\
         location / {{ proxy_pass http://tomcats; }} }}\n}}\n",
        preamble = Nginx::http_preamble(),
        upstreams = upstreams.concat(),
    )
}

/// What runs, for the reader of the output.
///
/// # Errors
/// When vipctl cannot be started.
pub(super) fn explain(stage: &Stage) -> Result<String> {
    let web = match stage.has_nginx {
        true => "nginx on both",
        false => "no nginx found: a built-in responder on both",
    };
    let mut text = String::new();
    for (director, address) in stage.directors.iter().zip(LAYOUT.directors) {
        let (name, software) = (director.host.name(), director.software.name());
        let data_path = director.data_path()?;
        let data_path = data_path.map_or(String::new(), |mode| format!(", data path: {mode}"));
        text.push_str(&format!("  {name} {address}  {software}{data_path}\n"));
    }
    Ok(format!("{text}  VIP {}, {web}\n{ADDED}", LAYOUT.vip))
}
