//! `warren completions`: a script for a shell.

use clap::Args;
use clap_complete::Shell;

use super::{failure::Failure, output};

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell that is to read the script, as by `source <(warren completions bash)`.
    shell: Shell,
}

pub(super) fn run(
    mut command: clap::Command,
    Arguments { shell }: Arguments,
) -> Result<(), Failure> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())
}
