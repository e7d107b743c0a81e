//! The options that say what to build, shared by all commands that build.

use std::path::{Path, PathBuf};
use wasm_build::{Profile, Project, Request, Std, Target, Variant};

use crate::{project, terminal};

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "What to build")]
pub(crate) struct BuildOptions {
    /// The Cargo.toml [default: that of this folder or one above]
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// A package of the workspace
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// One binary, example or library of the package
    #[arg(long, value_name = "NAME", visible_alias = "example")]
    pub(crate) bin: Option<String>,
    /// wasm32-unknown-unknown, wasip1 or wasip2 [default: [package.metadata.wasm] target; else unknown for a cdylib,
    /// wasip1 for a program with a main]
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<Target>,
    /// Short for --profile release
    #[arg(long, short, conflicts_with = "profile")]
    pub(crate) release: bool,
    /// dev, release or freestanding [default: dev]
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<Profile>,
    /// The standard library: shipped (rustup's), small, or silent (small; panics print nothing) [default:
    /// [package.metadata.wasm] std; else shipped]
    #[arg(long, value_name = "STD")]
    pub(crate) std: Option<Std>,
    /// Also a build with threads: atomics, and a shared memory
    #[arg(long)]
    pub(crate) threads: bool,
    /// Also a build with vectors of 128 bits
    #[arg(long)]
    pub(crate) simd: bool,
    /// Features to turn on, with commas between them
    #[arg(long, short = 'F', value_delimiter = ',', value_name = "FEATURES")]
    pub(crate) features: Vec<String>,
    /// Turn on all features
    #[arg(long)]
    pub(crate) all_features: bool,
    /// Turn off the default features
    #[arg(long)]
    pub(crate) no_default_features: bool,
    /// Keep function names, whatever the profile says
    #[arg(long)]
    pub(crate) names: bool,
    /// Keep debug information, whatever the profile says
    #[arg(long)]
    pub(crate) debug_info: bool,
    /// Leave out the optimise stage
    #[arg(long)]
    pub(crate) no_optimize: bool,
    /// Cargo's target folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) target_dir: Option<PathBuf>,
    /// Cargo.lock must not change
    #[arg(long)]
    pub(crate) locked: bool,
    /// Stay off the network
    #[arg(long)]
    pub(crate) offline: bool,
    /// Both of --locked and --offline
    #[arg(long)]
    pub(crate) frozen: bool,
    /// How many jobs cargo runs at once
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<u32>,
    /// Show cargo's commands
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Say only what is wrong
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl BuildOptions {
    /// The package that is meant, and how to build it.
    pub(crate) fn project(&self) -> anyhow::Result<(Project, Request)> {
        let manifest = project::manifest(self.manifest_path.as_deref())?;
        let mut request = self.request(&manifest, self.target.unwrap_or(Target::Unknown));
        let mut project = Project::load(&request)?;
        let settings = project.settings()?;
        request.variants = Variant::up_to(Variant {
            threads: self.threads || settings.threads.unwrap_or(false),
            simd: self.simd || settings.simd.unwrap_or(false),
        });
        if self.target.is_none() {
            let target = settings.target.unwrap_or_else(|| project::default_target(&project));
            if target != request.target {
                // What is built from differs by platform.
                request.target = target;
                project = Project::load(&request)?;
            }
        }
        Ok((project, request))
    }

    fn request(&self, manifest: &Path, target: Target) -> Request {
        let profile = self.asked_profile().unwrap_or(Profile::Dev);
        Request {
            package: self.package.clone(),
            artifact: self.bin.clone(),
            std: self.std,
            features: self.features.clone(),
            all_features: self.all_features,
            no_default_features: self.no_default_features,
            cargo_args: self.cargo_args(),
            keep_names: self.names.then_some(true),
            keep_debug: self.debug_info.then_some(true),
            optimize: self.no_optimize.then_some(false),
            target_dir: self.target_dir.clone(),
            color: terminal::stderr_has_colors(),
            ..Request::new(manifest, target, profile)
        }
    }

    /// The profile, if one was asked for.
    pub(crate) fn asked_profile(&self) -> Option<Profile> {
        if self.release { Some(Profile::Release) } else { self.profile }
    }

    /// Cargo's target folder.
    pub(crate) fn target_dir(&self, project: &Project) -> PathBuf {
        self.target_dir.clone().unwrap_or_else(|| project.target_dir().to_path_buf())
    }

    /// What goes to cargo as it is.
    pub(crate) fn cargo_args(&self) -> Vec<String> {
        let flags = [
            (self.locked, "--locked"),
            (self.offline, "--offline"),
            (self.frozen, "--frozen"),
            (self.verbose, "--verbose"),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_string());
        flags.chain(self.jobs.map(|jobs| format!("--jobs={jobs}"))).collect()
    }
}
