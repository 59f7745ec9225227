use super::*;

const STREAM: Stream = Stream { cluster: 7, timeline: 1 };

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_replica_tells_as_of_the_last_moment_whose_place_it_came_to() {
    let (began, mut past) = (Instant::now(), Past::new(seconds(60)));
    assert_eq!(past.as_of(1_000), None, "nothing is known yet");
    for (second, place) in [(0, 100), (1, 200), (2, 300)] {
        past.note(began + seconds(second), STREAM, place);
    }
    assert_eq!(past.as_of(99), None, "it may be from before all that is known");
    assert_eq!(past.as_of(100), Some(began));
    assert_eq!(past.as_of(299), Some(began + seconds(1)));
    assert_eq!(past.as_of(300), Some(began + seconds(2)));
    assert_eq!(past.as_of(999), Some(began + seconds(2)));
}

#[test]
fn a_replica_of_a_primary_that_writes_nothing_is_not_behind() {
    let (began, mut past) = (Instant::now(), Past::new(seconds(5)));
    for second in 0..1_000 {
        past.note(began + seconds(second), STREAM, 100);
    }
    assert_eq!(past.as_of(100), Some(began + seconds(999)));
    assert_eq!(past.moments.len(), 1);
}

#[test]
fn what_was_too_long_ago_is_forgotten() {
    let (began, mut past) = (Instant::now(), Past::new(seconds(5)));
    for second in 0..1_000_u32 {
        past.note(began + seconds(second.into()), STREAM, second.into());
    }
    assert_eq!(past.moments.len(), 6);
    assert_eq!(past.as_of(993), None);
    assert_eq!(past.as_of(994), Some(began + seconds(994)));
}

#[test]
fn places_of_another_stream_are_forgotten() {
    let (began, mut past) = (Instant::now(), Past::new(seconds(60)));
    past.note(began, STREAM, 100);
    past.note(began + seconds(1), Stream { timeline: 2, ..STREAM }, 150);
    assert_eq!(past.as_of(120), None, "place 100 was one of before");
    past.note(began + seconds(2), Stream { timeline: 2, ..STREAM }, 140);
    assert_eq!(past.as_of(139), None, "a server that went back lost what it had written");
    assert_eq!(past.as_of(140), Some(began + seconds(2)));
}
