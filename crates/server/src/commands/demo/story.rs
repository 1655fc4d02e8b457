//! What the walk does with each provider, asks and changes; it belongs to the demo's seeds.

use gangway_emulators::google::FileTarget;
use gangway_emulators::{dropbox, notion};
use serde_json::json;

use super::emulators::Emulators;

/// One provider's part of the walk.
pub struct Chapter {
    pub connector: &'static str,
    /// What a person does on the consent page.
    pub consent: &'static str,
    /// What is offered there and not given.
    pub withheld: &'static [&'static str],
    /// The entry at the top that holds everything, where there is one; else all entries are taken.
    pub root: Option<&'static str>,
    /// Questions that the seed answers.
    pub questions: &'static [&'static str],
    pub change: Change,
}

/// Something that happens at the source while everybody watches.
pub struct Change {
    pub what: &'static str,
    pub make: fn(&Emulators) -> anyhow::Result<()>,
    /// Only the change answers it.
    pub question: &'static str,
    /// A part of the answer's name.
    pub name: &'static str,
}

/// The first is walked at length.
pub static CHAPTERS: [Chapter; 4] = [
    Chapter {
        connector: "google_drive",
        consent: "Allow is pressed, as a person would; a code comes back",
        withheld: &[],
        root: None,
        questions: &["refund for annual plans", "cold store too warm"],
        change: Change {
            what: "Policies/Parking.txt is written in the Drive",
            make: |at| {
                let text = "Visitors park on deck C. The barrier opens with the code printed on the invitation; \
                            bicycles go to the courtyard.\n";
                at.google.control().write_text(&FileTarget::path("Policies/Parking.txt"), text)?;
                Ok(())
            },
            question: "where do visitors park",
            name: "Parking.txt",
        },
    },
    Chapter {
        connector: "notion",
        consent: "the page Block gallery is unticked, Allow is pressed; a code comes back",
        withheld: &["Block gallery"],
        root: None,
        questions: &["gift subscriptions refunded"],
        change: Change {
            what: "a page is added below Handbook in Notion",
            make: |at| {
                let text = "The kettle in the tasting room is descaled on the first Monday of the month, with citric acid.";
                let page = json!({ "title": "Kettle care", "blocks": [{ "paragraph": text }] });
                at.notion.control().create_page(Some(&notion::Target::id("handbook")), &page)?;
                Ok(())
            },
            question: "kettle citric acid",
            name: "Kettle care",
        },
    },
    Chapter {
        connector: "slack",
        consent: "Allow is pressed; a code comes back",
        withheld: &[],
        root: Some("Lantern Tea Company"),
        questions: &["damaged parcel carrier claim"],
        change: Change {
            what: "Tomás writes into #warehouse-move in Slack",
            make: |at| {
                let text = "The forklift charger moves to bay 7 tonight, please keep the bay free.";
                at.slack.control().say("warehouse-move", "tomas@example.com", text)?;
                Ok(())
            },
            question: "forklift charger bay",
            name: "forklift charger",
        },
    },
    Chapter {
        connector: "dropbox",
        consent: "Allow is pressed; a code comes back",
        withheld: &[],
        root: None,
        questions: &["smoked oolong launch budget"],
        change: Change {
            what: "Projects/Warehouse move/Insurance.txt is saved in Dropbox",
            make: |at| {
                let target = dropbox::FileTarget::path("/Projects/Warehouse move/Insurance.txt");
                let text = "Breakage during the move is insured up to EUR 40,000; chipped teapots are reported within a day.\n";
                at.dropbox.control().write_text(&target, text)?;
                Ok(())
            },
            question: "insured breakage of teapots",
            name: "Insurance.txt",
        },
    },
];

/// A question that every source has something to say about.
pub const COMMON_QUESTION: &str = "warehouse move in September";

/// The collection that everything is synced to.
pub const COLLECTION: &str = "Company knowledge";
