//! `[[form]]`: pages that ask somebody to decide.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use url::Url;

use super::account::name;
use super::fault::did_you_mean;
use super::secret::Noted;
use super::secret::Origin;
use super::secret::WebhookSecret;
use super::server::Server;
use super::settings;
use super::table::Table;

/// The largest template or style that is read, in bytes.
const LARGEST_FILE: u64 = 256 << 10;

/// How long a link may be good.
const EXPIRES: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(24 * 90);

/// The most channels of one form.
const MOST_CHANNELS: usize = 16;

/// The most buttons of one form; a phone shows four without scrolling.
const MOST_ACTIONS: usize = 8;

/// The most fields of one form.
const MOST_FIELDS: usize = 32;

/// The most choices of one field.
const MOST_OPTIONS: usize = 64;

/// A page that asks somebody to decide.
#[derive(Clone, Debug)]
pub struct Form {
    /// What the API calls it.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// What is shown; none: the data as a list.
    pub template: Option<Source>,
    /// CSS of the owner's, behind our own.
    pub style: Option<Source>,
    /// The channels through which the link is sent.
    pub channels: Vec<String>,
    /// What the notification says beside the link, as a template.
    pub message: String,
    /// Who is told what was decided.
    pub hook: Option<Hook>,
    /// How long its links are good.
    pub expires: Duration,
    /// Its buttons; none: it is only read, or has one button if it has fields.
    pub actions: Vec<Action>,
    /// What can be filled in.
    pub fields: Vec<Field>,
}

/// A file of the owner's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// Where it was read.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// Who is told what was decided.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The address.
    pub url: String,
    /// Signs what is sent there.
    pub secret: WebhookSecret,
}

/// A button.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Action {
    /// What the hook is told.
    pub name: String,
    /// What stands on it.
    pub label: String,
    /// How it looks.
    pub look: Look,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Look {
    /// One of several.
    #[default]
    Plain,
    /// What is mostly pressed.
    Primary,
    /// What cannot be undone.
    Danger,
}

impl Look {
    /// Each look with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Plain, "plain"), (Self::Primary, "primary"), (Self::Danger, "danger")];
}

/// Something to be filled in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// What the hook is told.
    pub name: String,
    /// What stands above it.
    pub label: String,
    /// How it is filled in.
    pub input: Input,
    /// What can be chosen.
    pub options: Vec<String>,
    /// Whether it must be filled in.
    pub is_required: bool,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Input {
    /// One line.
    #[default]
    Text,
    /// Several lines.
    Long,
    /// One of its options.
    Choice,
    /// Any of its options.
    Many,
}

impl Input {
    /// Each input with its word in `type`.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Text, "text"),
        (Self::Long, "long"),
        (Self::Choice, "choice"),
        (Self::Many, "many"),
    ];

    /// Whether it is chosen out of options.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Choice | Self::Many)
    }
}

/// Reads all forms. `channels` are the names that the config knows.
pub(super) fn read_all(
    root: Table<'_>,
    origin: Origin<'_>,
    channels: &[String],
    server: Option<&Server>,
) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for table in root.tables("form") {
        if server.is_some_and(|it| it.public_url.is_none()) {
            let advice = "its links begin with `[server] public_url`".to_owned();
            table.fault_at(table.place(), "a form needs `public_url`", Some(advice));
        }
        let Some(form) = read(&table, origin, channels, server) else { continue };
        if forms.iter().any(|it| it.name == form.name) {
            let message = format!("a second form is called `{}`", form.name);
            table.value_fault("name", message, None);
        }
        forms.push(form);
    }
    forms
}

fn read(
    table: &Table<'_>,
    origin: Origin<'_>,
    channels: &[String],
    server: Option<&Server>,
) -> Option<Form> {
    table.finish(&settings::form::FORM.keys());
    let name = name(table);
    let title = table.filled_text("title").map(|it| it.value.to_owned());
    let template = source(table, "template", origin);
    let style = source(table, "style", origin);
    let channels = read_channels(table, channels);
    let message = table.text("message").map(|it| it.value.to_owned());
    let hook = hook(table, origin, server);
    let expires = expires(table);
    let actions = read_list(table, "action", MOST_ACTIONS, action);
    let fields = read_list(table, "field", MOST_FIELDS, field);
    Some(Form {
        name: name?,
        title: title?,
        template: template.ok()?,
        style: style.ok()?,
        channels: channels?,
        message: message?,
        hook: hook.ok()?,
        expires: expires?,
        actions: actions?,
        fields: fields?,
    })
}

fn label(table: &Table<'_>, name: &str) -> String {
    table.text("label").map_or(name, |it| it.value).to_owned()
}

fn read_channels(table: &Table<'_>, known: &[String]) -> Option<Vec<String>> {
    if !table.has("channels") {
        table.fault_at(table.place(), "`channels` is missing", None);
    }
    let texts = table.texts("channels")?;
    if texts.is_empty() || texts.len() > MOST_CHANNELS {
        let message = format!("`channels` has {}; 1 to {MOST_CHANNELS}", texts.len());
        table.value_fault("channels", message, None);
    }
    for text in texts.iter().filter(|text| !known.iter().any(|it| it == text.value)) {
        let advice = did_you_mean(text.value, known.iter().map(String::as_str));
        table.fault_at(text.place, format!("there is no channel `{}`", text.value), advice);
    }
    Some(texts.iter().map(|text| text.value.to_owned()).collect())
}

/// A file that `key` names, relative to the config's own; none where it is empty.
fn source(table: &Table<'_>, key: &str, origin: Origin<'_>) -> Result<Option<Source>, Noted> {
    let Some(text) = table.text(key) else {
        return if table.has(key) { Err(Noted) } else { Ok(None) };
    };
    if text.value.is_empty() {
        return Ok(None);
    }
    let path = origin.folder.join(text.value);
    let shown = path.display().to_string();
    let mut read = String::new();
    let reading =
        File::open(&path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut read));
    let what = match reading {
        Ok(_) if read.len() as u64 <= LARGEST_FILE => {
            return Ok(Some(Source { path: shown, text: read }));
        }
        Ok(_) => format!("`{shown}` is larger than 256 KiB"),
        Err(error) => format!("cannot read `{shown}`: {error}"),
    };
    table.value_fault(key, what, Some("a path is relative to the config file".to_owned()));
    Err(Noted)
}

fn hook(
    table: &Table<'_>,
    origin: Origin<'_>,
    server: Option<&Server>,
) -> Result<Option<Hook>, Noted> {
    let own = origin.webhook_secret(table, "secret")?;
    let Some(text) = table.text("hook").filter(|text| !text.value.is_empty()) else {
        return Ok(None);
    };
    let url = Url::parse(text.value).ok();
    let url = url.filter(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
    let Some(url) = url else {
        let advice = "write `https://host/path`".to_owned();
        table.value_fault("hook", "`hook` is no http address", Some(advice));
        return Err(Noted);
    };
    let Some(server) = server else { return Err(Noted) };
    if !server.private_hosts.may_reach(&url) {
        let host = url.host_str().unwrap_or_default();
        let message = format!("`{host}` is inside a private network");
        let advice = format!("list it in `server.private_hosts`: `private_hosts = [\"{host}\"]`");
        table.value_fault("hook", message, Some(advice));
        return Err(Noted);
    }
    let Some(secret) = own.or_else(|| server.webhook_secret.clone()) else {
        let advice =
            "set `secret`, or `[server] webhook_secret`, to `whsec_` and base64".to_owned();
        table.value_fault("hook", "what is sent to the hook must be signed", Some(advice));
        return Err(Noted);
    };
    Ok(Some(Hook { url: text.value.to_owned(), secret }))
}

fn expires(table: &Table<'_>) -> Option<Duration> {
    let expires = table.duration("expires")?;
    if !EXPIRES.contains(&expires) {
        table.value_fault("expires", "`expires` must be 1m to 90d", None);
        return None;
    }
    Some(expires)
}

/// The tables at `key`, each with a name of its own.
fn read_list<T>(
    table: &Table<'_>,
    key: &str,
    most: usize,
    read: impl Fn(&Table<'_>, String) -> Option<T>,
) -> Option<Vec<T>> {
    let tables = table.tables(key);
    if tables.len() > most {
        table.fault(key, format!("{} times `{key}`; a form takes {most}", tables.len()), None);
    }
    let mut names: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for inner in &tables {
        let Some(name) = name(inner) else { continue };
        if names.contains(&name) {
            inner.value_fault("name", format!("a second `{key}` is called `{name}`"), None);
        }
        names.push(name.clone());
        all.extend(read(inner, name));
    }
    (all.len() == tables.len()).then_some(all)
}

fn action(table: &Table<'_>, name: String) -> Option<Action> {
    table.finish(&["name", "label", "look"]);
    let look = match table.has("look") {
        true => table.one_of("look", &Look::ALL)?,
        false => Look::default(),
    };
    Some(Action { label: label(table, &name), name, look })
}

fn field(table: &Table<'_>, name: String) -> Option<Field> {
    table.finish(&["name", "label", "type", "options", "required"]);
    let input = match table.has("type") {
        true => table.one_of("type", &Input::ALL)?,
        false => Input::default(),
    };
    let options = table.texts("options").unwrap_or_default();
    let is_good = input.has_options() != options.is_empty() && options.len() <= MOST_OPTIONS;
    if !is_good {
        let advice = format!("a `choice` and a `many` have 1 to {MOST_OPTIONS}, others none");
        table.fault("options", "`options` do not fit the `type`", Some(advice));
    }
    let is_required = match table.has("required") {
        true => table.boolean("required")?,
        false => false,
    };
    let label = label(table, &name);
    let options = options.iter().map(|it| it.value.to_owned()).collect();
    Some(Field { name, label, input, options, is_required })
}
