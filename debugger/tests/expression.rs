//! Expressions, evaluated in real programs in an engine.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use wasm_gdb::engine::{Compiled, Engine, LoadedModule};
use wasm_gdb::expression::{self, Condition, ExpressionError};
use wasm_gdb::session::{Direction, Halt, Location, Motion, Session};
use wasm_host::{Limits, Options};

/// Runs a program to a line that has a mark, and asks there.
fn at_mark(name: &str, mark: &str, ask: impl FnOnce(&mut Session<'_>)) {
    let Some(built) = common::build(name, "0") else { return };
    let engine = Compiled::launch("program.wasm", &built.bytes(), Options::default(), Limits::default()).unwrap();
    let modules: Vec<LoadedModule> = engine.modules().to_vec();
    let mut session = Session::new(Box::new(engine), &modules);
    let text = std::fs::read_to_string(built.folder.path().join(name)).unwrap();
    let line = text.lines().position(|line| line.contains(mark)).unwrap() as u32 + 1;
    session.set_breakpoint(Location::Line { file: name.to_string(), line }, None, false).unwrap();
    let halt = session.go(&Motion::Continue, Direction::Forward).unwrap();
    assert_eq!(halt, Halt::Breakpoints(vec![1]));
    ask(&mut session);
}

fn text(session: &mut Session<'_>, expression: &str) -> String {
    match expression::evaluate(session, 0, 0, expression) {
        Ok(value) => value.text,
        Err(error) => error.to_string(),
    }
}

fn check(session: &mut Session<'_>, cases: &[(&str, &str)]) {
    let found: Vec<(&str, String)> =
        cases.iter().map(|(expression, _)| (*expression, text(session, expression))).collect();
    let wanted: Vec<(&str, String)> = cases.iter().map(|(expression, text)| (*expression, text.to_string())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn rust_expressions() {
    at_mark("values.rs", "// end", |session| {
        check(
            session,
            &[
                ("depth", "1"),
                ("sum", "204"),
                ("scene.name", "\"a scene\""),
                ("scene.name == \"a scene\"", "true"),
                ("scene.name[2..7]", "\"scene\""),
                ("scene.points", "vec![Point { x: 1, y: -2 }, Point { x: 3, y: 4 }]"),
                ("scene.points[1].y * 2 + 1", "9"),
                ("scene.points[2]", "column 13: index 2 of 2 elements"),
                ("scene.points[0].z", "column 16: Point has no field `z`; it has x, y"),
                ("scene.by_name[\"two\"]", "2"),
                ("scene.ordered[2]", "\"ii\""),
                ("scene.ordered[3]", "column 14: there is no such key"),
                ("scene.shape", "Circle { radius: 1.5 }"),
                ("scene.shape.radius + 1", "2.5"),
                ("scene.other.0", "9"),
                ("scene.shape == Shape::Circle", "true"),
                ("scene.kind == Large", "true"),
                ("scene.kind != Kind::Small", "true"),
                ("scene.maybe", "Some(200)"),
                ("scene.maybe.0 as i8", "-56"),
                ("scene.boxed", "Box(Point { x: 5, y: 6 })"),
                ("scene.boxed.x", "5"),
                ("*scene.boxed", "Point { x: 5, y: 6 }"),
                ("scene.pair.1 == 'é'", "true"),
                ("numbers", "[10, 20, 30, 40]"),
                ("numbers[1..3]", "[20, 30]"),
                ("numbers[5]", "column 8: index 5 of 4 elements"),
                ("slice[1]", "30"),
                ("wide >> 99", "2"),
                ("TOTAL", "211"),
                ("values::TOTAL", "211"),
                ("double(21)", "42"),
                ("mean(1, 2)", "1.5"),
                ("length(\"four\")", "4"),
                ("length(scene.name[2..7])", "5"),
                ("turned(*scene.boxed)", "Point { x: -6, y: 5 }"),
                ("double(1, 2)", "column 1: `double` takes 1 argument, not 2"),
                ("nothing", "column 1: there is no `nothing` here"),
                ("depth / 0", "column 7: division by zero"),
                ("!0u8", "255"),
                ("*(&depth as *const u32)", "1"),
                ("*(u8*)&depth", "1"),
                ("depth = 5", "5"),
                ("depth", "5"),
                ("scene.points[0].x = -7", "-7"),
                ("scene.boxed.y = scene.points[0].x * 2", "-14"),
                ("scene.points[0]", "Point { x: -7, y: -2 }"),
                ("scene.points[0] = scene.points[1]", "Point { x: 3, y: 4 }"),
                ("scene.name = 5", "column 12: a String can only be set to another one"),
                ("5 = 6", "column 3: only variables, their parts and what pointers lead to can be set"),
            ],
        );
        let scene = expression::evaluate(session, 0, 0, "*scene").unwrap();
        assert_eq!(scene.child_count, 10);
        let children = expression::children(session, &scene.handle, 0..3).unwrap();
        let named: Vec<(&str, &str)> = children.iter().map(|(name, value)| (&**name, &*value.text)).collect();
        assert_eq!(named[0], ("name", "\"a scene\""));
        assert_eq!((named[1].0, children[1].1.child_count), ("points", 2));
        let variables = expression::variables(session, 0, 0).unwrap();
        let names: Vec<(&str, bool)> = variables.iter().map(|one| (&*one.name, one.is_hidden)).collect();
        assert_eq!(names[..2], [("scene", false), ("depth", false)]);
        assert!(names.contains(&("sum", true)) && names.contains(&("sum", false)), "{names:?}");
        // The caller's frame has variables of its own.
        let caller = expression::evaluate(session, 1, 0, "scene.kind").unwrap();
        assert_eq!((&*caller.text, &*caller.type_name), ("Large", "Kind"));
    });
}

#[test]
fn c_expressions() {
    at_mark("values.c", "/* inner */", |session| {
        check(
            session,
            &[
                ("sum", "1"),
                ("depth", "1"),
                ("sums", "{0, 1, 0}"),
                ("sums[depth]", "1"),
                ("at->name", "0x1001d \"first\""),
                ("*at->next->name == 'l'", "true"),
                ("at->next->name == \"last\"", "true"),
                ("at->at", "{x = 1, y = -2}"),
                ("at->at.x + at->at.y", "-1"),
                ("at->color", "GREEN"),
                ("at->color == GREEN && at->next->color == BLUE", "true"),
                ("at->flags", "5"),
                ("at->level", "-3"),
                ("at->u.ratio", "0.5"),
                ("at->u.bits", "1056964608"),
                ("at->letters", "\"abc\""),
                ("at->letters == \"abc\"", "true"),
                ("(char)at->letters[1]", "98 'b'"),
                ("bytes[2] + bytes[3]", "505"),
                ("*(unsigned short *)bytes", "513"),
                ("(int)(signed char)bytes[3]", "-1"),
                ("&bytes[3] - bytes", "3"),
                ("*(bytes + 2)", "250"),
                ("counter", "3"),
                ("-7 / 2", "-3"),
                ("0x10 | 1 << 2", "20"),
                ("1.5f * 2", "3.0"),
                ("add(40, sum + 1)", "42"),
                ("scale(2, 1.5)", "3.0"),
                // Structures are passed and returned in memory.
                ("mirrored(at->at, 3)", "{x = -6, y = 3}"),
                ("mirrored(at->at, 3).x + 1", "-5"),
                ("mirrored(at, 3)", "column 10: a struct point is wanted, not a struct node *"),
                ("at->at", "{x = 1, y = -2}"),
                // Calls leave alone what the stopped function keeps below the
                // stack pointer.
                ("node == at && depth == 1", "true"),
                ("*at->next->next", "column 1: the pointer is null"),
                ("at->next->next->name", "column 15: the pointer is null"),
                (
                    "at->nam",
                    "column 3: struct node has no field `nam`; it has name, at, color, flags, level, u, letters, next",
                ),
                ("at->flags = 2", "2"),
                ("at->level", "-3"),
                ("at->level = -1", "-1"),
                ("at->flags", "2"),
                ("at->color = BLUE", "BLUE"),
                ("at->color", "BLUE"),
                ("counter = counter + 10", "13"),
                ("at->at = at->next->at", "{x = 40, y = 0}"),
                ("bytes[0] = 0x1ff", "255"),
            ],
        );
        let types: Vec<String> = ["at", "*at", "sums", "at->name", "&counter", "counter", "sum + 1"]
            .map(|expression| expression::evaluate(session, 0, 0, expression).unwrap().type_name)
            .to_vec();
        assert_eq!(types, ["struct node *", "struct node", "int [3]", "const char *", "int *", "int", "int"]);
        // What is left of an array of two dimensions.
        let part = expression::evaluate(session, 0, 0, "matrix[1]").unwrap();
        assert_eq!((&*part.type_name, part.size_bytes), ("int [5]", Some(20)));
        let whole = expression::evaluate(session, 0, 0, "matrix").unwrap();
        assert_eq!((&*whole.type_name, whole.size_bytes), ("int [3][5]", Some(60)));
        assert_eq!(part.address.zip(whole.address).map(|(part, whole)| part - whole), Some(20));
        let pointers: Vec<String> = ["&matrix[1]", "&matrix[1][2]", "&matrix", "*&matrix[1]", "matrix + 1"]
            .map(|expression| expression::evaluate(session, 0, 0, expression).unwrap().type_name)
            .to_vec();
        assert_eq!(pointers, ["int (*)[5]", "int *", "int (*)[3][5]", "int [5]", "int (*)[5]"]);
        check(
            session,
            &[
                ("matrix[1]", "{3, 0, 4, 0, 0}"),
                ("(*(matrix + 1))[2]", "4"),
                ("*&matrix[1]", "{3, 0, 4, 0, 0}"),
                ("matrix[0] = matrix[1]", "{3, 0, 4, 0, 0}"),
                ("matrix", "{{3, 0, 4, 0, 0}, {3, 0, 4, 0, 0}, {0, 0, 0, 0, 0}}"),
            ],
        );
        assert_eq!(text(session, &format!("1{}", "+ 1".repeat(120))), "121");
        assert_eq!(text(session, &format!("{}5", "- ".repeat(90))), "5");
        let depth = expression::evaluate(session, 0, 0, "counter").unwrap();
        let changed = expression::assign(session, &depth.handle, "counter * 2").unwrap();
        assert_eq!(changed.text, "26");
        let error = expression::evaluate(session, 9, 0, "sum").unwrap_err();
        assert_eq!(error, ExpressionError { column: 1, message: "there is no frame 9".to_string() });
        // Registers.
        let pc = expression::evaluate(session, 0, 0, "$pc").unwrap();
        assert_eq!(pc.integer, Some(session.top().unwrap().pc.offset.into()));
        assert!(text(session, "$local0").parse::<i32>().is_ok());
        assert!(text(session, "$local999").starts_with("column 1: there is no `$local999` here"));
        let refused = text(session, "$local0 = 1");
        assert!(refused.contains("compiled code"), "{refused}");
    });
}

#[test]
fn conditions_of_breakpoints() {
    let Some(built) = common::build("values.rs", "0") else { return };
    let engine = Compiled::launch("program.wasm", &built.bytes(), Options::default(), Limits::default()).unwrap();
    let modules: Vec<LoadedModule> = engine.modules().to_vec();
    let mut session = Session::new(Box::new(engine), &modules);
    let source = std::fs::read_to_string(built.folder.path().join("values.rs")).unwrap();
    let line = source.lines().position(|line| line.contains("// here")).unwrap() as u32 + 1;
    let location = Location::Line { file: "values.rs".to_string(), line };
    session.set_breakpoint(location, Some("index == 2 && *number > 20".to_string()), false).unwrap();
    assert_eq!(session.go(&Motion::Continue, Direction::Forward).unwrap(), Halt::Breakpoints(vec![1]));
    assert_eq!(text(&mut session, "index"), "2");
    assert_eq!(text(&mut session, "sum"), "82");
}

/// A condition that was evaluated before at a place gives what it gave, and
/// what it would give anew: in planned and in evaluated expressions.
#[test]
fn a_condition_means_the_same_each_time() {
    let check = |session: &mut Session<'_>, conditions: &[&str]| {
        for text in conditions {
            let wanted = match expression::evaluate(session, 0, 0, &format!("!!({text})")) {
                Ok(value) => Ok(value.text == "true" || value.integer.is_some_and(|number| number != 0)),
                Err(_) => Err(()),
            };
            let Ok(mut condition) = Condition::parse(text) else {
                assert_eq!(wanted, Err(()), "{text}");
                continue;
            };
            let top = session.top().unwrap();
            for _ in 0..3 {
                let held = condition.holds(&mut *session.engine, &session.code, &top, 0);
                assert_eq!(held.map_err(|_| ()), wanted, "{text}");
            }
        }
    };
    at_mark("values.rs", "// end", |session| {
        check(
            session,
            &[
                "depth == 1",
                "depth != 1",
                "depth + 1 < 2",
                "-(depth as i32) < 0",
                "sum == 204",
                "sum > 203 && depth == 1",
                "sum > 204 || depth == 1",
                "scene.pair.0 == 3",
                "scene.pair.1 == 'é'",
                "scene.boxed.x == 5",
                "scene.shape == Shape::Circle",
                "scene.name == \"a scene\"",
                "scene.points[1].y == 4",
                "TOTAL == 211",
                "depth / 0 == 1",
                "nothing == 1",
                "scene.nothing == 1",
                "wide == 1",
                "*(&depth) == 1",
                "numbers[0] == 10",
                "sum as u8 == 204",
                "sum as i8 < 0",
                "!(depth == 1)",
                "scene.kind == Large",
                "$local0 == $local0",
            ],
        );
    });
    at_mark("values.c", "/* inner */", |session| {
        check(
            session,
            &[
                "sum == 1",
                "depth",
                "depth - 1",
                "at->at.x == 1",
                "at->at.y < -1",
                "node == at",
                "at->next != 0",
                "at->next->at.x == 40",
                "at->next->next->at.x == 1",
                "at->color == GREEN",
                "at->flags == 5",
                "at->level == -3",
                "at->u.ratio == 0.5",
                "at->name == \"first\"",
                "counter == 3",
                "counter % 2",
                "~counter == -4",
                "sums[1] == 1",
                "bytes[3] == 255",
                "*at->next->name == 'l'",
                "at + 1 > at",
                "-counter",
                "(float)counter / 2 == 1.5f",
                "(unsigned)-counter > 5",
                "(long long)counter << 33 > 1",
            ],
        );
    });
}
