;; Exceptions that are caught and that are not, in a module that needs garbage
;; collection.
(module
  (type $box (struct (field i32)))
  (memory (export "memory") 1)
  (tag $error (param i32))
  (tag $other)
  (func $throw (param i32)
    (throw $error (struct.get $box 0 (struct.new $box (local.get 0)))))
  (func $caught
    (block $handler (result i32)
      (try_table (catch $error $handler) (call $throw (i32.const 7)))
      (unreachable))
    (drop))
  (func $wrong
    (block $handler (try_table (catch $other $handler) (call $throw (i32.const 8)))))
  (func $main (export "_start")
    (call $caught)
    (call $wrong)))
