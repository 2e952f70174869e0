//! What stands beside the router where the configuration has it: the hint at the onion address, and plain HTTP that leads
//! to `https://`.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Redirect, Response};

/// Tells Tor Browser of the onion address with each page that is not fetched from there already.
pub fn with_onion(router: Router, onion: &str) -> Router {
    let onion = onion.to_owned();
    router.layer(from_fn(move |request: Request, next: Next| {
        let onion = onion.clone();
        async move { hinted(&onion, request, next).await }
    }))
}

async fn hinted(onion: &str, request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let there = HeaderValue::from_str(&format!("{onion}{path}")).ok();
    let is_there = host_of(request.headers()).is_some_and(|host| onion.ends_with(&format!("//{host}")));
    let mut response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(there) = there.filter(|_| is_page && !is_there) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("onion-location"), there);
    }
    response
}

fn host_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// Sends whoever comes by plain HTTP on to the same page of `public_url`. What was posted there is not taken: it has come
/// in clear already.
pub fn redirecting(public_url: &str) -> Router {
    let public_url = public_url.to_owned();
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let there = Redirect::permanent(&format!("{public_url}{path}"));
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        async move {
            if reads {
                there.into_response()
            } else {
                StatusCode::FORBIDDEN.into_response()
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::Html;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn asked(router: Router, method: &str, host: &str, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path).header(HOST, host);
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn pages_name_the_onion_address_and_plain_http_leads_on() {
        let pages = Router::new()
            .route("/report", get(async || Html("page")))
            .route("/healthz", get(async || "ok"));
        let router = with_onion(pages, "http://synthetic.onion");
        let header = |response: &Response| {
            let value = response.headers().get("onion-location");
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let page = asked(router.clone(), "GET", "denuncias.example", "/report?lang=en").await;
        assert_eq!(header(&page).as_deref(), Some("http://synthetic.onion/report?lang=en"));
        assert_eq!(
            header(&asked(router.clone(), "GET", "synthetic.onion", "/report").await),
            None
        );
        assert_eq!(
            header(&asked(router, "GET", "denuncias.example", "/healthz").await),
            None
        );

        let plain = redirecting("https://denuncias.example");
        let led = asked(plain.clone(), "GET", "evil.example", "/follow-up?a=b").await;
        assert_eq!(led.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(led.headers()["location"], "https://denuncias.example/follow-up?a=b");
        assert_eq!(
            asked(plain, "POST", "denuncias.example", "/follow-up").await.status(),
            StatusCode::FORBIDDEN
        );
    }
}
