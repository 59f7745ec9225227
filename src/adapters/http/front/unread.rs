use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::{StreamExt as _, stream};

/// A body in chunks, shared by the handler that reads it and the answer to it.
///
/// The server reads on to the end of a chunked body whose reader is gone, however long it is and
/// however slowly it comes. While the answer keeps the reader alive it closes the connection
/// instead, as it does where the length was declared.
#[derive(Clone)]
pub struct Unread(Option<Rc<RefCell<Payload>>>);

impl Unread {
    /// Puts itself between the request and its body, where that comes in chunks.
    pub fn of(request: &mut ServiceRequest) -> Self {
        if !request.headers().contains_key(header::TRANSFER_ENCODING) {
            return Self(None);
        }
        let shared = Rc::new(RefCell::new(request.take_payload()));
        let read = shared.clone();
        let chunks = stream::poll_fn(move |cx| read.borrow_mut().poll_next_unpin(cx));
        request.set_payload(Payload::Stream { payload: Box::pin(chunks) });
        Self(Some(shared))
    }

    /// The body of the answer, which keeps the request's body until it was sent.
    pub fn held_by(self, body: BoxBody) -> BoxBody {
        match self.0 {
            Some(unread) => BoxBody::new(Held { body, _unread: unread }),
            None => body,
        }
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unread({})", self.0.is_some())
    }
}

struct Held {
    body: BoxBody,
    _unread: Rc<RefCell<Payload>>,
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
