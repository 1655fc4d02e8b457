//! What other people share, what points elsewhere, what the owner forbids.

use futures::TryStreamExt;
use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Disposition, FetchLimits, Told};
use gangway_emulators::google::{FileEdit, FileTarget, NativeEdit, NativeKind, NewFile, Share};
use gangway_model::{Fetchable, ItemKind, ProviderItemId};
use serde_json::json;

use super::harness::{FRIEND, GoogleStage, ME, at, start};

fn shared_with_me() -> ProviderItemId {
    ProviderItemId::from("shared-with-me")
}

fn shortcut(stage: &GoogleStage, name: &str, target: &str) -> ProviderItemId {
    let edit =
        FileEdit { parent: Some(at(&stage.home())), name: Some(name.to_owned()), ..FileEdit::default() };
    let target = Some(target.to_owned());
    let new = NewFile {
        target: FileTarget::in_account(ME, "new"),
        shortcut_id: target,
        edit,
        ..NewFile::default()
    };
    stage.control.create_file(&new).unwrap().id.into()
}

#[tokio::test]
async fn what_was_shared_without_its_folder_lies_in_shared_with_me() {
    let stage = start().await;
    let file = stage.receive("gift.txt", "words").await.unwrap();
    let source = stage.source();
    let listed = source.list(&shared_with_me(), None).await.unwrap().entries;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].id, &listed[0].parents), (&file, &vec![shared_with_me()]));
    // The same place whoever asks, so that no answer seems to move it.
    assert_eq!(source.get(&file).await.unwrap().parents, [shared_with_me()]);
    let request = BrowseRequest { container: Some(shared_with_me()), limit: 10, ..BrowseRequest::default() };
    assert_eq!(source.browse(&request).await.unwrap().entries[0].id, file);
    assert_eq!(source.get(&shared_with_me()).await.unwrap().kind, ItemKind::Container);
}

#[tokio::test]
async fn below_a_shared_folder_items_have_that_folder() {
    let stage = start().await;
    let share = Share { email: Some(ME.to_owned()), ..Share::default() };
    let folder = stage.control.create_folder(&FileTarget::in_account(FRIEND, "Ours")).unwrap();
    let inside = stage.control.write_text(&FileTarget::in_account(FRIEND, "Ours/a.txt"), "a").unwrap();
    stage.control.share(&FileTarget::id(&folder.id), &share).unwrap();
    let source = stage.source();
    let listed = source.list(&shared_with_me(), None).await.unwrap().entries;
    assert_eq!(listed.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), [folder.id.as_str()]);
    let below = source.list(&folder.id.clone().into(), None).await.unwrap().entries;
    assert_eq!((below[0].id.as_str(), below[0].parents[0].as_str()), (&*inside.id, &*folder.id));
}

#[tokio::test]
async fn shortcuts_are_links_and_a_dangling_one_leads_nowhere() {
    let stage = start().await;
    let home = stage.home();
    let to_file = stage.create_file(&home, "real.txt", "words").await;
    let link = shortcut(&stage, "link", to_file.as_str());
    let dangling = shortcut(&stage, "dangling", "1nobodyknowsthisfile");
    let loops = shortcut(&stage, "loop", home.as_str());
    let source = stage.source();
    let entry = source.get(&link).await.unwrap();
    assert_eq!((entry.kind, entry.target.as_ref()), (ItemKind::Link, Some(&to_file)));
    let error = source.fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::SkipItem);
    let target = source.get(&dangling).await.unwrap().target.unwrap();
    assert!(source.get(&target).await.unwrap_err().is_gone());
    // A loop is an ordinary link here; whoever walks keeps the set of what was visited.
    assert_eq!(source.get(&loops).await.unwrap().target.unwrap(), home);
    assert_eq!(source.list(&home, None).await.unwrap().entries.len(), 4);
}

#[tokio::test]
async fn what_the_owner_or_google_withholds_is_skipped_with_the_reason() {
    let stage = start().await;
    let share = Share { email: Some(ME.to_owned()), ..Share::default() };
    let give = |name: &str, edit: FileEdit| {
        let edit = FileEdit { share: vec![share.clone()], ..edit };
        let new = NewFile { target: FileTarget::in_account(FRIEND, name), edit, ..NewFile::default() };
        ProviderItemId::from(stage.control.create_file(&new).unwrap().id)
    };
    let text = || Some("words".to_owned());
    let closed = give(
        "closed.txt",
        FileEdit { content: text(), download_restricted: Some(true), ..Default::default() },
    );
    let entry = stage.source().get(&closed).await.unwrap();
    assert!(matches!(&entry.fetchable, Fetchable::No(reason) if reason.code == "download_forbidden"));
    // Told only by the refusal when the listing did not say.
    let unaware = gangway_connector::Entry { fetchable: Fetchable::Yes, ..entry };
    let limits = FetchLimits { max_bytes: 100 };
    let error = stage.source().fetch(&unaware, &limits).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("download_forbidden", Disposition::SkipItem));

    let flagged = give("bad.exe", FileEdit { content: text(), abusive: Some(true), ..Default::default() });
    let entry = stage.source().get(&flagged).await.unwrap();
    let error = stage.source().fetch(&entry, &limits).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("flagged_as_abuse", Disposition::SkipItem));

    let native = Some(NativeEdit { kind: NativeKind::Document, text: "words".to_owned(), sheets: vec![] });
    let kept = give("kept", FileEdit { native, export_forbidden: Some(true), ..Default::default() });
    let entry = stage.source().get(&kept).await.unwrap();
    let error = stage.source().fetch(&entry, &limits).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("download_forbidden", Disposition::SkipItem));
}

#[tokio::test]
async fn resource_keys_travel_with_the_address() {
    let stage = start().await;
    let share = Share { anyone: true, ..Share::default() };
    let edit = FileEdit {
        content: Some("old link".to_owned()),
        resource_key: Some("0-key".to_owned()),
        share: vec![share],
        ..FileEdit::default()
    };
    let file = stage.create("linked.txt", edit);
    let entry = stage.source().get(&file).await.unwrap();
    assert!(entry.url.as_ref().unwrap().contains("resourcekey=0-key"), "{:?}", entry.url);
    stage.source().fetch(&entry, &FetchLimits { max_bytes: 100 }).await.unwrap();
}

#[tokio::test]
async fn an_export_that_fails_on_googles_side_for_long_is_no_skip() {
    let stage = start().await;
    let file = stage.create_file(&stage.home(), "a.txt", "a").await;
    let entry = stage.source().get(&file).await.unwrap();
    let busy = json!({"status": 403, "reason": "downloadQuotaExceeded"});
    stage.fault("drive.files.get", 1, busy);
    let error = stage.source().fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("download_quota", Disposition::SkipItem));
}

#[tokio::test]
async fn versions_are_told_oldest_first_with_their_authors() {
    let stage = start().await;
    let file = stage.create_file(&stage.home(), "a.txt", "one").await;
    stage.change_content(&file, "two!").await;
    let page = stage.source().versions(&file, None).await.unwrap();
    let sizes: Vec<_> = page.versions.iter().map(|version| (version.size, version.current)).collect();
    assert_eq!(sizes, [(Some(3), false), (Some(4), true)]);
    assert_eq!(page.versions[1].author.as_deref(), Some("Ada Lovelace"));
    assert!(page.next.is_none());

    stage.fault("drive.revisions.list", 1, json!({"status": 403, "reason": "insufficientFilePermissions"}));
    let error = stage.source().versions(&file, None).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::SkipItem);
    assert!(error.message.contains("version history"), "{error}");
}

/// Such a file is found only by those who send its key: looked up without it, it would seem to be gone.
#[tokio::test]
async fn a_file_known_by_its_link_is_looked_up_with_its_key() {
    let stage = start().await;
    let target = FileTarget::in_account(FRIEND, "linked.txt");
    let share = vec![
        Share { anyone: true, ..Share::default() },
        Share { email: Some(ME.to_owned()), ..Share::default() },
    ];
    let edit = FileEdit {
        content: Some("first words".to_owned()),
        resource_key: Some("0-key".to_owned()),
        share,
        ..FileEdit::default()
    };
    let new = NewFile { target, edit, ..NewFile::default() };
    let id: ProviderItemId = stage.control.create_file(&new).unwrap().id.into();
    let source = stage.source();
    let entry = source.get(&id).await.unwrap();
    stage.control.unshare(&at(&id), &Share { email: Some(ME.to_owned()), ..Share::default() }).unwrap();
    assert!(source.get(&id).await.unwrap_err().is_gone(), "the link's key is all that is left");
    let told = Told { url: entry.url.as_deref(), ..Told::default() };
    assert_eq!(source.get_again(&id, &told).await.unwrap().id, id);
    // It changes after it was listed: the comparison with what it is now needs the key as well.
    stage.change_content(&id, "other words").await;
    let content = source.fetch(&entry, &FetchLimits { max_bytes: 100 }).await.unwrap();
    let chunks: Vec<_> = content.bytes.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"other words");
}
