//! The shipped rules, compiled in for `demo` and `init` where their folder is not at hand.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// File name and text, in the order of the names.
        pub(super) const HANDLERS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../handlers/", $name)))),*];
    };
}

shipped![
    "00-welcome.toml",
    "10-commands.toml",
    "20-menu.toml",
    "30-service.toml",
    "90-fallback.toml",
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_shipped_rule_file_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("handlers");
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| Path::new(name).extension().is_some_and(|it| it == "toml"))
            .collect();
        names.sort();
        let compiled: Vec<_> = super::HANDLERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(compiled, names);
    }
}
