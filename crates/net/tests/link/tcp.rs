//! Direct links: TCP on loopback, keys proven by both ends.

use crate::pair::{carry, key, output, soon, take};
use posse_net::direct::{DirectError, Wish, answer, dial, listen};
use posse_net::tls::TlsError;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn any() -> impl Iterator<Item = u16> {
    std::iter::once(0)
}

#[tokio::test]
async fn daemons_that_know_each_other_are_linked() {
    let (dialer, answerer) = (key(), key());
    for wish in [Wish::Parent, Wish::Sibling, Wish::FrontEnd] {
        let (listener, address) = listen(HERE, any()).await.unwrap();
        let answered = async {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream, &answerer).await
        };
        let dialed = dial(address, &dialer, answerer.public(), wish);
        let (dialed, answered) = soon(async { tokio::join!(dialed, answered) }).await;
        let (a, answered) = (dialed.unwrap(), answered.unwrap());
        assert_eq!((answered.key, answered.wish), (dialer.public(), wish));
        let b = answered.link;
        let frames: Vec<_> = (1..=50).map(|id| output(id, 60_000)).collect();
        carry(&a, &b, &frames).await;
        carry(&b, &a, &frames).await;
        drop(a);
        assert!(take(&b, 1).await.is_err());
    }
}

#[tokio::test]
async fn the_dialer_refuses_another_key_than_the_expected() {
    let (dialer, impostor, expected) = (key(), key(), key().public());
    let (listener, address) = listen(HERE, any()).await.unwrap();
    let answered = async {
        let (stream, _) = listener.accept().await.unwrap();
        answer(stream, &impostor).await.map(drop)
    };
    let dialed = dial(address, &dialer, expected, Wish::Parent);
    let (dialed, answered) = soon(async { tokio::join!(dialed, answered) }).await;
    assert!(matches!(dialed, Err(DirectError::Tls(TlsError::WrongKey { .. }))), "{dialed:?}");
    assert!(answered.is_err());
}

#[tokio::test]
async fn the_first_free_port_of_a_range_is_taken() {
    let (_first, taken) = listen(HERE, any()).await.unwrap();
    let (spare, free) = listen(HERE, any()).await.unwrap();
    drop(spare);
    let (_second, bound) = listen(HERE, [taken.port(), free.port()].into_iter()).await.unwrap();
    assert_eq!(bound, free);
    let none = listen(HERE, [taken.port()].into_iter()).await;
    assert_eq!(none.unwrap_err().kind(), io::ErrorKind::AddrInUse);
}
