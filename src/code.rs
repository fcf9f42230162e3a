//! The table of our error codes, for log, metrics, HTTP answers and `yizhan errors`. A code, once
//! released, never changes.

/// One line of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Code {
    /// What scripts compare.
    pub name: &'static str,
    /// The HTTP status it is answered with.
    pub status: u16,
    /// What happened, in a sentence.
    pub meaning: &'static str,
    /// What to do, in a sentence.
    pub advice: &'static str,
}

macro_rules! codes {
    ($($constant:ident, $name:literal, $status:literal, $meaning:literal, $advice:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Code =
                Code { name: $name, status: $status, meaning: $meaning, advice: $advice };
        )*

        /// Every code, sorted by name.
        pub const CODES: &[Code] = &[$($constant),*];
    };
}

codes! {
    API_CANCELLED, "api.cancelled", 200,
        "Whoever sent it has called it back before it left.",
        "`yizhan outbox revive ID` puts it back.";
    API_CONFLICT, "api.conflict", 409,
        "The idempotency key was used for another notification.",
        "Use a new key for each notification, and the same key only to send the same again.";
    API_INVALID, "api.invalid", 400,
        "The request is not what the interface takes.",
        "`/api/docs` lists what each call takes.";
    API_KEY, "api.key", 401,
        "The request shows no key, or none that is good.",
        "Send `Authorization: Bearer TOKEN` with the token of a `[[key]]`.";
    API_MEDIA_TYPE, "api.media_type", 415,
        "The body is not of a type that the interface takes.",
        "Send JSON as `Content-Type: application/json`.";
    API_NOT_FOUND, "api.not_found", 404,
        "Nothing has that id or name, or it is not kept any more.",
        "`[store]` says how long notifications are kept.";
    API_OFF, "api.off", 404,
        "The API is off.",
        "Set `[admin] token`, and give out a `[[key]]`.";
    API_PLATFORM, "api.platform", 502,
        "WeChat did not do it.",
        "The message says why; `yizhan errors CODE` explains an errcode.";
    API_SCOPE, "api.scope", 403,
        "The key may not do that.",
        "Add the scope to the `may` of the `[[key]]`.";
    API_SENT, "api.sent", 409,
        "It has left the queue or is being sent, and cannot be called back.",
        "`GET /api/v1/notifications/ID` says what became of it.";
    API_SLOW, "api.slow", 408,
        "The body took longer to arrive than 30 s.",
        "Send it at once, over a connection that is good.";
    API_TOO_LARGE, "api.too_large", 413,
        "The body is larger than the interface takes.",
        "A notification has at most 256 KiB; upload files through `/api/v1/media`.";
    API_UNKNOWN, "api.unknown", 404,
        "No channel, topic or account has that name.",
        "`GET /api/v1/channels` and `GET /api/v1/accounts` list them.";
    API_UNREADABLE, "api.unreadable", 422,
        "The message is neither XML nor JSON as WeChat writes it.",
        "Give it decrypted, as `yizhan open` and `yizhan decode` show it.";
    CALLBACK_ACCOUNT, "callback.account", 404,
        "No account has the name in the callback's path.",
        "Compare the URL in WeChat's console with the `name` of the `[[account]]`.";
    CALLBACK_BUSY, "callback.busy", 503,
        "More messages are being worked on than `[inbox] pending` allows.",
        "WeChat delivers it again. Make the handlers faster, or raise `pending`.";
    CALLBACK_ENVELOPE, "callback.envelope", 400,
        "The sealed part of the callback does not open.",
        "Compare `encoding_aes_key` with WeChat's console; while changing it, set `previous_encoding_aes_key`.";
    CALLBACK_MODE, "callback.mode", 403,
        "The callback arrived in another mode than the account's.",
        "Set the same mode in WeChat's console and in `mode`.";
    CALLBACK_PARAMETER, "callback.parameter", 400,
        "A query parameter of the callback is there twice or badly encoded, or is no number.",
        "This was not WeChat, or a proxy in front rewrites the query.";
    CALLBACK_RECEIVER, "callback.receiver", 403,
        "The callback was sealed for another account.",
        "Compare `app_id` with WeChat's console, and give every account a token of its own.";
    CALLBACK_SIGNATURE, "callback.signature", 401,
        "The callback is not signed, or not with our token.",
        "Compare `token` with the one in WeChat's console.";
    CALLBACK_SOURCE, "callback.source", 403,
        "The callback does not come through Cloud Run's gateway.",
        "Bind the message push to this service, or set `source = \"signature\"`.";
    CALLBACK_STALE, "callback.stale", 401,
        "The callback was signed longer ago than `max_age`.",
        "Set the clock of this machine; raise `max_age` only if WeChat's deliveries are late.";
    CALLBACK_TOO_LARGE, "callback.too_large", 413,
        "The body is larger than `[server] body_limit`.",
        "WeChat's callbacks have a few KB; raise the limit only if you know what sends more.";
    CALLBACK_UNREADABLE, "callback.unreadable", 400,
        "The body is neither XML nor JSON.",
        "This was not WeChat, or a proxy in front changes bodies.";
    CHANNEL_PANICKED, "channel.panicked", 502,
        "A channel panicked while it sent; the notification may have arrived.",
        "File a bug with the panic's text from the log.";
    CHANNEL_PRIVATE, "channel.private", 502,
        "A channel's address leads into a private network.",
        "List the host in `[server] private_hosts` if it may be reached.";
    CHANNEL_REQUEST, "channel.request", 502,
        "A channel's address or one of its headers cannot be sent.",
        "Correct the channel's settings.";
    CHANNEL_TIMED_OUT, "channel.timed_out", 502,
        "A send took longer than the channel's `timeout`; the notification may have arrived.",
        "Look at the service; raise `timeout` if it is only slow.";
    CHANNEL_UNKNOWN, "channel.unknown", 502,
        "The connection ended after the request had left; the notification may have arrived.",
        "Ask the service. `delivery` and `fallback_on_unknown` say what follows.";
    CHANNEL_UNREACHABLE, "channel.unreachable", 502,
        "The service cannot be reached; it certainly did not get the notification.",
        "Look at the address, the network, and the service.";
    DIALECT_PREVIEW, "dialect.preview", 403,
        "A GET that would send came from a program that shows or indexes links.",
        "A script sends with another `User-Agent`, or with POST.";
    DIALECT_TOO_LARGE, "dialect.too_large", 413,
        "The body of a call in another service's dialect is larger than 1 MiB.",
        "Send less; a message has at most 256 KiB.";
    HANDLER_FAILED, "handler.failed", 200,
        "A rule or handler failed; the user was told the account's `apology`, or nothing.",
        "The log line beside it says why.";
    HANDLER_LATE, "handler.late", 200,
        "An answer came after the last delivery that could have carried it, and is lost.",
        "Make the handler faster, or add `push` or `hold` to the account's `late`.";
    HANDLER_PANICKED, "handler.panicked", 200,
        "A handler panicked; its message is worked on again if WeChat delivers it again.",
        "File a bug with the panic's text from the log.";
    HANDLER_TIMED_OUT, "handler.timed_out", 200,
        "A handler took longer than `[inbox] handler_timeout` and was ended; the user was told the account's `apology`, or nothing.",
        "Make the handler faster, or raise the limit.";
    HOOK_BUSY, "hook.busy", 503,
        "More messages are being worked on than `[inbox] pending` allows.",
        "Most services send it again. Make the handlers faster, or raise `pending`.";
    HOOK_CHANNEL, "hook.channel", 404,
        "No channel of this name has a hook.",
        "Compare the address with the channel's `name`, and give the channel a `hook_secret`.";
    HOOK_SECRET, "hook.secret", 401,
        "The request does not bring the channel's `hook_secret`.",
        "Compare `hook_secret` with what is set on the service's side; docs/hooks.md says where.";
    HOOK_SIGNATURE, "hook.signature", 401,
        "The request is not signed with the channel's `hook_secret`.",
        "Compare `hook_secret` with what is set on the service's side; docs/hooks.md says where.";
    HOOK_STALE, "hook.stale", 401,
        "The request was signed more than five minutes before or after now.",
        "Set the clock of this machine.";
    HOOK_TOO_LARGE, "hook.too_large", 413,
        "The body is larger than `[server] body_limit`.",
        "Services send a few KB; raise the limit only if you know what sends more.";
    HOOK_UNREADABLE, "hook.unreadable", 400,
        "The body is not what the channel's service sends.",
        "Compare the address on the service's side with the channel's `name`.";
    HTTP_METHOD, "http.method", 405,
        "The path is there, but not for this method.",
        "Callbacks are GET (URL check) and POST (messages).";
    HTTP_NOT_FOUND, "http.not_found", 404,
        "Nothing is served at this path.",
        "Callbacks are served at /callback/NAME, the API is shown at /api/docs.";
    OUTBOX_BURIED, "outbox.buried", 200,
        "A person gave up the notification.",
        "`yizhan outbox revive ID` puts it back.";
    OUTBOX_CHANNEL, "outbox.channel", 200,
        "Notifications wait for a channel that the config does not have.",
        "Add the `[[channel]]`, or `yizhan outbox bury --channel NAME`.";
    OUTBOX_INTERRUPTED, "outbox.interrupted", 200,
        "A process died while it sent; the notification may have arrived.",
        "Ask the service, then `yizhan outbox revive ID` or `bury ID`.";
    OUTBOX_PAUSED, "outbox.paused", 200,
        "A channel has only failed for hours and is paused; it is probed every 10 minutes.",
        "See `yizhan outbox list --channel NAME`; once it works, `yizhan outbox revive --channel NAME`.";
    REPLY_REFUSED, "reply.refused", 200,
        "The platform does not take this reply here; nothing was said.",
        "The log line beside it names the limit.";
    STORE_FAILED, "store.failed", 503,
        "The store did not take what had to be written before going on.",
        "Look at the disk of `[store] url`: its space, its rights, its speed.";
    STORE_UNREADABLE, "store.unreadable", 500,
        "A notification in the store cannot be read; it was set aside as it is, and the others go on.",
        "Look at the disk, then at `yizhan outbox list --code store.unreadable`; `bury` what is lost.";
    WINDOW_CLOSED, "window.closed", 409,
        "The user did not write or act recently enough to be sent a customer-service message.",
        "Wait for the user's next message, or use a template or subscription message.";
    WINDOW_USED_UP, "window.used_up", 429,
        "All customer-service messages that the user's last message or action allowed have been sent.",
        "Wait for the user's next message, or say more in fewer messages.";
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn codes_are_sorted_unique_and_explained() {
        assert!(CODES.is_sorted_by(|a, b| a.name < b.name));
        for code in CODES {
            assert!((200..600).contains(&code.status), "{}", code.name);
            assert!(code.meaning.ends_with('.') && code.advice.ends_with('.'), "{}", code.name);
        }
    }
}
