//! Where the config says what: for faults that show only when it is tried.

use std::path::Path;

use super::environment;
use super::environment::Environment;
use super::fault::Fault;
use super::fault::Faults;
use super::read_file;
use super::table::Document;
use super::table::Table;
use super::tree::Place;

/// The places of a config that was read well.
#[derive(Debug)]
pub struct Places {
    file: String,
    document: Option<Document>,
}

impl Places {
    /// Reads the file at `path` and the environment once more. What has gone since the config was
    /// loaded has no place.
    pub fn load(path: &Path, environment: &dyn Environment) -> Self {
        let file = path.display().to_string();
        let mut ignored = Faults::new();
        let text = read_file(path).ok();
        let mut document = text.and_then(|text| Document::parse(&file, &text, &mut ignored));
        if let Some(document) = &mut document {
            environment::apply(document, environment, &mut ignored);
        }
        Self { file, document }
    }

    /// A fault where the account called `name` has `key`; where the account begins if it has none.
    pub fn account(&self, name: &str, key: &str, message: String) -> Fault {
        self.one("account", name, key, message)
    }

    /// A fault where the `[[section]]` called `name` has `key`; where that begins if it has none.
    pub fn one(&self, section: &str, name: &str, key: &str, message: String) -> Fault {
        self.fault(message, |root| {
            let is_it = |table: &Table<'_>| table.text("name").is_some_and(|it| it.value == name);
            Some(root.tables(section).into_iter().find(is_it)?.place_of(key).clone())
        })
    }

    /// A fault where `[section]` has `key`; where the section begins if it has none.
    pub fn section(&self, section: &str, key: &str, message: String) -> Fault {
        self.fault(message, |root| Some(root.table(section)?.place_of(key).clone()))
    }

    fn fault(&self, message: String, find: impl FnOnce(Table<'_>) -> Option<Place>) -> Fault {
        let found = self.document.as_ref().and_then(|it| it.read(&mut Faults::new(), find));
        match found {
            Some(place) => place.fault(message),
            None => Fault::of(self.file.clone(), message),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::Places;

    #[test]
    fn a_fault_found_later_has_the_place_of_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let text = "[[account]]\nname = \"a\"\n[[account]]\nname = \"b\"\napp_secret = \"S\"\n";
        std::fs::write(&path, text).unwrap();
        let set = [("YIZHAN_ACCOUNT__A__APP_ID", "wx1"), ("YIZHAN_SERVER__PUBLIC_URL", "http://x")];
        let set: BTreeMap<String, String> =
            set.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let places = Places::load(&path, &set);
        let account = |name, key| {
            let fault = places.account(name, key, "m".to_owned());
            (fault.file.rsplit('/').next().unwrap().to_owned(), fault.line, fault.column)
        };
        assert_eq!(account("b", "app_secret"), ("a.toml".to_owned(), 5, 1));
        assert_eq!(account("b", "app_id"), ("a.toml".to_owned(), 3, 1));
        assert_eq!(account("a", "app_id"), ("YIZHAN_ACCOUNT__A__APP_ID".to_owned(), 0, 0));
        assert_eq!(account("c", "app_id"), ("a.toml".to_owned(), 0, 0));
        let server = places.section("server", "public_url", "m".to_owned());
        assert_eq!((server.file.as_str(), server.line), ("YIZHAN_SERVER__PUBLIC_URL", 0));
        let gone = Places::load(Path::new("nowhere.toml"), &set);
        assert_eq!(
            gone.section("server", "public_url", "m".to_owned()).to_string(),
            "nowhere.toml: m"
        );
    }
}
