(module $wide
  (memory (export "memory") i64 2 1000)
  (func (export "poke") (param $at i64) (param $value i32) (i32.store (local.get $at) (local.get $value)))
  (func (export "grow") (param $pages i64) (result i64) (memory.grow (local.get $pages))))
