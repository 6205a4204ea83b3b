//! The report of a server behind TLS that asks for a token.

mod common;
#[path = "../src/short.rs"]
#[expect(dead_code, reason = "another process serves the graph")]
mod short;

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use adagio::{Outcome, Timeline};
use adagio_restate::{Admin, AdminError};
use common::{Engine, Service};
use rcgen::CertifiedKey;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use short::Short;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const TOKEN: &str = "Bearer a secret";

/// The address before the server.
struct Gate {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
}

impl Gate {
    /// Passes queries with the token on to a server, and refuses others.
    fn before(server: &Engine) -> Self {
        let (certificate, key) = certificate();
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.expect("the provider has them").with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.clone()], key.into()).expect("the key is that of it");
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = server.admin();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, server) = (Arc::clone(&config), server.clone());
                // A client that does not trust the certificate goes away.
                thread::spawn(move || pass(stream, config, &server));
            }
        });
        Self { address, certificate }
    }

    /// Returns a client that trusts a certificate and has a token.
    fn admin(&self, trusted: &CertificateDer<'static>, token: &'static str) -> Admin {
        let roots = RootCerts::from(vec![Certificate::from_der(trusted).to_owned()]);
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider()).build();
        let config = Agent::config_builder().tls_config(tls).timeout_global(Some(Duration::from_secs(60)));
        let agent: Agent = config.build().into();
        let url = format!("https://{}/query", self.address);
        Admin::with(move |body| {
            let request = agent.post(&url).header("authorization", token).header("accept", "application/json");
            let request = request.content_type("application/json");
            async move {
                let sent = tokio::task::spawn_blocking(move || request.send(body)?.body_mut().read_to_vec());
                sent.await.expect("it does not panic")
            }
        })
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificate() -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed([Ipv4Addr::LOCALHOST.to_string()]);
    let CertifiedKey { cert, signing_key } = made.expect("a certificate of our own");
    (cert.into(), signing_key.serialize_der().into())
}

/// Answers one request.
fn pass(stream: TcpStream, config: Arc<ServerConfig>, server: &str) -> io::Result<()> {
    let connection = ServerConnection::new(config).expect("the settings are right");
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let (mut length, mut is_ours) = (0, false);
    let mut line = String::new();
    while { stream.read_line(&mut line)? } > 2 {
        match line.trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().expect("a number"),
            Some(("authorization", value)) => is_ours = value == TOKEN,
            _ => {}
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let (status, answer) = if is_ours {
        let request = ureq::post(format!("{server}/query")).header("accept", "application/json");
        let answer = request.content_type("application/json").send(&body[..]);
        ("200 OK", answer.expect("the server answers").body_mut().read_to_vec().expect("the server answers"))
    } else {
        ("401 Unauthorized", b"who are you?".to_vec())
    };
    let stream = stream.get_mut();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len())?;
    stream.write_all(&answer)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn report(admin: Admin, invocation: &str) -> Result<Timeline, AdminError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(adagio_restate::report::<Short>(admin, invocation))
}

/// Returns the text of an error and of its sources.
fn text(error: &dyn Error) -> String {
    let next = error.source().map(|source| format!(": {}", text(source))).unwrap_or_default();
    format!("{error}{next}")
}

#[test]
#[ignore = "needs a Restate server: `.ci/restate`"]
fn a_report_comes_over_tls_with_a_token() {
    let engine = Engine::start();
    let service = Service::start(&engine, &["all"]);
    engine.register(&service);
    let invocation = engine.send("Short/last", &json!(1));
    assert_eq!(engine.attach(&invocation), 4);
    let gate = Gate::before(&engine);

    let timeline = report(gate.admin(&gate.certificate, TOKEN), &invocation).expect("the gate lets it pass");
    let done = |task: &&str| {
        timeline.tasks().iter().any(|it| it.name() == *task && matches!(it.outcome(), Some(Outcome::Done)))
    };
    assert_eq!(["first", "second", "third", "last"].iter().filter(|task| done(task)).count(), 4);

    let refused = report(gate.admin(&gate.certificate, "Bearer a guess"), &invocation).map(|_| ()).unwrap_err();
    assert_eq!(text(&refused), "the server cannot be asked: http status: 401");

    let (stranger, _) = certificate();
    let untrusted = report(gate.admin(&stranger, TOKEN), &invocation).map(|_| ()).unwrap_err();
    let untrusted = text(&untrusted);
    assert!(untrusted.starts_with("the server cannot be asked: ") && untrusted.contains("certificate"), "{untrusted}");
}
