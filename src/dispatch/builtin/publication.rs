//! 全网发布检测: what WeChat tries out before a third-party platform may be published.
//!
//! Source: open platform, "Publication check".

use std::collections::HashSet;
use std::sync::Arc;

use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::outcome::Outcome;
use crate::platform::Client;
use crate::platform::PlatformError;
use crate::platform::customer;
use crate::tasks::Tasks;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;

/// The accounts that WeChat checks with: a 公众号 and a 小程序.
const CHECKERS: [&str; 2] = ["gh_3c884a361561", "gh_8dad206e9538"];

const TEXT: &str = "TESTCOMPONENT_MSG_TYPE_TEXT";
const CODE: &str = "QUERY_AUTH_CODE:";

/// Answers the check for the accounts that have it switched on, and passes everything else on.
pub struct PublicationCheck {
    accounts: HashSet<String>,
    tasks: Tasks,
}

impl PublicationCheck {
    /// For these accounts, by their names in the config.
    pub fn new(accounts: HashSet<String>, tasks: Tasks) -> Self {
        Self { accounts, tasks }
    }

    /// Exchanges the code and says so as a customer-service message, beside the answer.
    fn say_later(&self, context: &Context, code: &str) {
        let component = context.clients.get(&context.account).cloned();
        let (to, code) = (context.from.clone(), code.to_owned());
        self.tasks.spawn(async move {
            let said = match component {
                Some(component) => say(&component, to, &code).await,
                None => Err(PlatformError::NoSecret),
            };
            match said {
                Ok(()) => tracing::info!("the publication check got its customer-service message"),
                Err(error) => {
                    let advice = error.advice();
                    tracing::error!(advice, "the publication check will fail: {error}");
                }
            }
        });
    }
}

impl Handler for PublicationCheck {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        if !self.accounts.contains(&*context.account) || !CHECKERS.contains(&inbound.to()) {
            return Answer::Pass;
        }
        let text = inbound.text().trim();
        let reply = match inbound.family() {
            Family::Event => Reply::text(format!("{}from_callback", inbound.name())),
            _ if text == TEXT => Reply::text(format!("{TEXT}_callback")),
            _ => match text.strip_prefix(CODE) {
                Some(code) => {
                    self.say_later(context, code.trim());
                    Reply::Success
                }
                None => return Answer::Pass,
            },
        };
        Answer::Now(Ok(Outcome::reply(reply, "publication-check")))
    }
}

/// `to` is a user of the checking account, which authorizes the platform by `code`.
async fn say(component: &Arc<Client>, to: String, code: &str) -> Result<(), PlatformError> {
    let account = component.authorize(code).await?.authorizer_appid;
    let account = AppId::parse(&account).map_err(|_| PlatformError::Unreadable {
        path: "/cgi-bin/component/api_query_auth".into(),
        at: 0,
    })?;
    let body = customer::Body::Text { content: format!("{code}_from_api") };
    let send = customer::Send {
        touser: to,
        body,
        customservice: None,
        aimsgcontext: None,
        businessid: None,
    };
    component.on_behalf_of(&account).call(&send).await.map(drop)
}
