//! The program as people run it: real processes, real output, exit codes.

mod desk;
mod program;

mod accounts;
mod client;
mod commands;
mod demo;
mod json;
mod kill;
mod model;
mod readme;
mod resume;
mod serve;
