//! Plans and what each of them includes.

use serde::{Deserialize, Serialize};

/// A user's plan. Ordered: a later one includes everything of an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    #[default]
    Free,
    Pro,
    Enterprise,
}

impl Plan {
    pub fn as_str(self) -> &'static str {
        match self {
            Plan::Free => "free",
            Plan::Pro => "pro",
            Plan::Enterprise => "enterprise",
        }
    }

    /// Reads a plan's name; `None` for any other word.
    pub fn parse(text: &str) -> Option<Self> {
        [Plan::Free, Plan::Pro, Plan::Enterprise].into_iter().find(|plan| plan.as_str() == text)
    }

    /// Whether somebody on this plan may use what needs `required`.
    pub fn includes(self, required: Plan) -> bool {
        self >= required
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    fn later_plans_include_earlier_ones() {
        assert!(Plan::Enterprise.includes(Plan::Pro));
        assert!(Plan::Pro.includes(Plan::Pro));
        assert!(!Plan::Free.includes(Plan::Pro));
    }
}
