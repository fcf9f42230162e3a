//! Shows users that an answer is being made, through WeChat's API.

use std::sync::Arc;

use crate::intake::Typing;
use crate::platform::Client;
use crate::platform::Clients;
use crate::platform::customer;
use crate::platform::customer::Command;
use crate::tasks::Tasks;
use crate::wechat::Platform;

/// For the accounts that have a client and whose platform shows it.
pub(super) struct ShowTyping {
    pub(super) clients: Clients,
    pub(super) tasks: Tasks,
}

impl Typing for ShowTyping {
    fn show(&self, account: &str, user: &str, is_typing: bool) {
        let shows = |client: &&Arc<Client>| {
            matches!(client.platform(), Platform::OfficialAccount | Platform::MiniProgram)
        };
        let Some(client) = self.clients.get(account).filter(shows).map(Arc::clone) else { return };
        let command = if is_typing { Command::Typing } else { Command::CancelTyping };
        let typing = customer::Typing { touser: user.to_owned(), command, businessid: None };
        // WeChat's pages say of every error of this call that it does not matter.
        self.tasks.spawn(async move { drop(client.call(&typing).await) });
    }
}
