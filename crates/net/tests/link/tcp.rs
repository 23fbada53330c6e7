//! Direct links: TCP on loopback, keys proven by both ends.

use crate::pair::{carry, key, output, soon, take};
use posse_net::direct::{DirectError, answer, dial, listen};
use posse_net::tls::TlsError;
use std::net::{IpAddr, Ipv4Addr};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn daemons_that_know_each_other_are_linked() {
    let (dialer, answerer) = (key(), key());
    let (listener, address) = listen(HERE).await.unwrap();
    let known = dialer.public();
    let answered = async {
        let (stream, _) = listener.accept().await.unwrap();
        answer(stream, &answerer, move |found| *found == known).await
    };
    let dialed = dial(address, &dialer, answerer.public());
    let (dialed, answered) = soon(async { tokio::join!(dialed, answered) }).await;
    let (a, b) = (dialed.unwrap(), answered.unwrap());
    let frames: Vec<_> = (1..=50).map(|id| output(id, 60_000)).collect();
    carry(&a, &b, &frames).await;
    carry(&b, &a, &frames).await;
    drop(a);
    assert!(take(&b, 1).await.is_err());
}

#[tokio::test]
async fn the_answerer_refuses_a_stranger() {
    let (stranger, answerer, known) = (key(), key(), key().public());
    let (listener, address) = listen(HERE).await.unwrap();
    let answered = async {
        let (stream, _) = listener.accept().await.unwrap();
        answer(stream, &answerer, move |found| *found == known).await
    };
    let dialed = dial(address, &stranger, answerer.public());
    let (dialed, answered) = soon(async { tokio::join!(dialed, answered) }).await;
    let Err(DirectError::Tls(TlsError::NotAllowed(found))) = answered else {
        panic!("{answered:?}");
    };
    assert_eq!(found, stranger.public());
    // In TLS 1.3 the dialer is done before it is judged: it sees the refusal when it reads.
    if let Ok(link) = dialed {
        assert!(take(&link, 1).await.is_err());
    }
}

#[tokio::test]
async fn the_dialer_refuses_another_key_than_the_expected() {
    let (dialer, impostor, expected) = (key(), key(), key().public());
    let (listener, address) = listen(HERE).await.unwrap();
    let answered = async {
        let (stream, _) = listener.accept().await.unwrap();
        answer(stream, &impostor, |_| true).await
    };
    let dialed = dial(address, &dialer, expected);
    let (dialed, answered) = soon(async { tokio::join!(dialed, answered) }).await;
    assert!(matches!(dialed, Err(DirectError::Tls(TlsError::WrongKey { .. }))), "{dialed:?}");
    assert!(answered.is_err());
}
