//! The rows, sorted by number and surface: ONE LINE EACH, then its own advice where the remedy's
//! general sentence would say less.

use super::Blame;
use super::Remedy;
use super::Row;
use super::Surface;

macro_rules! rows {
    ($($surface:ident $number:literal $meaning:literal
        $blame:ident $remedy:ident $($advice:literal)?;)*) => {
        /// Every errcode that we know, sorted by number and surface.
        #[expect(clippy::unreadable_literal, reason = "numbers as WeChat writes them")]
        pub const TABLE: &[Row] = &[$(Row {
            surface: Surface::$surface,
            number: $number,
            meaning: $meaning,
            blame: Blame::$blame,
            remedy: Remedy::$remedy,
            note: concat!($($advice)?),
        }),*];
    };
}

rows! {
    Crypt -40014 "the protocol is neither XML nor JSON" Request Never;
    Crypt -40013 "the JSON cannot be made" Request Never;
    Crypt -40012 "the JSON cannot be parsed" Request Never;
    Crypt -40011 "the reply's envelope cannot be made" Request Never;
    Crypt -40010 "the base64 decoding failed" Request Never;
    Crypt -40009 "the base64 encoding failed" Request Never;
    Crypt -40008 "the decrypted buffer is malformed" Account TellOwner
        "Compare `encoding_aes_key` with WeChat's console.";
    Crypt -40007 "the AES decryption failed" Account TellOwner
        "Compare `encoding_aes_key` with WeChat's console.";
    Crypt -40006 "the AES encryption failed" Request Never;
    Crypt -40005 "the AppID or CorpID in the envelope is another one" Account TellOwner
        "Compare `app_id` with WeChat's console.";
    Crypt -40004 "the EncodingAESKey is invalid" Account TellOwner
        "Copy the 43 characters again from WeChat's console.";
    Crypt -40003 "the SHA-1 signature cannot be computed" Request Never;
    Crypt -40002 "the XML or JSON envelope cannot be parsed" Request Never;
    Crypt -40001 "the signature does not match" Account TellOwner
        "Compare `token` with WeChat's console.";
    Mp -1 "the system is busy" Service BackOff;
    Wecom -1 "the system is busy" Service BackOff;
    Mp 0 "ok" Nobody Nothing;
    Wecom 6000 "the data was changed by somebody else at the same time" Service BackOff;
    Mp 40001 "the access_token is not the newest one, or the AppSecret is wrong" Token RenewToken
        "Renew the token; if that fails, compare the AppSecret, or find who else fetches tokens.";
    Wecom 40001 "the secret is not this company's, or the application is stopped" Account TellOwner;
    Mp 40002 "the grant_type is wrong" Request Never;
    Mp 40003 "the OpenID is invalid, or belongs to another account" Recipient DropRecipient;
    Wecom 40003 "the UserID is invalid" Recipient DropRecipient;
    Mp 40004 "the media type is invalid" Request Never;
    Wecom 40004 "the media type is invalid" Request Never;
    Mp 40005 "the file type is invalid" Request Never;
    Wecom 40005 "the type parameter is invalid" Request Never;
    Mp 40006 "the file size is invalid" Request Never;
    Wecom 40006 "the file size is invalid" Request Never;
    Mp 40007 "the media_id is invalid or expired" Request UploadAgain;
    Wecom 40007 "the media_id is invalid or expired" Request UploadAgain;
    Mp 40008 "the message type is invalid" Request Never;
    Wecom 40008 "the msgtype is invalid" Request Never;
    Mp 40009 "the image is too large" Request Never;
    Wecom 40009 "the image has an invalid size" Request Never;
    Mp 40010 "the voice is too large" Request Never;
    Wecom 40010 "the voice has an invalid size" Request Never;
    Mp 40011 "the video is too large" Request Never;
    Wecom 40011 "the video has an invalid size" Request Never;
    Mp 40012 "the thumb is too large" Request Never;
    Mp 40013 "the AppID is invalid, or its kind of account may not do this" Account TellOwner
        "Compare the AppID with the console, and look whether such an account has the API.";
    Wecom 40013 "the CorpID is invalid" Account TellOwner
        "Compare the CorpID with the console of 企业微信.";
    Mp 40014 "the access_token is invalid" Token RenewToken;
    Wecom 40014 "the access_token is invalid" Token RenewToken;
    Mp 40029 "the OAuth or login code is invalid" Request NewCode;
    Mp 40030 "the refresh_token is invalid" Token Reauthorize;
    Mp 40033 "the text has illegal characters, such as \\uXXXX escapes" Request Never
        "Send raw UTF-8 instead of \\uXXXX escapes.";
    Wecom 40033 "the text has illegal characters" Request Never;
    Mp 40035 "a parameter is invalid" Request Never;
    Wecom 40035 "a parameter is invalid" Request Never;
    Mp 40036 "the template id has the wrong length" Request Never;
    Mp 40037 "the template id is invalid" Request Never;
    Mp 40038 "the request has an invalid format" Request Never;
    Wecom 40050 "there is no such chatid" Recipient DropRecipient;
    Wecom 40056 "the agentid is invalid" Request Never
        "Compare `agent_id` with the application's page in the console.";
    Wecom 40058 "a parameter is invalid; `errmsg` names it" Request Never
        "Correct the field that `errmsg` names.";
    Wecom 40063 "a parameter is empty" Request Never;
    Wecom 40073 "the openid is invalid" Recipient DropRecipient;
    Wecom 40091 "the secret is invalid" Account TellOwner
        "Compare `app_secret` with the application's page in the console.";
    Mp 40125 "the AppSecret is wrong" Account TellOwner
        "Compare `app_secret` with WeChat's console; it changes whenever somebody resets it there.";
    Mp 40163 "the OAuth or login code was used already" Request NewCode;
    Mp 40164 "the IP address of the caller is not on the account's list" Account TellOwner
        "Add the address that `errmsg` names to the IP list in WeChat's console.";
    Mp 40165 "the path of the mini program is invalid" Request Never;
    Mp 40166 "the AppID of the mini program is invalid" Request Never;
    Mp 40200 "this kind of account may not do this" Account TellOwner;
    Wecom 40201 "stopped by anti-spam" Request Never;
    Wecom 40204 "stopped by anti-spam" Request Never;
    Wecom 40206 "the body is too large" Request Never;
    Mp 40226 "a high-risk user was blocked at login" Recipient DropRecipient;
    Mp 40243 "the AppSecret is frozen" Account TellOwner
        "Unfreeze the AppSecret in WeChat's console.";
    Mp 41001 "the access_token is missing" Request Never
        "Put it into the query; on Cloud Run, release a version with the open API service on.";
    Wecom 41001 "the access_token is missing" Request Never;
    Mp 41002 "the AppID is missing" Request Never;
    Wecom 41002 "the CorpID is missing" Request Never;
    Mp 41004 "the AppSecret is missing" Request Never;
    Wecom 41004 "the secret is missing" Request Never;
    Mp 41005 "the media data is missing" Request Never
        "Give the multipart part a file name, and its bytes.";
    Mp 41006 "the media_id is missing" Request Never;
    Wecom 41006 "the media_id is missing" Request Never;
    Wecom 41011 "the agentid is missing" Request Never;
    Mp 41028 "the form_id is invalid (retired by WeChat)" Request Never
        "Use subscription messages; form_id was retired.";
    Mp 41029 "the form_id was used already (retired by WeChat)" Request Never
        "Use subscription messages; form_id was retired.";
    Mp 41030 "the page is not in the released version of the mini program" Request Never;
    Mp 42001 "the access_token expired" Token RenewToken;
    Wecom 42001 "the access_token expired" Token RenewToken;
    Mp 42002 "the refresh_token expired" Token Reauthorize;
    Mp 42003 "the OAuth code expired" Request Reauthorize;
    Wecom 42003 "the code expired" Request NewCode;
    Mp 42006 "the component_access_token expired" Token RenewToken;
    Mp 42007 "the user changed the password, which ended the authorization" Token Reauthorize;
    Wecom 42009 "the suite_access_token expired" Token RenewToken;
    Wecom 42014 "the task card's id is invalid" Request Never;
    Wecom 42015 "the task card was sent by another application" Request Never;
    Wecom 42016 "there is no such task card" Request Never;
    Wecom 42017 "the key of a task card's button is invalid" Request Never;
    Wecom 42018 "the name of a task card's button is invalid" Request Never;
    Wecom 42019 "a field of the task card is missing or invalid" Request Never;
    Wecom 42020 "a field of the task card is missing or invalid" Request Never;
    Wecom 42022 "the code was used already" Request NewCode;
    Wecom 42027 "a field of the template card is missing or invalid" Request Never;
    Wecom 42028 "a field of the template card is missing or invalid" Request Never;
    Wecom 42029 "a field of the template card is missing or invalid" Request Never;
    Wecom 42030 "a field of the template card is missing or invalid" Request Never;
    Wecom 42031 "a field of the template card is missing or invalid" Request Never;
    Wecom 42032 "a field of the template card is missing or invalid" Request Never;
    Wecom 42033 "a field of the template card is missing or invalid" Request Never;
    Wecom 42034 "a field of the template card is missing or invalid" Request Never;
    Wecom 42035 "a field of the template card is missing or invalid" Request Never;
    Wecom 42036 "a field of the template card is missing or invalid" Request Never;
    Wecom 42037 "a field of the template card is missing or invalid" Request Never;
    Wecom 42038 "a field of the template card is missing or invalid" Request Never;
    Wecom 42039 "a field of the template card is missing or invalid" Request Never;
    Wecom 42040 "a field of the template card is missing or invalid" Request Never;
    Wecom 42041 "a field of the template card is missing or invalid" Request Never;
    Wecom 42042 "a field of the template card is missing or invalid" Request Never;
    Wecom 42043 "a field of the template card is missing or invalid" Request Never;
    Wecom 42044 "a field of the template card is missing or invalid" Request Never;
    Wecom 42045 "a field of the template card is missing or invalid" Request Never;
    Wecom 42046 "a field of the template card is missing or invalid" Request Never;
    Wecom 42047 "a field of the template card is missing or invalid" Request Never;
    Wecom 42048 "a field of the template card is missing or invalid" Request Never;
    Wecom 42049 "a field of the template card is missing or invalid" Request Never;
    Wecom 42050 "a field of the template card is missing or invalid" Request Never;
    Wecom 42051 "a field of the template card is missing or invalid" Request Never;
    Wecom 42052 "the msgid expired" Request Never;
    Mp 43001 "the API wants GET" Request Never;
    Mp 43002 "the API wants POST" Request Never;
    Mp 43003 "the API wants HTTPS" Request Never;
    Mp 43004 "the user does not follow the account" Recipient DropRecipient;
    Wecom 43004 "the user has not bound WeChat or the plugin" Recipient DropRecipient;
    Mp 43019 "the user is on the account's blacklist" Recipient DropRecipient;
    Mp 43100 "the template is changed too frequently" Quota WaitForQuota;
    Mp 43101 "the user did not subscribe, or the grant is used up" Recipient DropRecipient;
    Mp 43107 "the subscription capability is banned" Account TellOwner;
    Mp 43108 "several messages are being sent to one user at once" Request BackOff
        "Send to one user one message at a time, and try this one again after 1, 2 and 4 seconds.";
    Mp 43116 "the template is banned" Account TellOwner;
    Mp 43117 "the template is used too frequently" Quota WaitForQuota;
    Mp 44001 "the media file is empty" Request Never;
    Wecom 44001 "the media file is empty" Request Never;
    Mp 44002 "the POST body is empty" Request Never;
    Mp 44003 "the news message is empty" Request Never;
    Mp 44004 "the text is empty" Request Never;
    Wecom 44004 "the text is empty" Request Never;
    Mp 45001 "the media file is too large" Request Never;
    Wecom 45001 "the media file is too large" Request Never;
    Mp 45002 "the content is too long" Request Never
        "Split the text and send the parts.";
    Wecom 45002 "the content is too long" Request Never
        "Split the text and send the parts.";
    Mp 45003 "the title is too long" Request Never;
    Mp 45004 "the description is too long" Request Never;
    Mp 45005 "the link is too long" Request Never;
    Mp 45006 "the picture link is too long" Request Never;
    Mp 45007 "the voice lasts too long" Request Never;
    Wecom 45007 "the voice lasts too long" Request Never;
    Mp 45008 "there are too many articles" Request Never
        "Send one article.";
    Wecom 45008 "there are too many articles" Request Never;
    Mp 45009 "the day's calls of this API, or all of them, are used up" Quota WaitForQuota
        "Wait for the next day, or call clear_quota.";
    Wecom 45009 "the API is called too often" Quota WaitForQuota
        "Wait for the next minute, or the next hour.";
    Mp 45011 "the API is called too often in this minute" Quota WaitForQuota
        "Wait for the next minute.";
    Mp 45015 "the window for answering this user is over" Recipient WaitForUser;
    Mp 45028 "no mass message is left" Quota WaitForQuota;
    Mp 45029 "the quota of the API, or of QR codes, is used up" Quota Never
        "Delete what is no longer needed, or ask WeChat for more.";
    Wecom 45033 "too many calls at once" Quota BackOff;
    Mp 45035 "the IP address is not registered with the platform" Account TellOwner;
    Mp 45047 "the customer-service messages to this user are used up" Quota WaitForUser;
    Mp 45048 "the menu is not used as it may be" Request Never;
    Mp 45065 "a message with this clientmsgid was sent already" Request Nothing
        "Count it as sent: an earlier try arrived.";
    Mp 45066 "the same clientmsgid was tried again too fast" Quota WaitForQuota
        "Wait 60 seconds before trying the same clientmsgid again.";
    Mp 45067 "the clientmsgid is too long" Request Never;
    Mp 45072 "the typing command is invalid" Request Nothing
        "Ignore it: only the typing indicator is missing.";
    Mp 45080 "the user wrote nothing recently, so typing cannot be shown" Recipient Nothing
        "Ignore it: only the typing indicator is missing.";
    Mp 45081 "typing is shown already" Request Nothing
        "Ignore it: the indicator is on.";
    Mp 45168 "the text has sensitive words" Request Never;
    Mp 46001 "there is no such media" Request UploadAgain;
    Mp 46002 "there is no such menu version" Request Never;
    Mp 46003 "there is no menu" Request Never;
    Mp 46004 "there is no such user" Recipient DropRecipient;
    Mp 47001 "the JSON or XML cannot be parsed" Request Never;
    Mp 47003 "a template value is invalid" Request Never
        "Correct the field that `errmsg` names.";
    Mp 48001 "the API is not granted to this account" Account TellOwner;
    Wecom 48001 "the API is not granted to this application" Account TellOwner;
    Mp 48002 "the user refuses messages" Recipient DropRecipient;
    Wecom 48002 "the application may not call this API" Account TellOwner;
    Mp 48004 "the API is banned for this account" Account TellOwner;
    Mp 48006 "clear_quota is used up for this month" Quota Never
        "Wait for the quota itself to come back; clearing it is not possible until next month.";
    Mp 48008 "the account may not send this type of message" Account TellOwner;
    Mp 49003 "the OpenID and the access_token do not belong together" Request Never;
    Mp 50001 "the user did not authorize this API" Recipient Reauthorize;
    Wecom 50001 "the redirect domain is not registered" Account TellOwner;
    Mp 50002 "the user is restricted" Recipient DropRecipient;
    Wecom 50003 "the application is disabled" Account TellOwner;
    Mp 50004 "the account may not fetch tokens" Account TellOwner;
    Mp 50005 "the user does not follow the account" Recipient DropRecipient;
    Mp 50007 "the account is frozen" Account TellOwner;
    Wecom 60011 "the application may not see this member, party or tag" Account TellOwner;
    Wecom 60020 "the IP address of the caller is not trusted" Account TellOwner
        "Add the address that `errmsg` names to the application's trusted addresses.";
    Wecom 60021 "the user is outside the visible range of the application" Recipient DropRecipient;
    Wecom 60111 "there is no such UserID" Recipient DropRecipient;
    Wecom 60140 "the response_code is invalid or was used already" Request Never;
    Mp 61003 "the account did not authorize the component" Account Reauthorize;
    Mp 61004 "the IP address of the caller is not registered for the component" Account TellOwner;
    Mp 61005 "the component ticket expired" Token RenewToken
        "Take the newest component_verify_ticket and fetch the component token with it.";
    Mp 61006 "the component ticket is invalid" Token Never
        "Wait for the next component_verify_ticket (every 10 minutes), or start its push again.";
    Mp 61007 "the API is not authorized to the component" Account Reauthorize;
    Mp 61008 "the request key of the component is there twice" Request Never;
    Mp 61009 "the authorization code is invalid" Request Reauthorize;
    Mp 61010 "the authorization code expired" Request Reauthorize;
    Mp 61011 "the component is invalid" Account TellOwner;
    Mp 61012 "the option's name is invalid" Request Never;
    Mp 61013 "the option's value is invalid" Request Never;
    Mp 61014 "this API wants the component's token" Request Never
        "Use the token of api_component_token.";
    Mp 61015 "this API wants the account's token, not the component's" Request Never;
    Mp 61016 "the permission set has to be confirmed by the component" Account TellOwner;
    Mp 61017 "the permission set is not authorized" Account Reauthorize;
    Mp 61018 "the permission set is confirmed already" Request Nothing;
    Mp 61019 "the permission set needs no confirmation" Request Nothing;
    Mp 61020 "a parameter of the component's call is wrong" Request Never;
    Mp 61021 "the permission set cannot be confirmed" Account TellOwner;
    Mp 61022 "the confirmation cannot be sent again" Request Never;
    Mp 61023 "the refresh_token of the account is invalid" Token Reauthorize;
    Mp 61450 "the operator service is busy" Service BackOff;
    Mp 61451 "a parameter of the operator call is wrong" Request Never;
    Mp 61452 "the kf_account is invalid" Request Never;
    Mp 61453 "the kf_account exists already" Request Never;
    Mp 61454 "the kf_account's name is too long" Request Never;
    Mp 61455 "the kf_account's name has illegal characters" Request Never;
    Mp 61456 "there are too many operators" Account TellOwner;
    Mp 61457 "the picture of the operator has the wrong file type" Request Never;
    Mp 65400 "operators are not enabled for this account" Account TellOwner;
    Mp 65401 "there is no such operator" Request Never;
    Mp 65402 "the operator has not been bound to a WeChat user" Account TellOwner;
    Mp 65403 "the operator's nickname is invalid" Request Never;
    Mp 65404 "the operator's account is invalid" Request Never;
    Mp 65405 "there are as many operators as there may be" Account TellOwner;
    Mp 65406 "the operator exists already" Request Never;
    Mp 65407 "the invited user is an operator of this account already" Request Never;
    Mp 65408 "the user has been invited already" Request Never;
    Mp 65409 "there is no such WeChat user to invite" Recipient DropRecipient;
    Mp 65410 "the invited user is an operator of too many accounts" Recipient DropRecipient;
    Mp 65411 "an invitation for this operator is waiting for its answer" Request Never;
    Mp 65412 "the operator is bound to a WeChat user already" Request Never;
    Mp 65413 "the user has no session with an operator" Request Never;
    Mp 65414 "another operator is serving the user" Request Never;
    Mp 65415 "the operator is not online" Recipient Never
        "Choose an operator who is online.";
    Mp 65416 "a parameter of the query is invalid" Request Never;
    Mp 65417 "the time span of the query is too long" Request Never;
    Mp 70000 "the protection of minors forbids it" Recipient DropRecipient;
    Mp 76001 "the rid is unknown" Request Never;
    Mp 76002 "the rid is malformed" Request Never;
    Mp 76003 "the rid belongs to another account" Request Never;
    Mp 76004 "the rid is older than 7 days" Request Never;
    Mp 76021 "the cgi_path is wrong" Request Never;
    Mp 76022 "the token belongs to another account" Request Never;
    Wecom 81013 "no receiver is valid or permitted" Recipient DropRecipient;
    Wecom 84061 "the customer has no relation to the member" Recipient DropRecipient;
    Wecom 84074 "the member may not have external customers" Account TellOwner;
    Mp 85105 "Cloud Run: the account has no such API, or `from_appid` is wrong" Account TellOwner;
    Mp 85107 "Cloud Run: the path is not in the list of open APIs" Account TellOwner
        "Add the path to the permission list of the open API service and release a new version.";
    Mp 85112 "Cloud Run: the link to the open API service failed" Service BackOff;
    Mp 85113 "Cloud Run: the token of the open API service is not ready" Service BackOff
        "Try again in a few minutes.";
    Mp 87014 "the content is illegal" Request Never
        "Do not send or show this content.";
    Mp 89503 "the IP address waits for the administrator's confirmation" Account WaitForQuota
        "Ask the account's administrator to confirm the address.";
    Mp 89506 "the administrator refused the IP address; locked for 24 hours" Account WaitForQuota
        "Settle it with the account's administrator and try again after 24 hours.";
    Mp 89507 "the administrator refused the IP address; locked for 1 hour" Account WaitForQuota
        "Settle it with the account's administrator and try again after an hour.";
    Wecom 93000 "the webhook key is wrong, or the robot was removed" Account TellOwner;
    Wecom 93004 "the robot is disabled" Account TellOwner;
    Wecom 93006 "the robot's group is invalid" Account TellOwner;
    Wecom 93008 "the robot is not in the group" Account TellOwner;
    Wecom 95000 "customer service: the open_kfid is invalid" Request Never;
    Wecom 95001 "customer service: too many messages since the customer's last" Quota WaitForUser;
    Wecom 95002 "customer service: the customer's last message is too old" Recipient WaitForUser;
    Wecom 95003 "customer service: no more customers can be served" Quota WaitForQuota;
    Wecom 95004 "customer service: there is no such open_kfid" Request Never;
    Wecom 95005 "customer service: there are as many accounts as there may be" Account TellOwner;
    Wecom 95006 "customer service: the account's name is invalid" Request Never;
    Wecom 95007 "customer service: the token of the message event is invalid" Request Never;
    Wecom 95008 "customer service: the menu has too many items" Request Never;
    Wecom 95009 "customer service: the menu has an invalid type of item" Request Never;
    Wecom 95010 "customer service: the call is refused" Request Never;
    Wecom 95011 "customer service: it is in use in 企业微信 itself already" Account TellOwner;
    Wecom 95012 "customer service: it is not in use in 企业微信" Account TellOwner;
    Wecom 95013 "customer service: the session has ended" Recipient WaitForUser;
    Wecom 95014 "customer service: the member does not serve customers" Request Never;
    Wecom 95015 "customer service: the console decides who serves" Account TellOwner;
    Wecom 95016 "customer service: the session may not change to this state" Request Never;
    Wecom 95017 "customer service: not for an account of this kind" Account TellOwner;
    Wecom 301002 "the application may not be used with this secret" Account TellOwner;
    Wecom 2000002 "the CorpID is invalid" Account TellOwner;
    Mp 9001001 "the POST data has an invalid parameter" Request Never;
}
