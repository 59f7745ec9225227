//! Whether everyone hears of every event.

use super::super::delivery::{behind, unheard};
use super::*;
use crate::ports::upkeep::LogEnd;

#[test]
fn a_log_ends_with_its_last_event_or_behind_it() {
    let compare = |head, last| behind(LogEnd { head, last });
    assert_eq!((compare(5, 5), compare(6, 5), compare(0, 0)), (None, None, None));
    tells(compare(4, 5), &["end of the log", "expected 5", "found 4", "`--repair`"]);
    assert_eq!(LogEnd { head: 4, last: 5 }.position(), 5, "consumers heard of the fifth");
}

#[test]
fn events_that_nobody_hears_of_are_told_in_one_line() {
    assert_eq!(unheard(Vec::new()), None);
    tells(unheard(vec![7]), &["delivery of event 7:", "found 1 with neither"]);
    tells(unheard(vec![7, 8, 12]), &["delivery of events from 7 to 12", "found 3"]);
}
