//! The exports of docs/ABI.md: addresses in, addresses out.

use crate::Shell;
use alloc::alloc::{Layout, alloc, dealloc};
use tapsieve_detector::Outcome;

/// Small, and made for a memory that only grows.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Nothing here panics; what does all the same is a trap, which hosts survive. The message would cost 20 KB.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The one instance. A module's memory belongs to one thread, and no export calls another.
static mut SHELL: Shell = Shell::new();

fn shell() -> &'static mut Shell {
    // SAFETY: exports are entered one at a time and none keeps this reference beyond its call.
    unsafe { &mut *(&raw mut SHELL) }
}

/// The bytes of an argument; none for address 0.
///
/// # Safety
/// Unless it is 0, `len` bytes from `address` are memory that the host has written and does not change during
/// the call.
unsafe fn argument<'a>(address: *const u8, len: usize) -> &'a [u8] {
    if address.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(address, len) }
}

/// A packed slice: the address in the high half, the length in the low half.
fn packed(bytes: &[u8]) -> u64 {
    (bytes.as_ptr() as u64) << 32 | bytes.len() as u64
}

#[unsafe(no_mangle)]
extern "C" fn abi_version() -> u32 {
    1
}

/// Keeps the block's size in the eight bytes before the address.
#[unsafe(no_mangle)]
extern "C" fn malloc(len: usize) -> *mut u8 {
    let [first, second] = kept();
    if len < first.size {
        return first.take();
    }
    if len < second.size {
        return second.take();
    }
    malloc_anew(len)
}

/// Takes a block from the allocator, whatever is kept.
#[inline(never)]
fn malloc_anew(len: usize) -> *mut u8 {
    // What is kept is too small for this host, so of no more use to it.
    for slot in kept() {
        if slot.size > 0 {
            // SAFETY: a kept block comes from `malloc` and has no owner.
            unsafe { release(slot.take()) };
        }
    }
    let Some(size) = len.checked_add(1).and_then(|size| size.checked_next_multiple_of(GRAIN)) else {
        return core::ptr::null_mut();
    };
    let Some(layout) = layout(size) else { return core::ptr::null_mut() };
    // SAFETY: the layout is never empty, it has room for the header.
    let base = unsafe { alloc(layout) };
    if base.is_null() {
        return base;
    }
    // SAFETY: `base` has room for the header and is aligned to it.
    unsafe {
        base.cast::<usize>().write(size);
        base.add(HEADER)
    }
}

const HEADER: usize = 8;

/// Sizes are rounded up to this, so that the next, slightly longer record fits the same block.
const GRAIN: usize = 256;

/// A block that the host gave back.
struct Kept {
    /// More than the longest that fits; 0 where nothing is kept.
    size: usize,
    address: *mut u8,
}

impl Kept {
    const NONE: Kept = Kept { size: 0, address: core::ptr::null_mut() };

    #[inline(always)]
    fn take(&mut self) -> *mut u8 {
        self.size = 0;
        self.address
    }
}

/// The last blocks that the host gave back. Fluent Bit takes two for every event and gives both back after it;
/// keeping them costs a tenth of what the allocator does in an interpreter.
static mut KEPT: [Kept; 2] = [Kept::NONE; 2];

fn kept() -> &'static mut [Kept; 2] {
    // SAFETY: exports are entered one at a time and none keeps this reference beyond its call.
    unsafe { &mut *(&raw mut KEPT) }
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

/// # Safety
/// `address` comes from `malloc` and has not been released.
unsafe fn size(address: *mut u8) -> usize {
    // SAFETY: `malloc` wrote the header.
    unsafe { address.sub(HEADER).cast::<usize>().read() }
}

/// # Safety
/// `address` is 0 or comes from `malloc`, has not been released and is not kept.
#[inline(never)]
unsafe fn release(address: *mut u8) {
    if address.is_null() {
        return;
    }
    // SAFETY: `malloc` wrote the header, from which its layout follows.
    unsafe {
        if let Some(layout) = layout(size(address)) {
            dealloc(address.sub(HEADER), layout);
        }
    }
}

/// # Safety
/// `address` is 0 or comes from `malloc` and has not been freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(address: *mut u8) {
    let [first, second] = kept();
    let slot = match (first.size, second.size) {
        _ if address.is_null() => return,
        (0, _) => first,
        (_, 0) => second,
        // SAFETY: the caller's promise; what is kept was freed before.
        _ => return unsafe { release(address) },
    };
    // SAFETY: the caller's promise.
    *slot = Kept { size: unsafe { size(address) }, address };
}

/// # Safety
/// As [`argument`].
#[unsafe(no_mangle)]
unsafe extern "C" fn configure(address: *const u8, len: usize) -> u64 {
    // SAFETY: the caller's promise.
    let json = unsafe { argument(address, len) };
    shell().configure(json).map_or(0, |message| packed(message.as_bytes()))
}

/// # Safety
/// As [`argument`].
#[unsafe(no_mangle)]
unsafe extern "C" fn process(address: *const u8, len: usize) -> u64 {
    // SAFETY: the caller's promise.
    let record = unsafe { argument(address, len) };
    match shell().process(record) {
        Outcome::Unchanged => packed(record),
        Outcome::Enriched(record) => packed(record),
        Outcome::Dropped => 0,
    }
}

/// # Safety
/// As [`argument`].
#[unsafe(no_mangle)]
unsafe extern "C" fn scan(address: *const u8, len: usize) -> usize {
    // SAFETY: the caller's promise.
    let block = unsafe { argument(address, len) };
    shell().scan(block).unwrap_or(len)
}

#[unsafe(no_mangle)]
extern "C" fn verdict() -> u64 {
    packed(shell().verdict())
}

#[unsafe(no_mangle)]
extern "C" fn policy() -> u64 {
    packed(shell().policy())
}

/// # Safety
/// As [`argument`] for the record; the tag is not read.
#[unsafe(no_mangle)]
unsafe extern "C" fn fluent_bit_process(
    _tag: *const u8,
    _tag_len: u32,
    _sec: u32,
    _nsec: u32,
    record: *const u8,
    record_len: usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    unsafe { answer_fluent_bit(record, record_len, Shell::fluent_bit_process) }
}

/// # Safety
/// As [`fluent_bit_process`].
#[unsafe(no_mangle)]
unsafe extern "C" fn fluent_bit_repair(
    _tag: *const u8,
    _tag_len: u32,
    _sec: u32,
    _nsec: u32,
    record: *const u8,
    record_len: usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    unsafe { answer_fluent_bit(record, record_len, Shell::fluent_bit_repair) }
}

/// # Safety
/// As [`fluent_bit_process`].
#[inline(always)]
unsafe fn answer_fluent_bit(
    record: *const u8,
    record_len: usize,
    answer: impl for<'s> Fn(&'s mut Shell, &[u8]) -> Option<&'s [u8]>,
) -> *const u8 {
    if record.is_null() {
        return uncopied_record(record_len);
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { argument(record, record_len) };
    answer(shell(), bytes).map_or(record, <[u8]>::as_ptr)
}

#[cold]
#[inline(never)]
fn uncopied_record(len: usize) -> *const u8 {
    shell().uncopied_record(len as u32).as_ptr()
}
