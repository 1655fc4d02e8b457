//! Notion: what only Notion has, bad days word by word, and real answers.

mod make;
mod script;

mod errors;
mod rendering;
mod values;
mod words;
