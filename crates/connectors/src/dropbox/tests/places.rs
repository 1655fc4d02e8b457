//! What ids, addresses and places in lists are made of.

use gangway_model::{FeedKey, ProviderItemId};

use crate::dropbox::files::parent_path;
use crate::dropbox::place::{Area, Place};
use crate::dropbox::root::{PathRoot, Spot};

fn place(id: &str) -> Option<Place> {
    Place::of(&ProviderItemId::from(id))
}

#[test]
fn every_id_says_in_which_tree_it_is() {
    let namespace = || Area::Namespace("84528192421".to_owned());
    assert_eq!(place("root"), Some(Place::Top(Area::Account)));
    assert_eq!(place("shared-with-me"), Some(Place::SharedWithMe));
    assert_eq!(
        place("id:a4ayc_80_OEAAAAAAAAAXw"),
        Some(Place::Item(Area::Account, "id:a4ayc_80_OEAAAAAAAAAXw".to_owned()))
    );
    assert_eq!(place("ns:84528192421"), Some(Place::Top(namespace())));
    assert_eq!(place("ns:84528192421:id:a-B_9"), Some(Place::Item(namespace(), "id:a-B_9".to_owned())));
    for area in [Area::Account, namespace()] {
        assert_eq!(Place::of(&area.top()), Some(Place::Top(area.clone())));
        assert_eq!(Place::of(&area.item("id:x")), Some(Place::Item(area.clone(), "id:x".to_owned())));
        assert_eq!(Area::of_feed(&area.feed()), Some(area));
    }
    assert_eq!(Area::of_feed(&FeedKey::from("id:x")), None);
    assert_eq!(Area::of_feed(&FeedKey::from("shared-with-me")), None);
}

#[test]
fn what_is_no_id_is_never_asked_for() {
    let long = format!("id:{}", "x".repeat(200));
    for odd in [
        "",
        "id:",
        "id:a b",
        "id:a/b",
        "id:../x",
        "id:a\"}",
        "id:ü",
        "/path",
        "rev:0123456789",
        "ns:",
        "ns:1/x",
        "ns:1:",
        "ns:1:x",
        "ns:1:id:",
        "ns:1:2:id:x",
        "ns:ü",
        "dbid:x",
        "ROOT",
        "url:http://x",
        &long,
    ] {
        assert_eq!(place(odd), None, "{odd}");
    }
}

#[test]
fn two_trees_have_no_address_in_common() {
    let namespace = Area::Namespace("1".to_owned());
    assert_eq!(Area::Account.locator("/a/b"), "/a/b");
    assert_eq!(namespace.locator("/a/b"), "ns:1/a/b");
    assert_eq!((parent_path("/a/b"), parent_path("/a"), parent_path("")), ("/a", "", ""));
}

#[test]
fn a_place_of_another_tree_is_no_place() {
    let namespace = Area::Namespace("1".to_owned());
    let spot = Spot { root: PathRoot::Account("7:x".to_owned()), cursor: "AAE x=".to_owned() };
    assert_eq!(Spot::read(&spot.to_string(), &Area::Account).unwrap(), spot);
    assert!(Spot::read(&spot.to_string(), &namespace).is_err());
    assert!(Spot::read("ns:1 AAE", &namespace).is_ok());
    for odd in ["", " ", "AAE", "ns:2 AAE", "ns:1 ", "ns: AAE", "ns:1\n AAE", "home:1 AAE", "round - 0 "] {
        assert!(Spot::read(odd, &namespace).is_err(), "{odd}");
        assert!(Spot::read(odd, &Area::Account).is_err(), "{odd}");
    }
}
