use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::path::PathBuf;

use clap::Parser;

use super::Args;
use super::Language;
use super::Plan;
use super::ask::Asker;
use super::files;
use super::plan;
use super::steps;
use crate::config::Config;
use crate::entropy::SeededEntropy;
use crate::wechat::Mode;
use crate::wechat::Platform;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn args(flags: &[&str]) -> Args {
    let words = ["init"].iter().chain(flags);
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).args
}

fn planned(flags: &[&str]) -> anyhow::Result<Plan> {
    let nobody: Option<Asker<Cursor<Vec<u8>>, Vec<u8>>> = None;
    plan(&args(flags), Language::En, nobody, &SeededEntropy::new(1))
}

fn answered(flags: &[&str], answers: &str) -> (anyhow::Result<Plan>, String) {
    let mut shown = Vec::new();
    let asker = Asker::new(Cursor::new(answers), &mut shown, Language::En);
    let plan = plan(&args(flags), Language::En, Some(asker), &SeededEntropy::new(1));
    (plan, String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn the_flags_alone_are_enough() {
    let plan = planned(&["--yes", "--app-id", "wx1"]).unwrap();
    assert_eq!(plan.name, "main");
    assert_eq!(plan.platform, Platform::OfficialAccount);
    assert_eq!(plan.mode, Mode::Safe);
    let (token, aes_key) = plan.secrets.unwrap();
    assert_eq!((token.len(), aes_key.len()), (24, 43));
}

#[test]
fn a_flag_that_does_not_fit_is_wrong_usage() {
    let said = |flags: &[&str]| planned(flags).unwrap_err().to_string();
    assert_eq!(said(&["--yes"]), "the AppID (`--app-id`) is missing");
    assert_eq!(
        said(&["--app-id", "wx1", "--name", "a b"]),
        "the name has 1 to 64 letters, digits, `-` and `_`"
    );
    assert_eq!(
        said(&["--app-id", "ww1", "--platform", "wecom", "--mode", "plain"]),
        "`wecom` is always in mode `safe`"
    );
    assert_eq!(
        said(&["--app-id", "wx1", "--public-url", "bot.example.com"]),
        "the public address begins with https:// or http://"
    );
    assert!(planned(&["--yes"]).unwrap_err().is::<crate::cli::Wrong>());
}

#[test]
fn on_a_terminal_each_missing_answer_is_asked_for_until_it_fits() {
    let answers = "9\n2\nmy shop\nshop\n\nwx1\nhttps://bot.example.com\n3\nn\n";
    let (plan, shown) = answered(&[], answers);
    let plan = plan.unwrap();
    assert_eq!(plan.platform, Platform::MiniProgram);
    assert_eq!(plan.name, "shop");
    assert_eq!(plan.app_id, "wx1");
    assert_eq!(plan.public_url, "https://bot.example.com");
    assert_eq!(plan.mode, Mode::Plain);
    assert_eq!(plan.secrets, None);
    assert!(shown.contains("  2. mini-program  a mini-program\n"), "{shown}");
    assert!(shown.contains("name of the account here [main]: "), "{shown}");
    assert!(shown.contains("the AppID (`--app-id`) is missing"), "{shown}");
}

#[test]
fn what_a_flag_says_is_not_asked() {
    let flags = ["--platform", "wecom-bot", "--name", "bot", "--public-url", ""];
    let (plan, shown) = answered(&flags, "y\n");
    assert_eq!(plan.unwrap().platform, Platform::WecomBot);
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

#[test]
fn input_that_ends_or_never_fits_is_an_error_and_no_loop() {
    let (ended, _) = answered(&[], "1\n");
    assert_eq!(ended.unwrap_err().to_string(), "the input ended before the last answer");
    let (wrong, _) = answered(&[], &"x\n".repeat(100));
    assert_eq!(wrong.unwrap_err().to_string(), "no answer that fits after 5 tries");
}

#[test]
fn the_config_loads_for_every_platform_mode_and_language() {
    let key = "A".repeat(43);
    let set = [("MY_SHOP_TOKEN", "abc"), ("MY_SHOP_AES_KEY", key.as_str())];
    let set: BTreeMap<String, String> =
        set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (platform, _) in Platform::ALL {
        let modes = if super::is_sealed(platform) { &Mode::ALL[2..] } else { &Mode::ALL[..] };
        for (mode, _) in modes {
            for language in [Language::Zh, Language::En] {
                for secrets in [None, Some(("abc".to_owned(), key.clone()))] {
                    let name = "my-shop".to_owned();
                    let app_id = if platform == Platform::WecomBot { "" } else { "wx1" }.to_owned();
                    let (public_url, mode) = ("https://bot.example.com".to_owned(), *mode);
                    let plan = Plan { name, platform, app_id, mode, public_url, secrets, language };
                    let text = files::config_text(&plan);
                    let loaded = Config::parse("yizhan.toml", &text, Path::new(""), &set)
                        .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
                    assert_eq!(loaded.warnings, []);
                    assert_eq!(loaded.config.accounts[0].mode, mode);
                    assert!(!text.contains('{'), "{text}");
                }
            }
        }
    }
}

#[test]
fn what_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bot/yizhan.toml");
    files::refuse_existing(&config).unwrap();
    let plan = planned(&["--app-id", "wx1"]).unwrap();
    let written = files::write(&plan, &config).unwrap();
    assert_eq!(written, [config.clone(), folder.path().join("bot/handlers/hello.toml")]);
    let said = files::refuse_existing(&config).unwrap_err().to_string();
    let expected = format!("`{}` is there already; `--force` writes over it", config.display());
    assert_eq!(said, expected);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_a_config_with_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("yizhan.toml");
    files::write(&planned(&["--app-id", "wx1"]).unwrap(), &config).unwrap();
    let mode = std::fs::metadata(&config).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_next_steps_say_what_to_type_into_the_console() {
    let mut plan =
        planned(&["--app-id", "wx1", "--name", "shop", "--public-url", "https://bot.example.com/"])
            .unwrap();
    plan.secrets = Some(("TOKEN".into(), "KEY".into()));
    let written = [PathBuf::from("yizhan.toml"), PathBuf::from("handlers/hello.toml")];
    insta::assert_snapshot!(steps::text(&plan, Path::new("yizhan.toml"), &written), @r"
    写好了 / written:
      yizhan.toml
      handlers/hello.toml

    1. 检查并启动 / check and start:
         yizhan check
         yizhan serve
    2. 在微信后台填写并提交 / type into WeChat's console, then submit:
       公众平台 → 设置与开发 → 开发接口管理 → 基本配置 → 服务器配置 (mp.weixin.qq.com)
         URL: https://bot.example.com/callback/shop
         Token: TOKEN
         EncodingAESKey: KEY
         消息加解密方式 / mode: 安全模式 / safe
       提交时微信立刻访问这个地址，所以要先启动；只支持 80 和 443 端口
       WeChat calls the URL at once, so start first; it only knows the ports 80 and 443
    ");
}
