//! Real work on all cores: pictures are read, decoded, shrunk, fingerprinted and written, each by a graph of its own.
//! `cargo run --release --example thumbnails`
//!
//! Files are read and written where the graph is awaited, as any I/O. Decoding is a plain `fn` that keeps its thread
//! busy: `blocking`. Shrinking and fingerprinting go to the worker threads, side by side: `spawn`.
//!
//! The graphs of all pictures are awaited in two ways: by a `JoinSet`, all at once, and as one block with `in`, whose limit
//! keeps only a few decoded pictures in memory.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adagio::dag;
use anyhow::Context as _;
use image::{ImageError, ImageFormat, RgbImage};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

const PICTURES: u32 = 12;
const SIZE: (u32, u32) = (640, 480);

/// One picture on its way.
struct Thumbnail {
    source: PathBuf,
    target: PathBuf,
}

#[dag]
impl Thumbnail {
    // A share on the network may hang, and may be back a moment later.
    #[task(timeout = "10s", retry = 2, backoff = "50ms..1s", retry_if = |error| error.kind() != io::ErrorKind::NotFound)]
    async fn file(&self) -> io::Result<Vec<u8>> {
        tokio::fs::read(&self.source).await
    }

    #[depends(file)]
    #[task(blocking)]
    fn picture(&self, file: &[u8]) -> Result<RgbImage, ImageError> {
        decode(file)
    }

    #[depends(picture)]
    #[task(spawn)]
    async fn small(&self, picture: &RgbImage) -> Result<Vec<u8>, ImageError> {
        shrink(picture)
    }

    #[depends(picture)]
    #[task(spawn)]
    async fn fingerprint(&self, picture: &RgbImage) -> String {
        fingerprint(picture)
    }

    #[depends(small)]
    async fn written(&self, small: &[u8]) -> anyhow::Result<()> {
        Ok(tokio::fs::write(&self.target, small).await?)
    }

    /// Returns the line of the picture in the index.
    #[depends(written, fingerprint)]
    fn entry(&self, fingerprint: &str) -> anyhow::Result<String> {
        let name = self.target.file_name().context("a picture has a name")?;
        Ok(format!("{} {fingerprint}", name.to_string_lossy()))
    }
}

/// All pictures: the graph above, once for each of them.
struct Album {
    pictures: Vec<Arc<Thumbnail>>,
}

#[dag]
impl Album {
    fn pictures(&self) -> &[Arc<Thumbnail>] {
        &self.pictures
    }

    // At most four pictures at once.
    #[depends(picture in pictures)]
    #[task(max_concurrency = 4)]
    async fn entries(&self, picture: Arc<Thumbnail>) -> anyhow::Result<String> {
        picture.entry().await
    }
}

fn decode(file: &[u8]) -> Result<RgbImage, ImageError> {
    image::load_from_memory_with_format(file, ImageFormat::Png).map(|picture| picture.to_rgb8())
}

fn shrink(picture: &RgbImage) -> Result<Vec<u8>, ImageError> {
    let mut file = io::Cursor::new(Vec::new());
    image::imageops::thumbnail(picture, SIZE.0 / 8, SIZE.1 / 8).write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

fn fingerprint(picture: &RgbImage) -> String {
    format!("{:x}", Sha256::digest(picture.as_raw()))
}

/// The same by hand, one picture after another on this thread.
fn one_after_another(pictures: &[Arc<Thumbnail>]) -> anyhow::Result<Vec<String>> {
    let entry = |picture: &Arc<Thumbnail>| {
        let Thumbnail { source, target } = &**picture;
        let picture = decode(&fs::read(source)?)?;
        fs::write(target, shrink(&picture)?)?;
        let name = target.file_name().context("a picture has a name")?;
        Ok(format!("{} {}", name.to_string_lossy(), fingerprint(&picture)))
    };
    pictures.iter().map(entry).collect()
}

/// All graphs at once.
async fn all_at_once(pictures: &[Arc<Thumbnail>]) -> anyhow::Result<Vec<String>> {
    let mut graphs = JoinSet::new();
    for picture in pictures.iter().map(Arc::clone) {
        graphs.spawn(async move { picture.entry().await });
    }
    let mut entries = graphs.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Draws waves, a picture like no other for each number.
fn draw(number: u32, path: &Path) -> Result<(), ImageError> {
    let picture = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let wave = |a: u32, b: u32| u8::try_from((x * a / 7 + y * b / 5 + number * 31) % 256).unwrap_or(0);
        image::Rgb([wave(number + 1, 3), wave(2, number + 1), wave(5, 2) ^ wave(1, 4)])
    });
    picture.save_with_format(path, ImageFormat::Png)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

fn run() -> anyhow::Result<()> {
    let folder = env::temp_dir().join(format!("adagio-thumbnails-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let pictures = (0..PICTURES).map(|number| {
        let [source, target] = ["", "-small"].map(|suffix| folder.join(format!("{number:02}{suffix}.png")));
        draw(number, &source)?;
        Ok(Arc::new(Thumbnail { source, target }))
    });
    let pictures = pictures.collect::<Result<Vec<_>, ImageError>>()?;

    let (by_hand, one_thread) = timed(|| one_after_another(&pictures));
    let runtime = tokio::runtime::Runtime::new()?;
    let (entries, all_cores) = timed(|| runtime.block_on(all_at_once(&pictures)));
    let (album, four_at_once) = timed(|| runtime.block_on(Album { pictures }.entries()));
    let (entries, by_hand) = (entries?, by_hand?);
    anyhow::ensure!(entries == by_hand && album? == by_hand, "all ways make the same index");
    for entry in &entries {
        println!("{}..", &entry[..32]);
    }
    let cores = std::thread::available_parallelism()?;
    let faster = |time: Duration| one_thread.as_secs_f64() / time.as_secs_f64();
    println!("one thread: {one_thread:.2?}");
    for (way, time) in [("all at once", all_cores), ("four at once", four_at_once)] {
        println!("graphs on {cores} cores, {way}: {time:.2?}, {:.2} times as fast", faster(time));
    }

    // A picture that is not there: the error of the file is that of the entry.
    let missing = Thumbnail { source: folder.join("missing.png"), target: folder.join("missing-small.png") };
    let error = runtime.block_on(Arc::new(missing).entry()).expect_err("there is no such file");
    println!("missing.png: {error}");
    fs::remove_dir_all(&folder)?;
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
