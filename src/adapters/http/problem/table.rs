use actix_web::http::StatusCode;

/// What can go wrong, as clients tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    ValidationFailed,
    MalformedJson,
    KeyMissing,
    Unauthenticated,
    PaymentDeclined,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    RequestTimeout,
    InsufficientStock,
    StockBelowZero,
    ProductUnavailable,
    CartChanged,
    CartOrdered,
    NoShippingOption,
    OrderFailed,
    InvalidTransition,
    DuplicateSku,
    DuplicateSlug,
    DuplicateCode,
    DuplicateValue,
    InUse,
    UnknownReference,
    RequestInProgress,
    PreconditionFailed,
    ContentTooLarge,
    UriTooLong,
    UnsupportedMediaType,
    CouponNotApplicable,
    KeyReused,
    PreconditionRequired,
    HeadersTooLarge,
    Internal,
    Unavailable,
}

/// A row of the table: status, stable code, title.
type Row = (StatusCode, &'static str, &'static str);

impl Code {
    /// Every code.
    #[cfg(test)]
    pub const ALL: [Self; 35] = [
        Self::ValidationFailed,
        Self::MalformedJson,
        Self::KeyMissing,
        Self::Unauthenticated,
        Self::PaymentDeclined,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::InsufficientStock,
        Self::StockBelowZero,
        Self::ProductUnavailable,
        Self::CartChanged,
        Self::CartOrdered,
        Self::NoShippingOption,
        Self::OrderFailed,
        Self::InvalidTransition,
        Self::DuplicateSku,
        Self::DuplicateSlug,
        Self::DuplicateCode,
        Self::DuplicateValue,
        Self::InUse,
        Self::UnknownReference,
        Self::RequestInProgress,
        Self::PreconditionFailed,
        Self::ContentTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::CouponNotApplicable,
        Self::KeyReused,
        Self::PreconditionRequired,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The one table of statuses, codes and titles.
    const fn row(self) -> Row {
        use StatusCode as S;
        match self {
            Self::ValidationFailed => {
                (S::BAD_REQUEST, "validation_failed", "The request is not valid")
            }
            Self::MalformedJson => (S::BAD_REQUEST, "malformed_json", "The body is not JSON"),
            Self::KeyMissing => {
                (S::BAD_REQUEST, "idempotency_key_missing", "An Idempotency-Key is needed")
            }
            Self::Unauthenticated => (S::UNAUTHORIZED, "unauthenticated", "Sign-in is needed"),
            Self::PaymentDeclined => {
                (S::PAYMENT_REQUIRED, "payment_declined", "The payment was declined")
            }
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "This is not allowed to you"),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here")
            }
            Self::NotAcceptable => {
                (S::NOT_ACCEPTABLE, "not_acceptable", "No acceptable representation")
            }
            Self::RequestTimeout => {
                (S::REQUEST_TIMEOUT, "request_timeout", "The request took too long to arrive")
            }
            Self::InsufficientStock => {
                (S::CONFLICT, "insufficient_stock", "Too few units are in stock")
            }
            Self::StockBelowZero => {
                (S::CONFLICT, "stock_below_zero", "The stock has too few units for that")
            }
            Self::ProductUnavailable => {
                (S::CONFLICT, "product_unavailable", "The product cannot be bought")
            }
            Self::CartChanged => (S::CONFLICT, "cart_changed", "The cart changed"),
            Self::CartOrdered => (S::CONFLICT, "cart_ordered", "The cart was ordered already"),
            Self::NoShippingOption => {
                (S::CONFLICT, "no_shipping_option", "No shipping option applies")
            }
            Self::OrderFailed => (S::CONFLICT, "order_failed", "The order came to nothing"),
            Self::InvalidTransition => {
                (S::CONFLICT, "invalid_transition", "The state does not allow it")
            }
            Self::DuplicateSku => (S::CONFLICT, "duplicate_sku", "The SKU is taken"),
            Self::DuplicateSlug => (S::CONFLICT, "duplicate_slug", "The slug is taken"),
            Self::DuplicateCode => (S::CONFLICT, "duplicate_code", "The code is taken"),
            Self::DuplicateValue => (S::CONFLICT, "duplicate_value", "The value is taken"),
            Self::InUse => (S::CONFLICT, "in_use", "It is in use"),
            Self::UnknownReference => {
                (S::CONFLICT, "unknown_reference", "The request names what does not exist")
            }
            Self::RequestInProgress => {
                (S::CONFLICT, "request_in_progress", "The first request is still running")
            }
            Self::PreconditionFailed => {
                (S::PRECONDITION_FAILED, "precondition_failed", "The resource changed meanwhile")
            }
            Self::ContentTooLarge => {
                (S::PAYLOAD_TOO_LARGE, "content_too_large", "The body is too large")
            }
            Self::UriTooLong => (S::URI_TOO_LONG, "uri_too_long", "The address is too long"),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The media type is not read")
            }
            Self::CouponNotApplicable => {
                (S::UNPROCESSABLE_ENTITY, "coupon_not_applicable", "The coupon does not apply")
            }
            Self::KeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The Idempotency-Key served another request",
            ),
            Self::PreconditionRequired => {
                (S::PRECONDITION_REQUIRED, "precondition_required", "If-Match is needed")
            }
            Self::HeadersTooLarge => (
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "headers_too_large",
                "The header fields are too large",
            ),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
            Self::Unavailable => {
                (S::SERVICE_UNAVAILABLE, "unavailable", "The shop cannot answer right now")
            }
        }
    }

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
            431 => Self::HeadersTooLarge,
            503 | 504 => Self::Unavailable,
            400..=499 => Self::ValidationFailed,
            _ => Self::Internal,
        }
    }
}
