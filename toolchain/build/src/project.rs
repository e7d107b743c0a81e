//! The user's workspace: which packages and artefacts a request means, and what stands in their manifests.

use crate::error::Error;
use crate::output::CrateKind;
use crate::request::Request;
use crate::settings::Settings;
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, Package, PackageId, TargetKind};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// A workspace as Cargo sees it, with the packages that are to be built.
#[derive(Debug)]
pub struct Project {
    metadata: Metadata,
    selected: Vec<PackageId>,
    manifest: PathBuf,
}

impl Project {
    /// Asks Cargo. Gets the sources of dependencies, if they are not there yet.
    ///
    /// # Errors
    /// If there is no manifest, Cargo cannot read it, or it has no such package.
    pub fn load(request: &Request) -> Result<Project, Error> {
        let manifest =
            if request.manifest.is_dir() { request.manifest.join("Cargo.toml") } else { request.manifest.clone() };
        let manifest = manifest.canonicalize().map_err(|_| Error::NoManifest(manifest.clone()))?;
        let mut command = MetadataCommand::new();
        command.cargo_path(cargo()).manifest_path(&manifest).current_dir(folder(&manifest));
        if request.all_features {
            command.features(CargoOpt::AllFeatures);
        }
        if request.no_default_features {
            command.features(CargoOpt::NoDefaultFeatures);
        }
        if !request.features.is_empty() {
            command.features(CargoOpt::SomeFeatures(request.features.clone()));
        }
        let mut options = vec!["--filter-platform".to_string(), request.target.triple().to_string()];
        let shared = |arg: &&String| matches!(arg.as_str(), "--locked" | "--offline" | "--frozen");
        options.extend(request.cargo_args.iter().filter(shared).cloned());
        command.other_options(options);
        let metadata = command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => Error::Metadata(stderr.trim_end().to_string()),
            cargo_metadata::Error::Io(source) => Error::Spawn { program: cargo(), source },
            other => Error::Metadata(other.to_string()),
        })?;
        let mut project = Project { metadata, selected: Vec::new(), manifest };
        project.selected = project.select(request)?;
        Ok(project)
    }

    fn select(&self, request: &Request) -> Result<Vec<PackageId>, Error> {
        let members = self.metadata.workspace_packages();
        let chosen: Vec<&Package> = match &request.package {
            Some(name) => members.iter().copied().filter(|package| package.name.as_str() == name).collect(),
            None => match members.iter().copied().find(|package| package.manifest_path == self.manifest) {
                Some(member) if folder(&self.manifest) != self.workspace_root() => vec![member],
                _ => self.metadata.workspace_default_packages(),
            },
        };
        if chosen.is_empty() {
            let name = request.package.as_deref().unwrap_or_default();
            let known: Vec<&str> = members.iter().map(|package| package.name.as_str()).collect();
            let message = format!("there is no package `{name}` in the workspace; there are {}", known.join(", "));
            return Err(Error::NoSuchArtifact { message });
        }
        let runnable = |package: &&Package| package.targets.iter().any(|target| kind(target).is_some());
        let selected: Vec<PackageId> = chosen.iter().copied().filter(runnable).map(|p| p.id.clone()).collect();
        if selected.is_empty() {
            let names: Vec<&str> = chosen.iter().map(|package| package.name.as_str()).collect();
            return Err(Error::NoArtifact { package: names.join(", ") });
        }
        Ok(selected)
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub fn workspace_root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// Cargo's target folder.
    pub fn target_dir(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// The folder of the manifest that was asked for: where Cargo runs.
    pub(crate) fn folder(&self) -> &Path {
        folder(&self.manifest)
    }

    /// The manifest that was asked for.
    pub(crate) fn manifest(&self) -> &Path {
        &self.manifest
    }

    /// All packages of the build, dependencies included.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.metadata.packages
    }

    /// The packages that are to be built.
    pub fn selected(&self) -> impl Iterator<Item = &Package> {
        self.selected.iter().filter_map(|id| self.metadata.packages.iter().find(|package| package.id == *id))
    }

    /// The settings of the packages that are to be built: those of the first that has any.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn settings(&self) -> Result<Settings, Error> {
        let own = self.selected().find(|package| package.metadata.get("wasm").is_some());
        own.map_or(Ok(Settings::default()), |package| {
            Settings::of(&package.metadata, package.manifest_path.as_std_path())
        })
    }

    /// Finds a binary, example or library of the packages that are to be built.
    pub(crate) fn artifact(&self, name: &str) -> Result<(&Package, CrateKind, &str), Error> {
        let all = || {
            self.selected().flat_map(|package| {
                let targets = package.targets.iter().filter_map(|target| Some((kind(target)?, target.name.as_str())));
                targets.map(move |(kind, name)| (package, kind, name))
            })
        };
        all().find(|(_, _, known)| known.replace('-', "_") == name.replace('-', "_")).ok_or_else(|| {
            let known: Vec<&str> = all().map(|(_, _, name)| name).collect();
            let message = format!("there is no binary or cdylib `{name}`; there are {}", known.join(", "));
            Error::NoSuchArtifact { message }
        })
    }

    /// SHA-256 over the package's `Cargo.toml`, the workspace's and `Cargo.lock`, each preceded by its length (64 bits,
    /// little-endian; a file that is not there counts as empty).
    pub(crate) fn manifest_hash(&self, package: &Path) -> String {
        let root = self.workspace_root();
        let mut hash = Sha256::new();
        for path in [package, &root.join("Cargo.toml"), &root.join("Cargo.lock")] {
            let bytes = fs::read(path).unwrap_or_default();
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A value out of `[profile.NAME]` of the workspace's manifest.
    pub(crate) fn profile_value(&self, profile: &str, key: &str) -> Option<toml::Value> {
        let text = fs::read_to_string(self.workspace_root().join("Cargo.toml")).ok()?;
        let manifest: toml::Table = text.parse().ok()?;
        manifest.get("profile")?.get(profile)?.get(key).cloned()
    }
}

/// What kind of wasm file a target of a package becomes, if it becomes one.
pub(crate) fn kind(target: &cargo_metadata::Target) -> Option<CrateKind> {
    if target.is_kind(TargetKind::Example) {
        let runs = target.is_bin() || target.crate_types.contains(&cargo_metadata::CrateType::CDyLib);
        return (runs || target.crate_types.contains(&cargo_metadata::CrateType::Bin)).then_some(CrateKind::Example);
    }
    if target.is_bin() {
        return Some(CrateKind::Bin);
    }
    target.is_cdylib().then_some(CrateKind::Cdylib)
}

/// The cargo that runs us, or the one on `PATH`.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string())
}

fn folder(manifest: &Path) -> &Path {
    manifest.parent().unwrap_or(Path::new("."))
}
