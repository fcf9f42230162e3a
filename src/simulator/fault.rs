//! Faults on request: what the platform, or the line to it, gets wrong now and then.

use std::collections::VecDeque;

use serde::Deserialize;
use serde::Serialize;

/// The most faults waiting at once.
pub const WAITING: usize = 1_000;

/// The longest pause, in milliseconds: ten minutes.
pub const SLOWEST_MS: u64 = 600_000;

/// One fault, as `POST /sim/fault` takes it and `GET /sim/fault` shows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Where: a path of the API, its beginning with a `*` behind it, or `callback`.
    #[serde(default = "everywhere")]
    pub path: String,
    /// How often, beginning with the next time.
    #[serde(default = "once")]
    pub count: u64,
    /// How often it goes well before.
    #[serde(default)]
    pub after: u64,
    /// For `errcode`: the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// For `errcode`: the text, instead of the platform's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errmsg: Option<String>,
    /// For `status`: the HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// For `slow`: the pause before anything else, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u64>,
    /// For `body`: what is answered with status 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A pause, then all goes well.
    Slow,
    /// The connection is closed and nothing was done. A callback does not arrive at all.
    Lost,
    /// Everything is done, then the connection is closed without an answer.
    Cut,
    /// An errcode instead of the work.
    Errcode,
    /// An HTTP status instead of the work.
    Status,
    /// Another body than the right one, with status 200; the work is done.
    Body,
    /// The tokens are revoked before the call is looked at.
    Revoke,
    /// A callback is delivered twice, both at once.
    Double,
    /// A callback waits until the next one has been delivered.
    Reorder,
}

/// Where a fault strikes callbacks.
pub const CALLBACK: &str = "callback";

fn everywhere() -> String {
    "*".to_owned()
}

fn once() -> u64 {
    1
}

/// The faults that are still to come, oldest first.
#[derive(Debug, Default)]
pub struct Faults(VecDeque<Fault>);

impl Fault {
    /// A fault of this kind at the next call of `path`.
    pub fn new(kind: Kind, path: &str) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            count: 1,
            after: 0,
            errcode: None,
            errmsg: None,
            status: None,
            slow_ms: None,
            body: None,
        }
    }

    /// The next call of `path` is answered with `errcode`.
    pub fn errcode(path: &str, errcode: i64) -> Self {
        Self { errcode: Some(errcode), ..Self::new(Kind::Errcode, path) }
    }

    /// The same, `count` times.
    pub fn times(self, count: u64) -> Self {
        Self { count, ..self }
    }

    /// What is missing or too much, in words.
    fn check(&self) -> Result<(), String> {
        let given = [
            ("errcode", self.errcode.is_some(), Kind::Errcode),
            ("status", self.status.is_some(), Kind::Status),
            ("slow_ms", self.slow_ms.is_some(), Kind::Slow),
            ("body", self.body.is_some(), Kind::Body),
        ];
        for (name, is_given, kind) in given {
            match (is_given, self.kind == kind) {
                (false, true) => return Err(format!("`{name}` is missing")),
                (true, false) => return Err(format!("`{name}` is of another kind of fault")),
                _ => {}
            }
        }
        let of_callbacks = matches!(self.kind, Kind::Double | Kind::Reorder);
        let of_both = matches!(self.kind, Kind::Slow | Kind::Lost);
        match self.path == CALLBACK {
            true if !of_callbacks && !of_both => {
                Err("a callback can be `slow`, `lost`, `double` or `reorder`".to_owned())
            }
            false if of_callbacks => Err("this kind is for `\"path\": \"callback\"`".to_owned()),
            _ if self.slow_ms.is_some_and(|it| it > SLOWEST_MS) => {
                Err(format!("`slow_ms` is at most {SLOWEST_MS}"))
            }
            _ if self.status.is_some_and(|it| !(200..=599).contains(&it)) => {
                Err("`status` is a number from 200 to 599".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn is_for(&self, path: &str) -> bool {
        match self.path.strip_suffix('*') {
            Some(beginning) => path != CALLBACK && path.starts_with(beginning),
            None => path == self.path,
        }
    }
}

impl Faults {
    /// Lets `fault` happen.
    ///
    /// # Errors
    ///
    /// What does not fit together, in words; or that [`WAITING`] faults wait already.
    pub fn add(&mut self, fault: Fault) -> Result<(), String> {
        fault.check()?;
        if self.0.len() >= WAITING {
            return Err(format!("{WAITING} faults wait already"));
        }
        self.0.push_back(fault);
        Ok(())
    }

    /// Takes every fault back.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Those still to come.
    pub fn waiting(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The fault of this call of `path`: the oldest that is for it.
    pub(super) fn strike(&mut self, path: &str) -> Option<Fault> {
        let at = self.0.iter().position(|fault| fault.is_for(path))?;
        let fault = &mut self.0[at];
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        let struck = fault.clone();
        fault.count = fault.count.saturating_sub(1);
        if fault.count == 0 {
            self.0.remove(at);
        }
        Some(struck)
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use super::Faults;
    use super::Kind;

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_fault_strikes_its_path_after_some_calls_and_as_often_as_it_says() {
        let mut faults = Faults::default();
        let json = r#"{"kind":"lost","path":"/cgi-bin/message/*","after":1,"count":2}"#;
        faults.add(fault(json)).unwrap();
        let path = "/cgi-bin/message/custom/send";
        let struck = [0; 5].map(|_| faults.strike(path).map(|it| it.kind));
        assert_eq!(struck, [None, Some(Kind::Lost), Some(Kind::Lost), None, None]);
        assert_eq!(faults.strike("/cgi-bin/token"), None);
    }

    #[test]
    fn a_fault_of_calls_does_not_strike_callbacks() {
        let mut faults = Faults::default();
        faults.add(fault(r#"{"kind":"lost"}"#)).unwrap();
        assert_eq!(faults.strike("callback"), None);
        assert!(faults.strike("/cgi-bin/token").is_some());
    }

    #[test]
    fn what_does_not_fit_together_is_refused_in_words() {
        for (json, reason) in [
            (r#"{"kind":"errcode"}"#, "`errcode` is missing"),
            (r#"{"kind":"lost","errcode":1}"#, "`errcode` is of another kind of fault"),
            (r#"{"kind":"double"}"#, "this kind is for `\"path\": \"callback\"`"),
            (r#"{"kind":"slow","slow_ms":600001}"#, "`slow_ms` is at most 600000"),
            (
                r#"{"kind":"cut","path":"callback"}"#,
                "a callback can be `slow`, `lost`, `double` or `reorder`",
            ),
        ] {
            assert_eq!(Faults::default().add(fault(json)), Err(reason.to_owned()), "{json}");
        }
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"lost","often":1}"#).is_err());
    }
}
