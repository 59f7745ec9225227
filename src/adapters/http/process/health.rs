use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::adapters::http::problem::{Code, Problem};
use crate::adapters::http::{State, respond};
use crate::app::Shop;
use crate::ports::PortError;
use crate::ports::dependency::{Dependency, DependencyState};

/// How long the answer of a check is taken for true.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long a check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// Why a process is sent no requests.
const STOPPING: &str = "The process is about to stop; send requests elsewhere.";
const STORE_AWAY: &str = "The store is away, or takes no changes; send requests elsewhere for now.";

/// Whether the process may be sent requests.
#[derive(Default)]
pub struct Readiness {
    draining: AtomicBool,
    asking: AtomicBool,
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    /// From now on the process is not ready: it is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the process may be sent requests, and where not, why.
    async fn check(&self, shop: &Shop) -> Result<(), &'static str> {
        if self.draining.load(Ordering::Acquire) {
            Err(STOPPING)
        } else if self.store_serves(shop).await {
            Ok(())
        } else {
            Err(STORE_AWAY)
        }
    }

    /// Whether the store of `shop` serves, as far as a recent look tells. The first look after an
    /// answer grew old asks; others meanwhile go by what was known, so that however many look, one
    /// asks.
    async fn store_serves(&self, shop: &Shop) -> bool {
        let known = self.last.lock().ok().and_then(|last| *last);
        if let Some((at, well)) = known
            && at.elapsed() < FRESH_FOR
        {
            return well;
        }
        if self.asking.swap(true, Ordering::AcqRel) {
            return known.is_some_and(|(_, well)| well);
        }
        let _asking = Asking(&self.asking);
        let answer = tokio::time::timeout(CHECK_TIMEOUT, shop.ports.events.head_so_far()).await;
        let answer = answer.unwrap_or_else(|late| Err(PortError::timeout(late)));
        let well = answer.is_ok();
        // Once, and not as often as somebody looks.
        if let Err(error) = answer
            && known.is_none_or(|(_, well)| well)
        {
            tracing::warn!(%error, "the store is away, so the process is not ready");
        }
        if let Ok(mut last) = self.last.lock() {
            *last = Some((Instant::now(), well));
        }
        well
    }
}

/// Someone asks until this is dropped, as also where they no longer wait.
struct Asking<'a>(&'a AtomicBool);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// That the process lives.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthBody<'a> {
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What becomes of the shop's data when the process ends.
    #[schema(example = "memory: forgets at exit")]
    durability: &'a str,
}

/// Tell that the process lives
///
/// Asks nothing of anything else.
#[utoipa::path(
    tag = "process", security(()), extensions(("x-unlimited" = json!(true))),
    responses((status = 200, description = "It lives.", body = HealthBody)),
)]
#[get("/health")]
pub async fn liveness(state: Data<State>) -> Result<HttpResponse, Problem> {
    respond::ok(&HealthBody {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        durability: &state.settings.durability,
    })
}

/// That the process may serve.
#[derive(Serialize, ToSchema)]
#[schema(as = Ready)]
pub struct ReadyBody {
    #[schema(example = "ready")]
    status: &'static str,
    /// What else the shop depends on, as the process learned it from its own calls. The shop serves
    /// without, but for what needs it.
    dependencies: Vec<DependencyBody>,
}

/// How a dependency does.
#[derive(Serialize, ToSchema)]
#[schema(as = Dependency)]
pub struct DependencyBody {
    #[schema(example = "payment")]
    name: &'static str,
    state: DependencyStateBody,
}

/// `well`: it answers. `away`: it failed too often in a row, and calls fail at once. `trying`: one
/// call tries whether it is back. `behind`: it answers, but tells of what was too long ago, or nobody
/// knows of how long ago; others are asked instead.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DependencyState)]
pub enum DependencyStateBody {
    /// It answers.
    Well,
    /// Calls fail at once.
    Away,
    /// One call tries it.
    Trying,
    /// It tells of what was too long ago.
    Behind,
}

impl DependencyBody {
    fn of(dependency: &dyn Dependency) -> Self {
        let state = match dependency.state() {
            DependencyState::Well => DependencyStateBody::Well,
            DependencyState::Away => DependencyStateBody::Away,
            DependencyState::Trying => DependencyStateBody::Trying,
            DependencyState::Behind => DependencyStateBody::Behind,
        };
        Self { name: dependency.name(), state }
    }
}

/// Tell whether the process may serve
///
/// The store is asked at most once a second. A process that was told to stop is not ready. What else
/// is away does not matter to that: each state is told.
#[utoipa::path(
    tag = "process", security(()), extensions(("x-unlimited" = json!(true))),
    responses((status = 200, description = "It may serve.", body = ReadyBody)),
)]
#[get("/ready")]
pub async fn readiness(state: Data<State>) -> Result<HttpResponse, Problem> {
    if let Err(why) = state.readiness.check(&state.shop).await {
        return Err(Problem::new(Code::Unavailable, why).retry_after(1));
    }
    let dependencies = &state.shop.ports.dependencies;
    let dependencies = dependencies.iter().map(|d| DependencyBody::of(d.as_ref())).collect();
    respond::ok(&ReadyBody { status: "ready", dependencies })
}
