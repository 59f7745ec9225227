//! The API suite once more over what keeps a shop in production: the same tests, in a process of
//! their own whose environment names the adapters. So there is no second list of them, and one that
//! fails is run alone as `ECICOMM_TEST_PROFILE=postgres cargo test --test it NAME`.

use std::process::Command;

use crate::harness::profile::VARIABLE;

/// The tests of the suite, by parts of their names, and what has another name that holds one.
const SUITE: [&str; 3] = ["api::", "--skip", "openapi::"];

/// Runs this program's tests of the suite; what it says. They must pass.
fn run(profile: &str, variables: &[(&str, String)], more: &[&str]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(SUITE).args(more).env(VARIABLE, profile);
    let output = command.envs(variables.iter().map(|(name, value)| (name, value))).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the suite fails over {profile}:\n{said}\n{complained}");
    said
}

/// Runs the whole suite, and counts that nothing of it was left out.
fn whole_suite(profile: &str, variables: &[(&str, String)]) {
    let list = run(profile, variables, &["--list"]);
    let listed = list.lines().filter(|line| line.ends_with(": test")).count();
    let said = run(profile, variables, &[]);
    let all = format!("test result: ok. {listed} passed; 0 failed; 0 ignored;");
    assert!(listed > 0 && said.contains(&all), "not all of {listed}: {said}");
    println!("{listed} tests of the API over {profile}");
}

#[cfg(feature = "redb")]
#[test]
fn the_api_suite_passes_over_a_folder() {
    whole_suite("folder", &[]);
}

#[cfg(all(feature = "postgres", feature = "redis"))]
#[test]
fn the_api_suite_passes_over_postgres_and_redis() {
    use crate::harness::servers::{Postgres, Redis};
    let servers = [
        ("ECICOMM_TEST_DATABASE_URL", Postgres::shared().url("postgres")),
        ("ECICOMM_TEST_REDIS_URL", Redis::shared().url().to_owned()),
    ];
    whole_suite("postgres", &servers);
}
