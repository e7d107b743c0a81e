//! The container: an ELF executable of the flavour's architecture.

use crate::dwarf::Debug;
use crate::layout::{Flavour, Layout, Placement};
use crate::module::Module;
use crate::symbols::{self, SymbolKind};
use object::elf;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Writer};
use object::write::{Error, StringId};

/// Bytes of a host stub: nothing runs there.
const FILL: u8 = 0x90;

/// Writes the file: the code, the host stubs, the extent of static data, symbols for all, and the debug sections.
pub(crate) fn write(
    module: &Module<'_>,
    layout: &Layout,
    placement: &Placement,
    debug: &Debug<'_>,
) -> Result<Vec<u8>, Error> {
    let flavour = layout.flavour();
    let symbols = symbols::all(module, layout, placement, debug);
    let data_range = symbols::data_range(&symbols);
    let debug = &debug.sections;
    let mut file = Vec::new();
    let mut writer = Writer::new(object::Endianness::Little, flavour.word_size() == 8, &mut file);

    writer.reserve_null_section_index();
    let text_name = writer.add_section_name(b".text");
    let text = writer.reserve_section_index();
    let host_name = writer.add_section_name(b".host");
    let host = writer.reserve_section_index();
    let data_name = writer.add_section_name(b".data");
    let data = data_range.as_ref().map(|_| writer.reserve_section_index());
    let debug_names: Vec<StringId> = debug
        .iter()
        .map(|section| {
            writer.reserve_section_index();
            writer.add_section_name(section.name.as_bytes())
        })
        .collect();
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();

    writer.reserve_null_symbol_index();
    let mut placed = Vec::with_capacity(symbols.len());
    for symbol in &symbols {
        let section = match symbol.kind {
            SymbolKind::Code => Some(text),
            SymbolKind::Host => Some(host),
            SymbolKind::Data => data,
        };
        writer.reserve_symbol_index(section);
        placed.push((writer.add_string(&symbol.name), section, symbol));
    }

    let code = module.code();
    let stubs_size = (placement.host_end() - placement.host) as usize;
    writer.reserve_file_header();
    writer.reserve_program_headers(1);
    let code_at = writer.reserve(code.len(), 16);
    let host_at = writer.reserve(stubs_size, 16);
    let debug_at: Vec<usize> = debug.iter().map(|section| writer.reserve(section.contents.len(), 1)).collect();
    writer.reserve_symtab();
    writer.reserve_strtab();
    writer.reserve_shstrtab();
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_EXEC,
        e_machine: match flavour {
            Flavour::I386 => elf::EM_386,
            Flavour::X86_64 => elf::EM_X86_64,
            Flavour::Aarch64 => elf::EM_AARCH64,
        },
        e_entry: placement.host_entry(),
        e_flags: 0,
    })?;
    writer.write_align_program_headers();
    writer.write_program_header(&ProgramHeader {
        p_type: elf::PT_LOAD,
        p_flags: elf::PF_R | elf::PF_X,
        p_offset: code_at as u64,
        p_vaddr: placement.code,
        p_paddr: placement.code,
        p_filesz: (host_at + stubs_size - code_at) as u64,
        p_memsz: placement.host_end() - placement.code,
        p_align: 16,
    });
    writer.pad_until(code_at);
    writer.write(code);
    writer.pad_until(host_at);
    writer.write(&vec![FILL; stubs_size]);
    for section in debug {
        writer.write(&section.contents);
    }
    writer.write_null_symbol();
    for (name, section, symbol) in placed {
        let kind = if symbol.kind == SymbolKind::Data { elf::STT_OBJECT } else { elf::STT_FUNC };
        writer.write_symbol(&Sym {
            name: Some(name),
            section,
            st_info: (elf::STB_GLOBAL << 4) | kind,
            st_other: 0,
            st_shndx: 0,
            st_value: symbol.range.start,
            st_size: symbol.range.end - symbol.range.start,
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();

    writer.write_null_section_header();
    let loaded = |name, address, offset: usize, size: u64| SectionHeader {
        name: Some(name),
        sh_type: elf::SHT_PROGBITS,
        sh_flags: u64::from(elf::SHF_ALLOC | elf::SHF_EXECINSTR),
        sh_addr: address,
        sh_offset: offset as u64,
        sh_size: size,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 16,
        sh_entsize: 0,
    };
    writer.write_section_header(&loaded(text_name, placement.code, code_at, code.len() as u64));
    writer.write_section_header(&loaded(host_name, placement.host, host_at, stubs_size as u64));
    if let Some(range) = data_range {
        writer.write_section_header(&SectionHeader {
            sh_type: elf::SHT_NOBITS,
            sh_flags: u64::from(elf::SHF_ALLOC | elf::SHF_WRITE),
            sh_addralign: 1,
            ..loaded(data_name, range.start, host_at, range.end - range.start)
        });
    }
    for ((section, name), offset) in debug.iter().zip(debug_names).zip(debug_at) {
        writer.write_section_header(&SectionHeader {
            name: Some(name),
            sh_type: elf::SHT_PROGBITS,
            sh_flags: 0,
            sh_addr: 0,
            sh_offset: offset as u64,
            sh_size: section.contents.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 1,
            sh_entsize: 0,
        });
    }
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(file)
}
