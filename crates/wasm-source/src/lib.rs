//! What the program meant: DWARF and source maps, lines, inline frames, types and variables of a WebAssembly binary.
