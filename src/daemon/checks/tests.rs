//! Questions to servers of our own.

use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;

use super::{Data, Failure, Probe, Prober, Request, Workers, timeout, tls};
use crate::base::scratch::Scratch;

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default());
    runtime.unwrap().block_on(test)
}

/// What comes of a question: nothing, or the reason.
async fn reason(probe: &Probe) -> String {
    let prober = Prober {
        workers: Rc::new(Workers::default()),
        tls: tls::Clients::default(),
    };
    let patience = Duration::from_mins(1);
    let asked = timeout(patience, prober.ask(probe)).await;
    match asked.unwrap_or(Err(Failure::TimedOut(patience))) {
        Ok(()) => String::new(),
        Err(failure) => failure.to_string(),
    }
}

fn get(port: u16) -> Request {
    Request {
        tls: false,
        host: "127.0.0.1".to_owned(),
        port,
        authority: "web".to_owned(),
        path: "/".to_owned(),
        method: "GET".to_owned(),
        headers: Vec::new(),
        credentials: None,
        data: None,
        identity: None,
        ca_file: None,
        insecure: false,
    }
}

fn http(request: Request) -> Probe {
    Probe::Http(Box::new(request))
}

/// Answers one request, which ends with `end`, and gives back what it was.
async fn answer_one(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    end: &[u8],
    answer: &[u8],
) -> Vec<u8> {
    let mut request = Vec::new();
    while !request.ends_with(end) {
        let count = stream.read_buf(&mut request).await.unwrap_or(0);
        if count == 0 {
            break;
        }
    }
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
    request
}

#[test]
fn hlt_021_022_a_connection_is_enough() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tcp = |host: &str| Probe::Tcp {
            host: host.to_owned(),
            port,
        };
        assert_eq!(reason(&tcp("127.0.0.1")).await, "");
        assert_eq!(reason(&tcp("localhost")).await, "");
        drop(listener);
        assert_eq!(reason(&tcp("127.0.0.1")).await, "connection refused");
        let nowhere = reason(&tcp("nowhere.invalid")).await;
        assert_eq!(nowhere, "cannot resolve nowhere.invalid");
        let folder = Scratch::new();
        let path = folder.file("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let unix = Probe::Unix(path);
        assert_eq!(reason(&unix).await, "");
        drop(listener);
        assert_eq!(reason(&unix).await, "connection refused");
        let missing = Probe::Unix(folder.file("missing"));
        assert_eq!(reason(&missing).await, "No such file or directory");
    });
}

#[test]
fn hlt_020_061_the_status_decides() {
    run(async {
        let table: [(&[u8], &str); 6] = [
            (b"HTTP/1.1 200 OK\r\n\r\n", ""),
            (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", ""),
            (b"HTTP/1.1 500 No\r\n\r\n", "status 500"),
            (b"+PONG\r\n", "not HTTP"),
            (b"HTTP/1.1 200 OK\r\n", "not HTTP"),
            (b"", "not HTTP"),
        ];
        for (answer, wanted) in table {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = spawn_local(async move {
                let (stream, _) = listener.accept().await.unwrap();
                answer_one(stream, b"\r\n\r\n", answer).await
            });
            assert_eq!(reason(&http(get(port))).await, wanted);
            let request = server.await.unwrap();
            assert!(request.starts_with(b"GET / HTTP/1.1\r\nHost: web\r\n"));
        }
    });
}

#[test]
fn hlt_025_data_is_read_at_each_check() {
    run(async {
        let folder = Scratch::new();
        let path = folder.file("data");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let request = Request {
            data: Some(Data::File(path.clone())),
            ..get(listener.local_addr().unwrap().port())
        };
        let probe = http(request);
        let shown = path.display();
        let missing = format!("cannot read {shown}: No such file or directory");
        assert_eq!(reason(&probe).await, missing);
        std::fs::write(&path, "one two END").unwrap();
        let server = spawn_local(async move {
            let (stream, _) = listener.accept().await.unwrap();
            answer_one(stream, b"END", b"HTTP/1.1 204 \r\n\r\n").await
        });
        assert_eq!(reason(&probe).await, "");
        assert!(server.await.unwrap().ends_with(b"\r\n\r\none two END"));
        std::fs::write(&path, vec![0; 1024 * 1024 + 1]).unwrap();
        assert_eq!(
            reason(&probe).await,
            format!("cannot read {shown}: File too large")
        );
    });
}

#[cfg(feature = "tls")]
mod by_tls {
    use std::path::PathBuf;
    use std::sync::Arc;

    use rustls::ServerConfig;
    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::server::WebPkiClientVerifier;
    use tokio_rustls::TlsAcceptor;

    use super::{Request, Scratch, TcpListener, answer_one, get, http, reason, run, spawn_local};
    use crate::process::lifecycle::check::Identity;

    fn testdata(name: &str) -> PathBuf {
        PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/daemon/checks/testdata"
        ))
        .join(name)
    }

    /// A server that answers one request, and its port.
    async fn server(asks_for_certificate: bool) -> u16 {
        let chain = CertificateDer::pem_file_iter(testdata("server.pem")).unwrap();
        let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(testdata("server.key")).unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks_for_certificate {
            let mut roots = rustls::RootCertStore::empty();
            let ca = CertificateDer::from_pem_file(testdata("ca.pem")).unwrap();
            roots.add(ca).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let config = builder.with_single_cert(chain, key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        spawn_local(async move {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
                answer_one(stream, b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n").await;
            }
        });
        port
    }

    async fn ask(asks_for_certificate: bool, change: impl FnOnce(&mut Request)) -> String {
        let mut request = Request {
            tls: true,
            ..get(server(asks_for_certificate).await)
        };
        change(&mut request);
        reason(&http(request)).await
    }

    #[test]
    fn hlt_028_the_certificate_and_its_name_count() {
        run(async {
            let trusted = |request: &mut Request| request.ca_file = Some(testdata("ca.pem"));
            assert_eq!(ask(false, trusted).await, "");
            let stranger = ask(false, |_| {}).await;
            assert!(
                stranger.starts_with("tls: invalid peer certificate"),
                "{stranger}"
            );
            assert_eq!(ask(false, |request| request.insecure = true).await, "");
            let other = ask(false, |request| {
                trusted(request);
                request.host = "127.0.0.2".to_owned();
            });
            let other = other.await;
            let known = other.starts_with("tls: invalid peer certificate: certificate not valid");
            // where nobody else listens on every address of the machine
            assert!(known || other == "connection refused", "{other}");
        });
    }

    #[test]
    fn hlt_028_files_are_read_and_shown() {
        run(async {
            let identity = |request: &mut Request| {
                request.ca_file = Some(testdata("ca.pem"));
                request.identity = Some(Identity {
                    key: testdata("server.key"),
                    certificate: testdata("server.pem"),
                });
            };
            assert_eq!(ask(true, identity).await, "");
            let nobody = ask(true, |request| request.ca_file = Some(testdata("ca.pem"))).await;
            assert!(nobody.starts_with("tls: "), "{nobody}");
            let folder = Scratch::new();
            let missing = folder.file("ca.pem");
            let shown = missing.display().to_string();
            let file = ask(false, |request| request.ca_file = Some(missing)).await;
            assert_eq!(
                file,
                format!("tls: cannot read {shown}: No such file or directory")
            );
            let empty = folder.file("empty.pem");
            std::fs::write(&empty, "").unwrap();
            let shown = empty.display().to_string();
            let file = ask(false, |request| request.ca_file = Some(empty)).await;
            assert_eq!(file, format!("tls: no certificate in {shown}"));
        });
    }

    #[test]
    fn a_server_without_tls_is_no_success() {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            spawn_local(async move {
                let (stream, _) = listener.accept().await.unwrap();
                answer_one(stream, b"", b"HTTP/1.1 400 Bad\r\n\r\n").await;
            });
            let request = Request {
                tls: true,
                insecure: true,
                ..get(port)
            };
            let why = reason(&http(request)).await;
            assert!(why.starts_with("tls: "), "{why}");
        });
    }
}
