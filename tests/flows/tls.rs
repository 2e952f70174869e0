//! TLS in the program: pages over it, plain HTTP that leads there, certificates that are renewed while it serves.

use std::fs;
use std::process::Command;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use crate::support::program::{Installation, Server};

/// A certificate for this machine, and its key, as PEM.
fn pair() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// Makes a client that trusts this certificate only. Each client opens a new connection.
fn client(certificate: &str) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = Certificate::from_pem(certificate.as_bytes()).unwrap();
    let builder = Client::builder().redirect(Policy::none()).tls_certs_only([certificate]);
    builder.build().unwrap()
}

/// Replaces a file as renewal tools do.
fn renew(installation: &Installation, name: &str, text: &str) {
    fs::write(installation.path("new.pem"), text).unwrap();
    fs::rename(installation.path("new.pem"), installation.path(name)).unwrap();
}

fn hang_up(server: &Server) {
    let done = Command::new("kill")
        .args(["-HUP", &server.id().to_string()])
        .status()
        .unwrap();
    assert!(done.success());
}

/// Waits until the program has logged the words this many times.
async fn logs(server: &Server, words: &str, times: usize) {
    while server.log().matches(words).count() < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_by_tls_and_certificates_are_renewed_without_a_restart() {
    let installation = Installation::ready();
    let plain = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    let config = plain.replace("http://localhost:8080", "https://localhost")
        + "[server]\nonion = \"http://synthetic.onion\"\n[server.tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n\
           redirect = \"127.0.0.1:0\"\n";
    installation.configure(&config);
    let (first, second) = (pair(), pair());
    let refused = installation.refused(&["serve"]);
    assert!(refused.contains("chain.pem"), "{refused}");
    fs::write(installation.path("chain.pem"), &first.0).unwrap();
    fs::write(installation.path("key.pem"), &first.1).unwrap();
    let server = installation.serve();
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    let url = format!("https://localhost:{port}/");
    let page = client(&first.0).get(&url).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers().contains_key("strict-transport-security"));
    assert_eq!(page.headers()["onion-location"], "http://synthetic.onion/");
    assert!(client(&second.0).get(&url).send().await.is_err());

    let told = |line: &str| {
        line.split("\"address\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    logs(&server, "plain HTTP leads on", 1).await;
    let log = server.log();
    let plain = told(log.lines().find(|line| line.contains("plain HTTP leads on")).unwrap());
    let led = client(&first.0)
        .get(format!("http://{plain}/report"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (led.status().as_u16(), &led.headers()["location"]),
        (308, &"https://localhost/report".parse().unwrap())
    );

    // A silent connection delays no other.
    let silent = std::net::TcpStream::connect(&server.address).unwrap();
    renew(&installation, "chain.pem", &second.0);
    hang_up(&server);
    logs(&server, "the old one stays in use", 1).await;
    assert_eq!(client(&first.0).get(&url).send().await.unwrap().status(), 200);
    let doctor = installation.refused(&["doctor"]);
    assert!(
        doctor.contains("fail  certificate: ") && doctor.contains("not the key of"),
        "{doctor}"
    );
    renew(&installation, "key.pem", &second.1);
    hang_up(&server);
    logs(&server, "a new certificate is in use", 1).await;
    assert_eq!(client(&second.0).get(&url).send().await.unwrap().status(), 200);
    assert!(client(&first.0).get(&url).send().await.is_err());
    drop(silent);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_ends_no_service_that_leaves_tls_to_a_proxy() {
    let installation = Installation::ready();
    let server = installation.serve();
    hang_up(&server);
    logs(&server, "no certificate to take anew", 1).await;
    assert_eq!(server.browser().get("/").await.unwrap().status, 200);
}
