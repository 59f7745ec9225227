use std::error::Error;
use std::fmt;

/// What kind of failure a port reports; what a caller may do follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// Someone else was faster; reading again and deciding anew may succeed.
    Conflict,
    /// The thing behind the port is away; later may succeed. Nothing was done.
    Unavailable,
    /// No answer in time. What was asked for may have happened.
    Timeout,
    /// What was read makes no sense; a person must look.
    Corrupt,
    /// A fault of the adapter.
    Internal,
}

/// The one error of every port: a kind to branch on, and the cause for the log.
#[derive(Debug)]
pub struct PortError {
    kind: PortErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

impl PortError {
    /// An error of `kind`, caused by `source`.
    pub fn new(kind: PortErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }

    /// [`PortErrorKind::Unavailable`].
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Unavailable, source)
    }

    /// [`PortErrorKind::Timeout`].
    pub fn timeout(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Timeout, source)
    }

    /// [`PortErrorKind::Corrupt`].
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Corrupt, source)
    }

    /// [`PortErrorKind::Internal`].
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(PortErrorKind::Internal, source)
    }

    /// The same error, which tells first what it is about: such as which order cannot be read.
    #[must_use]
    pub fn about(self, what: impl fmt::Display) -> Self {
        let source = format!("{what}: {}", self.source).into();
        Self { kind: self.kind, source }
    }

    /// Whether what is behind the port did not answer, so that asking it for more is in vain now.
    pub fn is_away(&self) -> bool {
        matches!(self.kind, PortErrorKind::Unavailable | PortErrorKind::Timeout)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> PortErrorKind {
        self.kind
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.source)
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}
