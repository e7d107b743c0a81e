;; Objects of the garbage-collected heap, in locals and in a global.
(module
    (type $point (struct (field $x i32) (field $y (mut f64))))
    (type $letters (array (mut i8)))
    (type $points (array (mut (ref null $point))))
    (rec
        (type $node (sub (struct (field $value (ref null $point)) (field $next (mut (ref null $node))))))
        (type $last (sub final $node (struct
            (field $value (ref null $point)) (field $next (mut (ref null $node))) (field $tag i31ref)))))
    (global $kept (mut (ref null $point)) (ref.null $point))
    (func $look
        (param $point (ref null $point)) (param $letters (ref null $letters)) (param $points (ref null $points))
        (param $node (ref null $node)) (param $small i31ref) (param $out externref) (param $none anyref)
        nop)
    (func (export "_start") (local $point (ref null $point)) (local $last (ref null $node))
        (local.set $point (struct.new $point (i32.const 7) (f64.const 2.5)))
        (global.set $kept (local.get $point))
        (local.set $last (struct.new $last (local.get $point) (ref.null $node) (ref.i31 (i32.const -5))))
        (struct.set $node $next (local.get $last) (local.get $last))
        (call $look
            (local.get $point)
            (array.new_fixed $letters 3 (i32.const 104) (i32.const 105) (i32.const 255))
            (array.new $points (local.get $point) (i32.const 1000))
            (struct.new $node (ref.null $point) (local.get $last))
            (ref.i31 (i32.const 12))
            (extern.convert_any (local.get $point))
            (ref.null any))
        (call $look
            (ref.null $point) (ref.null $letters) (ref.null $points) (ref.null $node)
            (ref.i31 (i32.const 1)) (ref.null extern) (ref.null any))))
