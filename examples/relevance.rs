//! Judges search over a real catalogue: writes a run file for a scorer, and measures speed.
//!
//! ```text
//! cargo run --release --example relevance -- CATALOGUE --queries QUERIES --run RUN
//! cargo run --release --example relevance -- CATALOGUE --speed 1000 --clients 16
//! ```
//!
//! CATALOGUE is an import file (NDJSON, `.gz` or plain). QUERIES is a table of query ids and texts
//! divided by tabs, under a heading. RUN gets a row for each of the first 100 hits of each query:
//! query id, rank, SKU.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use ecicomm::adapters::memory::MemorySearch;
use ecicomm::adapters::tantivy::TantivyIndex;
use ecicomm::domain::search::words;
use ecicomm::domain::shared::{Currency, Money, ProductId, Slug, Timestamp};
use ecicomm::ports::search::{
    CategoryLabel, IndexChange, SearchDocument, SearchIndex, SearchQuery,
};
use serde::Deserialize;
use uuid::Uuid;

/// The allocator that the server uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many products are handed over at once.
const BATCH: usize = 1_000;

#[derive(Parser)]
#[command(about = "Judges search over a catalogue file")]
struct Arguments {
    /// An import file, NDJSON, plain or `.gz`.
    catalogue: PathBuf,
    /// Queries to answer: id and text, divided by a tab, under a heading.
    #[arg(long, requires = "run")]
    queries: Option<PathBuf>,
    /// Where the ranked answers go.
    #[arg(long)]
    run: Option<PathBuf>,
    /// Measures this many distinct queries of two words of one product's name.
    #[arg(long, value_name = "QUERIES")]
    speed: Option<usize>,
    /// How many clients ask at once.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// How often each query is asked.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Keeps the index in this folder instead of in memory.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Asks the plain engine instead of the embedded one.
    #[arg(long)]
    plain: bool,
}

#[derive(Deserialize)]
struct Line {
    sku: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    brand: Option<String>,
    #[serde(default)]
    category_path: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    price: i64,
    #[serde(default)]
    stock: u64,
    #[serde(default)]
    popularity: u64,
    #[serde(default)]
    released_at: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

impl Line {
    fn document(self, number: usize) -> SearchDocument {
        let released = self.released_at.as_deref().map(chrono::DateTime::parse_from_rfc3339);
        let released = released.and_then(std::result::Result::ok);
        let categories = self.category_path.into_iter();
        SearchDocument {
            product: ProductId::new(Uuid::from_u128(number as u128)),
            version: 1,
            name: self.name,
            brand: self.brand,
            description: self.description,
            categories: categories
                .map(|name| CategoryLabel { slug: Slug::from_name(&name), name })
                .collect(),
            skus: vec![self.sku],
            attributes: self.attributes.into_iter().map(|(k, v)| (k, vec![v])).collect(),
            tags: self.tags,
            price: Money::new(self.price, Currency::USD),
            prices: vec![self.price],
            in_stock: self.stock > 0,
            popularity: self.popularity,
            released_at: Timestamp::from_micros(released.map_or(0, |at| at.timestamp_micros())),
        }
    }
}

fn read_catalogue(path: &Path) -> Result<Vec<SearchDocument>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let bytes: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut documents = Vec::new();
    for line in BufReader::new(bytes).lines() {
        let line: Line = serde_json::from_str(&line?)?;
        documents.push(line.document(documents.len()));
    }
    Ok(documents)
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let documents = read_catalogue(&arguments.catalogue)?;
    println!("products: {}, memory with the file read: {} MB", documents.len(), memory_megabytes());
    let index: Arc<dyn SearchIndex> = match &arguments.folder {
        Some(folder) => Arc::new(TantivyIndex::in_folder(folder)?),
        None if arguments.plain => Arc::new(MemorySearch::new()),
        None => Arc::new(TantivyIndex::in_memory()?),
    };
    let skus: Vec<_> = documents.iter().map(|document| document.skus.join(" ")).collect();
    let pairs = word_pairs(&documents, arguments.speed.unwrap_or_default());
    fill(&index, documents).await?;
    if let (Some(queries), Some(run)) = (&arguments.queries, &arguments.run) {
        write_run(&index, &skus, queries, run).await?;
    }
    if arguments.speed.is_some() {
        measure(&index, pairs, arguments.clients, arguments.rounds).await?;
    }
    Ok(())
}

/// Rebuilds the index of these, as a shop that starts does.
async fn fill(index: &Arc<dyn SearchIndex>, documents: Vec<SearchDocument>) -> Result<()> {
    let (count, start) = (documents.len(), Instant::now());
    let mut rebuild = index.rebuild().await?;
    for batch in documents.chunks(BATCH) {
        rebuild.add(batch.to_vec()).await?;
    }
    rebuild.publish().await?;
    let seconds = start.elapsed().as_secs_f64();
    println!("built in {seconds:.2} s, {:.0} products/s", count as f64 / seconds);
    let mut times = Vec::new();
    for one in documents.into_iter().rev().step_by(97).take(100) {
        let start = Instant::now();
        index.apply(vec![IndexChange::Put(Box::new(one))]).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
    let most = times.iter().copied().fold(0.0, f64::max);
    println!("{} single changes, visible after {mean:.1} ms, at most {most:.1} ms", times.len());
    Ok(())
}

async fn write_run(
    index: &Arc<dyn SearchIndex>,
    skus: &[String],
    queries: &Path,
    run: &Path,
) -> Result<()> {
    let mut out = File::create(run)?;
    for line in BufReader::new(File::open(queries)?).lines().skip(1) {
        let line = line?;
        let (query_id, text) = line.split_once('\t').ok_or("a row without a tab")?;
        let query = SearchQuery { text: text.to_owned(), limit: 100, ..Default::default() };
        let found = index.search(&query).await?;
        if let Some(respelt) = found.did_you_mean {
            println!("{text} -> {respelt}");
        }
        for (rank, hit) in found.hits.iter().enumerate() {
            let number = usize::try_from(hit.product.uuid().as_u128())?;
            let sku = skus.get(number).ok_or("a product that is not in the file")?;
            writeln!(out, "{query_id}\t{}\t{sku}", rank + 1)?;
        }
    }
    Ok(())
}

/// Distinct pairs of words that stand in one product's name, spread over the catalogue.
fn word_pairs(documents: &[SearchDocument], count: usize) -> Vec<String> {
    let mut pairs = BTreeSet::new();
    let mut all = Vec::new();
    let stride = documents.len() / count.max(1) + 1;
    for (round, offset) in (0..stride * 4).enumerate() {
        for document in documents.iter().skip(offset % stride).step_by(stride) {
            let words = words(&document.name);
            let (first, second) = (round / stride, round / stride + 1 + offset % 3);
            if let (Some(first), Some(second)) = (words.get(first), words.get(second)) {
                let pair = format!("{first} {second}");
                if all.len() < count && pairs.insert(pair.clone()) {
                    all.push(pair);
                }
            }
        }
    }
    all
}

async fn measure(
    index: &Arc<dyn SearchIndex>,
    queries: Vec<String>,
    clients: usize,
    rounds: usize,
) -> Result<()> {
    let queries = Arc::new(queries);
    ask_all(index, &queries, clients, 1).await?;
    let (start, before) = (Instant::now(), processor_seconds());
    let mut answers = ask_all(index, &queries, clients, rounds).await?;
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - before);
    answers.sort_unstable();
    let at = |share: usize| {
        let place = (answers.len() * share / 1_000).min(answers.len().saturating_sub(1));
        answers.get(place).map_or(0.0, |(time, _)| time.as_secs_f64() * 1e3)
    };
    let hits: u64 = answers.iter().map(|(_, hits)| hits).sum();
    println!(
        "{} queries x {rounds}, {clients} clients: {:.0}/s, p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, \
         max {:.2} ms, mean hits {}, processor {:.2} ms a query, memory {} MB",
        queries.len(),
        answers.len() as f64 / seconds,
        at(500),
        at(950),
        at(990),
        at(1_000),
        hits / (answers.len() as u64).max(1),
        processor * 1e3 / answers.len() as f64,
        memory_megabytes(),
    );
    Ok(())
}

/// Every query `rounds` times, with the time each took and its number of hits.
async fn ask_all(
    index: &Arc<dyn SearchIndex>,
    queries: &Arc<Vec<String>>,
    clients: usize,
    rounds: usize,
) -> Result<Vec<(Duration, u64)>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let (index, queries, next) = (Arc::clone(index), Arc::clone(queries), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= queries.len() * rounds {
                    return Ok::<_, Box<dyn Error + Send + Sync>>(answers);
                }
                let Some(text) = queries.get(number % queries.len()) else { continue };
                let query = SearchQuery { text: text.clone(), limit: 20, ..Default::default() };
                let start = Instant::now();
                let found = index.search(&query).await?;
                answers.push((start.elapsed(), found.total));
            }
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.extend(task.await??);
    }
    Ok(answers)
}

/// Resident memory, where the system tells it.
fn memory_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}

/// Processor time of this process, where the system tells it in hundredths of a second.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|it| it.parse::<f64>().ok());
    (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / 100.0
}
