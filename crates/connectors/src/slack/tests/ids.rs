//! Ids and times: what can be one, and what never enters an address.

use crate::slack::ids::{Feed, Named, Ts, channel_feed};

#[test]
fn times_are_compared_as_numbers_and_kept_as_text() {
    let ts = |text: &str| Ts::parse(text);
    assert_eq!(ts("1355517523.000005").unwrap().to_string(), "1355517523.000005");
    assert!(ts("999999999.000001") < ts("1355517523.000005"));
    assert!(ts("1355517523.000005") < ts("1355517523.000100"), "not a fraction to be rounded");
    assert_eq!(ts("1355517523.000005").unwrap().in_address(), "p1355517523000005");
    assert_eq!(ts("2.000000").unwrap().just_before().to_string(), "1.999999");
    for bad in
        ["", ".", "1", "1.", "1.00000", "1.0000001", "01.000001", "-1.000001", "1e9.000001", "a.000001"]
    {
        assert!(ts(bad).is_none(), "{bad}");
    }
}

#[test]
fn ids_say_what_they_name() {
    let named = |id: &'static str| Named::parse(id);
    assert_eq!(named("T9TK3CUKW"), Some(Named::Workspace("T9TK3CUKW")));
    assert_eq!(named("G1"), Some(Named::Channel("G1")));
    assert_eq!(named("F1"), Some(Named::File("F1")));
    let thread = Named::Thread("C1", Ts::parse("1.000001").unwrap());
    assert_eq!(named("C1:1.000001"), Some(thread));
    for bad in [
        "",
        "C",
        "c1",
        "C1x",
        "U1",
        "C1:",
        ":1.000001",
        "F1:1.000001",
        "C1:1.000001:2",
        "C1/..",
        "C1?a",
        "É1",
    ] {
        assert_eq!(named(bad), None, "{bad}");
    }
}

#[test]
fn feeds_are_named_by_their_channel() {
    assert_eq!(Feed::of(&channel_feed("C1")).unwrap(), Feed::Channel("C1"));
    assert_eq!(Feed::of(&"workspace".into()).unwrap(), Feed::Workspace);
    for bad in ["", "channel:", "channel:c1", "channel:C1/..", "user", "workspace2"] {
        assert_eq!(Feed::of(&bad.into()).unwrap_err().code, "unknown_feed", "{bad}");
    }
}
