use actix_web::http::StatusCode;

/// Makes the kinds of problems and their one table.
macro_rules! codes {
    ($($kind:ident = $status:ident, $code:literal, $title:literal;)*) => {
        /// What can go wrong, as clients tell it apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $kind,)*
        }

        impl Code {
            /// Every kind.
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The status of the answer, the stable name that clients branch on, and what it is
            /// called for people, the same every time.
            const fn row(self) -> (StatusCode, &'static str, &'static str) {
                match self {
                    $(Self::$kind => (StatusCode::$status, $code, $title),)*
                }
            }
        }
    };
}

codes! {
    ValidationFailed = BAD_REQUEST, "validation_failed", "The request is not valid";
    MalformedJson = BAD_REQUEST, "malformed_json", "The body is not JSON";
    KeyMissing = BAD_REQUEST, "idempotency_key_missing", "An Idempotency-Key is needed";
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "Sign-in is needed";
    PaymentDeclined = PAYMENT_REQUIRED, "payment_declined", "The payment was declined";
    Forbidden = FORBIDDEN, "forbidden", "This is not allowed to you";
    NotFound = NOT_FOUND, "not_found", "There is no such thing";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here";
    NotAcceptable = NOT_ACCEPTABLE, "not_acceptable", "No acceptable representation";
    RequestTimeout = REQUEST_TIMEOUT, "request_timeout", "The request took too long to arrive";
    InsufficientStock = CONFLICT, "insufficient_stock", "Too few units are in stock";
    StockBelowZero = CONFLICT, "stock_below_zero", "The stock has too few units for that";
    ProductUnavailable = CONFLICT, "product_unavailable", "The product cannot be bought";
    CartChanged = CONFLICT, "cart_changed", "The cart changed";
    CartOrdered = CONFLICT, "cart_ordered", "The cart was ordered already";
    NoShippingOption = CONFLICT, "no_shipping_option", "No shipping option applies";
    OrderFailed = CONFLICT, "order_failed", "The order came to nothing";
    InvalidTransition = CONFLICT, "invalid_transition", "The state does not allow it";
    SkuTaken = CONFLICT, "duplicate_sku", "The SKU is taken";
    SlugTaken = CONFLICT, "duplicate_slug", "The slug is taken";
    CouponOrShippingCodeTaken = CONFLICT, "duplicate_code", "The code is taken";
    ValueTaken = CONFLICT, "duplicate_value", "The value is taken";
    InUse = CONFLICT, "in_use", "It is in use";
    UnknownReference = CONFLICT, "unknown_reference", "The request names what does not exist";
    RequestInProgress = CONFLICT, "request_in_progress", "The first request is still running";
    PreconditionFailed = PRECONDITION_FAILED, "precondition_failed", "The resource changed meanwhile";
    ContentTooLarge = PAYLOAD_TOO_LARGE, "content_too_large", "The body is too large";
    UriTooLong = URI_TOO_LONG, "uri_too_long", "The address is too long";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The media type is not read";
    CouponNotApplicable = UNPROCESSABLE_ENTITY, "coupon_not_applicable", "The coupon does not apply";
    KeyReused = UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key served another request";
    PreconditionRequired = PRECONDITION_REQUIRED, "precondition_required", "If-Match is needed";
    RateLimited = TOO_MANY_REQUESTS, "rate_limited", "Too many requests";
    HeadersTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "The header fields are too large";
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong here";
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The shop cannot answer right now";
}

impl Code {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        self.row().0
    }

    /// The stable name that clients branch on.
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// What it is called for people, the same every time.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// What an answer of the framework's own means.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 => Self::RequestTimeout,
            413 => Self::ContentTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            429 => Self::RateLimited,
            431 => Self::HeadersTooLarge,
            503 | 504 => Self::Unavailable,
            400..=499 => Self::ValidationFailed,
            _ => Self::Internal,
        }
    }
}
