//! The `Onion-Location` header, which tells Tor Browser of the onion address.

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;

/// Names the onion address with each page that is not fetched from there already.
pub fn with_onion_location(router: Router, onion: &str) -> Router {
    let onion = onion.to_owned();
    router.layer(from_fn(move |request: Request, next: Next| {
        let onion = onion.clone();
        async move { add_header(&onion, request, next).await }
    }))
}

async fn add_header(onion: &str, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let location = HeaderValue::from_str(&format!("{onion}{path}")).ok();
    let is_onion = host(request.headers()).is_some_and(|host| onion.ends_with(&format!("//{host}")));
    let mut response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(location) = location.filter(|_| is_page && !is_onion) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("onion-location"), location);
    }
    response
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::Html;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn pages_name_the_onion_address() {
        let pages = Router::new()
            .route("/report", get(async || Html("page")))
            .route("/healthz", get(async || "ok"));
        let router = with_onion_location(pages, "http://synthetic.onion");
        for (host, path, expected) in [
            (
                "denuncias.example",
                "/report?lang=en",
                Some("http://synthetic.onion/report?lang=en"),
            ),
            ("synthetic.onion", "/report", None),
            ("denuncias.example", "/healthz", None),
        ] {
            let request = Request::builder().uri(path).header(HOST, host).body(Body::empty());
            let response = router.clone().oneshot(request.unwrap()).await.unwrap();
            let location = response.headers().get("onion-location");
            assert_eq!(location.map(|value| value.to_str().unwrap()), expected, "{host}{path}");
        }
    }
}
