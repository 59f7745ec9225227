//! What every request passes before and after its handler.
//!
//! On the way in: its id, whether its client asks too often, its limits, the table of operations, its
//! caller. On the way out: problem
//! documents, headers, and one line in the log. Nothing here knows a context, and nothing of a
//! request's query, body or secrets may reach the log: it shows the pattern of the path.

mod address;
mod admit;
mod finish;
mod limit;
mod request_id;
mod unread;

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::State;
use super::access::Route;
use super::problem::{Code, Problem};
use crate::domain::customer::Actor;
use crate::domain::shared::StaffId;
use crate::ports::limits::Verdict;

pub use limit::Limit;
pub use request_id::X_REQUEST_ID;
use unread::Unread;

/// What was found of a request before its handler has it.
pub struct Admitted {
    route: Arc<Route>,
    /// Who signed in, where the operation asks for staff.
    actor: Actor,
}

impl Admitted {
    /// The pattern of the route that it matched.
    pub fn pattern(&self) -> &str {
        &self.route.pattern
    }
}

/// The member of staff who is asking.
pub struct Staff(pub StaffId);

impl FromRequest for Staff {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        ready(match extensions.get::<Admitted>() {
            Some(Admitted { actor: Actor::Staff { id, .. }, .. }) => Ok(Self(*id)),
            _ => Err(Problem::new(Code::Forbidden, "Sign in as a member of staff.")),
        })
    }
}

/// The middleware.
pub struct Front {
    state: Arc<State>,
}

impl Front {
    /// Before the routes of `state`.
    pub fn new(state: Arc<State>) -> Self {
        Self { state }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Front
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = FrontService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(FrontService { service: Rc::new(service), state: self.state.clone() }))
    }
}

/// The middleware before one set of routes.
pub struct FrontService<S> {
    service: Rc<S>,
    state: Arc<State>,
}

impl<S, B> Service<ServiceRequest> for FrontService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (service, state) = (self.service.clone(), self.state.clone());
        Box::pin(async move {
            let mut visit = Visit::begin(&state, &mut request);
            visit.counted = limit::count(&state, &visit, &request).await;
            match tokio::time::timeout(visit.deadline, pass(&*service, &state, &visit, request))
                .await
            {
                Ok(Ok(response)) => Ok(finish::response(&state, &visit, response)),
                Ok(Err(error)) => Err(finish::error(&state, &visit, error)),
                Err(_) => Err(finish::error(&state, &visit, late().into())),
            }
        })
    }
}

/// The answer to a request whose time is over.
pub fn late() -> Problem {
    Problem::new(Code::Unavailable, "The shop took too long; try again in a moment.").retry_after(1)
}

/// What is remembered of a request while it is served.
struct Visit {
    id: String,
    path: String,
    method: actix_web::http::Method,
    route: Option<Arc<Route>>,
    deadline: std::time::Duration,
    began: Instant,
    unread: Unread,
    /// What was decided where requests are counted.
    counted: Option<Verdict>,
}

impl Visit {
    fn begin(state: &State, request: &mut ServiceRequest) -> Self {
        let route = state.table.find(request.path()).cloned();
        let operation = route.as_ref().and_then(|route| route.operation(request.method()));
        let deadline = match operation {
            Some(operation) if operation.upload => state.settings.upload_deadline,
            _ => state.settings.request_deadline,
        };
        Self {
            id: request_id::of(request, state),
            path: request.path().to_owned(),
            method: request.method().clone(),
            route,
            deadline,
            began: Instant::now(),
            unread: Unread::of(request),
            counted: None,
        }
    }

    fn pattern(&self) -> &str {
        self.route.as_ref().map_or("unknown", |route| &route.pattern)
    }
}

/// Admits the request and hands it to its handler.
async fn pass<S, B>(
    service: &S,
    state: &State,
    visit: &Visit,
    mut request: ServiceRequest,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    if let Some(verdict) = visit.counted.filter(|verdict| !verdict.admitted) {
        state.requests.count_limited();
        return Ok(request.error_response(limit::refusal(verdict)));
    }
    match admit::admit(state, visit, &mut request).await {
        Ok(None) => service.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Ok(Some(answer)) => Ok(request.into_response(answer)),
        Err(problem) => Ok(request.error_response(problem)),
    }
}
