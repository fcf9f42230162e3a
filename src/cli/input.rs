//! Arguments that may be `-` for standard input.

use std::io::Read as _;

/// The argument itself, or all of standard input for `-`.
pub(super) fn text(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
