//! message-pusher's users and channels as keys and channels of ours.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::rows::Channel;
use super::rows::ENABLED;
use super::rows::Rows;
use super::rows::User;
use super::webhook::Address;
use super::write::Imported;
use super::write::Section;
use crate::config::account::is_name;
use crate::entropy::Entropy;

/// How long a token is that is made here.
const TOKEN_CHARS: usize = 32;

/// How long a token of a key must be, in bytes.
const KEY_CHARS: std::ops::RangeInclusive<usize> = 12..=256;

/// What is made of a channel: its sections, the channel last; or why it is not taken.
type Taken = Result<Vec<Section>, &'static str>;

/// Makes the sections of a channel that is called so here.
type Make = fn(&Import<'_>, &Channel, &str) -> Taken;

/// The types of channel that can be taken, and how. `group` is a topic.
const TYPES: &[(&str, Make)] = &[
    ("bark", |_, it, name| {
        let own = ["https://api.day.app", "http://api.day.app"];
        let url = it.url.trim_end_matches('/');
        let base = if own.contains(&url) { "" } else { url };
        let key = filled(&it.secret, "it has no key")?;
        Ok(vec![channel(name, "bark", base).with("device_key", key)])
    }),
    ("corp", |_, it, name| {
        let address = "/cgi-bin/webhook/send";
        let read = Address::read(&it.url, "qyapi.weixin.qq.com", address, "key");
        let Address { base_url, key } = read.ok_or(NO_ADDRESS)?;
        Ok(vec![channel(name, "wecom-robot", &base_url).with("key", key)])
    }),
    ("corp_app", |import, it, name| import.wecom(it, name)),
    ("ding", |_, it, name| {
        let read = Address::read(&it.url, "oapi.dingtalk.com", "/robot/send", "access_token");
        let Address { base_url, key } = read.ok_or(NO_ADDRESS)?;
        let section = channel(name, "dingtalk", &base_url).with("token", key);
        Ok(vec![section.with("secret", it.secret.as_str())])
    }),
    ("discord", |_, it, name| {
        let read = Address::read(&it.url, "discord.com", "/api/webhooks", "");
        let Address { base_url, key } = read.ok_or(NO_ADDRESS)?;
        let (id, token) = key.split_once('/').ok_or(NO_ADDRESS)?;
        Ok(vec![channel(name, "discord", &base_url).with("id", id).with("token", token)])
    }),
    ("email", |import, it, name| import.email(it, name)),
    ("lark", |_, it, name| {
        let read = Address::read(&it.url, "open.feishu.cn", "/open-apis/bot/v2/hook", "");
        let Address { base_url, key } = read.ok_or(NO_ADDRESS)?;
        let section = channel(name, "feishu", &base_url).with("token", key);
        Ok(vec![section.with("secret", it.secret.as_str())])
    }),
    ("telegram", |_, it, name| {
        let token = filled(&it.secret, "it has no token")?;
        let to = filled(&it.account_id, "it has no chat")?;
        Ok(vec![channel(name, "telegram", "").with("token", token).with("to", vec![to])])
    }),
    ("test", |import, it, name| import.wechat(it, name)),
];

const NO_ADDRESS: &str = "its address is not one of the service's webhooks";

/// An import under way.
struct Import<'r> {
    rows: &'r Rows,
    entropy: &'r dyn Entropy,
    imported: Imported,
    /// Names of channels, topics and accounts that are given.
    names: BTreeSet<String>,
    /// Names of keys that are given.
    key_names: BTreeSet<String>,
    tokens: BTreeSet<String>,
    /// What a channel that was taken is called here.
    taken: BTreeMap<i64, String>,
}

/// Makes a piece of config of what was read; `entropy` makes the secrets that it lacks.
pub(super) fn import(rows: &Rows, entropy: &dyn Entropy) -> Imported {
    let mut import = Import {
        rows,
        entropy,
        imported: Imported::default(),
        names: BTreeSet::new(),
        key_names: BTreeSet::new(),
        tokens: BTreeSet::new(),
        taken: BTreeMap::new(),
    };
    rows.channels.iter().filter(|it| it.kind != "group").for_each(|it| import.channel(it));
    rows.channels.iter().filter(|it| it.kind == "group").for_each(|it| import.group(it));
    rows.users.iter().for_each(|user| import.user(user));
    for (name, user) in &rows.webhooks {
        let owner = import.owner(*user);
        import.imported.left.push(format!("webhook `{name}` of `{owner}`: there is no such thing here; a rule or a script can call the API"));
    }
    import.imported
}

impl Import<'_> {
    fn channel(&mut self, row: &Channel) {
        let what = format!("channel `{}` ({}) of `{}`", row.name, row.kind, self.owner(row.user));
        let known = TYPES.iter().find(|(name, _)| *name == row.kind);
        let made = match (self.is_used(row), known) {
            (false, _) => Err("it or its user is switched off"),
            (_, None) => Err("there is no such kind of channel here"),
            (true, Some((_, make))) => {
                let name = self.name_of(row);
                make(self, row, &name).map(|sections| (sections, name))
            }
        };
        match made {
            Ok((sections, name)) => {
                self.imported.sections.extend(sections);
                self.note_name(row, &name);
                self.taken.insert(row.id, name);
            }
            Err(why) => self.imported.left.push(format!("{what}: {why}")),
        }
    }

    /// A group is a topic of the channels that were taken.
    fn group(&mut self, row: &Channel) {
        let what = format!("group `{}` of `{}`", row.name, self.owner(row.user));
        let mut channels: Vec<String> = Vec::new();
        let mut missing = Vec::new();
        for member in row.app_id.split('|').map(str::trim).filter(|it| !it.is_empty()) {
            let of_user = self.rows.channels.iter().filter(|it| it.user == row.user);
            let found = of_user.clone().find(|it| it.name == member);
            match found.and_then(|it| self.taken.get(&it.id)) {
                Some(name) => channels.push(name.clone()),
                None => missing.push(member),
            }
        }
        if !self.is_used(row) || channels.is_empty() {
            self.imported.left.push(format!("{what}: it is switched off, or nothing of it was taken"));
            return;
        }
        if !missing.is_empty() {
            self.imported.changed.push(format!("{what}: without {}", missing.join(", ")));
        }
        if row.account_id.split('|').any(|it| !it.trim().is_empty()) {
            self.imported.changed.push(format!("{what}: each channel sends to its own receivers"));
        }
        let name = self.name_of(row);
        self.note_name(row, &name);
        self.imported.sections.push(
            Section::new("topic").with("name", name.as_str()).with("channels", channels.clone()),
        );
        self.taken.insert(row.id, name);
    }

    /// A user is a key; a channel with a token of its own is another.
    fn user(&mut self, user: &User) {
        let rows = self.rows.channels.iter().filter(|it| it.user == user.id && it.kind != "group");
        let ways: Vec<(&Channel, String)> =
            rows.filter_map(|it| Some((it, self.taken.get(&it.id)?.clone()))).collect();
        if ways.is_empty() {
            return;
        }
        let may = ways.iter().map(|(_, name)| format!("send:{name}")).collect();
        if ways.len() > 1 {
            let usual = if user.channel.is_empty() { "email" } else { &user.channel };
            self.imported.changed.push(format!("a push of `{}` that names no channel went through `{usual}`; now it goes through all of the key's", user.name));
        }
        self.key(&user.name, user.id, &user.token, may, "user");
        for (row, name) in ways.iter().filter(|(row, _)| !row.token.is_empty()) {
            let key = format!("{}-{name}", user.name);
            self.key(&key, row.id, &row.token, vec![format!("send:{name}")], "channel");
        }
    }

    fn key(&mut self, name: &str, id: i64, token: &str, may: Vec<String>, of: &str) {
        let fits = KEY_CHARS.contains(&token.len()) && token.bytes().all(|it| it.is_ascii_graphic());
        let token = if fits && self.tokens.insert(token.to_owned()) {
            token.to_owned()
        } else {
            let why = match (token.is_empty(), fits) {
                (true, _) => "had no token and let anybody in",
                (_, false) => "had a token that is too short or has signs that no token may have",
                (_, true) => "had the token of another one",
            };
            self.imported.changed.push(format!("the {of} of key `{name}` {why}: it has a new one"));
            self.entropy.alphanumeric(TOKEN_CHARS)
        };
        let wanted = if is_name(name) { name.to_owned() } else { format!("{of}-{id}") };
        let name = unique(&mut self.key_names, &wanted);
        let section = Section::new("key").with("name", name).with("token", token);
        self.imported.sections.push(section.with("may", may));
    }

    /// The mail server is the program's own, the receiver the user.
    fn email(&self, row: &Channel, name: &str) -> Taken {
        let host = filled(self.rows.option("SMTPServer"), "there is no mail server")?;
        let port = self.rows.option("SMTPPort").parse::<i64>().unwrap_or(587);
        let from = filled(self.rows.option("SMTPAccount"), "the mail server has no account")?;
        let user = self.rows.users.iter().find(|it| it.id == row.user);
        let to = filled(user.map_or("", |it| &it.email), "its user has no address")?;
        let section = channel(name, "email", "").with("host", host).with("port", port);
        let section = section.with("security", if port == 465 { "tls" } else { "starttls" });
        let section = section.with("from", from).with("password", self.rows.option("SMTPToken"));
        Ok(vec![section.with("to", vec![to])])
    }

    /// A 企业微信 application is an account, and a channel through it. Nobody calls it back, so
    /// Token and EncodingAESKey are made.
    fn wecom(&self, row: &Channel, name: &str) -> Taken {
        let (corp, agent) = row.app_id.split_once('|').ok_or("it has no company or agent")?;
        let agent = agent.trim().parse::<i64>().map_err(|_| "its agent is no number")?;
        let account = Section::new("account")
            .with("name", name)
            .with("platform", "wecom")
            .with("app_id", filled(corp.trim(), "it has no company")?)
            .with("app_secret", filled(&row.secret, "it has no secret")?)
            .with("agent_id", agent)
            .with("token", self.entropy.alphanumeric(TOKEN_CHARS))
            .with("encoding_aes_key", self.entropy.alphanumeric(43));
        let to: Vec<&str> = row.account_id.split('|').filter(|it| !it.is_empty()).collect();
        let to = if to.is_empty() { vec!["@all"] } else { to };
        Ok(vec![account, channel(name, "wecom-app", "").with("account", name).with("to", to)])
    }

    /// A WeChat test account is an account, and template messages through it. The user is not part
    /// of a channel here: who sends names them.
    fn wechat(&self, row: &Channel, name: &str) -> Taken {
        let account = Section::new("account")
            .with("name", name)
            .with("platform", "official-account")
            .with("app_id", filled(&row.app_id, "it has no AppID")?)
            .with("app_secret", filled(&row.secret, "it has no AppSecret")?)
            .with("token", self.entropy.alphanumeric(TOKEN_CHARS))
            .with("mode", "plain");
        let template = filled(&row.other, "it has no template")?;
        let channel = channel(name, "wechat-template", "")
            .with("account", name)
            .with("template_id", template)
            .with("title_field", "title")
            .with("body_field", "description");
        Ok(vec![account, channel])
    }

    /// A name of ours for a channel: its own, if it can be one and nobody has it.
    fn name_of(&mut self, row: &Channel) -> String {
        let usual = format!("{}-{}", row.kind.replace('_', "-"), row.id);
        let wanted = if is_name(&row.name) { row.name.clone() } else { usual };
        unique(&mut self.names, &wanted)
    }

    fn note_name(&mut self, row: &Channel, name: &str) {
        let owner = self.owner(row.user);
        if name != row.name {
            self.imported.changed.push(format!("`{}` of `{owner}` is called `{name}`", row.name));
        }
        if row.kind == "test" {
            self.imported.changed.push(format!("`{name}` sends to whom a push names in `to`; it went to `{}` by itself", row.account_id));
        }
    }

    fn is_used(&self, row: &Channel) -> bool {
        let mut users = self.rows.users.iter().filter(|it| it.id == row.user);
        row.status == ENABLED && users.any(|user| user.status == ENABLED)
    }

    fn owner(&self, id: i64) -> String {
        let user = self.rows.users.iter().find(|it| it.id == id);
        user.map_or_else(|| format!("user {id}"), |it| it.name.clone())
    }
}

fn channel(name: &str, kind: &str, base_url: &str) -> Section {
    Section::new("channel").with("name", name).with("kind", kind).with("base_url", base_url)
}

fn filled<'t>(text: &'t str, missing: &'static str) -> Result<&'t str, &'static str> {
    if text.is_empty() { Err(missing) } else { Ok(text) }
}

/// `wanted`, or with a number behind it.
fn unique(given: &mut BTreeSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !given.insert(name.clone()) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    name
}
