//! Values of the standard libraries of Rust and C++, in the memory of programs
//! that have run.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;
use std::process::Command;

use common::fixture;
use wasm_source::{DebugSections, Inspector, Limits, Machine, Shape, Source, Value, WasmValue};

/// A memory, without a frame.
struct Memory(Vec<u8>);

impl Machine for Memory {
    fn read_memory(&self, address: u64, into: &mut [u8]) -> bool {
        let start = address as usize;
        let bytes = start.checked_add(into.len()).and_then(|end| self.0.get(start..end));
        bytes.inspect(|bytes| into.copy_from_slice(bytes)).is_some()
    }

    fn local(&self, _: u32) -> Option<WasmValue> {
        None
    }

    fn global(&self, _: u32) -> Option<WasmValue> {
        None
    }

    fn stack(&self, _: u32) -> Option<WasmValue> {
        None
    }
}

/// Whether a tool is there; in CI it must be.
fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(found || !ci, "needs {tool}");
    if !found {
        println!("skipped: needs {tool}");
    }
    found
}

/// The memory of a module after its `build` was called.
fn run(module: &Path, folder: &Path) -> Memory {
    let out = folder.join("memory");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run.mjs");
    let ran = Command::new("node").arg(script).arg(module).arg(&out).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Memory(std::fs::read(out).unwrap())
}

fn static_value(inspector: &Inspector<'_, '_, Memory>, source: &Source<'_>, name: &str) -> Value {
    let variable = source.static_variables().find(|variable| variable.name.as_deref() == Some(name));
    inspector.variable(variable.unwrap().id).unwrap()
}

fn child(inspector: &Inspector<'_, '_, Memory>, value: &Value, name: &str) -> Value {
    let children = inspector.children(value, 0..10_000).unwrap();
    children.into_iter().find(|child| child.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

/// The types and values of the fields of `ALL`, in the order of the source.
const RUST: &[&str] = &[
    r#"text: String = "text""#,
    r#"empty_text: String = """#,
    r#"borrowed: &str = "borrowed""#,
    "list: Vec<u32> = vec![1, 2, 3]",
    r#"words: Vec<alloc::string::String> = vec!["a", "b"]"#,
    "nothing: Vec<u64> = vec![]",
    "units: Vec<()> = vec![(), ()]",
    "slice: &[u16] = [1, 2, 500]",
    "boxed: alloc::boxed::Box<i32> = Box(-5)",
    "boxed_slice: alloc::boxed::Box<[u16]> = [1, 2]",
    r#"boxed_str: alloc::boxed::Box<str> = "boxed""#,
    "boxed_dyn: alloc::boxed::Box<dyn library::Noise> = Box(Dog { age: 7 })",
    "reference: &library::Dog = &Dog { age: 3 }",
    "reference_dyn: &dyn library::Noise = &Dog { age: 3 }",
    "tree: Tree = Node(Box(Leaf), 1, Box(Node(Box(Leaf), 2, Box(Leaf))))",
    r#"rc: Rc<alloc::string::String> = Rc("shared")"#,
    r#"rc_str: Rc<str> = Rc("rc str")"#,
    "rc_dyn: Rc<dyn library::Noise> = Rc(Dog { age: 8 })",
    "arc: Arc<[u8]> = Arc([1, 2, 3])",
    r#"weak: Weak<alloc::string::String> = Weak("shared")"#,
    "dangling: Weak<alloc::string::String> = Weak(<dangling>)",
    "dropped: Weak<alloc::string::String> = Weak(<dropped>)",
    "cell: Cell<u8> = Cell(4)",
    "refcell: RefCell<alloc::vec::Vec<i8>> = RefCell(vec![-1])",
    "mutex: Mutex<u64> = Mutex(1099511627776)",
    "rwlock: RwLock<char> = RwLock('x')",
    "once: OnceCell<u32> = OnceCell(9)",
    "unset: OnceCell<u32> = OnceCell(<unset>)",
    r#"lock: OnceLock<alloc::string::String> = OnceLock("set")"#,
    "unset_lock: OnceLock<alloc::string::String> = OnceLock(<unset>)",
    "deque: VecDeque<u32> = [2, 3, 7, 8]",
    "linked: LinkedList<u8> = [1, 2]",
    "heap: BinaryHeap<u8> = [5, 1]",
    r#"map: HashMap<alloc::string::String, u32, std::hash::random::RandomState> = {"one": 1}"#,
    "no_map: HashMap<u8, u8, std::hash::random::RandomState> = {}",
    "set: HashSet<u32, std::hash::random::RandomState> = {42}",
    r#"ordered: BTreeMap<u32, alloc::string::String> = {1: "i", 2: "ii"}"#,
    "ordered_set: BTreeSet<char> = {'a', 'b', 'c'}",
    r#"path: PathBuf = "/a/b""#,
    r#"borrowed_path: &std::path::Path = "c/d""#,
    r#"c_string: CString = "c string""#,
    "duration: Duration = 1.5s",
    "non_zero: NonZero<u16> = 5",
    "no_non_zero: Option<core::num::nonzero::NonZero<u16>> = None",
    "wrapping: Wrapping<i32> = Wrapping<i32>(-6)",
    "atomic: AtomicU32 = 11",
    "range: Range<u32> = 1..5",
    "inclusive: RangeInclusive<i32> = -1..=5",
    "from: RangeFrom<u8> = 3..",
    "full: RangeFull = ..",
    "wide: u128 = 1267650600228229401496703205376",
    "niche: Option<alloc::boxed::Box<u32>> = None",
    r#"result: Result<u32, alloc::string::String> = Err("bad")"#,
    "lists: Vec<alloc::vec::Vec<u8>> = vec![vec![1], vec![]]",
    r#"cow: Cow<str> = Borrowed("cow")"#,
    "tuple: (u8, char, f32) = (1, 'é', 0.5)",
    "array: [[i16; 2]; 2] = [[1, 2], [3, 4]]",
];

#[test]
fn values_of_rusts_library_read_as_rust_writes_them() {
    if !has("rustc") || !has("node") {
        return;
    }
    for level in ["0", "2"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("library.wasm");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/library.rs");
        let built = Command::new("rustc")
            .args(["--edition=2024", "--target=wasm32-wasip1", "-g", "-C"])
            .args([&format!("opt-level={level}"), "-o"])
            .args([&file, &program])
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let module = std::fs::read(&file).unwrap();
        let memory = run(&file, folder.path());
        let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
        let inspector = Inspector::new(&source, &memory, 0);
        let Shape::Fields { variant, fields } = inspector.shape(&static_value(&inspector, &source, "ALL")).unwrap()
        else {
            panic!("ALL is no enum");
        };
        assert_eq!(variant.as_deref(), Some("Some"));
        let all = &fields[0].1;
        let mut lines = inspector.children(all, 0..1000).unwrap();
        lines.retain(|field| !field.name.starts_with("large"));
        // rustc lays the fields out as it likes, and lists them as the source does.
        let lines: Vec<String> = lines
            .iter()
            .map(|field| {
                let ty = source.type_name(field.value.ty);
                format!("{}: {ty} = {}", field.name, inspector.text(&field.value, Limits::default()))
            })
            .collect();
        assert_eq!(lines, RUST, "at opt-level {level}");

        // Trees and tables of many nodes, by parts.
        let large = child(&inspector, all, "large");
        assert_eq!(inspector.child_count(&large).unwrap(), 500);
        let some = inspector.children(&large, 255..258).unwrap();
        let names: Vec<_> =
            some.iter().map(|child| (&*child.name, inspector.text(&child.value, Limits::default()))).collect();
        let wanted = [("[255]", "510"), ("[256]", "512"), ("[257]", "514")];
        assert_eq!(names, wanted.map(|(name, value)| (name, value.to_owned())));
        let every = inspector.children(&large, 0..u64::MAX).unwrap();
        assert_eq!(every.len(), 500);
        let table = child(&inspector, all, "large_hash");
        let mut every = inspector.children(&table, 0..u64::MAX).unwrap();
        every.sort_by_key(|child| child.name[1..child.name.len() - 1].parse::<u32>().unwrap());
        let names = every.iter().map(|child| child.name.to_string());
        assert!(names.eq((0..1000).map(|key| format!("[{key}]"))));
        let text = inspector.text(&table, Limits { elements: 2, ..Limits::default() });
        assert!(text.ends_with(", …}") && text.matches(": ").count() == 2, "{text}");

        // What unfolds.
        let unfold = |name: &str| {
            let children = inspector.children(&child(&inspector, all, name), 0..100).unwrap();
            let show = |child: &wasm_source::Child<'_>| {
                format!("{} = {}", child.name, inspector.text(&child.value, Limits::default()))
            };
            children.iter().map(show).collect::<Vec<_>>()
        };
        assert_eq!(unfold("rc"), ["value = \"shared\"", "strong = 2", "weak = 1"]);
        assert_eq!(unfold("rc_dyn"), ["value = Dog { age: 8 }", "strong = 1", "weak = 0"]);
        assert_eq!(unfold("refcell"), ["value = vec![-1]", "borrow = 0"]);
        assert_eq!(unfold("reference"), ["age = 3"]);
        assert_eq!(unfold("tuple"), ["0 = 1", "1 = 'é'", "2 = 0.5"]);
        assert_eq!(unfold("map"), ["[\"one\"] = 1"]);
        assert_eq!(unfold("words"), ["[0] = \"a\"", "[1] = \"b\""]);

        // The same types over memory that makes no sense.
        for byte in ABSURD {
            let memory = Full(byte);
            look_everywhere(&Inspector::new(&source, &memory, 0), &Value::run(all.ty, 64, 1));
        }
    }
}

/// The values of the fields of `all`.
const CPP: &[&str] = &[
    r#"short_text = "short""#,
    r#"long_text = "a text that is too long to lie in the string itself""#,
    "list = {1, 2, 3}",
    r#"words = {"a", "b"}"#,
    "empty = {}",
    r#"map = {[0] = "", [1] = "*", [2] = "**", [3] = "***", [4] = "****", [5] = "*****", [6] = "******", [7] = "*******", [8] = "********", [9] = "*********", [10] = "**********", [11] = "***********", [12] = "************", [13] = "*************", [14] = "**************", [15] = "***************", [16] = "****************", [17] = "*****************", [18] = "******************", [19] = "*******************"}"#,
    "set = {97 'a', 98 'b', 99 'c'}",
    "owned = unique_ptr({x = 3, y = 4})",
    "null = unique_ptr(nullptr)",
    "shared = shared_ptr(5)",
    "some = optional(6)",
    "none = optional(nullopt)",
    "pair = {first = 1, second = 120 'x'}",
    "kind = Large",
    r#"text = 0x1001d "text""#,
    r#"buffer = "buf""#,
    r#"bytes = "\x01\x02\x03""#,
    "point = 0x110e0",
    "grid = {{1, 2, 3}, {4, 5, 6}}",
];

#[test]
fn values_of_libcxx_read_as_c_writes_them() {
    if !has("node") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let memory = run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/library_cpp.wasm"), folder.path());
    let module = fixture("library_cpp.wasm");
    let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
    let inspector = Inspector::new(&source, &memory, 0);
    let all = static_value(&inspector, &source, "all");
    let fields = inspector.children(&all, 0..1000).unwrap();
    let lines: Vec<String> = fields
        .iter()
        .map(|field| format!("{} = {}", field.name, inspector.text(&field.value, Limits::default())))
        .collect();
    assert_eq!(lines, CPP);
    let name = |name: &str| source.type_name(child(&inspector, &all, name).ty);
    assert_eq!(["text", "grid", "point", "some"].map(name), ["const char *", "int [2][3]", "Point *", "optional<int>"]);
    let map = child(&inspector, &all, "map");
    let last = &inspector.children(&map, 19..100).unwrap()[0];
    assert_eq!(
        (&*last.name, inspector.text(&last.value, Limits::default())),
        ("[19]", format!("{:?}", "*".repeat(19)))
    );
}

/// Memory that is full of one byte, wherever one looks.
struct Full(u8);

impl Machine for Full {
    fn read_memory(&self, _: u64, into: &mut [u8]) -> bool {
        into.fill(self.0);
        true
    }

    fn local(&self, _: u32) -> Option<WasmValue> {
        Some(WasmValue::I64(u64::from_le_bytes([self.0; 8])))
    }

    fn global(&self, _: u32) -> Option<WasmValue> {
        self.local(0)
    }

    fn stack(&self, _: u32) -> Option<WasmValue> {
        self.local(0)
    }
}

const ABSURD: [u8; 6] = [0x00, 0x01, 0x04, 0x41, 0x7f, 0xff];

/// Reads all that there is in the one element of a value.
fn look_everywhere(inspector: &Inspector<'_, '_, Full>, value: &Value) {
    let limits = Limits::default();
    let Shape::Elements(elements) = inspector.shape(value).unwrap() else { panic!("no run of values") };
    let all = inspector.element(&elements, 0).unwrap();
    assert!(inspector.text(&all, limits).len() < limits.total * 2);
    for child in inspector.children(&all, 0..1000).unwrap() {
        let _ = inspector.child_count(&child.value);
        if let Ok(children) = inspector.children(&child.value, 0..100) {
            assert!(children.len() <= 100, "{}", child.name);
        }
        assert!(inspector.text(&child.value, limits).len() < limits.total * 2);
    }
}

#[test]
fn absurd_memory_ends_every_walk() {
    // Every length is enormous, every pointer leads to the same again.
    for byte in ABSURD {
        let module = fixture("library_cpp.wasm");
        let source = Source::open(&DebugSections::from_module(&module).unwrap()).unwrap();
        let memory = Full(byte);
        let inspector = Inspector::new(&source, &memory, 0);
        let all = source.static_variables().find(|variable| variable.name.as_deref() == Some("all")).unwrap();
        let pointer = inspector.shape(&inspector.variable(all.id).unwrap()).unwrap();
        let Shape::Pointer { target: Some(target), .. } = pointer else { panic!("all is no pointer") };
        look_everywhere(&inspector, &Value::run(target, 16, 1));
    }
}
