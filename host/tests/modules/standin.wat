;; A module that keeps to docs/ABI.md and does what records ask for.
;; A record with `TAP!` in it may be about mirroring; the byte after it says what happens:
;;   e enrich   u unchanged   d drop   t trap   l loop without end   b a slice outside memory
;;   n a record with a line break   w a wrong length   g bytes that are no JSON   o another object   v enrich, then trap in `verdict`   m change the input, then trap
;;   S trap in `scan`   L loop in `scan`   O an offset after the block   (all three are enriched by `process`)
;; Its only policy is {"keep":"mirror"}.
(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (global $last (mut i32) (i32.const 0))
  (global $keep (mut i32) (i32.const 0))
  (global $found (mut i32) (i32.const 0))
  (data (i32.const 16) ",\22mirror\22:{\22schema\22:1}}")
  (data (i32.const 64) "{\22provider\22:\22aws\22,\22action\22:\22create\22,\22outcome\22:\22success\22,\22severity\22:\22high\22}")
  (data (i32.const 256) "unknown member `colour`")
  (data (i32.const 512) "{\22keep\22:\22mirror\22}")
  (data (i32.const 600) "{}\0a{}")
  (data (i32.const 620) "garbage")
  (data (i32.const 640) "{\22a\22:1}")

  (func $pack (param $address i32) (param $len i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $address)) (i64.const 32)) (i64.extend_i32_u (local.get $len))))

  ;; Makes sure that memory reaches to `end`; returns whether it does.
  (func $reserve (param $end i32) (result i32)
    (if (i32.le_u (local.get $end) (i32.mul (memory.size) (i32.const 65536))) (then (return (i32.const 1))))
    (i32.ne (memory.grow (i32.sub (i32.add (i32.shr_u (local.get $end) (i32.const 16)) (i32.const 1)) (memory.size)))
      (i32.const -1)))

  (func (export "abi_version") (result i32) (i32.const 1))

  ;; One buffer at a time: the host has no more.
  (func (export "malloc") (param $len i32) (result i32)
    (local $address i32)
    (local.set $address (global.get $heap))
    (if (i32.eqz (call $reserve (i32.add (local.get $address) (local.get $len)))) (then (return (i32.const 0))))
    (global.set $last (local.get $address))
    (global.set $heap
      (i32.and (i32.add (i32.add (local.get $address) (local.get $len)) (i32.const 7)) (i32.const -8)))
    (local.get $address))

  (func (export "free") (param $address i32)
    (if (i32.and (i32.ne (local.get $address) (i32.const 0)) (i32.eq (local.get $address) (global.get $last)))
      (then (global.set $heap (local.get $address)))))

  ;; The offset of the first `TAP!`, or `len`.
  (func $find (param $address i32) (param $len i32) (result i32)
    (local $at i32)
    (loop $next
      (if (i32.gt_u (i32.add (local.get $at) (i32.const 5)) (local.get $len)) (then (return (local.get $len))))
      (if (i32.eq (i32.load align=1 (i32.add (local.get $address) (local.get $at))) (i32.const 0x21504154))
        (then (return (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
    (unreachable))

  (func (export "scan") (param $address i32) (param $len i32) (result i32)
    (local $at i32) (local $wish i32)
    (local.set $at (call $find (local.get $address) (local.get $len)))
    (if (i32.eq (local.get $at) (local.get $len)) (then (return (local.get $len))))
    (local.set $wish (i32.load8_u offset=4 (i32.add (local.get $address) (local.get $at))))
    (if (i32.eq (local.get $wish) (i32.const 83 (; S ;))) (then unreachable))
    (if (i32.eq (local.get $wish) (i32.const 76 (; L ;))) (then (loop $forever (br $forever))))
    (if (i32.eq (local.get $wish) (i32.const 79 (; O ;))) (then (return (i32.add (local.get $len) (i32.const 1)))))
    (local.get $at))

  (func (export "process") (param $address i32) (param $len i32) (result i64)
    (local $at i32) (local $wish i32) (local $out i32)
    (global.set $found (i32.const 0))
    (local.set $at (call $find (local.get $address) (local.get $len)))
    (if (i32.eq (local.get $at) (local.get $len)) (then
      (if (global.get $keep) (then (return (i64.const 0))))
      (return (call $pack (local.get $address) (local.get $len)))))
    (local.set $wish (i32.load8_u offset=4 (i32.add (local.get $address) (local.get $at))))
    (if (i32.eq (local.get $wish) (i32.const 116 (; t ;))) (then unreachable))
    (if (i32.eq (local.get $wish) (i32.const 109 (; m ;))) (then
      (memory.fill (local.get $address) (i32.const 120) (local.get $len)) unreachable))
    (if (i32.eq (local.get $wish) (i32.const 108 (; l ;))) (then (loop $forever (br $forever))))
    (if (i32.eq (local.get $wish) (i32.const 98 (; b ;))) (then (return (i64.const 0xfffffff0_00000040))))
    (if (i32.eq (local.get $wish) (i32.const 110 (; n ;))) (then (return (call $pack (i32.const 600) (i32.const 5)))))
    (if (i32.eq (local.get $wish) (i32.const 103 (; g ;))) (then (return (call $pack (i32.const 620) (i32.const 7)))))
    (if (i32.eq (local.get $wish) (i32.const 111 (; o ;))) (then (return (call $pack (i32.const 640) (i32.const 7)))))
    (if (i32.eq (local.get $wish) (i32.const 119 (; w ;))) (then
      (return (call $pack (local.get $address) (i32.const 1)))))
    (if (i32.eq (local.get $wish) (i32.const 117 (; u ;))) (then
      (return (call $pack (local.get $address) (local.get $len)))))
    (global.set $found (select (i32.const 2) (i32.const 1) (i32.eq (local.get $wish) (i32.const 118 (; v ;)))))
    (if (i32.eq (local.get $wish) (i32.const 100 (; d ;))) (then (return (i64.const 0))))
    (local.set $out (global.get $heap))
    (if (i32.eqz (call $reserve (i32.add (i32.add (local.get $out) (local.get $len)) (i32.const 64))))
      (then (return (call $pack (local.get $address) (local.get $len)))))
    (memory.copy (local.get $out) (local.get $address) (i32.sub (local.get $len) (i32.const 1)))
    (memory.copy (i32.add (local.get $out) (i32.sub (local.get $len) (i32.const 1))) (i32.const 16) (i32.const 23))
    (call $pack (local.get $out) (i32.add (local.get $len) (i32.const 22))))

  (func (export "verdict") (result i64)
    (if (i32.eq (global.get $found) (i32.const 2)) (then unreachable))
    (if (global.get $found) (then (return (call $pack (i32.const 64) (i32.const 74)))))
    (i64.const 0))

  (func (export "configure") (param $address i32) (param $len i32) (result i64)
    (if (i32.eq (local.get $len) (i32.const 17)) (then (global.set $keep (i32.const 1)) (return (i64.const 0))))
    (call $pack (i32.const 256) (i32.const 23)))

  (func (export "policy") (result i64)
    (if (global.get $keep) (then (return (call $pack (i32.const 512) (i32.const 17)))))
    (i64.const 0))

  (func (export "fluent_bit_process") (param i32 i32 i32 i32 i32 i32) (result i32) (local.get 4))
  (func (export "fluent_bit_repair") (param i32 i32 i32 i32 i32 i32) (result i32) (local.get 4))
)
