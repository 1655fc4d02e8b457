//! The authorization server for assistants: what a program gets, what a person decides, and every way around it.

mod document_host;
mod program;

mod asking;
mod deciding;
mod documents;
mod keeping;
mod registering;
mod tokens;
