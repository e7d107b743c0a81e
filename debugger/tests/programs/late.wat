;; An instance that is not there yet when the program begins.
(component
  (core module $m
    (memory 1)
    (global $ticks (mut i32) (i32.const 0))
    (func $tick (global.set $ticks (i32.add (global.get $ticks) (i32.const 1))))
    (func $begin (call $tick))
    (start $begin))
  (core instance (instantiate $m))
  (core instance (instantiate $m))
  (core module $program (func (export "run") (result i32) (i32.const 0)))
  (core instance $run (instantiate $program))
  (func $run (result (result)) (canon lift (core func $run "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command)))
