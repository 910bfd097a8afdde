//! A server that answers what the test wants, and the client run against it.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_supervisorctl");

/// Its configuration file, which says nothing of a server.
pub(crate) const CONFIG: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/conformance/client/client.conf"
);

/// A request that the server got.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `POST /RPC2 HTTP/1.1`.
    pub(crate) line: String,
    /// All headers, as they came.
    pub(crate) headers: String,
    /// The body.
    pub(crate) body: String,
}

impl Request {
    /// The method of an XML-RPC call, without `supervisor.`.
    pub(crate) fn method(&self) -> &str {
        let name = self.body.split("<methodName>").nth(1).unwrap_or("");
        let name = name.split('<').next().unwrap_or("");
        name.strip_prefix("supervisor.").unwrap_or(name)
    }

    /// Whether an argument of the call is exactly that text or number.
    pub(crate) fn has_argument(&self, argument: &str) -> bool {
        self.body.contains(&format!(">{argument}</"))
    }
}

/// What the server sends, as bytes; it closes the connection after it if told so.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    closes: bool,
}

impl Reply {
    /// The same, but the connection stays open.
    pub(crate) fn kept(self) -> Self {
        Self {
            closes: false,
            ..self
        }
    }
}

/// A response with a value, in XML.
pub(crate) fn value(xml: &str) -> Reply {
    let body = format!(
        "<?xml version='1.0'?><methodResponse><params><param><value>{xml}</value></param></params></methodResponse>"
    );
    ok(&body)
}

/// A response with a text.
pub(crate) fn text(text: &str) -> Reply {
    value(&format!("<string>{text}</string>"))
}

/// A response with an array of XML values.
pub(crate) fn array(items: &[String]) -> Reply {
    value(&array_xml(items))
}

/// An array in XML.
pub(crate) fn array_xml(items: &[String]) -> String {
    let items = items.iter().fold(String::new(), |mut all, item| {
        let _ = write!(all, "<value>{item}</value>");
        all
    });
    format!("<array><data>{items}</data></array>")
}

/// A struct in XML; a member that is a number becomes one.
pub(crate) fn structure(members: &[(&str, &str)]) -> String {
    let members = members
        .iter()
        .fold(String::new(), |mut all, (name, member)| {
            let kind = if member.parse::<i32>().is_ok() {
                "int"
            } else {
                "string"
            };
            let _ = write!(
                all,
                "<member><name>{name}</name><value><{kind}>{member}</{kind}></value></member>"
            );
            all
        });
    format!("<struct>{members}</struct>")
}

/// A row of a result.
pub(crate) fn row(group: &str, name: &str, status: &str, description: &str) -> String {
    structure(&[
        ("group", group),
        ("name", name),
        ("status", status),
        ("description", description),
    ])
}

/// What `getProcessInfo` says.
pub(crate) fn process(group: &str, name: &str, state: &str, statename: &str, text: &str) -> String {
    structure(&[
        ("group", group),
        ("name", name),
        ("state", state),
        ("statename", statename),
        ("description", text),
        ("pid", "4711"),
    ])
}

/// A fault.
pub(crate) fn fault(code: &str, text: &str) -> Reply {
    let members = structure(&[("faultCode", code), ("faultString", text)]);
    ok(&format!(
        "<?xml version='1.0'?><methodResponse><fault><value>{members}</value></fault></methodResponse>"
    ))
}

/// A good response with that body; the connection stays open.
pub(crate) fn ok(body: &str) -> Reply {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    Reply {
        bytes: (head + body).into_bytes(),
        closes: false,
    }
}

/// A response without a body, for example `401 Unauthorized`.
pub(crate) fn status(line: &str) -> Reply {
    raw(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").as_bytes())
}

/// Exactly these bytes, then the connection is closed.
pub(crate) fn raw(bytes: &[u8]) -> Reply {
    Reply {
        bytes: bytes.to_vec(),
        closes: true,
    }
}

/// What came out of a run of the client.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status; -1 if a signal ended it.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
    /// What the server was asked, in order.
    pub(crate) requests: Vec<Request>,
    /// The URL of the server.
    pub(crate) url: String,
}

/// The version that the client expects, for everything but `methods`, which answer by themselves.
pub(crate) fn with_version(request: &Request, answer: impl Fn(&Request) -> Reply) -> Reply {
    if request.method() == "getVersion" {
        text("3.0")
    } else {
        answer(request)
    }
}

/// Runs the client against a server that gives `answer`.
pub(crate) fn run(arguments: &[&str], answer: impl Fn(&Request) -> Reply + Sync) -> Ran {
    run_with_input(arguments, "", answer)
}

/// The same, with something on the client's standard input.
pub(crate) fn run_with_input(
    arguments: &[&str],
    input: &str,
    answer: impl Fn(&Request) -> Reply + Sync,
) -> Ran {
    serve_while(answer, |url, requests| {
        let output = client(&[&["-s", url], arguments].concat(), input);
        Ran {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            requests: std::mem::take(&mut requests.lock().unwrap()),
            url: url.to_owned(),
        }
    })
}

/// Serves with `answer` while `act` runs, which gets the server's URL and the requests so far.
pub(crate) fn serve_while<R>(
    answer: impl Fn(&Request) -> Reply + Sync,
    act: impl FnOnce(&str, &Mutex<Vec<Request>>) -> R,
) -> R {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for connection in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let mut connection = connection.unwrap();
                let (requests, answer) = (&requests, &answer);
                scope.spawn(move || serve(&mut connection, requests, answer));
            }
        });
        let _end = End {
            over: &over,
            address,
        };
        act(&format!("http://{address}"), &requests)
    })
}

/// Runs the client with these arguments alone.
pub(crate) fn client(arguments: &[&str], input: &str) -> Output {
    // a pipe holds what tests type, so that it can be written before the client reads it
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(input.as_bytes()).unwrap();
    drop(writer);
    Command::new(PROGRAM)
        .args(["-c", CONFIG])
        .args(arguments)
        .stdin(Stdio::from(reader))
        .output()
        .unwrap()
}

/// Ends the server, also if the test fails.
struct End<'a> {
    over: &'a AtomicBool,
    address: SocketAddr,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // wakes the server up; it may be gone already
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers the requests of one connection.
fn serve(
    connection: &mut TcpStream,
    requests: &Mutex<Vec<Request>>,
    answer: &impl Fn(&Request) -> Reply,
) {
    while let Some(request) = read_request(connection) {
        requests.lock().unwrap().push(request.clone());
        let reply = answer(&request);
        // the client may have left
        if connection.write_all(&reply.bytes).is_err() || reply.closes {
            let _ = connection.shutdown(Shutdown::Write);
            return;
        }
    }
}

fn read_request(connection: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("Content-Length: ").nth(1);
            let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let (line, headers) = head.split_once("\r\n").unwrap();
                return Some(Request {
                    line: line.to_owned(),
                    headers: headers.to_owned(),
                    body: body.to_owned(),
                });
            }
        }
        let mut buffer = [0; 4096];
        match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
