//! Plain HTTP, which leads on to `https://`.

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect};

/// Redirects plain HTTP to the same page of `public_url`. A posted body is refused: it has come in clear already.
pub fn https_redirect(public_url: &str) -> Router {
    let public_url = public_url.to_owned();
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let redirect = Redirect::permanent(&format!("{public_url}{path}"));
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        async move {
            if reads {
                redirect.into_response()
            } else {
                StatusCode::FORBIDDEN.into_response()
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::HOST;
    use axum::response::Response;
    use tower::ServiceExt as _;

    use super::*;

    async fn send(method: &str, host: &str, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path).header(HOST, host);
        let request = request.body(Body::empty()).unwrap();
        https_redirect("https://denuncias.example")
            .oneshot(request)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn plain_http_leads_on_and_takes_no_body() {
        let response = send("GET", "evil.example", "/follow-up?a=b").await;
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(
            response.headers()["location"],
            "https://denuncias.example/follow-up?a=b"
        );
        let posted = send("POST", "denuncias.example", "/follow-up").await;
        assert_eq!(posted.status(), StatusCode::FORBIDDEN);
    }
}
