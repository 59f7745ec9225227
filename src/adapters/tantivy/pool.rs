//! As many threads as there are cores, for work that would hold up the server's own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::ports::PortError;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Threads that take jobs in the order they came, each with a desk `S` of its own that it keeps
/// from job to job. They end with the pool.
pub(super) struct Pool<S> {
    jobs: Sender<Job<S>>,
}

impl<S: Default + 'static> Pool<S> {
    pub(super) fn new(name: &str) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(name.to_owned()).spawn(move || work(&queue))?;
        }
        Ok(Self { jobs })
    }

    /// Waits for a turn and for the answer. A job whose caller no longer waits is not begun.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let (answer, answered) = oneshot::channel();
        let job = move |desk: &mut S| {
            if !answer.is_closed() {
                // An error says that the caller left meanwhile.
                let _ = answer.send(job(desk));
            }
        };
        self.jobs.send(Box::new(job)).map_err(|_| PortError::internal("no thread is left"))?;
        // The answer's sender is gone only where the job panicked; the panic itself was reported.
        answered.await.map_err(PortError::internal)
    }
}

fn work<S: Default>(queue: &Mutex<Receiver<Job<S>>>) {
    let mut desk = S::default();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut desk))).is_err() {
            desk = S::default();
        }
    }
}
