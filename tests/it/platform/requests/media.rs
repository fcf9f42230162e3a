//! Files on their way to WeChat and back.

use bytes::Bytes;
use serde_json::json;
use yizhan::platform::File;
use yizhan::platform::media;

use super::owned;
use crate::platform::OFFICIAL;
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
