;; src/lib.rs by hand: what the host and the engine cost alone. The loops have the form that LLVM gives them, so that
;; calls are compared and not loops.
(module
  (import "env" "plus" (func $plus (param i32 i32) (result i32)))
  (import "env" "slot" (func $slot (param i32) (result i32)))
  (import "env" "value" (func $value (param externref) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "scalars") (param $n i32) (result i32) (local $sum i32) (local $i i32)
    (block $end
      (br_if $end (i32.lt_s (local.get $n) (i32.const 1)))
      (loop $next
        (local.set $sum (call $plus (local.get $sum) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.ne (local.get $n) (local.get $i)))))
    (local.get $sum))
  ;; Through a slab of the host.
  (func (export "slots") (param $n i32) (param $slot i32) (result i32) (local $sum i32) (local $i i32)
    (block $end
      (br_if $end (i32.lt_s (local.get $n) (i32.const 1)))
      (loop $next
        (local.set $sum (i32.add (call $slot (local.get $slot)) (local.get $sum)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.ne (local.get $n) (local.get $i)))))
    (local.get $sum))
  ;; As the engine's own references.
  (func (export "references") (param $n i32) (param $thing externref) (result i32) (local $sum i32) (local $i i32)
    (block $end
      (br_if $end (i32.lt_s (local.get $n) (i32.const 1)))
      (loop $next
        (local.set $sum (i32.add (call $value (local.get $thing)) (local.get $sum)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.ne (local.get $n) (local.get $i)))))
    (local.get $sum)))
