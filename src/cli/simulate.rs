//! `yizhan simulate`: the WeChat platform alone, for users of any SDK.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::web;
use anyhow::Context as _;
use serde_json::json;
use url::Url;

use super::Exit;
use super::Global;
use super::Wrong;
use super::run_async;
use crate::app;
use crate::clock::SystemClock;
use crate::entropy::SystemEntropy;
use crate::log;
use crate::simulator;
use crate::simulator::Account;
use crate::simulator::AppSecret;
use crate::simulator::HttpWire;
use crate::simulator::Seats;
use crate::simulator::Simulator;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;
use crate::wechat::wire::Format;

/// How the account is called on the playground.
const NAME: &str = "simulated";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  yizhan simulate --callback http://127.0.0.1:8080/callback/shop --token Token0123 --port 9000
  curl -s 127.0.0.1:9000/sim/say -d '{\"text\":\"hi\"}'

Point the SDK's API address to http://127.0.0.1:9000. Any AppID and AppSecret will do unless they
are given here. What can be steered is in docs/simulate.md.")]
pub(super) struct Args {
    /// The URL of the bot, as it would be typed into WeChat's console.
    #[arg(long)]
    callback: String,
    /// The Token of the bot.
    #[arg(long)]
    token: String,
    /// The EncodingAESKey of the bot; sealed bodies need it.
    #[arg(long)]
    aes_key: Option<String>,
    /// The AppID or CorpID.
    #[arg(long)]
    app_id: Option<String>,
    /// The only AppSecret that fetches a token.
    #[arg(long)]
    app_secret: Option<String>,
    /// The kind of account.
    #[arg(long, value_parser = platform, default_value = "official-account")]
    platform: Platform,
    /// How bodies travel; safe where there is a key, else plain.
    #[arg(long, value_parser = mode)]
    mode: Option<Mode>,
    /// The data format of callbacks; the platform's usual one if it is not given.
    #[arg(long)]
    format: Option<Written>,
    /// How callbacks prove where they come from: signature, or cloud-run's headers.
    #[arg(long, default_value = "signature")]
    source: Source,
    /// The port to listen on, on this machine only; 0 takes a free one.
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Print one JSON object instead of the addresses.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Written {
    Xml,
    Json,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Source {
    Signature,
    CloudRun,
}

fn platform(text: &str) -> Result<Platform, String> {
    let found = Platform::ALL.iter().find(|(_, name)| *name == text);
    found.map(|(platform, _)| *platform).ok_or_else(|| names(Platform::ALL.map(|(_, name)| name)))
}

fn mode(text: &str) -> Result<Mode, String> {
    let found = Mode::ALL.iter().find(|(_, name)| *name == text);
    found.map(|(mode, _)| *mode).ok_or_else(|| names(Mode::ALL.map(|(_, name)| name)))
}

fn names<const N: usize>(names: [&str; N]) -> String {
    format!("one of {}", names.join(", "))
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    log::start_at("warn");
    let account = args.account()?;
    let (origin, callback) = args.callback()?;
    let listener = TcpListener::bind(("127.0.0.1", args.port))
        .with_context(|| format!("cannot listen on 127.0.0.1:{}", args.port))?;
    let port = listener.local_addr()?.port();
    let account = account.reached_at(format!("http://127.0.0.1:{port}"));
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let simulator =
        Simulator::new(account, &callback, HttpWire::new(&origin)?, clock, entropy);
    let follower = simulator.first_follower();
    simulator.knows(&follower);
    let seats = web::Data::new(Seats::new().seat(NAME, simulator, &["你好", "帮助"]));
    run_async(async {
        let told = app::told()?;
        let server = serve(listener, &seats)?;
        let handle = server.handle();
        args.introduce(port, follower.as_str())?;
        tokio::select! {
            ended = server => return Ok(ended.map(|()| Exit::Done)?),
            () = seats.work_off() => {}
            () = told => {}
        }
        handle.stop(false).await;
        Ok(Exit::Done)
    })
}

fn serve(listener: TcpListener, seats: &web::Data<Seats>) -> anyhow::Result<actix_web::dev::Server> {
    let seats = seats.clone();
    let server = HttpServer::new(move || {
        App::new()
            .configure(|config| simulator::routes(config, &seats))
            .configure(|config| simulator::route::unknown_paths(config, &seats))
            .route("/", web::get().to(home))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run())
}

/// Whoever opens the bare address wants the page.
async fn home() -> HttpResponse {
    HttpResponse::Found().insert_header(("Location", "/playground")).finish()
}

impl Args {
    fn account(&self) -> Result<Account, Wrong> {
        let wrong = |error: &dyn std::fmt::Display| Wrong(error.to_string());
        let token = Token::parse(&self.token).map_err(|error| wrong(&error))?;
        let app_id = AppId::parse(self.app_id.as_deref().unwrap_or_default());
        let app_id = app_id.map_err(|error| Wrong(format!("--app-id: {error}")))?;
        let mut account = Account::new(self.platform, token, app_id);
        if let Some(format) = self.format {
            account = account.format(match format {
                Written::Xml => Format::Xml,
                Written::Json => Format::Json,
            });
        }
        if let Some(secret) = &self.app_secret {
            account = account.secret(AppSecret::new(secret));
        }
        if self.source == Source::CloudRun {
            return Ok(account.on_cloud_run());
        }
        let mode = match (self.mode, &self.aes_key) {
            (Some(mode), _) => mode,
            (None, None) => account.mode,
            (None, Some(_)) => Mode::Safe,
        };
        if mode == Mode::Plain {
            return match self.platform.is_wecom() {
                true => Err(Wrong("企业微信 knows only sealed bodies: leave `--mode` out".to_owned())),
                false => Ok(account),
            };
        }
        let Some(key) = &self.aes_key else {
            return Err(Wrong(format!("the mode `{}` needs `--aes-key`", mode.name())));
        };
        let is_nameless = self.app_id.is_none() && self.platform != Platform::WecomBot;
        if is_nameless {
            return Err(Wrong("sealed bodies name their receiver: give `--app-id`".to_owned()));
        }
        let key = EncodingAesKey::parse(key).map_err(|error| wrong(&error))?;
        Ok(account.sealed(mode, &key))
    }

    /// Origin, and path with query.
    fn callback(&self) -> Result<(String, String), Wrong> {
        let url = Url::parse(&self.callback).ok().filter(Url::has_host);
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| {
            Wrong(format!("`{}` is no URL such as http://127.0.0.1:8080/callback", self.callback))
        })?;
        let path = match url.query() {
            None => url.path().to_owned(),
            Some(query) => format!("{}?{query}", url.path()),
        };
        Ok((url.origin().ascii_serialization(), path))
    }

    fn introduce(&self, port: u16, follower: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout();
        let api = format!("http://127.0.0.1:{port}");
        if self.json {
            let addresses = json!({
                "api": api,
                "sim": format!("{api}/sim"),
                "services": format!("{api}/sim/services"),
                "playground": format!("{api}/playground"),
                "callback": self.callback,
                "platform": self.platform.name(),
                "follower": follower,
            });
            return writeln!(out, "{addresses}");
        }
        writeln!(
            out,
            "驿站 Yizhan {}: simulated WeChat, {}\n\n  \
             接口 API         {api}\n  \
             回调 callback    {}\n  \
             控制 steering    {api}/sim/say, /sim/fault, /sim/clock, /sim/transcript …\n  \
             服务 services    {api}/sim/services/wxpusher, pushplus …\n  \
             试聊 playground  {api}/playground\n  \
             关注者 follower  {follower}\n\n\
             Ctrl-C ends.",
            env!("CARGO_PKG_VERSION"),
            self.platform.name(),
            self.callback,
        )
    }
}
