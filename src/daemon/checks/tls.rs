//! TLS for checks by https (HLT-028).

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::base::clock::Mono;
use crate::process::lifecycle::check::Request;
use crate::sys::clock;

use super::super::workers::Workers;
use super::{Failure, read};

/// How long the system's certificates are taken as they were read: to read all of them costs milliseconds.
const KEPT: Duration = Duration::from_mins(10);

/// Makes clients, each with the files of its check.
#[derive(Default)]
pub(super) struct Clients {
    /// The one that needs no files of its own, and when it was made.
    usual: RefCell<Option<(Arc<ClientConfig>, Mono)>>,
}

/// One side of a connection that is to be.
pub(super) struct Client(TlsConnector);

impl Clients {
    /// The client of a check. Its files are read on a worker, each time (HLT-028).
    pub(super) async fn client(
        &self,
        request: &Request,
        workers: &Workers,
    ) -> Result<Client, Failure> {
        let usual = !request.insecure && request.ca_file.is_none() && request.identity.is_none();
        let now = clock::now().mono;
        if usual
            && let Some((config, since)) = &*self.usual.borrow()
            && now.since(*since) < KEPT
        {
            return Ok(Client(Arc::clone(config).into()));
        }
        let wanted = request.clone();
        let made = workers.look(move || Ok(configure(&wanted))).await?;
        let config = Arc::new(made.map_err(Failure::Tls)?);
        if usual {
            *self.usual.borrow_mut() = Some((Arc::clone(&config), now));
        }
        Ok(Client(config.into()))
    }
}

impl Client {
    /// Agrees with the other side.
    pub(super) async fn connect(
        self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|error| Failure::Tls(error.to_string()))?;
        let connected = self.0.connect(name, stream).await;
        connected.map_err(|error| match Failure::from(error) {
            Failure::System(why) => Failure::Tls(why),
            failure => failure,
        })
    }
}

/// Why TLS failed, if that is what the error is about.
pub(super) fn reason(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(inner.to_string())
}

fn configure(request: &Request) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = if request.insecure {
        let anybody = Arc::new(Anybody(provider));
        builder
            .dangerous()
            .with_custom_certificate_verifier(anybody)
    } else {
        builder.with_root_certificates(roots(request.ca_file.as_deref())?)
    };
    let Some(identity) = &request.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&file(&identity.key)?)
        .map_err(|error| no_pem(&identity.key, &error))?;
    let config = builder.with_client_auth_cert(chain, key);
    config.map_err(|error| error.to_string())
}

/// Whom the certificate of a server may be from.
fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = match ca_file {
        Some(path) => certificates(path)?,
        // what cannot be read of the system's store has signed nobody
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(found);
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let content = file(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content).collect();
    let found = found.map_err(|error| no_pem(path, &error))?;
    if found.is_empty() {
        return Err(format!("no certificate in {}", path.display()));
    }
    Ok(found)
}

fn file(path: &Path) -> Result<Vec<u8>, String> {
    read(path).map_err(|error| super::unreadable(path, &error).to_string())
}

fn no_pem(path: &Path, error: &rustls::pki_types::pem::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Takes whoever answers, as `-k` says; what is sent is encrypted all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
