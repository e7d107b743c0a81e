;; A memory that JavaScript has no object for, beside one that it has.
(module $private
  (memory $hidden 1)
  (memory $shown (export "shown") 3)
  (func (export "hide") (param i32) (i32.store $hidden (i32.const 0) (local.get 0))))
