;; A call of the host that fails, in a module that needs garbage collection.
(module
  (import "env" "log" (func $log (param i32)))
  (type $box (struct (field i32)))
  (memory (export "memory") 1)
  (func $tell (param (ref $box)) (call $log (struct.get $box 0 (local.get 0))))
  (func $main (export "_start") (call $tell (struct.new $box (i32.const 3)))))
