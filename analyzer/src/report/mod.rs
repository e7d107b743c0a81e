//! The report of one file as a value: what `--json` prints and every other format is drawn from.
//!
//! The schema is `wasm-size/1`, documented in `docs/wasm-size-json.md`: fields are added within a version, never
//! renamed or removed.

mod format;
mod markdown;
mod sarif;
mod svg;

pub use format::Document;

use crate::analysis::Analysis;
use crate::transfer::{BrotliQuality, GzipLevel, TransferError, brotli, gzip_by_range};
use serde::Serialize;
use wasm_binary::identity::{BuildIdSource, build_id};
use wasm_binary::{ItemId, producers};

/// Name and version of the schema.
pub const SCHEMA: &str = "wasm-size/1";

/// A file's report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Version of this crate.
    pub tool_version: &'static str,
    /// The file's name as the user gave it.
    pub file: String,
    /// `module`, `component`, `object` or `dylib`.
    pub kind: &'static str,
    /// Size of the file.
    pub bytes: u64,
    /// Sum over the items; always `bytes`.
    pub attributed_bytes: u64,
    /// What compression makes of it.
    #[serde(flatten)]
    pub compressed: Option<Compressed>,
    /// The build identity, in hex.
    pub build_id: String,
    /// `build_id`: the section of that name; `content`: a hash of code and data.
    pub build_id_from: &'static str,
    /// What the file says of its making.
    pub producers: Vec<ProducerReport>,
    /// Proposals that the code uses.
    pub features: Vec<String>,
    /// Where the file could not be read.
    pub damage: Vec<DamageReport>,
    /// The file and all modules nested in it.
    pub modules: Vec<ModuleReport>,
    /// All sections.
    pub sections: Vec<SectionReport>,
    /// All items; their sizes add up to the file.
    pub items: Vec<ItemReport>,
    /// What would make the file smaller, by falling saving.
    pub insights: Vec<InsightReport>,
}

/// Sizes after compression, in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Compressed {
    /// After gzip.
    pub gzip: u64,
    /// At this level.
    pub gzip_level: u32,
    /// After brotli.
    pub brotli: u64,
    /// At this quality.
    pub brotli_quality: u8,
    /// Cost of each item in the gzip file.
    #[serde(skip)]
    pub gzip_by_item: Vec<f64>,
}

/// See [`wasm_binary::Producer`].
#[derive(Clone, Debug, Serialize)]
pub struct ProducerReport {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// The tool or language.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// See [`wasm_binary::Damage`].
#[derive(Clone, Debug, Serialize)]
pub struct DamageReport {
    /// File offset.
    pub offset: u64,
    /// The section; empty between sections.
    pub section: String,
    /// What is wrong.
    pub message: String,
}

/// A module or component.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleReport {
    /// Position; 0 is the file.
    pub id: u32,
    /// The component that holds it.
    pub parent: Option<u32>,
    /// Its label.
    pub name: String,
    /// `module`, `component`, `object` or `dylib`.
    pub kind: &'static str,
    /// File offset.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
}

/// A section.
#[derive(Clone, Debug, Serialize)]
pub struct SectionReport {
    /// Position in the file.
    pub id: u32,
    /// The module that it is of.
    pub module: u32,
    /// `code`, `custom ".debug_info"`, ….
    pub name: String,
    /// File offset of its header.
    pub offset: u32,
    /// Bytes, header included.
    pub size: u32,
}

/// An item.
#[derive(Clone, Debug, Serialize)]
pub struct ItemReport {
    /// Position in this file's map: of use within one report only.
    pub id: u32,
    /// See [`wasm_binary::ItemKind::noun`].
    pub kind: &'static str,
    /// The module that it is of.
    pub module: u32,
    /// The section of its definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<u32>,
    /// Index in its index space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Demangled name, or an honest label.
    pub name: String,
    /// The name as its source writes it, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_name: Option<String>,
    /// Crate.
    #[serde(rename = "crate", skip_serializing_if = "Option::is_none")]
    pub crate_name: Option<String>,
    /// Generic family, where it is an instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// File offset of its definition.
    pub offset: u32,
    /// All bytes charged to it.
    pub size: u32,
    /// Bytes that go if it goes.
    pub retained: u64,
    /// Bytes of the gzip file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gzip: Option<f64>,
}

/// See [`wasm_advice::Advice`].
#[derive(Clone, Debug, Serialize)]
pub struct InsightReport {
    /// Its kind, in kebab case.
    pub kind: &'static str,
    /// What is the matter.
    pub title: String,
    /// Why, and how the saving was found.
    pub detail: String,
    /// Bytes of the file that go if the advice is followed.
    pub saves: u64,
    /// Items that it rests upon.
    pub items: Vec<u32>,
    /// The command or change.
    pub fix: String,
    /// All of it on one line.
    #[serde(skip)]
    pub line: String,
}

impl Compressed {
    /// Compresses the file; slow next to the analysis.
    ///
    /// # Errors
    /// Where a compressor fails, which no input is known to bring about.
    pub fn new(analysis: &Analysis<'_>, level: GzipLevel, quality: BrotliQuality) -> Result<Compressed, TransferError> {
        let map = &analysis.map;
        let ranges = (0..map.parts().len()).map(|at| map.part_range(at)).map(|r| r.start as usize..r.end as usize);
        let compress = (|| gzip_by_range(map.bytes(), level, ranges), || brotli(map.bytes(), quality));
        #[cfg(feature = "parallel")]
        let (gzip, brotli) = rayon::join(compress.0, compress.1);
        #[cfg(not(feature = "parallel"))]
        let (gzip, brotli) = (compress.0(), compress.1());
        let gzip = gzip?;
        let mut gzip_by_item = vec![0.0; map.items().len()];
        for (part, cost) in map.parts().iter().zip(&gzip.costs) {
            gzip_by_item[part.item.as_usize()] += cost.bytes();
        }
        Ok(Compressed {
            gzip: gzip.compressed as u64,
            gzip_level: level.get(),
            brotli: brotli?.len() as u64,
            brotli_quality: quality.get(),
            gzip_by_item,
        })
    }
}

impl Report {
    /// Describes a file. Without `compressed`, sizes after compression are left out.
    pub fn new(file: &str, analysis: &Analysis<'_>, compressed: Option<Compressed>) -> Report {
        let mut report = Report::without_items(file, analysis, compressed);
        let compressed = report.compressed.as_ref();
        report.items = analysis.map.iter().map(|(id, _)| item(analysis, id, compressed)).collect();
        report
    }

    /// As [`Report::new`], but with no items, which cost most of the time and memory.
    pub fn without_items(file: &str, analysis: &Analysis<'_>, compressed: Option<Compressed>) -> Report {
        let map = &analysis.map;
        let id = build_id(map);
        Report {
            schema: SCHEMA,
            tool_version: env!("CARGO_PKG_VERSION"),
            file: file.to_string(),
            kind: map.kind().noun(),
            bytes: analysis.bytes(),
            attributed_bytes: map.items().iter().map(|item| u64::from(item.size)).sum(),
            build_id: id.to_string(),
            build_id_from: match id.from {
                BuildIdSource::Section => "build_id",
                BuildIdSource::Content => "content",
            },
            producers: producers(map).iter().map(ProducerReport::new).collect(),
            features: analysis.graph.features().names().into_iter().map(str::to_string).collect(),
            damage: analysis.damage().map(DamageReport::new).collect(),
            modules: modules(analysis),
            sections: sections(analysis),
            items: Vec::new(),
            insights: Vec::new(),
            compressed,
        }
    }

    /// Adds what was found to advise.
    pub fn with_insights(mut self, insights: &[wasm_advice::Advice]) -> Report {
        self.insights = insights.iter().map(InsightReport::new).collect();
        self
    }
}

impl InsightReport {
    fn new(advice: &wasm_advice::Advice) -> InsightReport {
        let mut items: Vec<u32> = advice.evidence.iter().filter_map(|evidence| evidence.item).collect();
        items.dedup();
        InsightReport {
            kind: advice.kind.as_str(),
            title: advice.title.to_string(),
            detail: advice.detail.to_string(),
            saves: advice.gain.amount,
            items,
            fix: advice.fix.to_string(),
            line: advice.line(),
        }
    }
}

impl ProducerReport {
    fn new(producer: &wasm_binary::Producer<'_>) -> ProducerReport {
        let text = |text: &str| wasm_binary::escape(text).into_owned();
        ProducerReport { field: text(producer.field), name: text(producer.name), version: text(producer.version) }
    }
}

impl DamageReport {
    fn new(damage: &wasm_binary::Damage) -> DamageReport {
        DamageReport { offset: damage.offset, section: damage.section.clone(), message: damage.message.clone() }
    }
}

fn modules(analysis: &Analysis<'_>) -> Vec<ModuleReport> {
    let modules = analysis.map.modules().iter().enumerate();
    let report = |(at, module): (usize, &wasm_binary::Module<'_>)| ModuleReport {
        id: at as u32,
        parent: module.parent.map(|p| p.0),
        name: analysis.map.module_label(wasm_binary::ModuleId(at as u32)),
        kind: module.kind.noun(),
        offset: module.range.start,
        size: module.range.end - module.range.start,
    };
    modules.map(report).collect()
}

fn sections(analysis: &Analysis<'_>) -> Vec<SectionReport> {
    let sections = analysis.map.sections().iter().enumerate();
    let report = |(at, section): (usize, &wasm_binary::Section<'_>)| SectionReport {
        id: at as u32,
        module: section.module.0,
        name: section.label(),
        offset: section.range.start,
        size: section.range.end - section.range.start,
    };
    sections.map(report).collect()
}

fn item(analysis: &Analysis<'_>, id: ItemId, compressed: Option<&Compressed>) -> ItemReport {
    let map = &analysis.map;
    let item = map.item(id);
    let name = map.label(id);
    let symbol = analysis.symbol(id);
    let family = symbol.as_ref().map(|s| (s.family(), s)).filter(|(family, s)| *family != s.name).map(|(f, _)| f);
    ItemReport {
        id: id.0,
        kind: item.kind.noun(),
        module: item.module.0,
        section: item.section.map(|s| s.0),
        index: map.space_of(id).map(|(_, index)| index),
        raw_name: map.raw_name(id).filter(|raw| **raw != name).map(str::to_string),
        crate_name: symbol.as_ref().and_then(|s| s.crate_name()).map(str::to_string),
        family,
        name,
        offset: item.start,
        size: item.size,
        retained: analysis.dominators.retained(id.into()),
        gzip: compressed.map(|c| c.gzip_by_item[id.as_usize()]),
    }
}
