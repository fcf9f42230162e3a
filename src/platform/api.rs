//! Documented requests as types: where each goes, what it carries, what is answered.

use serde::Serialize;
use serde::Serializer;
use serde::de::DeserializeOwned;

use super::limit::Limit;
use crate::exchange::Method;
use crate::wechat::Platform;

/// How a request proves who sends it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// With the token, where the account has one.
    Token,
    /// With AppID and AppSecret, under the names that the call gives them.
    Secret {
        /// The AppID's.
        id: &'static str,
        /// The AppSecret's.
        secret: &'static str,
    },
    /// It needs none, or carries it itself.
    None,
}

/// A request of WeChat's API, as a type: each is one documented endpoint.
pub trait Api: Serialize + Sync {
    /// What is answered.
    type Answer: DeserializeOwned;

    /// `GET`: the fields are the query; `POST`: they are the JSON of the body.
    const METHOD: Method;

    /// Errcodes that mean that it was done before.
    const DONE: &'static [i64] = &[];

    /// How it proves who sends it.
    const PROOF: Proof = Proof::Token;

    /// What stands in the query always.
    const FIXED: &'static [(&'static str, &'static str)] = &[];

    /// Where it goes; some paths differ by platform.
    fn path(&self, platform: Platform) -> &'static str;

    /// Checks the platform's limits.
    ///
    /// # Errors
    ///
    /// The first value that WeChat would refuse.
    fn check(&self, _: Platform) -> Result<(), Limit> {
        Ok(())
    }
}

/// Declares requests of the API: documentation, method, path, fields, answer, and then what is
/// checked before it is sent.
macro_rules! api {
    ($($(#[$doc:meta])*
        $method:ident $path:expr, $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
        } -> $answer:ty
        $(, check: $check:expr)? $(, done: $done:expr)? $(, proof: $proof:expr)?
        $(, fixed: $fixed:expr)?;
    )*) => {$(
        #[derive(Clone, serde::Serialize)]
        $(#[$doc])*
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $crate::platform::api::Api for $name {
            type Answer = $answer;

            const METHOD: $crate::exchange::Method = $crate::exchange::Method::$method;

            $(const DONE: &'static [i64] = $done;)?

            $(const PROOF: $crate::platform::api::Proof = $proof;)?

            $(const FIXED: &'static [(&'static str, &'static str)] = $fixed;)?

            fn path(&self, platform: $crate::wechat::Platform) -> &'static str {
                $crate::platform::api::Path::on(&$path, platform)
            }

            $(fn check(
                &self,
                platform: $crate::wechat::Platform,
            ) -> Result<(), $crate::platform::limit::Limit> {
                let check: fn(&Self, $crate::wechat::Platform) -> _ = $check;
                check(self, platform)
            })?
        }

        impl std::fmt::Debug for $name {
            /// Not the fields: what is sent to users belongs in no log.
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(concat!(stringify!($name), " { .. }"))
            }
        }
    )*};
}

pub(super) use api;

/// Declares the types of message of one endpoint: the msgtype, and the fields of its object.
macro_rules! bodies {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$body_doc:meta])* $object:literal $(=> $msgtype:literal)? $body:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
        })*
    }) => {
        $(#[$doc])*
        #[derive(Clone, serde::Serialize)]
        #[non_exhaustive]
        pub enum $name {$(
            $(#[$body_doc])*
            #[serde(rename = $object)]
            $body { $($(#[$field_doc])* $field: $kind,)* },
        )*}

        impl $crate::platform::api::Body for $name {
            fn msgtype(&self) -> &'static str {
                match self {$(
                    Self::$body { .. } => [$object $(, $msgtype)?][[$object $(, $msgtype)?].len() - 1],
                )*}
            }
        }

        impl std::fmt::Debug for $name {
            /// Not the fields: what is sent to users belongs in no log.
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str($crate::platform::api::Body::msgtype(self))
            }
        }
    };
}

pub(super) use bodies;

/// What a message says, in one of the types that an endpoint takes.
pub trait Body: Serialize {
    /// The type's name on the wire.
    fn msgtype(&self) -> &'static str;
}

/// Writes a body as WeChat wants it: `"msgtype":"text","text":{…}`.
pub(super) fn typed<B: Body, S: Serializer>(body: &B, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Typed<'a, B> {
        msgtype: &'static str,
        #[serde(flatten)]
        body: &'a B,
    }
    Typed { msgtype: body.msgtype(), body }.serialize(serializer)
}

/// A path, or one that depends on the platform.
pub(in crate::platform) trait Path {
    /// The path on `platform`.
    fn on(&self, platform: Platform) -> &'static str;
}

impl Path for &'static str {
    fn on(&self, _: Platform) -> &'static str {
        self
    }
}

impl<F: Fn(Platform) -> &'static str> Path for F {
    fn on(&self, platform: Platform) -> &'static str {
        self(platform)
    }
}

/// Declares answers: what is not in one is empty, and what is in it beyond is left out.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
    })*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
        $(#[$doc])*
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    )*};
}

pub(super) use answers;

/// An answer without anything of use in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
pub struct Done {}
