use std::collections::HashMap;

use super::*;

fn with(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let variables: HashMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::from_variables(&variables)
}

#[test]
fn nothing_needs_to_be_set() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.http.bind.to_string(), "127.0.0.1:8080");
    assert!(settings.demo);
    assert_eq!(settings.hold, Span::minutes(30));
    assert_eq!(settings.management, None);
}

#[test]
fn clients_that_would_share_one_quota_are_warned_of() {
    let behind = ("ECICOMM__HTTP__BEHIND_TLS", "true");
    let proxies = |count| ("ECICOMM__HTTP__TRUSTED_PROXIES", count);
    let warned = with(&[behind]).unwrap().warnings();
    assert_eq!(warned.len(), 1, "{warned:?}");
    for part in [
        "ECICOMM__HTTP__BEHIND_TLS",
        "ECICOMM__HTTP__TRUSTED_PROXIES is 0",
        "share one quota",
        "set it to how many proxies there are",
        "ECICOMM__LIMITS__RATE to 0",
    ] {
        assert!(warned[0].contains(part), "{warned:?} lacks {part}");
    }
    let quiet: [&[(&str, &str)]; 4] =
        [&[], &[behind, proxies("1")], &[proxies("1")], &[behind, ("ECICOMM__LIMITS__RATE", "0")]];
    for set in quiet {
        assert_eq!(with(set).unwrap().warnings(), Vec::<&str>::new(), "{set:?}");
    }
}

#[test]
fn a_provider_that_no_other_process_asks_is_warned_of() {
    let database = ("DATABASE_URL", "postgres://shop@localhost/shop");
    let warned = with(&[database]).unwrap().warnings();
    assert_eq!(warned.len(), 1, "{warned:?}");
    for part in ["ecicomm sandbox", "ECICOMM__PAYMENT__SANDBOX_URL", "paid back"] {
        assert!(warned[0].contains(part), "{warned:?} lacks {part}");
    }
    let shared = ("ECICOMM__PAYMENT__SANDBOX_URL", "http://localhost:8090");
    for set in [&[database, shared][..], &[("ECICOMM__DATA", "shop")]] {
        assert_eq!(with(set).unwrap().warnings(), Vec::<&str>::new(), "{set:?}");
    }
}

#[test]
fn the_environment_wins() {
    let settings = with(&[
        ("ECICOMM__HTTP__BIND", "0.0.0.0:9999"),
        ("ECICOMM__DEMO", "false"),
        ("ECICOMM__SHOP__CURRENCY", "EUR"),
        ("ECICOMM__SHOP__PRICES_INCLUDE_TAX", "true"),
        ("ECICOMM__PAYMENT__TIMEOUT_MS", "250"),
        ("OTHER__HTTP__BIND", "nonsense"),
    ])
    .unwrap();
    assert_eq!(settings.http.bind.port(), 9999);
    assert!(!settings.demo && settings.shop.prices_include_tax);
    assert_eq!(settings.shop.currency.unwrap().code(), "EUR");
    assert_eq!(settings.payment.timeout, Span::millis(250));
}

#[test]
fn a_shop_may_have_several_locations() {
    let codes = |value: &str| {
        let locations = with(&[("ECICOMM__SHOP__LOCATIONS", value)]).unwrap().locations;
        let others = locations.others.iter().map(|other| other.as_str().to_owned()).collect();
        (locations.first.as_str().to_owned(), others)
    };
    assert_eq!(codes(""), ("main".to_owned(), Vec::<String>::new()));
    assert_eq!(codes("east, main"), ("east".to_owned(), vec!["main".to_owned()]));
}

#[test]
fn limits_may_be_switched_off() {
    let limits = |pairs| with(pairs).unwrap().limits;
    let policy = |rate, burst| {
        let count = |count| std::num::NonZeroU32::new(count).unwrap();
        Some(Policy::new(count(rate), count(burst)))
    };
    assert_eq!(limits(&[]), policy(10_000, 1_000));
    let set = [("ECICOMM__LIMITS__RATE", "5"), ("ECICOMM__LIMITS__BURST", "7")];
    assert_eq!(limits(&set), policy(5, 7));
    assert_eq!(limits(&[("ECICOMM__LIMITS__RATE", "0")]), None);
    assert_eq!(limits(&[("ECICOMM__LIMITS__RATE", "0"), ("ECICOMM__LIMITS__BURST", "0")]), None);
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    assert_eq!(with(&[("ECICOMM__ADMIN__EMAIL", "")]).unwrap().administrator, None);
    assert_eq!(with(&[("ECICOMM__SHOP__CURRENCY", "")]).unwrap().shop.currency, None);
    assert!(with(&[("ECICOMM_CONFIG", "")]).is_ok());
}

#[test]
fn a_wrong_setting_is_named() {
    for (name, value) in [
        ("ECICOMM__PROFILE", "prod"),
        ("ECICOMM__DEMO", "maybe"),
        ("ECICOMM__HTTP__BIND", "localhost"),
        ("ECICOMM__HTTP__BIND", "127.0.0.1:99999"),
        ("ECICOMM__HTTP__WORKERS", "-1"),
        ("ECICOMM__HTTP__WORKERS", "many"),
        ("ECICOMM__HTTP__MAX_JSON_BYTES", "1"),
        ("ECICOMM__HTTP__DRAIN_SECONDS", "61"),
        ("ECICOMM__SHOP__CURRENCY", "dollars"),
        ("ECICOMM__SHOP__COUNTRY", "USA"),
        ("ECICOMM__SHOP__LOCATIONS", "main,,east"),
        ("ECICOMM__SHOP__LOCATIONS", "Main"),
        ("ECICOMM__SHOP__LOCATIONS", "main,east,main"),
        ("ECICOMM__SHOP__PRICES_INCLUDE_TAX", "perhaps"),
        ("ECICOMM__ADMIN__EMAIL", "nobody"),
        ("ECICOMM__HTTP__BINDD", "127.0.0.1:1"),
        ("ECICOMM__HTTP__REQUEST_TIMEOUT_SECONDS", "8"),
        ("ECICOMM__SHOP__COUNTRY", "ZZ"),
        ("ECICOMM__NOTHING", "1"),
        ("ECICOMM_DEMO", "false"),
        ("ECICOMM_CONFIG", "/nowhere/at/all.toml"),
        ("ECICOMM__SECRETS__SIGNING_KEY", "short"),
        ("ECICOMM__SECRETS__SIGNING_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("ECICOMM__PAYMENT__SANDBOX_URL", "127.0.0.1:1"),
        ("ECICOMM__PAYMENT__TIMEOUT_MS", "0"),
        ("ECICOMM__ORDERS__HOLD_MINUTES", "0"),
        ("ECICOMM__MEMORY__MAX_CARTS", "0"),
        ("ECICOMM__LOG__FORMAT", "xml"),
        ("ECICOMM__LIMITS__RATE", "-1"),
        ("ECICOMM__LIMITS__RATE", "1000001"),
        ("ECICOMM__LIMITS__BURST", "0"),
        ("ECICOMM__HTTP__TRUSTED_PROXIES", "17"),
        ("ECICOMM__MANAGEMENT__BIND", "9000"),
        ("ECICOMM__AUTH__REQUIRE_TOTP", "true"),
        ("DATABASE_URL", "localhost/shop"),
        ("DATABASE_READ_URL", "localhost/shop"),
        ("DATABASE_READ_URL", "postgres://localhost/shop"),
        ("ECICOMM__POSTGRES__MAX_CONNECTIONS", "1"),
        ("ECICOMM__POSTGRES__REPLICA_LAG_MS", "999"),
        ("REDIS_URL", "redis://localhost"),
        ("REDIS_URL", "localhost:6379"),
        ("ECICOMM__REDIS__TIMEOUT_MS", "501"),
        ("ECICOMM__REDIS__PREFIX", "a {shop}"),
    ] {
        let error = with(&[(name, value)]).unwrap_err();
        assert_eq!(error.key, name, "{error}");
        assert!(!error.problem.is_empty());
    }
}

#[test]
fn a_folder_begins_empty_and_memory_with_the_demo() {
    assert!(with(&[]).unwrap().demo);
    let kept = with(&[("ECICOMM__DATA", "/somewhere")]).unwrap();
    assert_eq!((kept.data.as_deref(), kept.demo), (Some(Path::new("/somewhere")), false));
    assert!(with(&[("ECICOMM__DATA", "/somewhere"), ("ECICOMM__DEMO", "true")]).unwrap().demo);
}

#[test]
fn a_shop_is_in_a_folder_or_in_postgres() {
    const URL: (&str, &str) = ("DATABASE_URL", "postgres://ann:secret@db/shop");
    let settings = with(&[URL]).unwrap();
    assert!(!settings.demo);
    assert!(!format!("{settings:?}").contains("secret"));
    assert_eq!(settings.database.unwrap().max_connections, 20);
    assert_eq!(with(&[URL, ("ECICOMM__DATA", "/x")]).unwrap_err().key, "ECICOMM__DATA");
    let fit = [
        ("ECICOMM__PROFILE", "production"),
        ("ECICOMM__SECRETS__SIGNING_KEY", "0123456789abcdefghijklmnopqrstuvwxyz"),
        ("ECICOMM__AUTH__REQUIRE_TOTP", "false"),
    ];
    let plain = [&fit[..], &[URL]].concat();
    assert_eq!(with(&plain).unwrap_err().key, "DATABASE_URL");
    let encrypted = ("DATABASE_URL", "postgres://ann:secret@db/shop?sslmode=verify-full");
    assert!(with(&[&fit[..], &[encrypted]].concat()).is_ok());
    for not_encrypted in ["?sslmode=prefer", "?x=sslmode=require", "?sslmode=require&sslmode=allow"]
    {
        let url = format!("{}{not_encrypted}", URL.1);
        let error = with(&[&fit[..], &[("DATABASE_URL", &url)]].concat()).unwrap_err();
        assert_eq!(error.key, "DATABASE_URL", "{url}");
    }
    let redis = |url| with(&[&fit[..], &[encrypted, ("REDIS_URL", url)]].concat());
    assert_eq!(redis("redis://a,rediss://b").unwrap_err().key, "REDIS_URL");
    assert!(redis("rediss://:secret@a, rediss://b").is_ok());
}

#[test]
fn lists_are_read_from_a_replica_only_beside_what_it_is_a_replica_of() {
    const URL: (&str, &str) = ("DATABASE_URL", "postgres://db/shop?sslmode=require");
    const READ: (&str, &str) = ("DATABASE_READ_URL", "postgres://ann:secret@copy/shop");
    assert_eq!(with(&[URL]).unwrap().database.unwrap().replica, None);
    let settings = with(&[URL, READ]).unwrap();
    assert!(!format!("{settings:?}").contains("secret"));
    let replica = settings.database.unwrap().replica.unwrap();
    assert_eq!((replica.url.reveal(), replica.lag), (READ.1, Span::seconds(5)));
    for without in [&[READ][..], &[READ, ("ECICOMM__DATA", "/x")]] {
        let error = with(without).unwrap_err();
        assert_eq!(error.key, "DATABASE_READ_URL");
        assert!(error.problem.contains("DATABASE_URL") && !error.problem.contains("secret"));
    }
    let wrong = with(&[URL, ("DATABASE_READ_URL", "copy:secret/shop")]).unwrap_err();
    assert_eq!(wrong.key, "DATABASE_READ_URL");
    assert!(!wrong.problem.contains("secret"), "{wrong}");
    let fit = [
        ("ECICOMM__PROFILE", "production"),
        ("ECICOMM__SECRETS__SIGNING_KEY", "0123456789abcdefghijklmnopqrstuvwxyz"),
        ("ECICOMM__AUTH__REQUIRE_TOTP", "false"),
        URL,
    ];
    let plain = with(&[&fit[..], &[READ]].concat()).unwrap_err();
    assert_eq!(plain.key, "DATABASE_READ_URL");
    let encrypted = ("DATABASE_READ_URL", "postgres://copy/shop?sslmode=verify-full");
    assert!(with(&[&fit[..], &[encrypted]].concat()).is_ok());
}

#[test]
fn carts_are_in_redis_only_beside_a_shop_in_postgres() {
    const URL: (&str, &str) = ("REDIS_URL", "redis://:secret@localhost");
    let settings = with(&[("DATABASE_URL", "postgres://db/shop"), URL]).unwrap();
    assert!(!format!("{settings:?}").contains("secret"));
    let redis = settings.redis.unwrap();
    assert_eq!((redis.cluster, redis.timeout), (false, Span::millis(500)));
    assert_eq!(with(&[URL, ("ECICOMM__DATA", "/x")]).unwrap_err().key, "REDIS_URL");
}

#[test]
fn production_takes_only_what_is_fit_to_sell_with() {
    const FIT: [(&str, &str); 4] = [
        ("ECICOMM__PROFILE", "production"),
        ("ECICOMM__DATA", "/somewhere"),
        ("ECICOMM__SECRETS__SIGNING_KEY", "0123456789abcdefghijklmnopqrstuvwxyz"),
        ("ECICOMM__AUTH__REQUIRE_TOTP", "false"),
    ];
    assert_eq!(with(&FIT).unwrap().profile, Profile::Production);
    for missing in 1..FIT.len() {
        let mut less = FIT.to_vec();
        let (name, _) = less.remove(missing);
        assert_eq!(with(&less).unwrap_err().key, name);
    }
    for (name, value) in
        [("ECICOMM__DEMO", "true"), ("ECICOMM__PAYMENT__SANDBOX_URL", "http://10.0.0.1:80")]
    {
        let more = [&FIT[..], &[(name, value)]].concat();
        assert_eq!(with(&more).unwrap_err().key, name);
    }
}

#[test]
fn a_server_leaves_its_work_only_to_workers() {
    let leave = ("ECICOMM__JOBS__SERVE", "false");
    assert!(with(&[]).unwrap().serve_works);
    assert_eq!(with(&[leave]).unwrap_err().key, "ECICOMM__JOBS__SERVE");
    assert_eq!(with(&[leave, ("ECICOMM__DATA", "shop")]).unwrap_err().key, "ECICOMM__JOBS__SERVE");
    let database = ("DATABASE_URL", "postgres://127.0.0.1/shop");
    assert!(!with(&[leave, database]).unwrap().serve_works);
}

#[test]
fn a_misspelt_setting_is_refused_by_name() {
    let error = with(&[("ECICOMM__HTTP__BNID", "127.0.0.1:1")]).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("bnid"), "{error}");
}

#[test]
fn a_password_needs_its_address() {
    let error = with(&[("ECICOMM__ADMIN__PASSWORD", "Secret-1234")]).unwrap_err();
    assert_eq!(error.key, "ECICOMM__ADMIN__EMAIL");
}

#[test]
fn secrets_are_never_shown() {
    let settings = with(&[
        ("ECICOMM__ADMIN__EMAIL", "ada@example.com"),
        ("ECICOMM__ADMIN__PASSWORD", "Canary-1234"),
        ("ECICOMM__SECRETS__SIGNING_KEY", "canary-0123456789-abcdefghijklmnop"),
    ])
    .unwrap();
    assert!(!format!("{settings:?}").to_lowercase().contains("canary-"));
}

#[test]
fn a_weak_password_of_the_administrator_stops_the_start() {
    let email = ("ECICOMM__ADMIN__EMAIL", "ada@example.com");
    let error = with(&[email, ("ECICOMM__ADMIN__PASSWORD", "weak")]).unwrap_err();
    assert_eq!(error.key, "ECICOMM__ADMIN__PASSWORD");
    assert!(error.problem.contains("8 to 30"), "{error}");
    assert!(!error.problem.contains("weak"), "{error}");
    assert!(with(&[email, ("ECICOMM__ADMIN__PASSWORD", "Str0ng-enough")]).is_ok());
}

#[test]
fn what_a_platform_or_another_reader_sets_stops_no_start() {
    for name in ["ECICOMM_TOKEN", "ECICOMM_SERVICE_HOST", "ECICOMM_PORT", "ECICOMM_PORT_8080_TCP"] {
        assert!(with(&[(name, "tcp://10.0.0.1:8080")]).is_ok(), "{name}");
    }
}

#[test]
fn a_setting_with_one_underscore_too_few_is_told_what_it_is_called() {
    for name in raw::names().unwrap() {
        let error = with(&[(&name.replace("__", "_"), "1")]).unwrap_err();
        assert!(error.problem.contains(&name), "{error}");
    }
}

#[test]
fn every_setting_without_a_default_is_one_that_is_read() {
    let unknown = "is no setting; see config/default.toml";
    for name in raw::names().unwrap() {
        // No setting takes this, but each that is known says something else about it.
        if let Err(error) = with(&[(&name, "\u{1}")]) {
            assert_ne!(error.problem, unknown, "{name}");
        }
    }
}
