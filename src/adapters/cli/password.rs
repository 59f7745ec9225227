use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use crate::domain::shared::crockford;
use crate::ports::system::Secrets;

/// A password of a hundred bits of chance that meets the shop's policy: its beginning brings the
/// capital letter, the small one, the digit and the sign that chance may lack.
pub(super) fn made_up(secrets: &dyn Secrets) -> String {
    let mut chance = [[0_u8; 8]; 2];
    for bytes in &mut chance {
        secrets.fill(bytes);
    }
    let digits: String = chance
        .into_iter()
        .flat_map(|bytes| crockford::digits(u64::from_le_bytes(bytes)))
        .map(char::from)
        .collect();
    let (first, second) = digits.split_at(digits.len() / 2);
    format!("Ec1-{first}-{second}")
}

/// Keeps a password that was made up in a file that only its owner may read.
pub(super) fn keep(file: &Path, password: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut kept = options.open(file)?;
    writeln!(kept, "{password}")?;
    kept.sync_all()
}
