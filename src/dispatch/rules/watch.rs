//! Reloads the rules when a file of them changes.

use std::path;
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

impl RulesHandler {
    /// Reloads whenever something changes in the folder of the rules, as one of `tasks`, until
    /// the station stops.
    ///
    /// # Errors
    ///
    /// That of the system, such as too many watched folders.
    pub fn watch(&self, tasks: &Tasks) -> notify::Result<()> {
        // One change that waits stands for all that come meanwhile.
        let (sender, changes) = mpsc::channel(1);
        let folder = path::absolute(self.folder())?;
        let own = folder.clone();
        let notice = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| concerns(&event, &own)) {
                // Full: a change waits already. Closed: the station stops.
                let _ = sender.try_send(());
            }
        };
        let mut watcher = notify::recommended_watcher(notice)?;
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        // The folder itself may be replaced: deployments rename it, or swap a link.
        if let Some(parent) = folder.parent() {
            watcher.watch(parent, RecursiveMode::NonRecursive)?;
        }
        let (handler, stopping) = (self.clone(), tasks.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = reload_on(changes, &handler, watcher, &folder) => {}
                () = stopping.stopping() => {}
            }
        });
        Ok(())
    }
}

/// Waits for a change, then for quiet, and reloads.
async fn reload_on(
    mut changes: mpsc::Receiver<()>,
    handler: &RulesHandler,
    mut watcher: RecommendedWatcher,
    folder: &Path,
) {
    while changes.recv().await.is_some() {
        while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {}
        // It may be another folder of the same name by now. If there is none, its parent tells
        // when it comes back.
        let _ = watcher.unwatch(folder);
        let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
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
        let is_inside = path.parent() == Some(folder);
        path == folder || is_inside && (is_rule_file || is_link)
    };
    !is_access && event.paths.iter().any(is_ours)
}
