//! The authorization server for assistants: what a program gets, what a person decides, and every way around it.

mod program;

mod asking;
mod deciding;
mod keeping;
mod registering;
mod tokens;
