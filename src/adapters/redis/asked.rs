use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::aio::ConnectionLike;
use deadpool_redis::redis::{Cmd, ErrorKind, FromRedisValue, RedisError, Script, ServerErrorKind};
use tokio::time::timeout;

use super::fault::Fault;

/// A script, which Redis runs as one.
pub struct Lua {
    text: &'static str,
    /// What a server that ran it once knows it by.
    hash: String,
}

impl Lua {
    /// The script of this text.
    pub fn new(text: &'static str) -> Self {
        Self { text, hash: Script::new(text).get_hash().to_owned() }
    }
}

/// What is asked of Redis, about one key.
pub struct Asked {
    key: String,
    what: What,
}

enum What {
    Command(Cmd),
    /// With what it is called with beside the key.
    Script(Arc<Lua>, Vec<Vec<u8>>),
}

impl Asked {
    /// The command of this name, and what follows the key.
    pub fn command(name: &str, key: String, rest: &[&str]) -> Self {
        let mut command = Cmd::new();
        command.arg(name).arg(key.as_str()).arg(rest);
        Self { key, what: What::Command(command) }
    }

    /// A call of this script.
    pub fn script(script: &Arc<Lua>, key: String, values: Vec<Vec<u8>>) -> Self {
        Self { key, what: What::Script(script.clone(), values) }
    }

    /// What it is about.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Asks over this connection. Nobody waits longer than `patience`.
    pub async fn put<T, C>(&self, connection: &mut C, patience: Duration) -> Result<T, Fault>
    where
        T: FromRedisValue + Send,
        C: ConnectionLike + Send,
    {
        match timeout(patience, self.send(connection)).await {
            Ok(answer) => answer.map_err(Fault::Command),
            Err(_) => Err(Fault::Late),
        }
    }

    /// A server that does not know a script is sent all of it, which no other is. `SCRIPT LOAD` would
    /// go to every node of a cluster, and wait for one that is silent.
    async fn send<T, C>(&self, connection: &mut C) -> Result<T, RedisError>
    where
        T: FromRedisValue + Send,
        C: ConnectionLike + Send,
    {
        let (script, values) = match &self.what {
            What::Command(command) => return command.query_async(connection).await,
            What::Script(script, values) => (script, values),
        };
        let call = self.call("EVALSHA", &script.hash, values);
        let answer: Result<T, RedisError> = call.query_async(connection).await;
        match answer {
            Err(error) if is_unknown_script(&error) => {
                self.call("EVAL", script.text, values).query_async(connection).await
            }
            told => told,
        }
    }

    fn call(&self, how: &str, script: &str, values: &[Vec<u8>]) -> Cmd {
        let mut call = Cmd::new();
        call.arg(how).arg(script).arg(1).arg(self.key.as_str()).arg(values);
        call
    }
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
