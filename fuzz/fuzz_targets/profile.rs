//! A profile of any bytes: an error, or views that add up.

#![no_main]

use wasm_profile::{Chart, Filter, MeasureId, ThreadId, Tree, Weights, export, hot_functions, hot_lines, open};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(profile) = open(bytes) else { return };
    for measure in (0..profile.measures().len()).map(MeasureId::new) {
        let weights = Weights::new(&profile, measure, &Filter::default());
        let with_stack = weights.sum() - weights.without_stack();
        let tree = Tree::new(&profile, &weights);
        assert_eq!(tree.width(), with_stack);
        assert_eq!(tree.nodes().iter().map(|node| node.own).sum::<u64>(), with_stack);
        assert_eq!(hot_functions(&profile, &weights).iter().map(|row| row.own).sum::<u64>(), with_stack);
        assert!(hot_lines(&profile, &weights).iter().all(|line| line.own <= line.total && line.total <= with_stack));
        if let Some(hottest) = hot_functions(&profile, &weights).first() {
            assert_eq!(Tree::callees(&profile, &weights, hottest.function).width(), hottest.total);
            assert_eq!(Tree::callers(&profile, &weights, hottest.function, 20).width(), hottest.total);
        }
    }
    for thread in (0..profile.threads().len()).map(ThreadId::new) {
        let chart = Chart::new(&profile, thread, &Filter::default());
        let range = chart.range();
        for rectangle in chart.rectangles(range.clone(), 1) {
            assert!(range.start <= rectangle.start && rectangle.start < rectangle.end && rectangle.end <= range.end);
        }
    }
    // Times are written as JSON numbers, which are exact up to 2^53.
    if Weights::new(&profile, MeasureId::default(), &Filter::default()).sum() >= 1 << 53 {
        return;
    }
    let again = open(export::firefox(&profile, MeasureId::default()).as_bytes()).expect("what is written can be read");
    assert_eq!(again.sample_count(), profile.sample_count());
});
