//! What of a config has become another: a fingerprint of each setting, so that two configs are
//! compared and no secret is kept for it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use sha2::Digest as _;
use sha2::Sha256;

use super::secret::Origin;
use super::settings;
use super::table::Document;
use super::tree::Entry;
use super::tree::Node;
use super::tree::Value;

/// The sections that take effect without a restart.
pub const LIVE_SECTIONS: [&str; 6] = ["admin", "assistant", "channel", "form", "key", "topic"];

/// The settings of `[server]` that do.
pub const LIVE_OF_SERVER: [&str; 3] = ["private_hosts", "rule_order", "webhook_secret"];

/// Where a setting stands.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Spot {
    /// Its section.
    pub section: String,
    /// What the table is called, where the section is an array of tables; its place in the array,
    /// as in `#2`, where it has no name.
    pub name: Option<String>,
    /// Its key.
    pub key: String,
}

impl Spot {
    fn table(&self) -> (&str, Option<&str>) {
        (&self.section, self.name.as_deref())
    }

    /// Whether it takes effect without a restart.
    pub fn is_live(&self) -> bool {
        LIVE_SECTIONS.contains(&self.section.as_str())
            || self.section == settings::SERVER.name && LIVE_OF_SERVER.contains(&self.key.as_str())
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, name, key } = self;
        match name {
            None => write!(out, "[{section}] {key}"),
            Some(name) => write!(out, "[[{section}]] {name}: {key}"),
        }
    }
}

/// What has changed, for people: each setting, and a table that came or went by its head alone.
pub fn told(changed: &[Spot]) -> String {
    let is_whole = |spot: &&Spot| spot.name.is_some() && spot.key == "name";
    let whole: BTreeSet<(&str, Option<&str>)> =
        changed.iter().filter(is_whole).map(Spot::table).collect();
    let heads = whole.iter().map(|(section, name)| format!("[[{section}]] {}", name.unwrap_or("")));
    let rest = changed.iter().filter(|spot| !whole.contains(&spot.table())).map(Spot::to_string);
    heads.chain(rest).collect::<Vec<_>>().join(", ")
}

/// The fingerprints of a config's settings, those with their default included.
#[derive(Clone, Default)]
pub struct Prints(BTreeMap<Spot, [u8; 32]>);

impl fmt::Debug for Prints {
    /// Not the fingerprints: a short secret could be guessed by its own.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Prints({})", self.0.len())
    }
}

impl Prints {
    /// Those of `document`. What `env:` and `file:` point to is part of a setting, so a file with
    /// another secret in it makes another one.
    pub(super) fn of(document: &Document, origin: Origin<'_>) -> Self {
        let mut prints = Self::default();
        for section in document.entries() {
            match &section.node.value {
                Value::Table(entries) => prints.add((&section.key, None), entries, origin),
                Value::List(tables) => {
                    for (at, table) in tables.iter().enumerate() {
                        let Value::Table(entries) = &table.value else { continue };
                        let name = name(entries).unwrap_or_else(|| format!("#{}", at + 1));
                        prints.add((&section.key, Some(&name)), entries, origin);
                    }
                }
                _ => {}
            }
        }
        prints
    }

    fn add(
        &mut self,
        (section, name): (&str, Option<&String>),
        entries: &[Entry],
        origin: Origin<'_>,
    ) {
        for entry in entries {
            let mut hash = Sha256::new();
            write(&mut hash, &entry.node, origin);
            let (section, name) = (section.to_owned(), name.cloned());
            let spot = Spot { section, name, key: entry.key.clone() };
            self.0.insert(spot, hash.finalize().into());
        }
    }

    /// The settings that `other` has not or has otherwise, and those that only it has.
    pub fn changed(&self, other: &Self) -> Vec<Spot> {
        let all: BTreeSet<&Spot> = self.0.keys().chain(other.0.keys()).collect();
        all.into_iter().filter(|spot| self.0.get(spot) != other.0.get(spot)).cloned().collect()
    }
}

fn name(entries: &[Entry]) -> Option<String> {
    let name = entries.iter().find(|entry| entry.key == "name")?;
    match &name.node.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Every value begins with its kind and its length, so no two values are written alike.
fn write(hash: &mut Sha256, node: &Node, origin: Origin<'_>) {
    hash.update(node.value.kind());
    match &node.value {
        Value::Text(text) => {
            part(hash, text);
            part(hash, origin.resolved(text).as_ref().map_or("", |secret| secret.expose()));
        }
        Value::Integer(number) => hash.update(number.to_be_bytes()),
        Value::Float(number) => hash.update(number.to_bits().to_be_bytes()),
        Value::Boolean(yes) => hash.update([u8::from(*yes)]),
        Value::Moment(text) => part(hash, text),
        Value::List(list) => {
            hash.update(list.len().to_be_bytes());
            for node in list {
                write(hash, node, origin);
            }
        }
        Value::Table(entries) => {
            hash.update(entries.len().to_be_bytes());
            for entry in entries {
                part(hash, &entry.key);
                write(hash, &entry.node, origin);
            }
        }
    }
}

fn part(hash: &mut Sha256, text: &str) {
    hash.update(text.len().to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::Prints;
    use super::Spot;
    use super::told;
    use crate::config::Config;

    const BASE: &str = "[server]\nlisten = '127.0.0.1:80'\n\
        [[account]]\nname = 'shop'\nplatform = 'official-account'\napp_id = 'wx1'\n\
        token = 'env:TOKEN'\nmode = 'plain'\n[[channel]]\nname = 'ops'\nkind = 'log'\n";

    fn prints(text: &str, token: &str, folder: &Path) -> Prints {
        let environment = BTreeMap::from([("TOKEN".to_owned(), token.to_owned())]);
        let loaded = Config::parse("a.toml", text, folder, &environment);
        loaded.unwrap_or_else(|faults| panic!("{faults}")).config.prints
    }

    /// What has changed from `BASE` to `text`, each with whether it takes effect at once.
    fn changed(text: &str) -> Vec<(String, bool)> {
        let [before, after] = [BASE, text].map(|it| prints(it, "abc", Path::new("")));
        assert_eq!(before.changed(&after), after.changed(&before));
        before.changed(&after).iter().map(|it| (it.to_string(), it.is_live())).collect()
    }

    #[test]
    fn only_what_has_another_value_has_changed() {
        assert_eq!(changed(BASE), []);
        // Neither order, nor comments, nor a default that is written down.
        let same = BASE.replace("kind = 'log'", "fallback = []\nkind = \"log\" # so far");
        assert_eq!(changed(&same), []);
        let listen = BASE.replace(":80'", ":81'\nprivate_hosts = ['10.0.0.0/8']");
        let expected = [("[server] listen", false), ("[server] private_hosts", true)];
        assert_eq!(changed(&listen), expected.map(|(name, is)| (name.to_owned(), is)));
        let account = BASE.replace("'wx1'", "'wx2'");
        assert_eq!(changed(&account), [("[[account]] shop: app_id".to_owned(), false)]);
        let rate = format!("{BASE}rate = '1/s'\n");
        assert_eq!(changed(&rate), [("[[channel]] ops: rate".to_owned(), true)]);
    }

    #[test]
    fn a_table_that_came_or_went_is_told_by_its_head() {
        let spot = |section: &str, name: Option<&str>, key: &str| Spot {
            section: section.to_owned(),
            name: name.map(str::to_owned),
            key: key.to_owned(),
        };
        let changed = [
            spot("channel", Some("mail"), "kind"),
            spot("channel", Some("mail"), "name"),
            spot("channel", Some("ops"), "token"),
            spot("server", None, "private_hosts"),
        ];
        let said = "[[channel]] mail, [[channel]] ops: token, [server] private_hosts";
        assert_eq!(told(&changed), said);
    }

    #[test]
    fn a_secret_is_another_one_when_what_it_points_to_is() {
        let nowhere = Path::new("");
        let [before, after] = ["abc", "abd"].map(|token| prints(BASE, token, nowhere));
        let changed = before.changed(&after);
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].to_string(), "[[account]] shop: token");

        let folder = tempfile::tempdir().unwrap();
        let text = BASE.replace("'log'", "'telegram'\nbot_token = 'file:token'");
        let [before, after] = ["1:a", "1:b"].map(|token| {
            std::fs::write(folder.path().join("token"), token).unwrap();
            prints(&text, "abc", folder.path())
        });
        assert_eq!(before.changed(&after)[0].to_string(), "[[channel]] ops: bot_token");
    }

    #[test]
    fn fingerprints_do_not_print_themselves() {
        let prints = format!("{:?}", prints(BASE, "abc", Path::new("")));
        assert!(prints.starts_with("Prints(") && prints.len() < 12, "{prints}");
    }
}
