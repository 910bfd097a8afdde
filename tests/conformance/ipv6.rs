//! Addresses that are none of IPv4. The reference has none of this, so a configuration with them is ours.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::time::Duration;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::{DEADLINE, wait_until};
use crate::common::{ours_only, skip};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// A port that is free on both; none without IPv6.
fn free_port() -> Option<u16> {
    let Ok(listener) = TcpListener::bind((V6, 0)) else {
        skip("no IPv6 here; give lo the address ::1 to include it");
        return None;
    };
    Some(listener.local_addr().expect("an address").port())
}

fn start(config: &str) -> Daemon {
    let home = Home::new();
    home.config(&format!(
        "{config}\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\n"
    ));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("cat");
    daemon
}

/// The status and the whole of an answer.
fn ask(ip: IpAddr, port: u16, request: &str, lines: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect((ip, port)).expect("the port");
    stream.set_read_timeout(Some(DEADLINE)).expect("a socket");
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    (status.expect("a status"), answer)
}

fn status_of(ip: IpAddr, port: u16) -> u16 {
    ask(ip, port, "GET /ok.html", "Host: localhost\r\n", "").0
}

const BROWSER: &str = "User-Agent: Mozilla/5.0\r\nAccept-Language: en\r\n";

#[test]
fn dmn_069_a_server_on_ipv6_serves_page_calls_and_client() {
    ours_only!("IPv6 is not the reference's");
    let Some(port) = free_port() else { return };
    let daemon = start(&format!("[inet_http_server]\nport=[::1]:{port}"));
    let host = format!("Host: [::1]:{port}\r\n");
    let page = ask(V6, port, "GET /", &format!("{host}{BROWSER}"), "");
    assert!(page.0 == 200 && page.1.contains("pid "), "{page:?}");
    // the rules for other sites' pages are those of IPv4
    let form = "action=stop&processname=cat";
    let own = format!("{host}{BROWSER}Origin: http://[::1]:{port}\r\n");
    let other = format!("{host}{BROWSER}Origin: http://[::1]:1\r\n");
    let rebound = format!("Host: rebind.evil.example:{port}\r\n{BROWSER}");
    assert_eq!(ask(V6, port, "POST /RPC2", &other, "").0, 403);
    assert_eq!(ask(V6, port, "GET /", &rebound, "").0, 403);
    wait_until("the lines", || {
        let log = daemon.log();
        log.contains("refused POST /RPC2 of [::1]:") && log.contains("refused [::1]:")
    });
    let asked = ask(V6, port, "POST /", &other, form);
    assert!(asked.1.contains("Supervisor asks"), "{asked:?}");
    assert_eq!(daemon.state("cat"), "RUNNING");
    let done = ask(V6, port, "POST /", &own, form);
    let location =
        format!("\r\nLocation: http://[::1]:{port}/?message=Process%20cat%20stopped\r\n");
    assert!(done.0 == 301 && done.1.contains(&location), "{done:?}");
    for url in [
        format!("http://[::1]:{port}"),
        format!("http://[0:0::1]:{port}/RPC2"),
    ] {
        let mut client = daemon.command("supervisorctl");
        let output = client.args(["-s", &url, "pid"]).output();
        let output = output.expect("supervisorctl");
        assert_eq!(
            output.stdout,
            format!("{}\n", daemon.pid).as_bytes(),
            "{url}"
        );
    }
}

#[test]
fn acc_030_allowed_hosts_may_be_of_ipv6() {
    ours_only!("IPv6 is not the reference's");
    let Some(port) = free_port() else { return };
    let _daemon = start(&format!(
        "[inet_http_server]\nport=[::1]:{port}\nallowed_hosts=[::1],fd00::7"
    ));
    for (host, status) in [
        (format!("[::1]:{port}"), 200),
        ("[0:0::1]".to_owned(), 200),
        ("[fd00::7]:1".to_owned(), 200),
        ("[fd00::8]".to_owned(), 403),
        (format!("localhost:{port}"), 403),
    ] {
        let (got, _) = ask(V6, port, "GET /ok.html", &format!("Host: {host}\r\n"), "");
        assert_eq!(got, status, "{host}");
    }
}

#[test]
fn dmn_069_all_interfaces_of_ipv6_take_ipv4_along() {
    ours_only!("IPv6 is not the reference's");
    let Some(port) = free_port() else { return };
    let daemon = start(&format!("[inet_http_server]\nport=[::]:{port}"));
    assert_eq!((status_of(V6, port), status_of(V4, port)), (200, 200));
    // who comes over IPv4 is called so
    let foreign = "Host: x\r\nOrigin: null\r\n";
    assert_eq!(ask(V4, port, "POST /RPC2", foreign, "").0, 403);
    wait_until("the line", || {
        daemon.log().contains("refused POST /RPC2 of 127.0.0.1:")
    });
}

#[test]
fn dmn_069_two_servers_share_a_port_in_any_order() {
    ours_only!("IPv6 is not the reference's");
    for (one, two) in [("*", "[::]"), ("[::]", "*"), ("127.0.0.1", "[::1]")] {
        let Some(port) = free_port() else { return };
        let _daemon = start(&format!(
            "[inet_http_server:1]\nport={one}:{port}\n[inet_http_server:2]\nport={two}:{port}"
        ));
        assert_eq!(
            (status_of(V6, port), status_of(V4, port)),
            (200, 200),
            "{one}"
        );
    }
}

/// A name that leads to `::1` alone, in a file of hosts that only the daemon sees.
#[test]
fn dmn_069_a_name_may_lead_to_ipv6_alone() {
    ours_only!("IPv6 is not the reference's");
    let Some(port) = free_port() else { return };
    let home = Home::new();
    home.write("hosts", "127.0.0.1 localhost\n::1 six.test\n");
    home.config(&format!("[inet_http_server]\nport=Six.test:{port}\n"));
    let with_hosts = |command: &str| {
        let mut unshare = home.marked("unshare");
        let script = format!("mount --bind hosts /etc/hosts && exec {command}");
        unshare.args(["-m", "sh", "-c", &script]);
        unshare
    };
    if !with_hosts("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        skip("needs root and mount namespaces (unshare -m)");
        return;
    }
    let program = crate::common::program("supervisord");
    let command = with_hosts(&format!("{} -n -c supervisord.conf", program.display()));
    let _daemon = Daemon::from_command(home, command);
    assert_eq!(status_of(V6, port), 200);
    assert!(TcpStream::connect((V4, port)).is_err());
    // its own name is known to it
    let lines = format!("Host: six.test:{port}\r\n{BROWSER}");
    assert_eq!(ask(V6, port, "GET /", &lines, "").0, 200);
}

#[test]
fn proc_111_a_fastcgi_socket_may_be_of_ipv6() {
    ours_only!("IPv6 is not the reference's");
    let Some(port) = free_port() else { return };
    let daemon = start(&format!(
        "[fcgi-program:f]\ncommand=/bin/sleep 1000\nsocket=tcp://[::1]:{port}\nstartsecs=0"
    ));
    daemon.wait_running("f:f");
    let address = (V6, port).into();
    TcpStream::connect_timeout(&address, Duration::from_secs(10)).expect("the socket");
}

#[test]
fn dmn_067_an_address_that_cannot_be_used_is_named_in_words() {
    ours_only!("the reference tells numbers");
    let Some(port) = free_port() else { return };
    let refused = |address: &str| {
        let home = Home::new();
        home.config(&format!("[inet_http_server]\nport={address}:{port}\n"));
        let output = home.supervisord(&["-n", "-c", "supervisord.conf"]);
        assert_eq!(output.status.code(), Some(2), "{address}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (address, words) in [
        ("[2001:db8::1]", "Cannot assign requested address)"),
        ("[::x]", "not an IPv6 address in brackets and a port"),
        ("::1", "not an IPv6 address in brackets and a port"),
    ] {
        let said = refused(address);
        let named = said.contains(&format!("{address}:{port}"));
        assert!(named && said.contains(words), "{address}: {said}");
    }
}
