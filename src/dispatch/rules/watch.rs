//! Reloads the rules when a file of them changes.

use super::RulesHandler;
use crate::tasks::Tasks;
use crate::watch;
use crate::watch::Watched;

impl RulesHandler {
    /// Reloads whenever something changes in the folder of the rules, as one of `tasks`, until
    /// the station stops.
    ///
    /// # Errors
    ///
    /// That of the system, such as too many watched folders.
    pub fn watch(&self, tasks: &Tasks) -> notify::Result<()> {
        let handler = self.clone();
        let folder = Watched::Folder(self.folder().to_owned());
        // What is wrong is logged and kept there.
        watch::watch(folder, tasks, move || drop(handler.reload()))
    }
}
