//! A flame graph as a page that zooms and searches, by inferno.

use inferno::flamegraph::{Options, from_lines};

use crate::Weights;
use crate::model::Profile;

/// inferno could not draw.
#[derive(Debug, thiserror::Error)]
#[error("flame graph: {0}")]
pub struct SvgError(String);

/// The call tree as SVG, with inferno's script inside.
///
/// # Errors
/// If there is nothing to draw.
pub fn svg(profile: &Profile, weights: &Weights, title: &str, unit: &str) -> Result<Vec<u8>, SvgError> {
    let folded = super::folded(profile, weights);
    let mut options = Options::default();
    options.title = title.into();
    options.count_name = unit.into();
    // Colours by name, so that the same profile gives the same bytes.
    options.deterministic = true;
    let mut svg = Vec::new();
    from_lines(&mut options, folded.lines(), &mut svg).map_err(|error| SvgError(error.to_string()))?;
    Ok(svg)
}
