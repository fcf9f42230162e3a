//! Programs that fetch an address because somebody wrote it down, and want nothing sent.

/// What is in their `User-Agent`, in lower case. Only names of programs that show, check or index
/// links: a script may call itself a bot and mean what it sends.
const FETCHERS: &[&str] = &[
    "applebot",
    "baiduspider",
    "bingbot",
    "bingpreview",
    "bytespider",
    "discordbot",
    "embedly",
    "facebookexternalhit",
    "facebot",
    "googlebot",
    "google-inspectiontool",
    "iframely",
    "linkedinbot",
    "mastodon/",
    "mattermost-bot",
    "petalbot",
    "pinterestbot",
    "qq-url-manager",
    "redditbot",
    "skypeuripreview",
    "slack-imgproxy",
    "slackbot",
    "sogou web spider",
    "360spider",
    "telegrambot",
    "twitterbot",
    "viber",
    "vkshare",
    "whatsapp",
    "yandexbot",
    "yisouspider",
    "zoombot",
];

/// Headers by which a browser says that it only loads ahead or shows a thumbnail.
const PURPOSES: &[&str] = &["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether nobody meant this request: its headers, names in lower case, say so.
pub(super) fn is_preview(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, value)| {
        let value = value.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| value.contains(word));
        match name.as_str() {
            "user-agent" => says(FETCHERS),
            name if PURPOSES.contains(&name) => says(&["prefetch", "preview", "prerender"]),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_preview;

    fn with(name: &str, value: &str) -> bool {
        is_preview(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn who_shows_a_link_is_told_from_who_sends() {
        assert!(with("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"));
        assert!(with("user-agent", "TelegramBot (like TwitterBot)"));
        assert!(with("sec-purpose", "prefetch;prerender"));
        for agent in [
            "curl/8.5.0",
            "my-deploy-bot/1.0",
            "python-requests/2.34",
            "Mozilla/5.0 MicroMessenger/8.0",
            "",
        ] {
            assert!(!with("user-agent", agent), "{agent}");
        }
        assert!(!with("x-note", "prefetch"));
    }
}
