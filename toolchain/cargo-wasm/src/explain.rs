//! `cargo wasm explain PROFILE`: its part of `docs/profiles.md`.

use anyhow::Context;
use wasm_build::Profile;

use crate::terminal::BOLD;

const PAGE: &str = include_str!("../../../docs/profiles.md");

/// What a profile promises
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm explain freestanding
  cargo wasm explain release

All about profiles and their settings: docs/profiles.md.")]
pub(crate) struct Args {
    /// dev, release or freestanding
    profile: Profile,
}

/// A profile as the page has it.
struct Explained {
    /// Columns of the table of profiles: the heading, and what stands there.
    about: Vec<(&'static str, String)>,
    /// The lines of its contract: the name, and what is proved.
    lines: Vec<(String, String)>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let explained = explain(args.profile).context("docs/profiles.md has no such profile")?;
    anstream::println!("{BOLD}{}{BOLD:#}", args.profile);
    for (heading, text) in &explained.about {
        anstream::println!("  {heading:<20}{text}");
    }
    anstream::println!("\nIts contract, which `cargo wasm check --profile {}` proves line by line:", args.profile);
    for (name, text) in &explained.lines {
        anstream::println!("  {name:<20}{text}");
    }
    Ok(crate::OK)
}

fn explain(profile: Profile) -> Option<Explained> {
    let profiles = table("profile")?;
    let (headings, rows) = profiles.split_first()?;
    let own = rows.iter().find(|row| row.first().is_some_and(|name| plain(name) == profile.name()))?;
    let about = headings.iter().zip(own).skip(1).map(|(heading, text)| (*heading, plain(text))).collect();

    let contract = table("line")?;
    let (headings, rows) = contract.split_first()?;
    let column = headings.iter().position(|heading| *heading == profile.name())?;
    let holds = rows.iter().filter(|row| row.get(column) == Some(&"✓"));
    let lines = holds.filter_map(|row| Some((plain(row.first()?), plain(row.last()?)))).collect();
    Some(Explained { about, lines })
}

/// The cells of the table whose first heading is this, headings included.
fn table(first_heading: &str) -> Option<Vec<Vec<&'static str>>> {
    let cells =
        |line: &'static str| -> Vec<&'static str> { line.trim_matches('|').split('|').map(str::trim).collect() };
    let mut lines = PAGE.lines().skip_while(|line| !line.starts_with(&format!("| {first_heading} |")));
    let heading = cells(lines.next()?);
    let rows = lines.skip(1).take_while(|line| line.starts_with('|')).map(cells);
    Some(std::iter::once(heading).chain(rows).collect())
}

/// Without the marks of code.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_profile_is_explained_with_all_its_lines() {
        for profile in Profile::ALL {
            let explained = explain(profile).unwrap();
            let names: Vec<&str> = explained.lines.iter().map(|(name, _)| name.as_str()).collect();
            let mut rules: Vec<&str> = wasm_build::rules(profile).collect();
            rules.sort_by_key(|rule| names.iter().position(|name| name == rule));
            assert_eq!(names, rules, "{profile}");
            assert!(explained.about.len() > 2 && explained.about.iter().all(|(_, text)| !text.is_empty()));
        }
    }
}
