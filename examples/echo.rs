//! A whole bot: it says back what it is told. `cargo run --example echo`, with a `yizhan.toml` as
//! `yizhan init` writes it.

use yizhan::app::Station;
use yizhan::dispatch::handler::Context;
use yizhan::wechat::inbound::message::Text;

async fn echo(text: Text, _: Context) -> String {
    text.content
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    Ok(Station::load("yizhan.toml")?.on(echo).serve().await?)
}
