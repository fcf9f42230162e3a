//! Reloads the rules when a file of them changes.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use notify::EventKind;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;
use tokio::sync::mpsc;

use super::RulesHandler;
use crate::tasks::Tasks;

/// How long it must be quiet before the rules are read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    /// Ends the task by hanging up.
    _watcher: RecommendedWatcher,
}

impl RulesHandler {
    /// Reloads whenever something changes in the folder of the rules, as one of `tasks`.
    ///
    /// # Errors
    ///
    /// That of the system, such as too many watched folders.
    pub fn watch(&self, tasks: &Tasks) -> notify::Result<Watch> {
        // One change that waits stands for all that come meanwhile.
        let (sender, changes) = mpsc::channel(1);
        let folder = self.folder().to_owned();
        let own = folder.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let is_change = event.is_ok_and(|event| concerns(&event, &own));
                if is_change {
                    // Full: a change waits already. Closed: the station stops.
                    let _ = sender.try_send(());
                }
            })?;
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        // The folder itself may be replaced: editors rename, Kubernetes swaps a link.
        if let Some(parent) = parent(&folder) {
            watcher.watch(&parent, RecursiveMode::NonRecursive)?;
        }
        let (handler, stopping) = (self.clone(), tasks.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = reload_on(changes, handler) => {}
                () = stopping.stopping() => {}
            }
        });
        Ok(Watch { _watcher: watcher })
    }
}

/// Waits for a change, then for quiet, and reloads; ends when the watcher is dropped.
async fn reload_on(mut changes: mpsc::Receiver<()>, handler: RulesHandler) {
    while changes.recv().await.is_some() {
        while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {}
        let handler = handler.clone();
        // What is wrong is logged and kept there.
        let _ = tokio::task::spawn_blocking(move || handler.reload()).await;
    }
}

/// Whether the rules may be other ones after the event.
fn concerns(event: &notify::Event, folder: &Path) -> bool {
    let is_access = matches!(event.kind, EventKind::Access(_));
    let is_ours = |path: &PathBuf| {
        let is_rule_file = path.extension().is_some_and(|it| it == "toml");
        // `..data` is the link that Kubernetes swaps.
        let is_link = path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(".."));
        path.file_name() == folder.file_name() || is_rule_file || is_link
    };
    !is_access && event.paths.iter().any(is_ours)
}

fn parent(folder: &Path) -> Option<PathBuf> {
    let absolute = folder.canonicalize().ok();
    absolute.unwrap_or_else(|| folder.to_owned()).parent().map(Path::to_owned)
}
