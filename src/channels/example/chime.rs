//! `chime`: a message in a room of Chime.

use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Limit;
use super::Parcel;
use super::answer;
use super::http::post_json;
use super::text;
use super::text::Cut;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Receipt;
use crate::notification::Terms;

const TEXT: Limit = Limit::Chars(500);

pub(super) const KIND: ChannelKind = ChannelKind {
    name: "chime",
    doc: "A message in a room of Chime.",
    settings: &[Setting::bare("room", Kind::Secret, "\"env:ROOM\"", "The room's key.").required()],
    example: "[[channel]]\nname = \"room\"\nkind = \"chime\"\nroom = \"env:ROOM\"\n",
    terms: Terms::default,
    limits: &[Bound::Text("text", TEXT)],
    build: |setup| {
        let url = setup.base_url("https://chime.example.com") + "/send";
        setup.http(Chime { url, room: setup.fields.required_secret("room")? })
    },
};

struct Chime {
    url: String,
    room: Secret,
}

fn said(parcel: &Parcel) -> Cut {
    text::cut(&text::titled(&parcel.notification, Format::Text), Format::Text, TEXT)
}

impl HttpChannel for Chime {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let body = json!({ "room": self.room.expose(), "text": said(parcel).text });
        Ok(post_json(self.url.clone(), &body))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match answer::code(&answer, "code", response)? {
            0 => Ok(Receipt { id: answer::id(&answer["id"]), ..Receipt::default() }),
            code => Err(answer::refused("chime", code, &answer["error"], &[], response)),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        said(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.room]
    }
}
