//! The servers that tests start: they answer, can be hurt, and end with what started them.

#[cfg(feature = "postgres")]
mod postgres {
    use std::time::Duration;

    use sqlx::{Connection as _, Executor as _, PgConnection};
    use tokio::time::timeout;

    use crate::harness::servers::{Fsync, Postgres};

    async fn connect(server: &Postgres) -> PgConnection {
        PgConnection::connect(&server.url("postgres")).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_committed_outlives_a_kill() {
        let server = Postgres::start(Fsync::On);
        let mut before = connect(&server).await;
        before.execute("CREATE TABLE kept AS SELECT 7 AS number").await.unwrap();
        server.server().kill();
        assert!(before.execute("SELECT 1").await.is_err());
        server.server().restart();
        let number: i32 = sqlx::query_scalar("SELECT number FROM kept")
            .fetch_one(&mut connect(&server).await)
            .await
            .unwrap();
        assert_eq!(number, 7);
    }

    #[tokio::test]
    async fn a_paused_server_is_silent_until_it_goes_on() {
        let server = Postgres::start(Fsync::Off);
        let mut connection = connect(&server).await;
        server.server().pause();
        let silent = timeout(Duration::from_millis(200), connection.execute("SELECT 1")).await;
        assert!(silent.is_err());
        server.server().resume();
        connect(&server).await.execute("SELECT 1").await.unwrap();
    }
}

#[cfg(feature = "redis")]
mod redis {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::time::Duration;

    use crate::harness::servers::Redis;

    /// What the server at `url` answers to a line.
    fn ask(url: &str, line: &str) -> std::io::Result<String> {
        let address = url.strip_prefix("redis://").unwrap();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        stream.write_all(format!("{line}\r\n").as_bytes())?;
        let mut answer = [0; 64];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }

    #[test]
    fn a_server_that_was_killed_starts_anew_and_empty() {
        let server = Redis::start();
        assert_eq!(ask(server.url(), "SET kept 7").unwrap(), "+OK\r\n");
        server.server().kill();
        assert!(ask(server.url(), "PING").is_err());
        server.server().restart();
        assert_eq!(ask(server.url(), "GET kept").unwrap(), "$-1\r\n");
    }

    #[test]
    fn a_paused_server_is_silent_until_it_goes_on() {
        let server = Redis::start();
        server.server().pause();
        assert!(ask(server.url(), "PING").is_err());
        server.server().resume();
        assert_eq!(ask(server.url(), "PING").unwrap(), "+PONG\r\n");
    }

    #[test]
    fn no_two_tests_have_the_same_part_of_the_shared_server() {
        let [one, two] = [Redis::shared().namespace(), Redis::shared().namespace()];
        assert_eq!(one.url, two.url);
        assert!(!one.prefix.starts_with(&two.prefix) && !two.prefix.starts_with(&one.prefix));
        assert_eq!(ask(&one.url, &format!("SET {}x 1", one.prefix)).unwrap(), "+OK\r\n");
        assert_eq!(ask(&two.url, &format!("GET {}x", two.prefix)).unwrap(), "$-1\r\n");
    }
}
