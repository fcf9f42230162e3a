//! From file and environment to checked values; all faults are reported at once, each with its
//! place and a suggestion.
//!
//! The file is read into a tree ([`table::Document`]), the environment is laid over it, the
//! defaults under it, and then each section reads its table.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;

pub mod access;
pub mod account;
pub mod assistant;
pub mod channel;
mod defaults;
pub mod environment;
pub mod fault;
pub mod form;
pub mod inbox;
mod late;
pub mod measure;
pub mod outbox;
pub mod places;
pub mod prints;
pub mod schema;
pub mod sealing;
pub mod secret;
pub mod server;
pub mod settings;
pub mod sheet;
pub mod table;
pub mod tree;
mod words;

use jiff::tz::TimeZone;

use access::Key;
use access::Topic;
use account::Account;
use assistant::Assistant;
use channel::Channel;
use environment::Environment;
use fault::Fault;
use fault::Faults;
use form::Form;
use inbox::Inbox;
use outbox::Outbox;
use outbox::Store;
use prints::Prints;
use secret::Noted;
use secret::Origin;
use secret::Secret;
use server::Server;
use settings::SECTIONS;
use table::Document;
use table::Table;

/// Where the config is looked for unless somebody says otherwise.
pub const DEFAULT_FILE: &str = "yizhan.toml";

/// The largest config read. A hundred accounts with all their settings take 100 KB.
const LARGEST_FILE: u64 = 4 << 20;

/// Everything the owner set up, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The HTTP server, and what holds for all accounts.
    pub server: Server,
    /// How messages are worked on once.
    pub inbox: Inbox,
    /// The accounts; none where there are only channels.
    pub accounts: Vec<Account>,
    /// The ways out.
    pub channels: Vec<Channel>,
    /// Names for several of them.
    pub topics: Vec<Topic>,
    /// The owner's own token; without one, API and console are off.
    pub admin_token: Option<Secret>,
    /// Who may use the API.
    pub keys: Vec<Key>,
    /// Pages that ask somebody to decide.
    pub forms: Vec<Form>,
    /// Models that rules hand over to.
    pub assistants: Vec<Assistant>,
    /// What must survive.
    pub store: Store,
    /// How notifications leave.
    pub outbox: Outbox,
    /// What tells whether a later config says the same.
    pub prints: Prints,
}

/// A config, and what its owner should know about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The config.
    pub config: Config,
    /// What is accepted, yet probably not meant.
    pub warnings: Vec<Fault>,
}

impl Config {
    /// Reads the file at `path` and the environment.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn load(path: &Path, environment: &dyn Environment) -> Result<Loaded, Faults> {
        let name = path.display().to_string();
        match read_file(path) {
            Ok(text) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                Self::parse(&name, &text, folder, environment)
            }
            Err(fault) => {
                let mut faults = Faults::new();
                faults.push(fault);
                Err(faults)
            }
        }
    }

    /// Reads `text`, which is what `file` holds; relative paths start at `folder`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, and with the environment laid over it.
    pub fn parse(
        file: &str,
        text: &str,
        folder: &Path,
        environment: &dyn Environment,
    ) -> Result<Loaded, Faults> {
        let mut faults = Faults::new();
        let Some(mut document) = Document::parse(file, text, &mut faults) else {
            return Err(faults);
        };
        environment::apply(&mut document, environment, &mut faults);
        defaults::lay_under(&mut document);
        let origin = Origin { folder, environment };
        // Before the secrets are read: should their files change in between, the next look tells.
        let prints = Prints::of(&document, origin);
        let config = document.read(&mut faults, |root| read(root, (origin, prints)));
        faults.sort();
        match config {
            Some(config) if faults.is_empty() => {
                Ok(Loaded { config, warnings: faults.take_warnings() })
            }
            _ => Err(faults),
        }
    }
}

fn read(root: Table<'_>, (origin, prints): (Origin<'_>, Prints)) -> Option<Config> {
    let server = root.table("server").and_then(|table| server::read(table, origin));
    let zone = server.as_ref().map_or(TimeZone::UTC, |server| server.timezone.clone());
    let inbox = root.table("inbox").and_then(inbox::read);
    let accounts = account::read_all(root, origin);
    let channels = channel::read_all(root, origin, &zone);
    let names = access::channel_names(&accounts, &channels);
    let topics = access::read_topics(root, &names);
    let admin_token =
        root.table("admin").ok_or(Noted).and_then(|it| access::read_admin(&it, origin));
    let is_on = !matches!(admin_token, Ok(None));
    let keys = access::read_keys(root, origin, &names, is_on);
    let assistants = assistant::read_all(root, origin);
    let forms = form::read_all(root, origin, &names, server.as_ref());
    let store = root.table("store").and_then(|table| outbox::read_store(table, origin));
    let outbox = root.table("outbox").and_then(outbox::read);
    root.finish(&SECTIONS.map(|section| section.name));
    Some(Config {
        server: server?,
        inbox: inbox?,
        accounts,
        channels,
        topics,
        admin_token: admin_token.ok()?,
        keys,
        forms,
        assistants,
        store: store?,
        outbox: outbox?,
        prints,
    })
}

fn read_file(path: &Path) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    let name = path.display().to_string();
    match read {
        Ok(size) if size as u64 > LARGEST_FILE => Err(Fault::of(name, "larger than 4 MiB")),
        Ok(_) => String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                .split(|byte| *byte == b'\n')
                .count();
            Fault { line, column: 1, ..Fault::of(name, "not UTF-8") }
                .advise("save the file as UTF-8")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let advice = "`yizhan init` writes one; `--config FILE` names another";
            Err(Fault::of(name, "there is no such file").advise(advice))
        }
        Err(error) => Err(Fault::of(name, format!("cannot be read: {error}"))),
    }
}
