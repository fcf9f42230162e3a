//! One writer for both formats.

use std::fmt::Write as _;

use crate::wechat::wire::Format;
use crate::wechat::wire::write_cdata;
use crate::wechat::wire::write_string;

/// Writes the members of one document.
pub(super) struct Writer {
    out: String,
    format: Format,
    is_first: bool,
}

impl Writer {
    pub(super) fn new(format: Format) -> Self {
        Self::with_capacity(format, 384)
    }

    pub(super) fn with_capacity(format: Format, capacity: usize) -> Self {
        let mut out = String::with_capacity(capacity);
        out.push_str(match format {
            Format::Xml => "<xml>",
            Format::Json => "{",
        });
        Self { out, format, is_first: true }
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str(match self.format {
            Format::Xml => "</xml>",
            Format::Json => "}",
        });
        self.out
    }

    /// A text: CDATA, or a JSON string.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.begin(name);
        match self.format {
            Format::Xml => write_cdata(value, &mut self.out),
            Format::Json => write_string(value, &mut self.out),
        }
        self.end(name);
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(super) fn number(&mut self, name: &str, value: i64) {
        self.begin(name);
        write!(self.out, "{value}").expect("a String takes everything");
        self.end(name);
    }

    /// A value that is written already: a JSON value, or a number.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.out.push_str(value);
        self.end(name);
    }

    pub(super) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.begin(name);
        self.members(write);
        self.end(name);
    }

    /// A list: `<name><item>…</item></name>`, or an array.
    pub(super) fn items<T>(&mut self, name: &str, items: &[T], write: fn(&T, &mut Self)) {
        match self.format {
            Format::Xml => self.object(name, |out| {
                for item in items {
                    out.object("item", |out| write(item, out));
                }
            }),
            Format::Json => self.array(name, items, write),
        }
    }

    /// A list without a wrapper: the element repeats, or an array.
    pub(super) fn repeated<T>(&mut self, name: &str, items: &[T], write: fn(&T, &mut Self)) {
        match self.format {
            Format::Xml => {
                for item in items {
                    self.object(name, |out| write(item, out));
                }
            }
            Format::Json => self.array(name, items, write),
        }
    }

    fn array<T>(&mut self, name: &str, items: &[T], write: fn(&T, &mut Self)) {
        self.begin(name);
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.members(|out| write(item, out));
        }
        self.out.push(']');
        self.end(name);
    }

    fn members(&mut self, write: impl FnOnce(&mut Self)) {
        if self.format == Format::Json {
            self.out.push('{');
        }
        self.is_first = true;
        write(self);
        self.is_first = false;
        if self.format == Format::Json {
            self.out.push('}');
        }
    }

    fn begin(&mut self, name: &str) {
        match self.format {
            Format::Xml => {
                self.out.push('<');
                self.out.push_str(name);
                self.out.push('>');
            }
            Format::Json => {
                if !std::mem::replace(&mut self.is_first, false) {
                    self.out.push(',');
                }
                write_string(name, &mut self.out);
                self.out.push(':');
            }
        }
    }

    fn end(&mut self, name: &str) {
        if self.format == Format::Xml {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }
}
