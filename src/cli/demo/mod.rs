//! `yizhan demo`: a station with the shipped rules, the simulated WeChat beside it, and a page to
//! chat with the bot. No account, no database, no network.

mod rules;
mod story;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web;
use anyhow::Context as _;

use super::Exit;
use super::Global;
use super::run_async;
use crate::app;
use crate::app::Running;
use crate::app::Station;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::entropy::Entropy as _;
use crate::entropy::SystemEntropy;
use crate::log;
use crate::simulator;
use crate::simulator::Account;
use crate::simulator::HttpWire;
use crate::simulator::Seats;
use crate::simulator::Simulator;
use crate::store;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;
use crate::wechat::wire::Format;

/// What the demo's three exchanges say.
const SUGGESTIONS: &[&str] = &["你好", "帮助", "慢"];

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan demo
  yizhan demo --port 9000
  yizhan demo --once && echo it works")]
pub(super) struct Args {
    /// The port to listen on, on this machine only; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Exit after the three exchanges: 0, or 1 if one failed.
    #[arg(long)]
    once: bool,
    /// The folder with rules; the shipped ones, which are compiled in, if there is none.
    #[arg(long, default_value = "handlers")]
    handlers: PathBuf,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    log::start_at("warn,yizhan::dispatch=info");
    let port = match args.port {
        0 => TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
        port => port,
    };
    run_async(async {
        let seats: Vec<Seat> = SEATS.iter().map(Seat::new).collect();
        let simulators = seats
            .iter()
            .map(|seat| Ok((seat.name, seat.simulator(port)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let rules = rules::prepare(&args.handlers, port)?;
        let running = start(port, &seats, &simulators, &rules)?;
        story::introduce(port, &rules.origin)?;
        let told = app::told()?;
        let mut ending = Ok(Exit::Failed);
        let story = async {
            tokio::select! {
                told = story::tell(&simulators[0].1, port, args.once, told) => ending = told,
                () = work_off(&simulators) => {}
            }
        };
        running.until(story).await?;
        ending
    })
}

/// (name, platform, format, AppID)
const SEATS: &[(&str, Platform, Format, &str)] = &[
    ("demo", Platform::OfficialAccount, Format::Xml, "wxdemo0000000001"),
    ("demo-mini", Platform::MiniProgram, Format::Json, "wxdemo0000000002"),
    ("demo-wecom", Platform::Wecom, Format::Xml, "wwdemo0000000003"),
];

/// One account, known to the station and to the simulator. Its secrets are new each time.
struct Seat {
    name: &'static str,
    platform: Platform,
    format: Format,
    app_id: &'static str,
    token: String,
    aes_key: String,
}

impl Seat {
    fn new((name, platform, format, app_id): &(&'static str, Platform, Format, &'static str)) -> Self {
        let token = SystemEntropy.alphanumeric(32);
        let aes_key = SystemEntropy.alphanumeric(43);
        Self { name, platform: *platform, format: *format, app_id, token, aes_key }
    }

    fn simulator(&self, port: u16) -> anyhow::Result<Arc<Simulator>> {
        let key = EncodingAesKey::parse(&self.aes_key)?;
        let token = Token::parse(&self.token)?;
        let account = Account::new(self.platform, token, AppId::parse(self.app_id)?)
            .format(self.format)
            .sealed(Mode::Safe, &key);
        let wire = HttpWire::new(&format!("http://127.0.0.1:{port}"))?;
        let callback = format!("/callback/{}", self.name);
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Ok(Simulator::new(account, &callback, wire, clock, entropy))
    }

    fn config(&self, port: u16) -> String {
        let Self { name, app_id, token, aes_key, .. } = self;
        let platform = self.platform.name();
        format!(
            "[[account]]\nname = \"{name}\"\nplatform = \"{platform}\"\napp_id = \"{app_id}\"\n\
             token = \"{token}\"\nencoding_aes_key = \"{aes_key}\"\nmode = \"safe\"\n\
             app_secret = \"demo\"\napi_base = \"http://127.0.0.1:{port}\"\n"
        )
    }
}

fn start(
    port: u16,
    seats: &[Seat],
    simulators: &[(&str, Arc<Simulator>)],
    rules: &rules::Prepared,
) -> anyhow::Result<Running> {
    let handlers = rules.folder.display();
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\nhandlers = '{handlers}'\n\
         private_hosts = [\"127.0.0.1\"]\n"
    );
    text.extend(seats.iter().map(|seat| seat.config(port)));
    let config = Config::parse("demo", &text, Path::new(""), &BTreeMap::new())?.config;
    let seats = simulators.iter().fold(Seats::new(), |seats, (name, simulator)| {
        seats.seat(name, Arc::clone(simulator), SUGGESTIONS)
    });
    let seats = web::Data::new(seats);
    let routes = move |config: &mut web::ServiceConfig| {
        simulator::routes(config, &seats);
        config.route("/demo/slow", web::get().to(slow));
        config.route("/", web::get().to(home));
    };
    let slow = rules.slow(&config)?;
    let memory = store::open("memory:", Path::new(""))?;
    let station = Station::new(config).with_store(memory).handler(slow).routes(Arc::new(routes));
    station.start().with_context(|| "`--port 0` takes a free port".to_owned())
}

/// Delivers what jobs of the simulated API end in, for ever.
async fn work_off(simulators: &[(&str, Arc<Simulator>)]) {
    futures_util::future::join_all(simulators.iter().map(|(_, it)| it.work_off())).await;
}

/// What the slow rule calls: an answer that takes 7 s, longer than WeChat waits.
async fn slow() -> HttpResponse {
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    HttpResponse::Ok().json(serde_json::json!({ "seconds": 7 }))
}

/// Whoever opens the bare address wants the page.
async fn home() -> HttpResponse {
    HttpResponse::Found().insert_header(("Location", "/playground")).finish()
}
