//! The program as people run it: real processes, real output, exit codes.

mod program;

mod commands;
mod demo;
mod kill;
mod model;
mod readme;
mod resume;
mod serve;
