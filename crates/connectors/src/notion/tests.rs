//! Notion.
