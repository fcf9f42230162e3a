//! errcodes
