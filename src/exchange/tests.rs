use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::Allowed;
use super::Exchange;
use super::ExchangeError;
use super::Method;
use super::Request;
use super::Response;

/// A server for one connection: reads once, answers `answer`, and gives back what it read.
async fn server(answer: &'static str) -> (SocketAddr, impl Future<Output = String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let length = socket.read(&mut asked).await.unwrap();
        asked.truncate(length);
        if answer.is_empty() {
            // Never answers: the test's limit ends it.
            std::future::pending::<()>().await;
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&asked).into_owned()
    };
    (address, serve)
}

fn request(url: String) -> Request {
    Request {
        method: Method::Get,
        url,
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        timeout: Duration::from_secs(5),
        max_answer: 1000,
    }
}

fn local() -> Exchange {
    Exchange::new(Allowed::parse(["127.0.0.0/8"]).unwrap())
}

async fn answered(answer: &'static str) -> Result<Response, ExchangeError> {
    let (address, serve) = server(answer).await;
    let request = request(format!("http://{address}/a?secret=1"));
    tokio::select! {
        response = async { local().send(request).await } => response,
        () = async { drop(serve.await); std::future::pending().await } => unreachable!(),
    }
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_written() {
    let (address, serve) = server("HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok").await;
    let request = Request {
        method: Method::Post,
        headers: vec![("x-token".into(), "t".into()), ("content-length".into(), "7".into())],
        body: "hello".into(),
        ..request(format!("http://{address}/a?b=c"))
    };
    let exchange = local();
    let (response, asked) = tokio::join!(exchange.send(request), serve);
    let response = response.unwrap();
    assert_eq!((response.status, &*response.body), (201, b"ok".as_slice()));
    assert!(asked.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("x-token: t\r\n"), "{asked}");
    assert!(asked.contains("content-length: 5\r\n"), "{asked}");
    assert!(asked.contains("user-agent: yizhan/"), "{asked}");
    assert!(!asked.contains("chunked"), "{asked}");
    assert!(asked.ends_with("\r\n\r\nhello"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n";
    let response = answered(answer).await.unwrap();
    assert_eq!(response.status, 302);
    assert!(response.headers.contains(&("location".into(), "http://10.0.0.1/".into())));
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_announced_or_not() {
    let chunk = "x".repeat(1001);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n";
    let chunked = String::leak(format!("{chunked}{chunk}\r\n0\r\n\r\n"));
    for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n", chunked] {
        let error = answered(answer).await.unwrap_err();
        assert!(error.to_string().ends_with("is larger than 1000 bytes"), "{error}");
        assert!(error.may_have_arrived());
    }
}

#[tokio::test]
async fn private_networks_are_refused_by_address_and_by_name() {
    let exchange = Exchange::new(Allowed::default());
    for url in ["http://127.0.0.1:9/", "http://2130706433/", "http://[::ffff:7f00:1]/"] {
        let error = exchange.send(request(url.into())).await.unwrap_err();
        assert!(matches!(error, ExchangeError::Refused(_)), "{url}: {error}");
    }
    let error = exchange.send(request("http://localhost:9/x".into())).await.unwrap_err();
    let text = "localhost is inside a private network; list it in `server.private_hosts` to \
        allow it";
    assert_eq!(error.to_string(), text);
    assert!(!error.may_have_arrived());
}

#[tokio::test]
async fn a_listed_name_may_be_reached_whatever_its_address() {
    let (address, serve) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    let exchange = Exchange::new(Allowed::parse(["localhost"]).unwrap());
    let request = request(format!("http://localhost:{}/", address.port()));
    let (response, _) = tokio::join!(exchange.send(request), serve);
    assert_eq!(response.unwrap().status, 204);
}

#[tokio::test]
async fn what_is_no_web_address_is_refused() {
    for url in ["ftp://example.com/", "file:///etc/passwd", "example.com/x", "", "data:,x"] {
        let error = local().send(request(url.into())).await.unwrap_err();
        assert!(matches!(error, ExchangeError::Url), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_line_feed_in_a_header_is_refused() {
    let headers = vec![("x-name".to_owned(), "a\r\nx-admin: 1".to_owned())];
    let request = Request { headers, ..request("http://127.0.0.1:9/".into()) };
    let error = local().send(request).await.unwrap_err();
    assert_eq!(error.to_string(), "the header `x-name` has a character that no header may have");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_and_its_error_shows_no_path() {
    let (address, serve) = server("").await;
    let request = Request {
        method: Method::Post,
        body: "x".into(),
        timeout: Duration::from_secs(1),
        ..request(format!("http://{address}/path?secret=1"))
    };
    let exchange = local();
    let error = tokio::select! {
        error = exchange.send(request) => error.unwrap_err(),
        _ = serve => unreachable!(),
    };
    assert_eq!(error.to_string(), format!("http://{address} did not answer within 1s"));
    assert!(error.may_have_arrived());
}

#[tokio::test]
async fn nobody_there_and_no_tls_are_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = local().send(request(format!("http://{free}/"))).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Connect { .. }), "{error:?}");
    assert!(!error.may_have_arrived());

    let (address, serve) = server("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let exchange = local();
    let request = request(format!("https://{address}/"));
    let error = tokio::select! {
        result = exchange.send(request) => result.unwrap_err(),
        () = async { drop(serve.await); std::future::pending().await } => unreachable!(),
    };
    assert!(matches!(error, ExchangeError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_broken_answer_is_told_from_none() {
    let error = answered("SMTP ready\r\n").await.unwrap_err();
    assert!(matches!(error, ExchangeError::Broken { .. }), "{error:?}");
}

#[test]
fn neither_a_request_nor_a_response_prints_what_it_carries() {
    let request = Request {
        headers: vec![("authorization".into(), "Bearer hidden".into())],
        body: "hidden".into(),
        ..request("https://example.com:8443/hidden?key=hidden".into())
    };
    assert_eq!(format!("{request:?}"), "Request(Get https://example.com:8443)");
    let response = Response { status: 200, headers: Vec::new(), body: "hidden".into() };
    assert_eq!(format!("{response:?}"), "Response(200, 6 bytes)");
}

#[tokio::test]
async fn only_the_host_of_the_base_is_reached_inside() {
    let exchange = Exchange::to("http://127.0.0.1:9");
    let ask = |url: &str| exchange.send(request(url.to_owned()));
    let own = ask("http://127.0.0.1:9/cgi-bin/token").await.unwrap_err();
    assert!(matches!(own, ExchangeError::Connect { .. }), "{own}");
    let other = ask("http://10.0.0.1/").await.unwrap_err();
    assert!(matches!(other, ExchangeError::Refused(_)), "{other}");
}

#[tokio::test]
async fn an_answer_is_read_as_it_comes_and_the_limits_hold_for_all_of_it() {
    const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n";
    let (address, serve) = server(HALF).await;
    let exchange = local();
    let asked = Request { max_answer: 20, ..request(format!("http://{address}/")) };
    let (mut answer, _) = tokio::join!(async { exchange.open(asked).await.unwrap() }, serve);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.next().await.unwrap().as_deref(), Some(&b"data: 1\n\n"[..]));
    assert_eq!(answer.next().await.unwrap(), None);

    let (address, serve) = server(HALF).await;
    let asked = Request { max_answer: 8, ..request(format!("http://{address}/")) };
    let (mut answer, _) = tokio::join!(async { exchange.open(asked).await.unwrap() }, serve);
    let error = answer.next().await.unwrap_err();
    assert!(matches!(error, ExchangeError::TooLarge { limit: 8, .. }), "{error}");

    // The head comes, and then nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stuck = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    };
    let timeout = Duration::from_millis(300);
    let asked = Request { timeout, ..request(format!("http://{address}/")) };
    let asking = async { exchange.open(asked).await.unwrap().next().await.unwrap_err() };
    let error = tokio::select! {
        error = asking => error,
        () = stuck => unreachable!(),
    };
    assert!(matches!(error, ExchangeError::TimedOut { may_have_arrived: true, .. }), "{error}");
}
