//! Budgets: what a binary may weigh, and who is to blame when it weighs more.
//!
//! ```
//! use wasm_analyzer::budget::Config;
//!
//! let config = Config::parse(r#"
//!     [budget]
//!     total = "2 MB"
//!     gzip = "600 KiB"
//!     growth = "1 %"
//!     [budget.crates]
//!     serde_json = 100_000
//!     [budget.items]
//!     "app::render" = "20 KB"
//! "#)?;
//! assert_eq!(config.budget.total.map(|limit| limit.bytes()), Some(2_000_000));
//! # Ok::<(), wasm_analyzer::budget::ConfigError>(())
//! ```

use crate::analysis::Analysis;
use crate::crates::crates;
use crate::diff::Diff;
use crate::top::{Metric, Top};
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wasm_binary::ItemId;

/// How many culprits are named for one budget.
const CULPRITS: usize = 5;

/// The file `wasm-size.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The table `budget`.
    #[serde(default)]
    pub budget: Budget,
}

/// What a binary may weigh. What is not named has no limit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The file.
    pub total: Option<Size>,
    /// The file after gzip.
    #[serde(alias = "transfer")]
    pub gzip: Option<Size>,
    /// The file after brotli.
    pub brotli: Option<Size>,
    /// How much larger than the base the file may be.
    pub growth: Option<Growth>,
    /// Crates by name; `std` is the standard library.
    #[serde(default)]
    pub crates: BTreeMap<String, Size>,
    /// Items by name, as the views show it, or by kind and index; with all that goes with them.
    #[serde(default)]
    pub items: BTreeMap<String, Size>,
}

/// A number of bytes: `20000`, `"20 KB"`, `"20 KiB"`, `"1.5 MB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u64);

/// A number of bytes or a share of the base: `"10 KB"`, `"5 %"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// Bytes.
    Bytes(Size),
    /// Percent of the base.
    Percent(f64),
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ConfigError(#[from] toml::de::Error);

/// A budget that is exceeded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// What has the budget: `total`, `gzip`, `crate serde_json`, `growth`, ….
    pub budget: String,
    /// What it may have, in bytes.
    pub limit: u64,
    /// What it has, in bytes.
    pub size: u64,
    /// Who is to blame, by falling bytes. Bytes of the file, also where the budget is of a compressed size.
    pub culprits: Vec<Culprit>,
}

/// An item, or a row of a diff, that is to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Culprit {
    /// Its label.
    pub name: String,
    /// Its bytes.
    #[serde(flatten)]
    pub bytes: CulpritBytes,
}

/// What is counted of a culprit: the same of all culprits of one violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CulpritBytes {
    /// What it has; in a budget of an item, with all that goes with it.
    Size(u64),
    /// What it grew by.
    Delta(i64),
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Checked {
    /// Budgets that are exceeded.
    pub violations: Vec<Violation>,
    /// Budgets of what is not in the file and so has 0 bytes: `crate serde_json`, ….
    pub absent: Vec<String>,
}

/// What is held against the budgets.
pub struct Measured<'m, 'a> {
    /// The file.
    pub analysis: &'m Analysis<'a>,
    /// After gzip; needed for a budget of it.
    pub gzip: Option<u64>,
    /// After brotli; needed for a budget of it.
    pub brotli: Option<u64>,
    /// Against the base; needed for a budget of growth.
    pub diff: Option<&'m Diff>,
}

/// A budget that cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Growth needs a base.
    #[error("`growth` needs a build to compare with: --base OLD")]
    NoBase,
}

impl Size {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    fn parse(text: &str) -> Option<Size> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '_' | ',')).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: f64 = number.replace(['_', ','], "").parse().ok()?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" | "bytes" => 1.0,
            "k" | "kb" => 1e3,
            "m" | "mb" => 1e6,
            "g" | "gb" => 1e9,
            "kib" => 1024.0,
            "mib" => 1024.0 * 1024.0,
            "gib" => 1024.0 * 1024.0 * 1024.0,
            _ => return None,
        };
        Some(Size((number * unit).round() as u64))
    }
}

const SIZE_FORM: &str = "a size is a number of bytes, or like \"20 KB\", \"1.5 MiB\"";

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Size;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(SIZE_FORM)
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Size, E> {
                u64::try_from(bytes).map(Size).map_err(|_| E::custom(SIZE_FORM))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                Size::parse(text).ok_or_else(|| E::custom(format!("\"{text}\": {SIZE_FORM}")))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Growth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Growth, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Growth;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a share like \"5 %\"; or {SIZE_FORM}")
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Growth, E> {
                u64::try_from(bytes).map(|b| Growth::Bytes(Size(b))).map_err(|_| E::custom(SIZE_FORM))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Growth, E> {
                let growth = match text.trim().strip_suffix('%') {
                    Some(share) => share.trim().parse().ok().filter(|p: &f64| *p >= 0.0).map(Growth::Percent),
                    None => Size::parse(text).map(Growth::Bytes),
                };
                growth.ok_or_else(|| E::custom(format!("\"{text}\": a share like \"5 %\"; or {SIZE_FORM}")))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// If it is not TOML, or names what is not known; the text says where.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        Ok(toml::from_str(text)?)
    }
}

impl Budget {
    /// Whether nothing has a limit.
    pub fn is_empty(&self) -> bool {
        self.total.is_none()
            && !self.needs_compression()
            && self.growth.is_none()
            && self.crates.is_empty()
            && self.items.is_empty()
    }

    /// Whether sizes after compression are needed.
    pub fn needs_compression(&self) -> bool {
        self.gzip.is_some() || self.brotli.is_some()
    }

    /// Holds a file against the budgets.
    ///
    /// # Errors
    /// If there is a budget of growth and no base.
    pub fn check(&self, measured: &Measured<'_, '_>) -> Result<Checked, CheckError> {
        let analysis = measured.analysis;
        let mut checked = Checked::default();
        let totals = [
            ("total", self.total, Some(analysis.bytes())),
            ("gzip", self.gzip, measured.gzip),
            ("brotli", self.brotli, measured.brotli),
        ];
        for (name, limit, size) in totals {
            if let (Some(limit), Some(size)) = (limit, size)
                && size > limit.0
            {
                checked.violations.push(violation(name, limit.0, size, || biggest(analysis, measured.diff)));
            }
        }
        checked.violations.extend(self.check_growth(measured)?);
        self.check_crates(analysis, &mut checked);
        self.check_items(analysis, &mut checked);
        Ok(checked)
    }

    fn check_growth(&self, measured: &Measured<'_, '_>) -> Result<Option<Violation>, CheckError> {
        let Some(growth) = self.growth else { return Ok(None) };
        let diff = measured.diff.ok_or(CheckError::NoBase)?;
        let limit = match growth {
            Growth::Bytes(size) => size.0,
            Growth::Percent(share) => (diff.old.bytes as f64 * share / 100.0) as u64,
        };
        let size = u64::try_from(diff.delta()).unwrap_or(0);
        let is_over = size > limit;
        Ok(is_over.then(|| violation("growth", limit, size, || biggest(measured.analysis, Some(diff)))))
    }

    fn check_crates(&self, analysis: &Analysis<'_>, checked: &mut Checked) {
        if self.crates.is_empty() {
            return;
        }
        let sizes = crates(analysis);
        for (name, limit) in &self.crates {
            let belongs = |c: &&crate::crates::CrateSize| c.is_crate && (c.name == *name || (name == "std" && c.std));
            let of_crate: Vec<_> = sizes.iter().filter(belongs).collect();
            if of_crate.is_empty() {
                checked.absent.push(format!("crate {name}"));
                continue;
            }
            let size = of_crate.iter().map(|c| c.size).sum();
            if size > limit.0 {
                let is_of = |of: &str| of_crate.iter().any(|c| c.name == of);
                let culprits = || functions_of(analysis, is_of);
                checked.violations.push(violation(&format!("crate {name}"), limit.0, size, culprits));
            }
        }
    }

    fn check_items(&self, analysis: &Analysis<'_>, checked: &mut Checked) {
        for (name, limit) in &self.items {
            let Some(&id) = analysis.find(name).first() else {
                checked.absent.push(format!("item {name}"));
                continue;
            };
            let size = analysis.dominators.retained(id.into());
            if size > limit.0 {
                let own = sized(analysis.map.label(id), u64::from(analysis.map.item(id).size));
                let children = analysis.dominators.children();
                let below = children.of(id.into()).take(CULPRITS);
                let below = below.map(|n| sized(analysis.node_label(n).into_owned(), analysis.dominators.retained(n)));
                let culprits = || [own].into_iter().chain(below).collect();
                checked.violations.push(violation(&format!("item {name}"), limit.0, size, culprits));
            }
        }
    }
}

fn violation(budget: &str, limit: u64, size: u64, culprits: impl FnOnce() -> Vec<Culprit>) -> Violation {
    Violation { budget: budget.to_string(), limit, size, culprits: culprits() }
}

/// What grew most, else what is biggest.
fn biggest(analysis: &Analysis<'_>, diff: Option<&Diff>) -> Vec<Culprit> {
    let rows = diff.filter(|diff| diff.delta() > 0).map_or(&[][..], |diff| &diff.rows);
    let grown = rows.iter().filter(|row| row.delta > 0).take(CULPRITS);
    let grown: Vec<Culprit> =
        grown.map(|row| Culprit { name: row.name.clone(), bytes: CulpritBytes::Delta(row.delta) }).collect();
    if grown.is_empty() { biggest_of(analysis, |_| true) } else { grown }
}

fn functions_of(analysis: &Analysis<'_>, is_of: impl Fn(&str) -> bool) -> Vec<Culprit> {
    biggest_of(analysis, |id| analysis.crate_of(id).is_some_and(|name| is_of(&name)))
}

fn biggest_of(analysis: &Analysis<'_>, keep: impl Fn(ItemId) -> bool) -> Vec<Culprit> {
    let top = Top::new(analysis, Metric::Size, &[], keep);
    top.rows.iter().take(CULPRITS).map(|&(id, size)| sized(analysis.map.label(id), size as u64)).collect()
}

fn sized(name: String, size: u64) -> Culprit {
    Culprit { name, bytes: CulpritBytes::Size(size) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("20000", 20_000), ("20_000 B", 20_000), ("1.5 MB", 1_500_000), ("2 KiB", 2048), ("3k", 3000)]
        {
            assert_eq!(Size::parse(text), Some(Size(bytes)), "{text}");
        }
        for text in ["", "KB", "12 parsecs", "-1"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        let error = Config::parse("[budget]\ntotal = \"lots\"\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("a size is"), "{error}");
        let error = Config::parse("[budget]\ntotl = 3\n").unwrap_err().to_string();
        assert!(error.contains("totl"), "{error}");
    }

    /// One exported function and a `start`: 8 bytes of header, the rest small.
    fn module() -> Vec<u8> {
        wat::parse_str("(module (memory 1) (data (i32.const 0) \"0123456789\") (func (export \"run\") (drop (i32.load (i32.const 0)))))").unwrap()
    }

    #[test]
    fn budgets_name_the_culprits() {
        let bytes = module();
        let analysis = Analysis::new(&bytes, crate::Trust::Sound).unwrap();
        let measured = Measured { analysis: &analysis, gzip: None, brotli: None, diff: None };
        let check = |text: &str| Config::parse(text).unwrap().budget.check(&measured);
        assert_eq!(check("[budget]\ntotal = 1000"), Ok(Checked::default()));
        let over = check("[budget]\ntotal = 10").unwrap().violations;
        assert_eq!((over.len(), over[0].size), (1, bytes.len() as u64));
        assert!(!over[0].culprits.is_empty());
        let over = check("[budget.items]\n\"export \\\"run\\\"\" = 5").unwrap().violations;
        assert_eq!(over[0].budget, "item export \"run\"");
        assert_eq!(check("[budget]\ngrowth = 1"), Err(CheckError::NoBase));
    }

    #[test]
    fn what_is_gone_has_no_bytes() {
        let bytes = module();
        let analysis = Analysis::new(&bytes, crate::Trust::Sound).unwrap();
        let measured = Measured { analysis: &analysis, gzip: None, brotli: None, diff: None };
        let config = Config::parse("[budget.crates]\nserde = 1\n[budget.items]\n\"app::render\" = 1").unwrap();
        let absent = vec!["crate serde".to_string(), "item app::render".to_string()];
        assert_eq!(config.budget.check(&measured), Ok(Checked { violations: Vec::new(), absent }));
    }
}
