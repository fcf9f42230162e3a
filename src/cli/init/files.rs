//! What `init` writes.

use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use super::Plan;
use crate::wechat::Mode;
use crate::wechat::Platform;

const CONFIG: [&str; 2] = [include_str!("yizhan.zh.toml"), include_str!("yizhan.en.toml")];
const RULES: [&str; 2] = [include_str!("hello.zh.toml"), include_str!("hello.en.toml")];

/// The rule file, relative to the config.
const RULES_FILE: &str = "handlers/hello.toml";

/// Refuses to go on where one of the files is there already.
pub(super) fn refuse_existing(config: &Path) -> anyhow::Result<()> {
    for path in [config.to_owned(), rules_path(config)] {
        if path.exists() {
            anyhow::bail!("`{}` is there already; `--force` writes over it", path.display());
        }
    }
    Ok(())
}

/// Writes config and rules, and says which files that were. The config may hold secrets, so only
/// its owner may read it.
pub(super) fn write(plan: &Plan, config: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let rules = rules_path(config);
    for folder in [config.parent(), rules.parent()].into_iter().flatten() {
        fs::create_dir_all(folder)?;
    }
    write_private(config, &config_text(plan))?;
    fs::write(&rules, plan.language.of(RULES))?;
    Ok(vec![config.to_owned(), rules])
}

fn rules_path(config: &Path) -> PathBuf {
    config.parent().unwrap_or(Path::new("")).join(RULES_FILE)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// The commented config.
pub(super) fn config_text(plan: &Plan) -> String {
    let variable = plan.name.to_ascii_uppercase().replace('-', "_");
    let (token, aes_key) = plan.secrets.clone().unwrap_or_else(|| {
        (format!("env:{variable}_TOKEN"), format!("env:{variable}_AES_KEY"))
    });
    let unless = |is_needed: bool| if is_needed { "" } else { "# " };
    let placeholders = [
        ("{variable}", variable),
        ("{name}", plan.name.clone()),
        ("{platform}", plan.platform.name().to_owned()),
        ("{app_id}", quoted(&plan.app_id)),
        ("{app_id?}", unless(plan.platform != Platform::WecomBot).to_owned()),
        ("{token}", quoted(&token)),
        ("{aes_key}", quoted(&aes_key)),
        ("{aes_key?}", unless(plan.mode != Mode::Plain).to_owned()),
        ("{mode}", plan.mode.name().to_owned()),
        ("{public_url}", quoted(&plan.public_url)),
    ];
    let template = plan.language.of(CONFIG).to_owned();
    placeholders.iter().fold(template, |text, (name, value)| text.replace(name, value))
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
