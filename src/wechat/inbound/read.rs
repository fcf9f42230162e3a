//! Field of a tree → value of a struct.

use crate::wechat::wire::Field;
use crate::wechat::wire::Kind;

/// Why a message has not the shape that is documented for its type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{field}` is not {expected}")]
pub struct ReadError {
    /// The field's name in the documentation.
    pub field: &'static str,
    /// What should be there.
    pub expected: &'static str,
}

/// A value that can be read from one field.
pub trait FromField: Sized {
    /// What the value is, for an error: "a number".
    const EXPECTED: &'static str;

    /// Reads it; `None` where the field holds something else.
    fn from_field(field: Field<'_>) -> Option<Self>;
}

/// A value that can be read from the fields at one of several paths: the XML and the JSON form of
/// a message often nest differently.
pub trait FromFields: Sized {
    /// Reads it from `parent`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] where something that must be there is not, or is something else.
    fn from_fields(parent: Field<'_>, paths: &[&'static str]) -> Result<Self, ReadError>;
}

/// The first field that is there; the path `.` is `parent` itself.
fn first<'t>(parent: Field<'t>, paths: &[&'static str]) -> Option<Field<'t>> {
    paths.iter().find_map(|path| match *path {
        "." => Some(parent),
        path => parent.get(path),
    })
}

fn error<T: FromField>(paths: &[&'static str]) -> ReadError {
    ReadError { field: paths.first().copied().unwrap_or_default(), expected: T::EXPECTED }
}

impl<T: FromField> FromFields for T {
    fn from_fields(parent: Field<'_>, paths: &[&'static str]) -> Result<Self, ReadError> {
        first(parent, paths).and_then(T::from_field).ok_or_else(|| error::<T>(paths))
    }
}

/// Absent, empty and `null` are all `None`: XML cannot tell them apart. So is what cannot be read:
/// one odd value of an optional field must not keep a message from its handler.
impl<T: FromField> FromFields for Option<T> {
    fn from_fields(parent: Field<'_>, paths: &[&'static str]) -> Result<Self, ReadError> {
        let field = first(parent, paths).filter(|field| !is_absent(*field));
        Ok(field.and_then(T::from_field))
    }
}

/// A repeated element, an array, one object, or nothing. Items that cannot be read are left out.
impl<T: FromField> FromFields for Vec<T> {
    fn from_fields(parent: Field<'_>, paths: &[&'static str]) -> Result<Self, ReadError> {
        let fields = paths.iter().map(|path| parent.all(path)).find(|fields| !fields.is_empty());
        let fields = fields.unwrap_or_default().into_iter().filter(|field| !is_absent(*field));
        Ok(fields.filter_map(T::from_field).collect())
    }
}

fn is_absent(field: Field<'_>) -> bool {
    match field.kind() {
        Kind::Null => true,
        Kind::Text => field.text().trim_ascii().is_empty(),
        Kind::Object | Kind::List => field.children().next().is_none(),
        Kind::Number | Kind::Bool => false,
    }
}

fn leaf(field: Field<'_>) -> Option<&str> {
    match field.kind() {
        Kind::Text | Kind::Number | Kind::Bool => Some(field.text()),
        Kind::Null => Some(""),
        Kind::Object | Kind::List => None,
    }
}

/// As it arrived, blanks included: they may be what the user typed.
impl FromField for String {
    const EXPECTED: &'static str = "a text";

    fn from_field(field: Field<'_>) -> Option<Self> {
        leaf(field).map(str::to_owned)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        /// Written as a number or as text, with or without blanks around it.
        impl FromField for $type {
            const EXPECTED: &'static str = "a number";

            fn from_field(field: Field<'_>) -> Option<Self> {
                leaf(field)?.trim_ascii().parse().ok()
            }
        }
    )*};
}

numbers!(i64, u64, f64);

/// Declares structs that are read from a message field by field:
/// `pub name: Type = "Path" | "OtherPath";`
macro_rules! wire_structs {
    ($($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$field_doc:meta])* pub $field:ident: $type:ty = $($path:literal)|+;)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// Reads it from the field that holds it.
            ///
            /// # Errors
            ///
            /// [`ReadError`]($crate::wechat::inbound::read::ReadError) names the first field that
            /// is missing or is something else.
            #[expect(clippy::allow_attributes, reason = "some structs have no fields")]
            pub fn read(
                #[allow(unused_variables, reason = "some structs have no fields")]
                parent: $crate::wechat::wire::Field<'_>,
            ) -> Result<Self, $crate::wechat::inbound::read::ReadError> {
                Ok(Self {
                    $($field: $crate::wechat::inbound::read::FromFields::from_fields(
                        parent,
                        &[$($path),+],
                    )?,)*
                })
            }
        }

        impl $crate::wechat::inbound::read::FromField for $name {
            const EXPECTED: &'static str = concat!("a ", stringify!($name));

            fn from_field(field: $crate::wechat::wire::Field<'_>) -> Option<Self> {
                Self::read(field).ok()
            }
        }
    )*};
}
pub(crate) use wire_structs;
