//! What an assistant may be allowed to do for a person.

/// One thing an assistant may do, as consent pages, tokens and lists name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AssistantScope {
    /// Find documents, and see passages of them.
    Search,
    /// Read whole documents.
    Read,
    /// Look around at connected sources and bring further documents in.
    Sync,
}

impl AssistantScope {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 3] = [Self::Search, Self::Read, Self::Sync];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Read => "read",
            Self::Sync => "sync",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Scopes as OAuth writes them: words with spaces between.
    pub fn words(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }
}
