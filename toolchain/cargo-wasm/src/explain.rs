//! `cargo wasm explain PROFILE`: its part of `docs/profiles.md`.

use anyhow::Context;
use wasm_build::Profile;

const PROFILES: &str = include_str!("../../../docs/profiles.md");

/// What a profile promises
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm explain freestanding
  cargo wasm explain release")]
pub(crate) struct Args {
    /// dev, release or freestanding
    profile: Profile,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let section = section(args.profile).context("docs/profiles.md does not say")?;
    anstream::println!("{}", section.trim());
    Ok(crate::OK)
}

/// The section with the profile's name, up to the next one of its level.
fn section(profile: Profile) -> Option<&'static str> {
    let is_heading = |line: &str| line.starts_with("## ") || line.starts_with("# ");
    let mut at = 0;
    let mut start = None;
    for line in PROFILES.split_inclusive('\n') {
        match start {
            None if is_heading(line)
                && line.trim_matches(['#', ' ', '\n', '`']).eq_ignore_ascii_case(profile.name()) =>
            {
                start = Some(at);
            }
            Some(start) if is_heading(line) => return PROFILES.get(start..at),
            _ => {}
        }
        at += line.len();
    }
    PROFILES.get(start?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_is_explained_with_all_its_rules() {
        for profile in Profile::ALL {
            let section = section(profile).unwrap_or_else(|| panic!("no section for {profile}"));
            for rule in wasm_build::rules(profile) {
                assert!(rule == "valid" || section.contains(rule), "{profile} has no {rule}:\n{section}");
            }
        }
    }
}
