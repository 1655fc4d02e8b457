//! Marks in the Markdown that connectors write: where a part begins that has an address of its own at the source.

/// Bytes of text from which the next place with an address begins a part. Smaller ones would tear apart what is found
/// together.
const LEAST: usize = 1000;

/// Whether a part is due, and the mark that begins it: a comment, which no reader shows.
#[derive(Default)]
pub struct Parts {
    begun: usize,
}

impl Parts {
    /// A part begins anyway where so much was written.
    pub fn begin(&mut self, written: usize) {
        self.begun = written;
    }

    /// The mark of the place called `name`, when so much was written since the last that it begins a part.
    pub fn mark(&mut self, written: usize, name: &str) -> Option<String> {
        if written < self.begun + LEAST {
            return None;
        }
        self.begun = written;
        Some(format!("<!-- #{name} -->\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_marked_once_there_is_enough_before_it() {
        let mut parts = Parts::default();
        assert_eq!(parts.mark(999, "a"), None);
        assert_eq!(parts.mark(1000, "b").as_deref(), Some("<!-- #b -->\n"));
        assert_eq!(parts.mark(1999, "c"), None);
        parts.begin(1500);
        assert_eq!(parts.mark(2400, "d"), None);
        assert!(parts.mark(2500, "e").is_some());
    }
}
