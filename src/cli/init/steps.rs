//! What to do after `init`, in Chinese and English.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use super::Plan;
use crate::wechat::Mode;
use crate::wechat::Platform;

/// Why no error is expected where text is put together.
const WRITES: &str = "a string takes everything";

/// The next steps, with everything that is typed into WeChat's console.
pub(super) fn text(plan: &Plan, config: &Path, written: &[PathBuf]) -> String {
    let mut text = String::from("写好了 / written:\n");
    for path in written {
        writeln!(text, "  {}", path.display()).expect(WRITES);
    }
    let flag = match config == Path::new("yizhan.toml") {
        true => String::new(),
        false => format!(" --config {}", config.display()),
    };
    write!(
        text,
        "
1. 检查并启动 / check and start:
     yizhan check{flag}
     yizhan serve{flag}
2. 在微信后台填写并提交 / type into WeChat's console, then submit:
   {}
"
        , console(plan.platform)
    )
    .expect(WRITES);
    for (label, value) in fields(plan) {
        writeln!(text, "     {label}: {value}").expect(WRITES);
    }
    text += "   \
提交时微信立刻访问这个地址，所以要先启动；只支持 80 和 443 端口
   WeChat calls the URL at once, so start first; it only knows the ports 80 and 443
";
    text
}

/// Where in the console.
fn console(platform: Platform) -> &'static str {
    match platform {
        Platform::OfficialAccount => {
            "公众平台 → 设置与开发 → 开发接口管理 → 基本配置 → 服务器配置 (mp.weixin.qq.com)"
        }
        Platform::MiniProgram => "公众平台 → 开发管理 → 消息推送 (mp.weixin.qq.com)",
        Platform::Wecom => "企业微信管理后台 → 应用管理 → 应用 → 接收消息 → 设置API接收 (work.weixin.qq.com)",
        Platform::WecomBot => "企业微信 → 智能机器人 → API 模式 (work.weixin.qq.com)",
        Platform::OpenPlatform => {
            "开放平台 → 第三方平台 → 开发配置 → 授权事件接收配置、消息与事件接收配置 (open.weixin.qq.com)"
        }
    }
}

/// What is typed there.
fn fields(plan: &Plan) -> Vec<(&'static str, String)> {
    let base = match plan.public_url.as_str() {
        "" => "https://YOUR-DOMAIN",
        url => url.trim_end_matches('/'),
    };
    let from_environment = || "(env)".to_owned();
    let (token, aes_key) =
        plan.secrets.clone().unwrap_or_else(|| (from_environment(), from_environment()));
    let mut fields = vec![("URL", format!("{base}/callback/{}", plan.name)), ("Token", token)];
    if plan.mode != Mode::Plain {
        fields.push(("EncodingAESKey", aes_key));
    }
    let mode = match plan.mode {
        Mode::Plain => "明文模式 / plain",
        Mode::Compatible => "兼容模式 / compatible",
        Mode::Safe => "安全模式 / safe",
    };
    if matches!(plan.platform, Platform::OfficialAccount | Platform::MiniProgram) {
        fields.push(("消息加解密方式 / mode", mode.to_owned()));
    }
    if plan.platform == Platform::MiniProgram {
        fields.push(("数据格式 / data format", "XML (JSON 也可以 / JSON works too)".to_owned()));
    }
    fields
}
