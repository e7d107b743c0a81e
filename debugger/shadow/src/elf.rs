//! The container: an ELF executable of the flavour's architecture.

use crate::dwarf::DebugSection;
use crate::layout::{Flavour, Placement, STUB};
use crate::module::Module;
use object::elf;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Writer};
use object::write::{Error, StringId};

/// A symbol, its name interned.
struct Symbol {
    name: StringId,
    section: object::write::elf::SectionIndex,
    address: u64,
    size: u64,
}

/// Bytes of a host stub: nothing runs there.
const FILL: u8 = 0x90;

/// Writes the file: the code, the host stubs, symbols for both, and the debug sections.
pub(crate) fn write(
    module: &Module<'_>,
    flavour: Flavour,
    placement: &Placement,
    debug: &[DebugSection<'_>],
) -> Result<Vec<u8>, Error> {
    let names = Names::new(module);
    let mut file = Vec::new();
    let mut writer = Writer::new(object::Endianness::Little, flavour.word_size() == 8, &mut file);

    writer.reserve_null_section_index();
    let text_name = writer.add_section_name(b".text");
    let text = writer.reserve_section_index();
    let host_name = writer.add_section_name(b".host");
    let host = writer.reserve_section_index();
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

    let mut symbols = Vec::new();
    writer.reserve_null_symbol_index();
    for (name, address, size) in names.symbols(module, placement) {
        let section = if address < placement.host { text } else { host };
        writer.reserve_symbol_index(Some(section));
        symbols.push(Symbol { name: writer.add_string(name), section, address, size });
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
    for symbol in &symbols {
        writer.write_symbol(&Sym {
            name: Some(symbol.name),
            section: Some(symbol.section),
            st_info: (elf::STB_GLOBAL << 4) | elf::STT_FUNC,
            st_other: 0,
            st_shndx: 0,
            st_value: symbol.address,
            st_size: symbol.size,
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

/// The symbols' names, which the writer borrows.
struct Names {
    functions: Vec<Vec<u8>>,
    /// The host's entry and call stubs, then the imports.
    host: Vec<Vec<u8>>,
}

impl Names {
    fn new(module: &Module<'_>) -> Names {
        let functions = module.functions().iter().map(|f| symbol_name(&module.function_name(f.index)));
        let imports = 0..module.imported_functions();
        let imports = imports.map(|index| symbol_name(&format!("[host] {}", module.function_name(index))));
        let host = ["[host]", "[host call]"].into_iter().map(|name| name.as_bytes().to_vec());
        Names { functions: functions.collect(), host: host.chain(imports).collect() }
    }

    /// Names, addresses and sizes.
    fn symbols(&self, module: &Module<'_>, placement: &Placement) -> impl Iterator<Item = (&[u8], u64, u64)> {
        let functions = self.functions.iter().zip(module.functions()).map(|(name, function)| {
            let (start, end) = (u64::from(function.body.start), u64::from(function.body.end));
            (name.as_slice(), placement.code + start, end - start)
        });
        let host = self.host.iter().zip(0..);
        functions.chain(host.map(|(name, index)| (name.as_slice(), placement.host + STUB * index, STUB)))
    }
}

/// A name as a symbol's: without what ends a string.
fn symbol_name(name: &str) -> Vec<u8> {
    name.bytes().map(|byte| if byte == 0 { b'?' } else { byte }).collect()
}
