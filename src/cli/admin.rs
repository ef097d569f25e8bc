//! `chartroom admin`: accounts for where nobody can sign in.

use super::{
    narrator::Narrator,
    storage::{Prepared, Storage},
};
use anyhow::{Context as _, bail};
use chartroom::{
    config::Config,
    domains::identity::{
        authentication::{Administrator, create_administrator},
        password::Passwords,
    },
    kernel::{Clock as _, Secret, SecretKind, SystemClock},
};
use clap::{Args, Subcommand};
use std::io::{BufRead as _, Write as _};

/// Longest line that is read as a password.
const LINE_BYTES: u64 = 4096;

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Make an administrator of an organization, and the organization if there is none of that name
    CreateUser(CreateUser),
}

#[derive(Debug, Args)]
pub(crate) struct CreateUser {
    /// Name of the organization
    #[arg(long)]
    organization: String,
    /// Name to sign in with
    #[arg(long)]
    username: String,
    /// Mail address
    #[arg(long)]
    email: Option<String>,
    /// Let them administer the whole installation
    #[arg(long)]
    system_administrator: bool,
    /// Read the password from the first line of the standard input instead of making one up
    #[arg(long)]
    password_stdin: bool,
}

/// Runs a command.
pub(super) async fn run(
    command: &AdminCommand,
    config: &Config,
    storage: &Storage,
    narrator: &Narrator,
) -> anyhow::Result<()> {
    let AdminCommand::CreateUser(new) = command;
    let password = if new.password_stdin {
        read_password()?
    } else {
        make_password()?
    };
    let Prepared { db, .. } = storage.prepare(config, false, narrator).await?;
    let administrator = Administrator {
        organization: &new.organization,
        username: &new.username,
        email: new.email.as_deref(),
        password: &password,
        is_system_administrator: new.system_administrator,
    };
    let passwords = Passwords::default();
    let id = create_administrator(&db, &passwords, SystemClock.now(), &administrator).await?;
    narrator.say(&format!(
        "made {} ({id}), administrator of {}",
        new.username, new.organization
    ));
    if !new.password_stdin {
        // On the standard output, so that it stays out of collected logs.
        writeln!(std::io::stdout(), "{password}").context("the password cannot be shown")?;
    }
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    let mut input = std::io::Read::take(std::io::stdin().lock(), LINE_BYTES);
    input
        .read_line(&mut line)
        .context("the password cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the first line of the standard input must be the password");
    }
    Ok(password.to_owned())
}

/// Characters of a token are as good as any: 24 of them have 142 bits.
fn make_password() -> anyhow::Result<String> {
    let token = Secret::generate(SecretKind::Session)?;
    Ok(token.expose().chars().skip(4).take(24).collect())
}
