use uuid::Uuid;

use crate::ports::system::Ids;

/// UUIDs of version 7 from the machine's clock and chance. A counter keeps those of one millisecond
/// in order, also where the clock is set back.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
