//! Files and folders that are read again when they change.

use std::path;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::EventKind;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;
use notify::event::AccessKind;
use notify::event::AccessMode;
use notify::event::CreateKind;
use notify::event::ModifyKind;
use tokio::sync::mpsc;

use crate::tasks::Tasks;

/// How long it must be quiet before anything is read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// What is watched.
#[derive(Clone, Debug)]
pub enum Watched {
    /// One file.
    File(PathBuf),
    /// The `*.toml` directly in a folder, and the folder itself.
    Folder(PathBuf),
}

/// Calls `read` whenever it has changed and then been quiet, as one of `tasks`, until the station
/// stops. `read` may block; it is not called twice at once.
///
/// # Errors
///
/// That of the system, such as too many watched folders.
pub fn watch(
    watched: Watched,
    tasks: &Tasks,
    read: impl Fn() + Send + Sync + 'static,
) -> notify::Result<()> {
    let watched = watched.absolute()?;
    // One change that waits stands for all that come meanwhile.
    let (sender, changes) = mpsc::channel(1);
    let own = watched.clone();
    let notice = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| is_written(&event) && own.is_in(&event)) {
            // Full: a change waits already. Closed: the station stops.
            let _ = sender.try_send(());
        }
    };
    let mut notifier = notify::recommended_watcher(notice)?;
    for folder in watched.folders() {
        notifier.watch(&folder, RecursiveMode::NonRecursive)?;
    }
    let (read, stopping) = (Arc::new(read), tasks.clone());
    tasks.spawn(async move {
        tokio::select! {
            () = read_on(changes, read, notifier, &watched) => {}
            () = stopping.stopping() => {}
        }
    });
    Ok(())
}

/// Waits for a change, then for quiet, and reads.
async fn read_on(
    mut changes: mpsc::Receiver<()>,
    read: Arc<impl Fn() + Send + Sync + 'static>,
    mut notifier: RecommendedWatcher,
    watched: &Watched,
) {
    while changes.recv().await.is_some() {
        while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {}
        // It may be another folder of the same name by now. If there is none, its parent tells
        // when it comes back.
        for folder in watched.folders() {
            let _ = notifier.unwatch(&folder);
            let _ = notifier.watch(&folder, RecursiveMode::NonRecursive);
        }
        let read = Arc::clone(&read);
        // A panic in there is logged by its hook, and the next change is read all the same.
        let _ = tokio::task::spawn_blocking(move || read()).await;
    }
}

impl Watched {
    fn absolute(self) -> std::io::Result<Self> {
        Ok(match self {
            Self::File(file) => Self::File(path::absolute(file)?),
            Self::Folder(folder) => Self::Folder(path::absolute(folder)?),
        })
    }

    /// The folders whose entries may change it: a folder may be replaced as a whole, by another
    /// name or another link, and a file may be a link to one elsewhere.
    fn folders(&self) -> Vec<PathBuf> {
        let (Self::File(own) | Self::Folder(own)) = self;
        let mut folders: Vec<PathBuf> = own.parent().map(Path::to_owned).into_iter().collect();
        match self {
            Self::Folder(folder) => folders.push(folder.clone()),
            Self::File(file) => {
                let target = std::fs::canonicalize(file).ok();
                folders.extend(target.as_deref().and_then(Path::parent).map(Path::to_owned));
            }
        }
        folders.dedup();
        folders
    }

    /// Whether the event is about it.
    fn is_in(&self, event: &notify::Event) -> bool {
        event.paths.iter().any(|path| self.is_ours(path))
    }

    fn is_ours(&self, path: &Path) -> bool {
        // `..data` is the link that Kubernetes swaps.
        let name = path.file_name().unwrap_or_default();
        let is_link = name.to_string_lossy().starts_with("..");
        match self {
            Self::File(file) => {
                let is_target = || std::fs::canonicalize(file).is_ok_and(|target| target == path);
                path == file || is_link || is_target()
            }
            Self::Folder(folder) => {
                let is_rule_file = path.extension().is_some_and(|it| it == "toml");
                let is_inside = path.parent() == Some(folder);
                path == folder || is_inside && (is_rule_file || is_link)
            }
        }
    }
}

/// Whether what was written is all there. Linux tells when a file that was written to is closed, so
/// that half of one is not read; other systems tell only that it changes.
fn is_written(event: &notify::Event) -> bool {
    let is_link = || event.paths.iter().any(|path| path.is_symlink());
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Data(_)) => !cfg!(target_os = "linux"),
        EventKind::Create(CreateKind::File) => !cfg!(target_os = "linux") || is_link(),
        _ => true,
    }
}
