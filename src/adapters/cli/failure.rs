use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::app::AppError;
use crate::ports::PortError;
use crate::settings::SettingsError;

/// Why a command did not do what was asked, as its user is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The command ran, and something went wrong.
    pub fn new(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    /// The command cannot run as it was called or set.
    pub fn usage(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }

    /// What to tell.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        self.code.into()
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let AppError::Invalid(fields) = &error else { return Self::new(error) };
        let parts: Vec<String> =
            fields.iter().map(|field| format!("{}: {}", field.pointer, field.detail)).collect();
        Self::new(parts.join("; "))
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::new(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::usage(error)
    }
}
