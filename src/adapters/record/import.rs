//! Records of imports.

use serde::{Deserialize, Serialize};

use super::form::{Form as _, List, is_default, mirrors};
use super::kept::records;
use super::shared::{Id, Saves, Time};
use crate::domain::shared::{ImportId, Timestamp, Version};
use crate::ports::imports::{ImportError, ImportReport, ImportStatus};

#[derive(Serialize, Deserialize)]
#[serde(remote = "ImportStatus", rename_all = "snake_case")]
enum ImportStatusForm {
    Running,
    Completed,
    Failed,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ImportError")]
struct ImportErrorForm {
    line: u64,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ImportReport")]
struct ImportReportForm {
    #[serde(with = "Id")]
    id: ImportId,
    #[serde(with = "ImportStatusForm")]
    status: ImportStatus,
    #[serde(default, skip_serializing_if = "is_default")]
    created: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    updated: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    unchanged: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    failed: u64,
    #[serde(with = "List::<ImportErrorForm>", default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ImportError>,
    #[serde(with = "Time")]
    started_at: Timestamp,
    #[serde(with = "Time")]
    updated_at: Timestamp,
    #[serde(with = "Saves")]
    version: Version,
}

mirrors!(ImportErrorForm of ImportError, ImportReportForm of ImportReport);

records! { ImportReport = "import" by ImportReportForm }
