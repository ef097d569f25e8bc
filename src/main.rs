//! The program `chartroom`: its command line, nothing else.

mod cli;

use clap::Parser as _;
use std::process::ExitCode;

/// Measured best under the engine: it allocates much and briefly.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::run(&cli::Cli::parse())
}
