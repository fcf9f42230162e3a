//! Files on their way to WeChat and back.

use bytes::Bytes;
use serde_json::json;
use yizhan::platform::File;
use yizhan::platform::media;

use super::owned;
use super::request;
use crate::platform::MINI;
use crate::platform::OFFICIAL;
use crate::platform::WECOM;
use crate::platform::Wire;
use crate::platform::client;

fn picture() -> File {
    File { name: owned("a.png"), bytes: Bytes::from_static(b"PNG") }
}

#[tokio::test(start_paused = true)]
async fn uploads() {
    let wire = Wire::answering(
        json!({"type": "thumb", "thumb_media_id": "M1", "created_at": "1767225600"}),
    );
    let client = client(OFFICIAL, &wire);
    let cover = File { name: owned("c.jpg"), ..picture() };
    assert_eq!(client.upload_media(media::Kind::Thumb, cover).await.unwrap().media_id, "M1");
    client.upload_image(picture()).await.unwrap();
    let description = media::Description { title: owned("T"), introduction: owned("I") };
    let video = File { name: owned("v.mp4"), ..picture() };
    client.add_material(media::Kind::Video, video, Some(&description)).await.unwrap();
    assert_eq!(
        wire.lines(),
        [
            "POST /cgi-bin/media/upload?type=thumb",
            "POST /cgi-bin/media/uploadimg",
            "POST /cgi-bin/material/add_material?type=video",
        ]
    );
    let last = wire.asked().pop().unwrap().body;
    assert!(
        last.contains("name=\"description\"\r\n\r\n{\"title\":\"T\",\"introduction\":\"I\"}\r\n"),
        "{last}"
    );
    assert!(
        last.contains(
            "name=\"media\"; filename=\"v.mp4\"\r\ncontent-type: video/mp4\r\n\r\nPNG\r\n"
        ),
        "{last}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_downloaded_video_is_an_address() {
    let client = client(OFFICIAL, &Wire::answering(json!({"video_url": "http://e.com/v"})));
    let downloaded = client.download_media("M1").await.unwrap();
    assert!(matches!(downloaded, media::Downloaded::VideoUrl(url) if url == "http://e.com/v"));
}

#[tokio::test(start_paused = true)]
async fn a_file_of_each_kind_that_a_platform_takes() {
    use media::Kind;
    let named = |name: &str| File { name: owned(name), bytes: Bytes::from_static(b"0123456789") };
    for (settings, kind, name, line) in [
        (OFFICIAL, Kind::Image, "a.png", "POST /cgi-bin/media/upload?type=image"),
        (OFFICIAL, Kind::Voice, "a.amr", "POST /cgi-bin/media/upload?type=voice"),
        (OFFICIAL, Kind::Video, "a.mp4", "POST /cgi-bin/media/upload?type=video"),
        (MINI, Kind::Image, "a.png", "POST /cgi-bin/media/upload?type=image"),
        (WECOM, Kind::Image, "a.png", "POST /cgi-bin/media/upload?type=image"),
        (WECOM, Kind::Voice, "a.amr", "POST /cgi-bin/media/upload?type=voice"),
        (WECOM, Kind::Video, "a.mp4", "POST /cgi-bin/media/upload?type=video"),
        (WECOM, Kind::File, "a.pdf", "POST /cgi-bin/media/upload?type=file"),
    ] {
        let wire = Wire::answering(json!({"errcode": 0, "media_id": "M1"}));
        client(settings, &wire).upload_media(kind, named(name)).await.unwrap();
        assert_eq!(wire.lines(), [line]);
        let part = format!("name=\"media\"; filename=\"{name}\"\r\n");
        assert!(wire.asked()[1].body.contains(&part), "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn downloads() {
    let wire = Wire::answering(json!({"errcode": 0}));
    let client = client(OFFICIAL, &wire);
    client.download_media("M1").await.unwrap();
    client.download_voice("M1").await.unwrap();
    client.download_material("M1").await.unwrap();
    assert_eq!(
        wire.lines(),
        [
            "GET /cgi-bin/media/get?media_id=M1",
            "GET /cgi-bin/media/get/jssdk?media_id=M1",
            "POST /cgi-bin/material/get_material",
        ]
    );
    assert_eq!(wire.asked().pop().unwrap().body, r#"{"media_id":"M1"}"#);
}

#[tokio::test(start_paused = true)]
async fn the_material_is_counted_and_removed_from() {
    assert_eq!(
        request(OFFICIAL, media::Remove { media_id: owned("M1") }).await,
        r#"POST /cgi-bin/material/del_material {"media_id":"M1"}"#
    );
    assert_eq!(request(OFFICIAL, media::Count {}).await, "GET /cgi-bin/material/get_materialcount");
}
