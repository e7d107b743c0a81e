;; src/lib.rs by hand: what the host and the engine cost alone.
(module
  (import "env" "plus" (func $plus (param i32 i32) (result i32)))
  (import "env" "slot" (func $slot (param i32) (result i32)))
  (import "env" "value" (func $value (param externref) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "scalars") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (block $end (loop $next
      (br_if $end (i32.ge_s (local.get $i) (local.get $n)))
      (local.set $sum (call $plus (local.get $sum) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $sum))
  ;; Through a slab of the host.
  (func (export "slots") (param $n i32) (param $slot i32) (result i32) (local $i i32) (local $sum i32)
    (block $end (loop $next
      (br_if $end (i32.ge_s (local.get $i) (local.get $n)))
      (local.set $sum (i32.add (local.get $sum) (call $slot (local.get $slot))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $sum))
  ;; As the engine's own references.
  (func (export "references") (param $n i32) (param $thing externref) (result i32) (local $i i32) (local $sum i32)
    (block $end (loop $next
      (br_if $end (i32.ge_s (local.get $i) (local.get $n)))
      (local.set $sum (i32.add (local.get $sum) (call $value (local.get $thing))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $sum)))
