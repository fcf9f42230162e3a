//! What a callback says: a **message** (somebody wrote), an **event** (something happened), a
//! **platform** notice (a ticket, an authorization), or the **probe** of Cloud Run.
//!
//! [`Inbound::parse`] takes any document; what it does not know keeps all its fields and reaches
//! rules and handlers like the rest. [`Inbound::read`] gives the typed struct of a known one.

pub mod account;
pub mod approval;
pub mod bot;
pub mod card;
pub mod complaint;
pub mod contact;
pub mod customer;
pub mod follow;
mod key;
pub mod menu;
pub mod message;
pub mod platform;
pub mod read;
pub mod report;
pub mod review;
pub mod subscription;
pub mod trade;
pub mod wecom;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use self::key::Key;
use self::read::ReadError;
use super::wire::Field;
use super::wire::Format;
use super::wire::Tree;
use super::wire::WireError;
use super::wire::write_string;

/// What sort of thing arrived, and by which member its type is told.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Family {
    /// `MsgType`: a user or member wrote.
    Message,
    /// `MsgType` = `event`, `Event`: something happened.
    Event,
    /// `InfoType`: the open platform or a 企业微信 suite tells us something.
    Platform,
    /// `msgtype` in lower case: somebody wrote to a 企业微信 robot.
    BotMessage,
    /// `msgtype` = `event`, `event.eventtype`: something happened to a robot.
    BotEvent,
    /// `action` = `CheckContainerPath`: Cloud Run asks whether anybody is there.
    Probe,
    /// None of these members.
    Other,
}

/// One type of message or event that has a struct of its own.
pub struct Type {
    /// How its name is told.
    pub family: Family,
    /// Its names on the wire; the surfaces differ in case.
    pub names: &'static [&'static str],
    /// Reads the struct and drops it: whether a message has the documented shape.
    pub check: fn(Field<'_>) -> Result<(), ReadError>,
}

/// A struct that [`Inbound::read`] can give and a handler can ask for.
pub trait Payload: Sized + Send + 'static {
    /// Its names on the wire, and how each is told.
    const NAMES: &'static [(Family, &'static str)];

    /// Reads it from the outermost object.
    ///
    /// # Errors
    ///
    /// [`ReadError`] names the first field that is missing or is something else.
    fn read(root: Field<'_>) -> Result<Self, ReadError>;
}

/// Declares types, a line each: `Struct: Event "name" | "OtherName", Platform "name";`.
macro_rules! types {
    ($($name:ident: $($family:ident $($wire:literal)|+),+;)*) => {
        /// The types declared in this file.
        pub(super) const TYPES: &[$crate::wechat::inbound::Type] = &[
            $($($crate::wechat::inbound::Type {
                family: $crate::wechat::inbound::Family::$family,
                names: &[$($wire),+],
                check: |root| $name::read(root).map(drop),
            },)+)*
        ];

        $(impl $crate::wechat::inbound::Payload for $name {
            const NAMES: &'static [($crate::wechat::inbound::Family, &'static str)] =
                &[$($(($crate::wechat::inbound::Family::$family, $wire),)+)+];

            fn read(
                root: $crate::wechat::wire::Field<'_>,
            ) -> Result<Self, $crate::wechat::inbound::read::ReadError> {
                $name::read(root)
            }
        })*
    };
}
pub(crate) use types;

/// Every type with a struct of its own, a line for each file of them.
pub const TYPES: &[&[Type]] = &[
    account::TYPES,
    approval::TYPES,
    bot::TYPES,
    card::TYPES,
    complaint::TYPES,
    contact::TYPES,
    customer::TYPES,
    follow::TYPES,
    menu::TYPES,
    message::TYPES,
    platform::TYPES,
    report::TYPES,
    review::TYPES,
    subscription::TYPES,
    trade::TYPES,
    wecom::TYPES,
];

static BY_NAME: LazyLock<HashMap<(Family, &'static str), &'static Type>> = LazyLock::new(|| {
    let types = TYPES.iter().flat_map(|types| types.iter());
    types.flat_map(|kind| kind.names.iter().map(move |name| ((kind.family, *name), kind))).collect()
});

/// Places of the header's members in the tree. The root has index 0 and is none of them.
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    to: u32,
    from: u32,
    created: u32,
    name: u32,
    msg_id: u32,
    event_key: u32,
    agent: u32,
    text: u32,
}

/// One message, event or notice, with every field it came with.
#[derive(Clone, Debug)]
pub struct Inbound {
    tree: Tree,
    family: Family,
    header: Header,
}

impl Inbound {
    /// Reads a decrypted document.
    ///
    /// # Errors
    ///
    /// [`WireError`] if it is neither XML nor JSON. An unknown type is no error.
    pub fn parse(document: Vec<u8>) -> Result<Self, WireError> {
        Tree::parse(document).map(Self::from_tree)
    }

    /// Finds the header of a document that was read already.
    pub fn from_tree(tree: Tree) -> Self {
        let (family, header) = scan(&tree);
        Self { tree, family, header }
    }

    /// What sort of thing it is.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The `MsgType`, `Event`, `InfoType` or `action`, as it was written.
    pub fn name(&self) -> &str {
        self.member(self.header.name)
    }

    /// The type as rules and `decode` name it: `text`, `event:subscribe`.
    pub fn type_name(&self) -> String {
        match self.family {
            Family::Event | Family::BotEvent => format!("event:{}", self.name()),
            _ => self.name().to_owned(),
        }
    }

    /// `message`, `event`, `platform` or `probe`; what has no type at all counts as an event.
    pub fn kind(&self) -> &'static str {
        match self.family {
            Family::Message | Family::BotMessage => "message",
            Family::Event | Family::BotEvent | Family::Other => "event",
            Family::Platform => "platform",
            Family::Probe => "probe",
        }
    }

    /// Who it was sent to: `gh_…`, a CorpID, a robot's id; empty where nothing says so.
    pub fn to(&self) -> &str {
        self.member(self.header.to)
    }

    /// Who sent it: an OpenID, a UserID, `sys`; empty where nothing says so.
    pub fn from(&self) -> &str {
        self.member(self.header.from)
    }

    /// `CreateTime` (`TimeStamp` of a suite) as it was written, in Unix seconds.
    pub fn created(&self) -> &str {
        self.member(self.header.created)
    }

    /// `MsgId`: only what somebody wrote has one.
    pub fn msg_id(&self) -> &str {
        self.member(self.header.msg_id)
    }

    /// `EventKey`, which menu buttons, QR codes and cards carry.
    pub fn event_key(&self) -> &str {
        self.member(self.header.event_key)
    }

    /// `AgentID` of a 企业微信 application.
    pub fn agent_id(&self) -> &str {
        self.member(self.header.agent)
    }

    /// What was typed, or said and recognised; empty for everything else.
    pub fn text(&self) -> &str {
        match self.header.text {
            0 => "",
            index => self.tree.at(index).text(),
        }
    }

    /// The outermost object.
    pub fn root(&self) -> Field<'_> {
        self.tree.root()
    }

    /// The document as it arrived.
    pub fn source(&self) -> &str {
        self.tree.source()
    }

    /// The format it came in, in which the reply goes back.
    pub fn format(&self) -> Format {
        self.tree.format()
    }

    /// Whether its type has a struct of its own.
    pub fn is_known(&self) -> bool {
        self.declared().is_some()
    }

    /// Whether it has the shape documented for its type; `None` for an unknown type.
    pub fn check(&self) -> Option<Result<(), ReadError>> {
        self.declared().map(|kind| (kind.check)(self.root()))
    }

    /// The typed struct, if this is one.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if it has the type but not the documented shape.
    pub fn read<P: Payload>(&self) -> Option<Result<P, ReadError>> {
        let is_one = P::NAMES.contains(&(self.family, self.name()));
        is_one.then(|| P::read(self.root()))
    }

    /// By what a retry of it is recognised.
    pub fn key(&self) -> Key {
        Key::of(self)
    }

    /// Appends `"kind":…,"type":…,"typed":…,"key":…,"fields":…`: how `decode` prints a message and
    /// external handlers get it. `fields` is every field as it arrived.
    pub(crate) fn write_members(&self, out: &mut String) {
        let (kind, name, key) = (self.kind(), self.type_name(), self.key());
        let is_typed = self.check().is_some_and(|check| check.is_ok());
        for (member, value) in [("\"kind\":", kind), (",\"type\":", &name)] {
            out.push_str(member);
            write_string(value, out);
        }
        out.push_str(if is_typed {
            ",\"typed\":true,\"key\":"
        } else {
            ",\"typed\":false,\"key\":"
        });
        write_string(key.as_str(), out);
        out.push_str(",\"fields\":");
        self.root().write_json(out);
    }

    fn declared(&self) -> Option<&'static Type> {
        BY_NAME.get(&(self.family, self.name())).copied()
    }

    fn member(&self, index: u32) -> &str {
        match index {
            0 => "",
            index => self.tree.at(index).text().trim_ascii(),
        }
    }
}

/// One walk over the outermost members.
fn scan(tree: &Tree) -> (Family, Header) {
    let mut header = Header::default();
    let (mut msg_type, mut event, mut info, mut lower, mut action) = (0, 0, 0, 0, 0);
    let (mut content, mut recognition) = (0, 0);
    // Notices of the open platform name nobody else; elsewhere it is something a message is about.
    let mut app = 0;
    for field in tree.root().children() {
        let place = match field.name() {
            "ToUserName" | "aibotid" | "SuiteId" => &mut header.to,
            "FromUserName" => &mut header.from,
            "CreateTime" | "TimeStamp" => &mut header.created,
            "MsgType" => &mut msg_type,
            "Event" => &mut event,
            "EventKey" => &mut header.event_key,
            "MsgId" | "msgid" => &mut header.msg_id,
            "AgentID" => &mut header.agent,
            "Content" => &mut content,
            "Recognition" => &mut recognition,
            "InfoType" => &mut info,
            "msgtype" => &mut lower,
            "action" => &mut action,
            "AppId" => &mut app,
            _ => continue,
        };
        if *place == 0 {
            *place = field.index();
        }
    }
    let is = |index: u32, text| index != 0 && tree.at(index).text().trim_ascii() == text;
    let (family, name) = if is(msg_type, "event") {
        (Family::Event, event)
    } else if msg_type != 0 {
        (Family::Message, msg_type)
    } else if info != 0 {
        (Family::Platform, info)
    } else if is(lower, "event") {
        (Family::BotEvent, path(tree, "event.eventtype"))
    } else if lower != 0 {
        (Family::BotMessage, lower)
    } else if is(action, "CheckContainerPath") {
        (Family::Probe, action)
    } else if event != 0 {
        (Family::Event, event)
    } else {
        (Family::Other, 0)
    };
    header.name = name;
    header.text = match (family, tree.at(name).text().trim_ascii()) {
        (Family::Message, "text") => content,
        (Family::Message, "voice") => recognition,
        (Family::BotMessage, "text") => path(tree, "text.content"),
        (Family::BotMessage, "voice") => path(tree, "voice.content"),
        _ => 0,
    };
    if header.to == 0 {
        header.to = app;
    }
    if matches!(family, Family::BotMessage | Family::BotEvent) {
        header.from = path(tree, "from.userid");
    }
    (family, header)
}

fn path(tree: &Tree, path: &str) -> u32 {
    tree.root().get(path).map_or(0, Field::index)
}
