//! What the walk asks and edits; it belongs to the seed of the emulated Drive.

/// Questions that the seed answers.
pub const QUESTIONS: [&str; 2] = ["refund for annual plans", "cold store too warm"];

/// A file that is written while everybody watches, and a question that only it answers.
pub const NEW_FILE: &str = "Policies/Parking.txt";
pub const NEW_TEXT: &str = "Visitors park on deck C. The barrier opens with the code printed on the invitation; bicycles go to the courtyard.\n";
pub const NEW_QUESTION: &str = "where do visitors park";

/// The collection that everything is synced to.
pub const COLLECTION: &str = "Company knowledge";
